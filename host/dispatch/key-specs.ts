// Key specs: where the keys of a command are in its argv and what it does with them, in the two
// steps of COMMAND INFO (begin_search finds a place, find_keys counts from there). Derived from
// the argument tree; read by COMMAND GETKEYS, ACL key permissions and slot routing.

import type { Argv } from '../lib/argv.ts';
import { type Arg, type KeyAccess, spanOf, spanOnce } from './args.ts';

/** Bits of `KeySpec.access` and `KeyRef.access`, in COMMAND INFO order. */
export const KEY_ACCESS = {
  RO: 1 << 0,
  RW: 1 << 1,
  OW: 1 << 2,
  RM: 1 << 3,
  access: 1 << 4,
  update: 1 << 5,
  insert: 1 << 6,
  delete: 1 << 7,
  not_key: 1 << 8,
  incomplete: 1 << 9,
  variable_flags: 1 << 10,
} as const;

export type KeyAccessName = keyof typeof KEY_ACCESS;

const ACCESS_NAMES = Object.keys(KEY_ACCESS) as KeyAccessName[]; // keys of a const object

export type BeginSearch =
  | { readonly type: 'index'; readonly index: number }
  /** Starts after `keyword`, looked for from `startFrom` on, or backwards when that is < 0. */
  | { readonly type: 'keyword'; readonly keyword: string; readonly startFrom: number }
  | { readonly type: 'unknown' };

export type FindKeys =
  /**
   * Every `keyStep`-th word up to `lastKey`: relative to the first key, or to the end of argv when
   * negative. `limit` n > 1 ends at 1/n of the rest (the keys of XREAD's `STREAMS key… id…`).
   */
  | {
      readonly type: 'range';
      readonly lastKey: number;
      readonly keyStep: number;
      readonly limit: number;
    }
  /** A count at `keyNumIndex` and keys from `firstKey` on, both relative to the beginning. */
  | {
      readonly type: 'keynum';
      readonly keyNumIndex: number;
      readonly firstKey: number;
      readonly keyStep: number;
    }
  | { readonly type: 'unknown' };

export interface KeySpec {
  /** KEY_ACCESS bits. */
  readonly access: number;
  readonly notes?: string;
  readonly beginSearch: BeginSearch;
  readonly findKeys: FindKeys;
}

/** A key found in an argv. */
export interface KeyRef {
  /** Index in argv. */
  readonly position: number;
  /** KEY_ACCESS bits. */
  readonly access: number;
}

/** Finds the keys that specs cannot describe; null when the arguments make no sense. */
export type GetKeys = (argv: Argv) => KeyRef[] | null;

/** KEY_ACCESS bits of words such as `RW access update`. */
export function keyAccess(words: KeyAccess): number {
  let bits = 0;
  for (const word of words.split(' ')) bits |= KEY_ACCESS[word as KeyAccessName]; // by its type
  return bits;
}

/** The words of KEY_ACCESS bits. */
export function keyAccessNames(bits: number): KeyAccessName[] {
  return ACCESS_NAMES.filter((name) => (bits & KEY_ACCESS[name]) !== 0);
}

/** A key spec written out, for commands whose arguments do not tell. */
export function keySpec(
  access: KeyAccess,
  beginSearch: BeginSearch,
  findKeys: FindKeys,
  notes?: string,
): KeySpec {
  return { access: keyAccess(access), ...(notes && { notes }), beginSearch, findKeys };
}

export function atIndex(index: number): BeginSearch {
  return { type: 'index', index };
}

export function afterKeyword(keyword: string, startFrom: number): BeginSearch {
  return { type: 'keyword', keyword, startFrom };
}

export function range(lastKey: number, keyStep = 1, limit = 0): FindKeys {
  return { type: 'range', lastKey, keyStep, limit };
}

export function keynum(keyNumIndex = 0, firstKey = 1, keyStep = 1): FindKeys {
  return { type: 'keynum', keyNumIndex, firstKey, keyStep };
}

/**
 * The spec of a module command that gave only a first key, last key and step.
 *
 * @param isVariable the module tells more of its keys when it is asked
 */
export function moduleKeySpec(
  [firstKey, lastKey, step]: readonly [first: number, last: number, step: number],
  isVariable: boolean,
): KeySpec {
  const last = lastKey < 0 ? lastKey : lastKey - firstKey;
  const access = isVariable ? 'RW access update variable_flags' : 'RW access update';
  return keySpec(access, atIndex(firstKey), range(last, step));
}

/** For both steps of a spec that says only that there are more keys. */
export const UNKNOWN = { type: 'unknown' } as const;

/**
 * Derives the key specs of an argument list.
 *
 * @param nameWords words before the first argument: 1, or 2 for a subcommand.
 * @param defaultAccess for key arguments that name none; null makes naming it mandatory.
 * @throws Error when a key argument names no access and there is no default, or when a key
 *   stands where nothing finds it; the spec then needs `keySpecs`.
 */
export function deriveKeySpecs(
  args: readonly Arg[],
  nameWords: number,
  defaultAccess: KeyAccess | null,
): KeySpec[] {
  const specs: KeySpec[] = [];
  for (const place of placesOf(args, nameWords)) {
    const access = place.key.key?.access ?? defaultAccess;
    if (access === null) throw new Error(`key argument "${place.key.name}" needs an access`);
    const spec = keySpec(access, place.beginSearch, place.findKeys, place.key.key?.notes);
    specs[place.key.keySpec ?? specs.length] = spec;
  }
  return specs;
}

interface Place {
  /** The argument of type `key`. */
  readonly key: Arg;
  readonly beginSearch: BeginSearch;
  readonly findKeys: FindKeys;
}

/** Where the keys of `args` are when the first argument is the word at `index`. */
function placesOf(args: readonly Arg[], index: number): Place[] {
  const places: Place[] = [];
  let at = index;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as Arg; // i < length
    places.push(...placesIn(args, i, at));
    at += spanOf(arg).min; // after an optional argument only keywords are looked for
  }
  return places;
}

/** Where the keys of `args[i]` are; `index` counts the words that surely come before it. */
function placesIn(args: readonly Arg[], i: number, index: number): Place[] {
  const arg = args[i] as Arg; // the caller's loop
  if (arg.key !== null) return [keyPlace(args, i, index)];
  if (arg.type === 'block') return blockPlaces(args, i, index);
  if (arg.type === 'oneof') return arg.children.flatMap((child) => placesOf([child], index));
  return [];
}

function keyPlace(args: readonly Arg[], i: number, index: number): Place {
  const key = args[i] as Arg; // the caller's loop
  if (key.token !== undefined) {
    const findKeys = range(key.multiple ? -1 : 0);
    return { key, beginSearch: afterKeyword(key.token, index), findKeys };
  }
  assertFixed(args, i);
  const before = args[i - 1];
  if (key.multiple && before?.name === 'numkeys') {
    return { key, beginSearch: atIndex(index - 1), findKeys: keynum() };
  }
  const findKeys = range(key.multiple ? -1 - wordsAfter(args, i) : 0);
  return { key, beginSearch: atIndex(index), findKeys };
}

function blockPlaces(args: readonly Arg[], i: number, index: number): Place[] {
  const arg = args[i] as Arg; // the caller's loop
  const at = arg.children.findIndex((child) => child.key !== null);
  const key = arg.children[at];
  if (key === undefined) {
    const word = arg.token === undefined ? 0 : 1;
    return placesOf(arg.children, index + word);
  }
  if (arg.token !== undefined) {
    // `STREAMS key… id…`: as many ids as keys, so the keys end half way.
    const limit = key.multiple ? arg.children.filter((child) => child.multiple).length : 0;
    const findKeys = range(key.multiple ? -1 : 0, 1, limit > 1 ? limit : 0);
    return [{ key, beginSearch: afterKeyword(arg.token, index), findKeys }];
  }
  assertFixed(args, i);
  const findKeys = arg.multiple ? range(-1, spanOnce(arg).min) : range(0);
  return [{ key, beginSearch: atIndex(index + at), findKeys }];
}

/** Throws unless `args[i]` always starts at the same word. */
function assertFixed(args: readonly Arg[], i: number): void {
  for (let before = 0; before < i; before++) {
    const arg = args[before] as Arg; // before < i
    const span = spanOf(arg);
    if (span.min === span.max) continue;
    throw new Error(`keys after "${arg.name}" are not at a fixed place: give keySpecs`);
  }
}

/** How many words follow `args[i]` at least; those after a repeated key are always fixed. */
function wordsAfter(args: readonly Arg[], i: number): number {
  let words = 0;
  for (const arg of args.slice(i + 1)) words += spanOf(arg).min;
  return words;
}

/** The first key, last key and step of COMMAND INFO: what clients of Redis before 7 read. */
export interface LegacyRange {
  readonly firstKey: number;
  /** From the end when negative. */
  readonly lastKey: number;
  readonly step: number;
  /** The keys are more than the three numbers say. */
  readonly isPartial: boolean;
}

/** Folds specs into one range as far as they are consecutive; what does not fit is left out. */
export function legacyRange(specs: readonly KeySpec[]): LegacyRange {
  const [only] = specs;
  if (specs.length === 1 && only !== undefined && isPlain(only)) {
    const { index, lastKey, keyStep } = plain(only);
    const last = lastKey >= 0 ? index + lastKey : lastKey;
    return { firstKey: index, lastKey: last, step: keyStep, isPartial: isIncomplete(only) };
  }
  let firstKey = 0;
  let lastKey = 0;
  let isPartial = false;
  for (const spec of specs) {
    if (!isPlain(spec)) {
      isPartial = true;
      continue;
    }
    const { index, lastKey: relative, keyStep } = plain(spec);
    if (keyStep !== 1 || (lastKey !== 0 && lastKey !== index - 1)) {
      isPartial = true;
      continue;
    }
    if (isIncomplete(spec)) isPartial = true;
    if (firstKey === 0 || index < firstKey) firstKey = index;
    const last = relative >= 0 ? index + relative : relative;
    // A range to the end of argv reaches further than any that ends at a fixed word.
    if (last < 0 || (lastKey >= 0 && last > lastKey)) lastKey = last;
  }
  return { firstKey, lastKey, step: firstKey === 0 ? 0 : 1, isPartial };
}

function isIncomplete(spec: KeySpec): boolean {
  return (spec.access & KEY_ACCESS.incomplete) !== 0;
}

function isPlain(spec: KeySpec): boolean {
  return spec.beginSearch.type === 'index' && spec.findKeys.type === 'range';
}

function plain(spec: KeySpec): { index: number; lastKey: number; keyStep: number } {
  const { beginSearch, findKeys } = spec;
  if (beginSearch.type !== 'index' || findKeys.type !== 'range') throw new Error('not plain');
  return { index: beginSearch.index, lastKey: findKeys.lastKey, keyStep: findKeys.keyStep };
}
