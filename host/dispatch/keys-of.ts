// Finds the keys of a command that a client sent: the specs of the entry applied to an argv.
// COMMAND GETKEYS prints the result, ACL checks each key's access, cluster routing its slot.

import type { Argv } from '../lib/argv.ts';
import type { Slice } from '../lib/slice.ts';
import { type GetKeys, KEY_ACCESS, type KeyRef, type KeySpec } from './key-specs.ts';

/** The part of a CommandEntry that is needed. */
export interface KeyedCommand {
  readonly keySpecs: readonly KeySpec[];
  readonly getKeys: GetKeys | null;
  readonly arity: number;
}

/**
 * The keys in `argv`, in the order of the specs.
 *
 * The entry's `getKeys`, when it has one, decides where there is no spec, and where one has
 * `variable_flags`, is incomplete or unknown, or does not fit the arguments.
 *
 * @param channels also report `not_key` specs: shard channels, which only route like keys.
 * @returns null when the arguments are invalid, which includes a key count of zero: callers let
 *   that pass for commands with `no_mandatory_keys`.
 */
export function keysOf(entry: KeyedCommand, argv: Argv, channels = false): KeyRef[] | null {
  const hasSpecs = entry.keySpecs.length > 0 && !hasVariableAccess(entry.keySpecs);
  if (entry.getKeys === null || hasSpecs) {
    const found = keysBySpecs(entry, argv, channels);
    if (found !== null) return found;
  }
  return entry.getKeys === null ? null : entry.getKeys(argv);
}

/** True when the entry can name keys at all, shard channels aside. */
export function hasKeys(entry: KeyedCommand): boolean {
  if (entry.getKeys !== null) return true;
  return entry.keySpecs.some((spec) => (spec.access & KEY_ACCESS.not_key) === 0);
}

function hasVariableAccess(specs: readonly KeySpec[]): boolean {
  for (const spec of specs) if (spec.access & KEY_ACCESS.variable_flags) return true;
  return false;
}

function keysBySpecs(entry: KeyedCommand, argv: Argv, channels: boolean): KeyRef[] | null {
  const found: KeyRef[] = [];
  for (const spec of entry.keySpecs) {
    if (spec.access & KEY_ACCESS.not_key && !channels) continue;
    const begin = beginOf(spec, argv);
    if (begin === ABSENT) continue;
    if (begin === INVALID || !addKeys(spec, argv, begin, found)) return null;
    if (spec.access & KEY_ACCESS.incomplete) return null;
  }
  return found;
}

/** The keyword is not there: an option that was not given. */
const ABSENT = 0;
const INVALID = -1;

function beginOf(spec: KeySpec, argv: Argv): number {
  const search = spec.beginSearch;
  if (search.type === 'index') return search.index;
  if (search.type === 'unknown') return INVALID;
  const isForward = search.startFrom > 0;
  const start = isForward ? search.startFrom : argv.length + search.startFrom;
  const step = isForward ? 1 : -1;
  for (let i = start; i > 0 && i < argv.length; i += step) {
    if (equalsIgnoringCase(argv.at(i), search.keyword)) return i + 1;
  }
  return ABSENT;
}

/** Appends the keys of one spec; false when argv does not hold what the spec says. */
function addKeys(spec: KeySpec, argv: Argv, begin: number, found: KeyRef[]): boolean {
  const find = spec.findKeys;
  if (find.type === 'unknown') return false;
  let first = begin;
  let last: number;
  if (find.type === 'range') {
    last = find.lastKey >= 0 ? begin + find.lastKey : argv.length + find.lastKey;
    if (find.limit > 1) last = begin + Math.floor((argv.length - begin) / find.limit) - 1;
  } else {
    const count = countAt(argv, begin + find.keyNumIndex);
    if (count < 0) return false;
    first = begin + find.firstKey;
    last = first + (count - 1) * find.keyStep;
  }
  if (first >= argv.length || last >= argv.length || last < first) return false;
  for (let i = first; i <= last; i += find.keyStep) {
    found.push({ position: i, access: spec.access });
  }
  return true;
}

/** The number of keys at `index`, -1 when it is none. */
export function countAt(argv: Argv, index: number): number {
  if (index >= argv.length) return -1;
  const slice = argv.at(index);
  if (slice.length === 0 || slice.length > 10) return -1;
  let value = 0;
  for (let i = 0; i < slice.length; i++) {
    const digit = slice.at(i) - 48;
    // The keyspace writes integers one way only, and so does a count: no sign, no leading zero.
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0 && slice.length > 1)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function equalsIgnoringCase(slice: Slice, word: string): boolean {
  return slice.length === word.length && slice.is(word.toLowerCase());
}
