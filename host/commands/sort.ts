// SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what other
// keys say about them.

import { block, integer, key, oneof, pattern, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  SORT_BY_DENIED,
  SORT_GET_DENIED,
  SORT_NOT_A_NUMBER,
  SYNTAX,
  WRONG_TYPE,
} from '../dispatch/errors.ts';
import { sortKeys, sortReadOnlyKeys } from '../dispatch/key-finders.ts';
import { atIndex, KEY_ACCESS, keySpec, range, UNKNOWN } from '../dispatch/key-specs.ts';
import { hasEveryKey } from '../dispatch/permissions.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_LIST } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import { parseRangeDouble } from '../lib/number.ts';
import { Slice } from '../lib/slice.ts';
import type { HashValue } from '../values/hash.ts';
import { ListValue } from '../values/list.ts';
import type { SetValue } from '../values/set.ts';
import type { ZsetValue } from '../values/zset.ts';
import { integerArg } from './arguments.ts';
import { countChanges, storeResult } from './store.ts';

export const sort = command({
  name: 'sort',
  summary: 'Sorts a list, set or sorted set and may keep the result.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N+M log M) for N elements, M of them returned; O(N) unsorted',
  flags: ['write', 'denyoom'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keySpecs: [
    keySpec('RO access', atIndex(1), range(0)),
    keySpec('RO access', UNKNOWN, UNKNOWN, 'Keys that BY and GET patterns lead to'),
    keySpec('OW update', UNKNOWN, UNKNOWN, 'The destination, wherever STORE stands'),
  ],
  getKeys: sortKeys,
  args: [
    key(),
    pattern('by-pattern', { token: 'BY', displayText: 'pattern', keySpec: 1, optional: true }),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
    pattern('get-pattern', {
      token: 'GET',
      displayText: 'pattern',
      keySpec: 1,
      optional: true,
      multiple: true,
      multipleToken: true,
    }),
    oneof('order', [token('ASC'), token('DESC')], { optional: true }),
    token('ALPHA', { name: 'sorting', optional: true }),
    key('destination', { token: 'STORE', keySpec: 2, optional: true }),
  ],
  run: (ctx) => runSort(ctx, true),
});

export const sortRo = command({
  name: 'sort_ro',
  summary: 'Sorts a list, set or sorted set.',
  since: '7.0.0',
  group: 'generic',
  complexity: 'O(N+M log M) for N elements, M of them returned; O(N) unsorted',
  flags: ['readonly'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keySpecs: [
    keySpec('RO access', atIndex(1), range(0)),
    keySpec('RO access', UNKNOWN, UNKNOWN, 'Keys that BY and GET patterns lead to'),
  ],
  getKeys: sortReadOnlyKeys,
  args: [
    key(),
    pattern('by-pattern', { token: 'BY', displayText: 'pattern', keySpec: 1, optional: true }),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
    pattern('get-pattern', {
      token: 'GET',
      displayText: 'pattern',
      keySpec: 1,
      optional: true,
      multiple: true,
      multipleToken: true,
    }),
    oneof('order', [token('ASC'), token('DESC')], { optional: true }),
    token('ALPHA', { name: 'sorting', optional: true }),
  ],
  run: (ctx) => runSort(ctx, false),
});

export const sortCommands: readonly CommandEntry[] = [sort, sortRo];

interface SortOptions {
  isDescending: boolean;
  isAlpha: boolean;
  /** Null: by the elements themselves. */
  by: ByteString | null;
  offset: number;
  /** Negative: all. */
  count: number;
  readonly get: ByteString[];
  store: Slice | null;
}

function runSort(ctx: Context, mayStore: boolean): void {
  const options = parseOptions(ctx, mayStore);
  const source = ctx.lookupRead(ctx.arg(1));
  const elements = source === 0 ? [] : elementsAt(ctx, ctx.arg(1), options);
  const sorted = isSorted(ctx, options) ? sortElements(ctx, elements, options) : elements;
  const output = sorted.slice(...limits(options, sorted.length));
  if (options.store === null) reply(ctx, output, options.get);
  else store(ctx, options.store, output, options.get);
}

function parseOptions(ctx: Context, mayStore: boolean): SortOptions {
  const options: SortOptions = {
    isDescending: false,
    isAlpha: false,
    by: null,
    offset: 0,
    count: -1,
    get: [],
    store: null,
  };
  for (let i = 2; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    const left = ctx.argc - i - 1;
    if (word.is('asc')) options.isDescending = false;
    else if (word.is('desc')) options.isDescending = true;
    else if (word.is('alpha')) options.isAlpha = true;
    else if (word.is('limit') && left >= 2) {
      options.offset = integerArg(ctx.arg(++i));
      options.count = integerArg(ctx.arg(++i));
    } else if (word.is('store') && left >= 1 && mayStore) options.store = ctx.arg(++i);
    else if (word.is('by') && left >= 1) {
      options.by = ctx.arg(++i).toByteString();
      if (!keepsOrder(options) && !mayReadAll(ctx)) throw SORT_BY_DENIED;
    } else if (word.is('get') && left >= 1) {
      if (!mayReadAll(ctx)) throw SORT_GET_DENIED;
      options.get.push(ctx.arg(++i).toByteString());
    } else throw SYNTAX;
  }
  return options;
}

/** Patterns lead to keys that no permission was asked for. */
function mayReadAll({ client, entry, argv }: Context): boolean {
  return hasEveryKey(client.user, entry, argv, KEY_ACCESS.access);
}

/** BY a pattern without a star: the elements stay in their own order. */
function keepsOrder({ by }: SortOptions): boolean {
  return by !== null && !cString(by).includes('*');
}

/** Sets have no order of their own to keep: where the result is kept, it must not be random. */
function isSorted(ctx: Context, options: SortOptions): boolean {
  if (!keepsOrder(options)) return true;
  const ref = ctx.keyspace.peek(ctx.db, ctx.arg(1));
  const isSet = ref !== 0 && ctx.db.isComplex(ref) && ctx.db.valueOf(ref).type === 'set';
  if (!isSet || options.store === null) return false;
  options.by = null;
  options.isAlpha = true;
  return true;
}

/** In the order of the value; backwards for one that keeps it and is asked for DESC. */
function elementsAt(ctx: Context, name: Slice, options: SortOptions): ByteString[] {
  const ref = ctx.keyspace.peek(ctx.db, name);
  const value = ctx.db.isComplex(ref) ? ctx.db.valueOf(ref) : null;
  const elements: ByteString[] = [];
  if (value?.type === 'list') {
    const list = value as ListValue; // each ValueType has one class
    list.forEach(0, list.length, (element) => elements.push(element));
  } else if (value?.type === 'zset') {
    const zset = value as ZsetValue; // as above
    zset.forEach({ start: 0, end: zset.size }, (member) => elements.push(member));
  } else if (value?.type === 'set') {
    return [...(value as SetValue).members]; // as above
  } else {
    throw WRONG_TYPE;
  }
  if (keepsOrder(options) && options.isDescending) elements.reverse();
  return elements;
}

/** `slice` arguments of the part that LIMIT leaves. */
function limits({ offset, count }: SortOptions, size: number): [start: number, end: number] {
  const start = Math.min(Math.max(offset, 0), size);
  return [start, count < 0 ? size : Math.min(start + count, size)];
}

// ---- sorting -------------------------------------------------------------------------------

interface Item {
  readonly element: ByteString;
  readonly score: number;
  /** What ALPHA compares; null: the key of BY does not exist. */
  readonly text: ByteString | null;
}

function sortElements(
  ctx: Context,
  elements: readonly ByteString[],
  options: SortOptions,
): ByteString[] {
  const { by, isAlpha } = options;
  const items = elements.map((element): Item => {
    const weight = by === null ? element : lookupPattern(ctx, by, element);
    const score = isAlpha || weight === null ? 0 : scoreOf(weight);
    return { element, score, text: weight };
  });
  const compare = isAlpha ? textOrder(options) : compareScores;
  const sign = options.isDescending ? -1 : 1;
  items.sort((a, b) => sign * compare(a, b));
  return items.map((item) => item.element);
}

/** A number as strtod reads it, and all of the text. Throws SORT_NOT_A_NUMBER. */
function scoreOf(text: ByteString): number {
  const score = parseRangeDouble(text);
  const isOverflow = !Number.isFinite(score) && !/^\s*[+-]?inf/i.test(text);
  const isUnderflow = score === 0 && /^[^eExX]*[1-9]/.test(cString(text));
  if (isOverflow || isUnderflow) throw SORT_NOT_A_NUMBER;
  return score;
}

function compareScores(a: Item, b: Item): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return compareBytes(a.element, b.element);
}

/** For replies text ends at a NUL, as for C's strcoll; for STORE all bytes count. */
function textOrder(options: SortOptions): (a: Item, b: Item) => number {
  const textOf = options.store === null ? cString : (bytes: ByteString) => bytes;
  return (a, b) => {
    if (a.text === null || b.text === null) {
      return Number(a.text !== null) - Number(b.text !== null);
    }
    return compareBytes(textOf(a.text), textOf(b.text));
  };
}

function compareBytes(a: ByteString, b: ByteString): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The bytes before the first NUL. */
function cString(bytes: ByteString): ByteString {
  const end = bytes.indexOf('\0');
  return end < 0 ? bytes : (bytes.slice(0, end) as ByteString); // a part of bytes is bytes
}

// ---- patterns ------------------------------------------------------------------------------

/**
 * What `pattern` leads to for an element: the element put in the place of the star names a
 * string, or with `->field` behind it a hash. `#` is the element itself. Null: nothing there.
 */
function lookupPattern(ctx: Context, pattern: ByteString, element: ByteString): ByteString | null {
  if (cString(pattern) === '#') return element;
  const star = cString(pattern).indexOf('*');
  if (star < 0) return null;
  const arrow = cString(pattern).indexOf('->', star + 1);
  const hasField = arrow >= 0 && arrow + 2 < cString(pattern).length;
  const rest = pattern.slice(star + 1, hasField ? arrow : pattern.length);
  const ref = ctx.lookupRead(Slice.of(pattern.slice(0, star) + element + rest));
  if (ref === 0) return null;
  const { db } = ctx;
  if (!hasField) return db.isComplex(ref) ? null : db.stringOf(ref).toByteString();
  if (!db.isComplex(ref) || db.valueOf(ref).type !== 'hash') return null;
  const field = pattern.slice(arrow + 2) as ByteString; // a part of bytes is bytes
  return (db.valueOf(ref) as HashValue).get(field) ?? null; // tested above
}

// ---- results -------------------------------------------------------------------------------

function reply(ctx: Context, output: readonly ByteString[], get: readonly ByteString[]): void {
  ctx.reply.array(output.length * Math.max(1, get.length));
  for (const element of output) {
    if (get.length === 0) ctx.reply.bulk(element);
    for (const pattern of get) {
      const found = lookupPattern(ctx, pattern, element);
      if (found === null) ctx.reply.null();
      else ctx.reply.bulk(found);
    }
  }
}

const EMPTY = '' as ByteString;

function store(
  ctx: Context,
  target: Slice,
  output: readonly ByteString[],
  get: readonly ByteString[],
): void {
  const results =
    get.length === 0
      ? output
      : output.flatMap((element) =>
          get.map((pattern) => lookupPattern(ctx, pattern, element) ?? EMPTY),
        );
  let list: ListValue | null = null;
  if (results.length > 0) {
    list = new ListValue(ctx.keyspace.limits);
    list.pushAllTail(results);
  }
  storeResult(ctx, target, list, { eventClass: EVENT_LIST, event: 'sortstore' });
  if (list !== null) countChanges(ctx, results.length);
  ctx.reply.integer(results.length);
}
