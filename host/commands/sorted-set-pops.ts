// Taking members with the lowest or highest scores, and waiting for some.

import { double, integer, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { SYNTAX } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_ZSET } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import type { ZsetValue } from '../values/zset.ts';
import { countArg, eitherArg } from './arguments.ts';
import { type PopKind, type PopRequest, popMany, popManyOrWait, popOrWait } from './multi-pops.ts';
import { countChanges } from './store.ts';

type ScoreEnd = 'min' | 'max';

interface Scored {
  readonly member: ByteString;
  readonly score: number;
}

const ZSETS: PopKind<ZsetValue, ScoreEnd, Scored> = {
  type: 'zset',
  endArg: scoreEndArg,
  commandAt: (end) => (end === 'min' ? 'ZPOPMIN' : 'ZPOPMAX'),
  take: takeMembers,
  replyOne: (ctx, name, { member, score }) => {
    ctx.reply.array(3);
    ctx.reply.bulk(name);
    ctx.reply.bulk(member);
    ctx.reply.double(score);
  },
  replyAll: replyPairs,
};

export const zpopmin = command({
  name: 'zpopmin',
  summary: 'Pops the members with the lowest scores.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(M log N) for M members popped of N',
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW access delete' }), integer('count', { optional: true })],
  run: (ctx) => pop(ctx, 'min'),
});

export const zpopmax = command({
  name: 'zpopmax',
  summary: 'Pops the members with the highest scores.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(M log N) for M members popped of N',
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW access delete' }), integer('count', { optional: true })],
  run: (ctx) => pop(ctx, 'max'),
});

export const zmpop = command({
  name: 'zmpop',
  summary: 'Pops from the first sorted set that has members.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(K)+O(M log N) for K keys and M members popped of N',
  flags: ['write'],
  args: [
    integer('numkeys'),
    key('key', { access: 'RW access delete', multiple: true }),
    oneof('where', [token('MIN'), token('MAX')]),
    integer('count', { token: 'COUNT', optional: true }),
  ],
  run: (ctx) => popMany(ctx, ZSETS),
});

export const bzpopmin = command({
  name: 'bzpopmin',
  summary: 'Pops the member with the lowest score; waits for one.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  history: [['6.0.0', 'The timeout may have a fraction.']],
  flags: ['write', 'blocking', 'fast'],
  args: [key('key', { access: 'RW access delete', multiple: true }), double('timeout')],
  run: (ctx) => popOrWait(ctx, ZSETS, 'min'),
});

export const bzpopmax = command({
  name: 'bzpopmax',
  summary: 'Pops the member with the highest score; waits for one.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  history: [['6.0.0', 'The timeout may have a fraction.']],
  flags: ['write', 'blocking', 'fast'],
  args: [key('key', { access: 'RW access delete', multiple: true }), double('timeout')],
  run: (ctx) => popOrWait(ctx, ZSETS, 'max'),
});

export const bzmpop = command({
  name: 'bzmpop',
  summary: 'Pops from the first sorted set that has members; waits for one.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(K)+O(M log N) for K keys and M members popped of N',
  flags: ['write', 'blocking'],
  args: [
    double('timeout'),
    integer('numkeys'),
    key('key', { access: 'RW access delete', multiple: true }),
    oneof('where', [token('MIN'), token('MAX')]),
    integer('count', { token: 'COUNT', optional: true }),
  ],
  run: (ctx) => popManyOrWait(ctx, ZSETS),
});

export const sortedSetPopCommands: readonly CommandEntry[] = [
  zpopmin,
  zpopmax,
  zmpop,
  bzpopmin,
  bzpopmax,
  bzmpop,
];

/** Pops up to `count` members, in the order they come off, and tells of it. */
function takeMembers(
  ctx: Context,
  name: Slice,
  zset: ZsetValue,
  request: PopRequest<ScoreEnd>,
): Scored[] {
  const isMax = request.end === 'max';
  const count = Math.min(request.count, zset.size);
  const start = isMax ? zset.size - count : 0;
  const ranks = { start, end: start + count };
  const taken: Scored[] = [];
  zset.forEach(ranks, (member, score) => void taken.push({ member, score }), isMax);
  zset.removeRanks(ranks);
  ctx.changed(name, EVENT_ZSET, isMax ? 'zpopmax' : 'zpopmin');
  countChanges(ctx, count);
  if (zset.size === 0) ctx.removeEmptied(name);
  return taken;
}

function replyPairs(ctx: Context, taken: readonly Scored[]): void {
  ctx.reply.array(taken.length);
  for (const { member, score } of taken) {
    ctx.reply.array(2);
    ctx.reply.bulk(member);
    ctx.reply.double(score);
  }
}

function pop(ctx: Context, end: ScoreEnd): void {
  if (ctx.argc > 3) throw SYNTAX;
  const count = ctx.argc === 3 ? countArg(ctx.arg(2)) : null;
  const name = ctx.arg(1);
  const zset = ctx.writeValue<ZsetValue>(name, 'zset');
  if (zset === null || count === 0) {
    ctx.reply.array(0);
    return;
  }
  const taken = takeMembers(ctx, name, zset, { end, count: count ?? 1 });
  if (count !== null && ctx.reply.protocol === 3) {
    replyPairs(ctx, taken);
    return;
  }
  ctx.reply.array(taken.length * 2);
  for (const { member, score } of taken) {
    ctx.reply.bulk(member);
    ctx.reply.double(score);
  }
}

function scoreEndArg(slice: Slice): ScoreEnd {
  return eitherArg(slice, 'min', 'max') === 0 ? 'min' : 'max';
}
