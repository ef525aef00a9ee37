// Lists. Popping, with and without waiting, is in list-pops.ts, moving in list-moves.ts.

import { integer, key, oneof, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  COUNT_NEGATIVE,
  INDEX_OUT_OF_RANGE,
  MAXLEN_NEGATIVE,
  NO_SUCH_KEY,
  RANK_ZERO,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_LIST } from '../keyspace/events.ts';
import { ListValue } from '../values/list.ts';
import { eitherArg, integerArg, integerFromArg, positionsOf, signedCountArg } from './arguments.ts';
import { listMoveCommands } from './list-moves.ts';
import { listPopCommands } from './list-pops.ts';
import { addIfNew, countChanges } from './store.ts';

export const lpush = command({
  name: 'lpush',
  summary: 'Adds elements in front of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(1) for each element',
  history: [['2.4.0', 'Takes several elements.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('element', { multiple: true })],
  run: (ctx) => push(ctx, 'head', false),
});

export const rpush = command({
  name: 'rpush',
  summary: 'Adds elements at the end of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(1) for each element',
  history: [['2.4.0', 'Takes several elements.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('element', { multiple: true })],
  run: (ctx) => push(ctx, 'tail', false),
});

export const lpushx = command({
  name: 'lpushx',
  summary: 'Adds elements in front of a list that exists.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(1) for each element',
  history: [['4.0.0', 'Takes several elements.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('element', { multiple: true })],
  run: (ctx) => push(ctx, 'head', true),
});

export const rpushx = command({
  name: 'rpushx',
  summary: 'Adds elements at the end of a list that exists.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(1) for each element',
  history: [['4.0.0', 'Takes several elements.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('element', { multiple: true })],
  run: (ctx) => push(ctx, 'tail', true),
});

export const linsert = command({
  name: 'linsert',
  summary: 'Inserts an element before or after another.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(N) in the elements before the pivot',
  flags: ['write', 'denyoom'],
  args: [
    key('key', { access: 'RW insert' }),
    oneof('where', [token('BEFORE'), token('AFTER')]),
    string('pivot'),
    string('element'),
  ],
  run: runLinsert,
});

export const llen = command({
  name: 'llen',
  summary: 'Returns the length of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runLlen,
});

export const lindex = command({
  name: 'lindex',
  summary: 'Returns the element at an index.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) in the distance from the nearer end',
  flags: ['readonly'],
  args: [key(), integer('index')],
  run: runLindex,
});

export const lset = command({
  name: 'lset',
  summary: 'Replaces the element at an index.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) in the distance from the nearer end',
  flags: ['write', 'denyoom'],
  args: [key('key', { access: 'RW update' }), integer('index'), string('element')],
  run: runLset,
});

export const lrange = command({
  name: 'lrange',
  summary: 'Returns a range of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(S+N) for N elements that start S from the nearer end',
  flags: ['readonly'],
  args: [key(), integer('start'), integer('stop')],
  run: runLrange,
});

export const ltrim = command({
  name: 'ltrim',
  summary: 'Keeps a range of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) in the elements removed',
  flags: ['write'],
  args: [key('key', { access: 'RW delete' }), integer('start'), integer('stop')],
  run: runLtrim,
});

export const lrem = command({
  name: 'lrem',
  summary: 'Removes elements that are equal to a value.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N+M) for a list of N, M of them removed',
  flags: ['write'],
  args: [key('key', { access: 'RW delete' }), integer('count'), string('element')],
  run: runLrem,
});

export const lpos = command({
  name: 'lpos',
  summary: 'Finds the index of an element.',
  since: '6.0.6',
  group: 'list',
  complexity: 'O(N) in the elements looked at',
  flags: ['readonly'],
  args: [
    key(),
    string('element'),
    integer('rank', { token: 'RANK', optional: true }),
    integer('num-matches', { token: 'COUNT', optional: true }),
    integer('len', { token: 'MAXLEN', optional: true }),
  ],
  run: runLpos,
});

export const listCommands: readonly CommandEntry[] = [
  lpush,
  rpush,
  lpushx,
  rpushx,
  linsert,
  llen,
  lindex,
  lset,
  lrange,
  ltrim,
  lrem,
  lpos,
  ...listPopCommands,
  ...listMoveCommands,
];

function readList(ctx: Context): ListValue | null {
  return ctx.readValue<ListValue>(ctx.arg(1), 'list');
}

function writeList(ctx: Context): ListValue | null {
  return ctx.writeValue<ListValue>(ctx.arg(1), 'list');
}

function push(ctx: Context, end: 'head' | 'tail', onlyIfThere: boolean): void {
  const name = ctx.arg(1);
  const found = writeList(ctx);
  if (found === null && onlyIfThere) {
    ctx.reply.integer(0);
    return;
  }
  const list = found ?? new ListValue(ctx.keyspace.limits);
  const elements = ctx.rest(2);
  if (end === 'head') list.pushAllHead(elements);
  else list.pushAllTail(elements);
  addIfNew(ctx, name, list);
  ctx.changed(name, EVENT_LIST, end === 'head' ? 'lpush' : 'rpush');
  countChanges(ctx, elements.length);
  ctx.reply.integer(list.length);
}

function runLinsert(ctx: Context): void {
  const where = eitherArg(ctx.arg(2), 'before', 'after') === 0 ? 'before' : 'after';
  const name = ctx.arg(1);
  const list = writeList(ctx);
  if (list === null) {
    ctx.reply.integer(0);
    return;
  }
  if (!list.insert(ctx.arg(3).toByteString(), ctx.arg(4).toByteString(), where)) {
    ctx.reply.integer(-1);
    return;
  }
  ctx.changed(name, EVENT_LIST, 'linsert');
  ctx.reply.integer(list.length);
}

function runLlen(ctx: Context): void {
  ctx.reply.integer(readList(ctx)?.length ?? 0);
}

function runLindex(ctx: Context): void {
  const list = readList(ctx);
  if (list === null) {
    ctx.reply.null(); // whatever the index is
    return;
  }
  const index = integerArg(ctx.arg(2));
  const element = list.at(index < 0 ? index + list.length : index);
  if (element === undefined) ctx.reply.null();
  else ctx.reply.bulk(element);
}

function runLset(ctx: Context): void {
  const name = ctx.arg(1);
  const list = writeList(ctx);
  if (list === null) throw NO_SUCH_KEY;
  const given = integerArg(ctx.arg(2));
  const index = given < 0 ? given + list.length : given;
  if (index < 0 || index >= list.length) throw INDEX_OUT_OF_RANGE;
  list.set(index, ctx.arg(3).toByteString());
  ctx.changed(name, EVENT_LIST, 'lset');
  ctx.reply.simple('OK');
}

function runLrange(ctx: Context): void {
  const first = integerArg(ctx.arg(2));
  const last = integerArg(ctx.arg(3));
  const list = readList(ctx);
  const { start, end } = positionsOf(first, last, list?.length ?? 0);
  const { reply } = ctx;
  reply.array(end - start);
  list?.forEach(start, end - start, (element) => reply.bulk(element));
}

function runLtrim(ctx: Context): void {
  const first = integerArg(ctx.arg(2));
  const last = integerArg(ctx.arg(3));
  const name = ctx.arg(1);
  const list = writeList(ctx);
  if (list !== null) {
    const { length } = list;
    const { start, end } = positionsOf(first, last, length);
    list.removeRange(end, length - end);
    list.removeRange(0, start);
    ctx.changed(name, EVENT_LIST, 'ltrim');
    countChanges(ctx, length - list.length);
    if (list.length === 0) ctx.removeEmptied(name);
  }
  ctx.reply.simple('OK');
}

function runLrem(ctx: Context): void {
  const count = Number(signedCountArg(ctx.arg(2)));
  const name = ctx.arg(1);
  const list = writeList(ctx);
  const element = ctx.arg(3).toByteString();
  const from = count < 0 ? 'tail' : 'head';
  const removed = list?.removeMatching(element, Math.abs(count), from) ?? 0;
  if (removed > 0) {
    ctx.changed(name, EVENT_LIST, 'lrem');
    countChanges(ctx, removed);
    if (list?.length === 0) ctx.removeEmptied(name);
  }
  ctx.reply.integer(removed);
}

/** What LPOS looks for. */
interface Search {
  /** Matches to pass over first. */
  readonly skip: number;
  readonly isBackward: boolean;
  /** Null: the one match, not as an array. */
  readonly count: number | null;
  /** Elements to look at. */
  readonly most: number;
}

function runLpos(ctx: Context): void {
  const search = searchOptions(ctx);
  const list = readList(ctx);
  const found = list === null ? [] : positionsIn(list, ctx, search);
  const { reply } = ctx;
  if (search.count === null) {
    if (found.length === 0) reply.null();
    else reply.integer(found[0] as number); // there is one
    return;
  }
  reply.array(found.length);
  for (const index of found) reply.integer(index);
}

function searchOptions(ctx: Context): Search {
  let rank = 1;
  let count: number | null = null;
  let most = 0;
  for (let i = 3; i < ctx.argc; i += 2) {
    const option = ctx.arg(i);
    if (i + 1 === ctx.argc) throw SYNTAX;
    const value = ctx.arg(i + 1);
    if (option.is('rank')) {
      rank = Number(signedCountArg(value));
      if (rank === 0) throw RANK_ZERO;
    } else if (option.is('count')) {
      count = integerFromArg(value, 0, COUNT_NEGATIVE);
    } else if (option.is('maxlen')) {
      most = integerFromArg(value, 0, MAXLEN_NEGATIVE);
    } else {
      throw SYNTAX;
    }
  }
  return {
    skip: Math.abs(rank) - 1,
    isBackward: rank < 0,
    count,
    most: most === 0 ? Number.POSITIVE_INFINITY : most,
  };
}

function positionsIn(list: ListValue, ctx: Context, search: Search): number[] {
  const element = ctx.arg(2).toByteString();
  const wanted = search.count === null ? 1 : search.count || Number.POSITIVE_INFINITY;
  const found: number[] = [];
  let { skip, most } = search;
  list.walk(search.isBackward ? list.length - 1 : 0, search.isBackward, (candidate, index) => {
    if (candidate === element && skip-- <= 0) found.push(index);
    return found.length < wanted && --most > 0;
  });
  return found;
}
