// Sorted sets, member by member. What works on ranges, ends or several of them has its own file.

import { block, double, integer, key, oneof, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  SCORE_NOT_A_NUMBER,
  SYNTAX,
  wrongArity,
  ZADD_GT_LT_NX,
  ZADD_INCR_PAIRS,
  ZADD_XX_AND_NX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_ZSET } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import { ZsetValue } from '../values/zset.ts';
import { doubleArg } from './arguments.ts';
import { sortedSetOperationCommands } from './sorted-set-operations.ts';
import { sortedSetPickCommands } from './sorted-set-picks.ts';
import { sortedSetPopCommands } from './sorted-set-pops.ts';
import { sortedSetRangeCommands } from './sorted-set-ranges.ts';
import { sortedSetRemovalCommands } from './sorted-set-removals.ts';
import { addIfNew, countChanges, removeMembers } from './store.ts';

export const zadd = command({
  name: 'zadd',
  summary: 'Adds members with scores, or changes their scores.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log N) for each member',
  history: [
    ['2.4.0', 'Takes several members.'],
    ['3.0.2', 'Takes `XX`, `NX`, `CH` and `INCR`.'],
    ['6.2.0', 'Takes `GT` and `LT`.'],
  ],
  flags: ['write', 'denyoom', 'fast'],
  args: [
    key('key', { access: 'RW update' }),
    oneof('condition', [token('NX'), token('XX')], { since: '3.0.2', optional: true }),
    oneof('comparison', [token('GT'), token('LT')], { since: '6.2.0', optional: true }),
    token('CH', { name: 'change', since: '3.0.2', optional: true }),
    token('INCR', { name: 'increment', since: '3.0.2', optional: true }),
    block('data', [double('score'), string('member')], { multiple: true }),
  ],
  run: (ctx) => add(ctx, 0),
});

export const zincrby = command({
  name: 'zincrby',
  summary: 'Adds to the score of a member.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), integer('increment'), string('member')],
  run: (ctx) => add(ctx, OPTION_INCR),
});

export const zrem = command({
  name: 'zrem',
  summary: 'Removes members of a sorted set.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(M log N) for M members removed of N',
  history: [['2.4.0', 'Takes several members.']],
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW delete' }), string('member', { multiple: true })],
  run: (ctx) => removeMembers(ctx, 'zset', EVENT_ZSET, 'zrem'),
});

export const zcard = command({
  name: 'zcard',
  summary: 'Counts the members of a sorted set.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runZcard,
});

export const zscore = command({
  name: 'zscore',
  summary: 'Returns the score of a member.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key(), string('member')],
  run: runZscore,
});

export const zmscore = command({
  name: 'zmscore',
  summary: 'Returns the scores of members.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N) in the number of members',
  flags: ['readonly', 'fast'],
  args: [key(), string('member', { multiple: true })],
  run: runZmscore,
});

export const zrank = command({
  name: 'zrank',
  summary: 'Returns the rank of a member, lowest score first.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  history: [['7.2.0', 'Takes `WITHSCORE`.']],
  flags: ['readonly', 'fast'],
  args: [key(), string('member'), token('WITHSCORE', { optional: true })],
  run: (ctx) => rank(ctx, false),
});

export const zrevrank = command({
  name: 'zrevrank',
  summary: 'Returns the rank of a member, highest score first.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  history: [['7.2.0', 'Takes `WITHSCORE`.']],
  flags: ['readonly', 'fast'],
  args: [key(), string('member'), token('WITHSCORE', { optional: true })],
  run: (ctx) => rank(ctx, true),
});

export const sortedSetCommands: readonly CommandEntry[] = [
  zadd,
  zincrby,
  zrem,
  zcard,
  zscore,
  zmscore,
  zrank,
  zrevrank,
  ...sortedSetRangeCommands,
  ...sortedSetRemovalCommands,
  ...sortedSetPopCommands,
  ...sortedSetOperationCommands,
  ...sortedSetPickCommands,
];

const OPTION_NX = 1;
const OPTION_XX = 2;
const OPTION_GT = 4;
const OPTION_LT = 8;
const OPTION_CH = 16;
const OPTION_INCR = 32;

function readZset(ctx: Context): ZsetValue | null {
  return ctx.readValue<ZsetValue>(ctx.arg(1), 'zset');
}

/** What ZADD is going to do, all of it checked. */
interface Addition {
  readonly options: number;
  readonly scores: readonly number[];
  readonly members: readonly ByteString[];
}

function add(ctx: Context, given: number): void {
  const addition = additionArgs(ctx, given);
  const name = ctx.arg(1);
  const found = ctx.writeValue<ZsetValue>(name, 'zset');
  const isIncr = (addition.options & OPTION_INCR) !== 0;
  if (found === null && addition.options & OPTION_XX) {
    if (isIncr) ctx.reply.null();
    else ctx.reply.integer(0);
    return;
  }
  const zset = found ?? new ZsetValue(ctx.keyspace.limits, ctx.executor.random);
  if (isIncr) increment(ctx, name, zset, addition);
  else addAll(ctx, name, zset, addition);
}

function additionArgs(ctx: Context, given: number): Addition {
  let options = given;
  let first = 2;
  for (let option = optionOf(ctx.arg(first)); option !== 0 && first < ctx.argc; ) {
    options |= option;
    first++;
    option = first < ctx.argc ? optionOf(ctx.arg(first)) : 0;
  }
  const words = ctx.argc - first;
  if (words % 2 === 1 || words === 0) throw SYNTAX;
  if (options & OPTION_NX && options & OPTION_XX) throw ZADD_XX_AND_NX;
  const exclusive = options & (OPTION_NX | OPTION_GT | OPTION_LT);
  if ((exclusive & (exclusive - 1)) !== 0) throw ZADD_GT_LT_NX; // more than one bit
  if (options & OPTION_INCR && words > 2) throw ZADD_INCR_PAIRS;
  const scores: number[] = [];
  const members: ByteString[] = [];
  for (let i = first; i < ctx.argc; i += 2) {
    scores.push(doubleArg(ctx.arg(i)));
    members.push(ctx.arg(i + 1).toByteString());
  }
  return { options, scores, members };
}

function optionOf(word: Slice): number {
  if (word.is('nx')) return OPTION_NX;
  if (word.is('xx')) return OPTION_XX;
  if (word.is('gt')) return OPTION_GT;
  if (word.is('lt')) return OPTION_LT;
  if (word.is('ch')) return OPTION_CH;
  return word.is('incr') ? OPTION_INCR : 0;
}

/** Whether the conditions allow a member with score `old` (undefined: none) to get `score`. */
function allows(options: number, old: number | undefined, score: number): boolean {
  if (old === undefined) return (options & OPTION_XX) === 0;
  if (options & OPTION_NX) return false;
  if (options & OPTION_GT) return score > old;
  return (options & OPTION_LT) === 0 || score < old;
}

function increment(ctx: Context, name: Slice, zset: ZsetValue, addition: Addition): void {
  const member = addition.members[0] as ByteString; // exactly one pair
  const amount = addition.scores[0] as number;
  const old = zset.score(member);
  const score = old === undefined ? amount : old + amount;
  if (old !== undefined && addition.options & OPTION_NX) {
    ctx.reply.null();
    return;
  }
  if (Number.isNaN(score)) throw SCORE_NOT_A_NUMBER;
  if (!allows(addition.options, old, score)) {
    ctx.reply.null();
    return;
  }
  if (score !== old) {
    expect(zset, addition);
    zset.add(member, score);
    addIfNew(ctx, name, zset);
    ctx.changed(name, EVENT_ZSET, 'zincr');
  }
  ctx.reply.double(score);
}

function addAll(ctx: Context, name: Slice, zset: ZsetValue, addition: Addition): void {
  const { options, scores, members } = addition;
  expect(zset, addition);
  let added = 0;
  let updated = 0;
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as ByteString; // i < length of both
    const score = scores[i] as number;
    const old = zset.score(member);
    if (!allows(options, old, score) || old === score) continue;
    zset.add(member, score);
    if (old === undefined) added++;
    else updated++;
  }
  if (added + updated > 0) {
    addIfNew(ctx, name, zset);
    ctx.changed(name, EVENT_ZSET, 'zadd');
    countChanges(ctx, added + updated);
  }
  ctx.reply.integer(options & OPTION_CH ? added + updated : added);
}

/** A new value starts in the encoding that suits all it is given. */
function expect(zset: ZsetValue, { members }: Addition): void {
  let longest = 0;
  if (zset.size === 0) for (const { length } of members) longest = Math.max(longest, length);
  zset.expect(members.length, longest);
}

function runZcard(ctx: Context): void {
  ctx.reply.integer(readZset(ctx)?.size ?? 0);
}

function runZscore(ctx: Context): void {
  replyScore(ctx, readZset(ctx)?.score(ctx.arg(2).toByteString()));
}

function runZmscore(ctx: Context): void {
  const zset = readZset(ctx);
  ctx.reply.array(ctx.argc - 2);
  for (let i = 2; i < ctx.argc; i++) replyScore(ctx, zset?.score(ctx.arg(i).toByteString()));
}

function replyScore(ctx: Context, score: number | undefined): void {
  if (score === undefined) ctx.reply.null();
  else ctx.reply.double(score);
}

function rank(ctx: Context, isReverse: boolean): void {
  if (ctx.argc > 4) throw wrongArity(ctx.entry.fullName);
  const withScore = ctx.argc === 4;
  if (withScore && !ctx.arg(3).is('withscore')) throw SYNTAX;
  const zset = readZset(ctx);
  const member = ctx.arg(2).toByteString();
  const ascending = zset?.rank(member) ?? -1;
  const { reply } = ctx;
  if (zset === null || ascending < 0) {
    if (withScore) reply.nullArray();
    else reply.null();
    return;
  }
  if (withScore) reply.array(2);
  reply.integer(isReverse ? zset.size - 1 - ascending : ascending);
  if (withScore) reply.double(zset.score(member) as number); // it has a rank
}
