// Ranges of sorted sets by rank, score or name: ZRANGE, its older forms, ZRANGESTORE and counts.

import { block, double, integer, key, oneof, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { RANGE_LIMIT_BY_RANK, RANGE_SCORES_BY_LEX, SYNTAX } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_ZSET } from '../keyspace/events.ts';
import { type RankRange, ZsetValue } from '../values/zset.ts';
import { integerArg, positionsOf } from './arguments.ts';
import { lexBound, scoreRange } from './sorted-set-bounds.ts';
import { storeResult } from './store.ts';

export const zrange = command({
  name: 'zrange',
  summary: 'Returns a range by rank, score or name.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  history: [['6.2.0', 'Takes `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.']],
  flags: ['readonly'],
  args: [
    key(),
    string('start'),
    string('stop'),
    oneof('sortby', [token('BYSCORE'), token('BYLEX')], { since: '6.2.0', optional: true }),
    token('REV', { since: '6.2.0', optional: true }),
    block('limit', [integer('offset'), integer('count')], {
      token: 'LIMIT',
      since: '6.2.0',
      optional: true,
    }),
    token('WITHSCORES', { optional: true }),
  ],
  run: (ctx) => replyRange(ctx, {}),
});

export const zrangebyscore = command({
  name: 'zrangebyscore',
  summary: 'Returns a range by score.',
  since: '1.0.5',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYSCORE` argument',
  history: [['2.0.0', 'Takes `WITHSCORES`.']],
  flags: ['readonly'],
  args: [
    key(),
    double('min'),
    double('max'),
    token('WITHSCORES', { since: '2.0.0', optional: true }),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
  ],
  run: (ctx) => replyRange(ctx, { by: 'score', isReverse: false }),
});

export const zrangebylex = command({
  name: 'zrangebylex',
  summary: 'Returns a range by name.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYLEX` argument',
  flags: ['readonly'],
  args: [
    key(),
    string('min'),
    string('max'),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
  ],
  run: (ctx) => replyRange(ctx, { by: 'lex', isReverse: false }),
});

export const zrevrange = command({
  name: 'zrevrange',
  summary: 'Returns a range by rank, highest score first.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` argument',
  flags: ['readonly'],
  args: [key(), integer('start'), integer('stop'), token('WITHSCORES', { optional: true })],
  run: (ctx) => replyRange(ctx, { by: 'rank', isReverse: true }),
});

export const zrevrangebyscore = command({
  name: 'zrevrangebyscore',
  summary: 'Returns a range by score, highest score first.',
  since: '2.2.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYSCORE` arguments',
  history: [['2.1.6', 'Bounds may be exclusive.']],
  flags: ['readonly'],
  args: [
    key(),
    double('max'),
    double('min'),
    token('WITHSCORES', { optional: true }),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
  ],
  run: (ctx) => replyRange(ctx, { by: 'score', isReverse: true }),
});

export const zrevrangebylex = command({
  name: 'zrevrangebylex',
  summary: 'Returns a range by name, last name first.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members returned of N',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYLEX` arguments',
  flags: ['readonly'],
  args: [
    key(),
    string('max'),
    string('min'),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
  ],
  run: (ctx) => replyRange(ctx, { by: 'lex', isReverse: true }),
});

export const zrangestore = command({
  name: 'zrangestore',
  summary: 'Keeps a range by rank, score or name.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members kept of N',
  flags: ['write', 'denyoom'],
  args: [
    key('dst', { access: 'OW update' }),
    key('src', { access: 'RO access' }),
    string('min'),
    string('max'),
    oneof('sortby', [token('BYSCORE'), token('BYLEX')], { optional: true }),
    token('REV', { optional: true }),
    block('limit', [integer('offset'), integer('count')], { token: 'LIMIT', optional: true }),
  ],
  run: runZrangestore,
});

export const zcount = command({
  name: 'zcount',
  summary: 'Counts the members with scores in a range.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  flags: ['readonly', 'fast'],
  args: [key(), double('min'), double('max')],
  run: runZcount,
});

export const zlexcount = command({
  name: 'zlexcount',
  summary: 'Counts the members in a range of names.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log N) in the size of the sorted set',
  flags: ['readonly', 'fast'],
  args: [key(), string('min'), string('max')],
  run: runZlexcount,
});

export const sortedSetRangeCommands: readonly CommandEntry[] = [
  zrange,
  zrangebyscore,
  zrangebylex,
  zrevrange,
  zrevrangebyscore,
  zrevrangebylex,
  zrangestore,
  zcount,
  zlexcount,
];

type RangeKind = 'rank' | 'score' | 'lex';

/** What a command fixes; what it leaves out may be given as an option. */
interface FixedParts {
  readonly by?: RangeKind;
  readonly isReverse?: boolean;
  readonly isStored?: boolean;
}

interface RangeOptions {
  readonly by: RangeKind;
  readonly isReverse: boolean;
  readonly withScores: boolean;
  readonly offset: number;
  /** Negative: no limit. */
  readonly limit: number;
}

/** Finds the ranks of a range in a sorted set. */
type FindRanks = (zset: ZsetValue) => RankRange;

/** The options behind the two bounds, which are at `boundsAt`. */
function rangeOptions(ctx: Context, boundsAt: number, fixed: FixedParts): RangeOptions {
  let { by, isReverse } = fixed;
  let withScores = false;
  let offset = 0;
  let limit = -1;
  for (let i = boundsAt + 2; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    if (!fixed.isStored && word.is('withscores')) {
      withScores = true;
    } else if (word.is('limit') && i + 2 < ctx.argc) {
      offset = integerArg(ctx.arg(i + 1));
      limit = integerArg(ctx.arg(i + 2));
      i += 2;
    } else if (isReverse === undefined && word.is('rev')) {
      isReverse = true;
    } else if (by === undefined && word.is('bylex')) {
      by = 'lex';
    } else if (by === undefined && word.is('byscore')) {
      by = 'score';
    } else {
      throw SYNTAX;
    }
  }
  if (limit !== -1 && (by ?? 'rank') === 'rank') throw RANGE_LIMIT_BY_RANK;
  if (withScores && by === 'lex') throw RANGE_SCORES_BY_LEX;
  return { by: by ?? 'rank', isReverse: isReverse ?? false, withScores, offset, limit };
}

/** Parses the bounds; the higher one comes first in reverse ranges by score and name. */
function rangeBounds(ctx: Context, boundsAt: number, options: RangeOptions): FindRanks {
  const { by, isReverse } = options;
  const first = ctx.arg(boundsAt);
  const second = ctx.arg(boundsAt + 1);
  if (by === 'rank') {
    const start = integerArg(first);
    const stop = integerArg(second);
    return (zset) => ranksByRank(start, stop, zset.size, isReverse);
  }
  const [low, high] = isReverse ? [second, first] : [first, second];
  if (by === 'score') {
    const range = scoreRange(low, high);
    return (zset) => limited(zset.ranksByScore(range), options);
  }
  const min = lexBound(low);
  const max = lexBound(high);
  return (zset) => limited(zset.ranksByLex(min, max), options);
}

function ranksByRank(start: number, stop: number, size: number, isReverse: boolean): RankRange {
  const range = positionsOf(start, stop, size);
  return isReverse ? { start: size - range.end, end: size - range.start } : range;
}

/** Applies LIMIT, which counts in the direction of the range. */
function limited(range: RankRange, { offset, limit, isReverse }: RangeOptions): RankRange {
  const found = range.end - range.start;
  const skip = offset < 0 ? found : Math.min(offset, found); // Redis counts a negative one down
  const take = limit < 0 ? found - skip : Math.min(limit, found - skip);
  if (isReverse) return { start: range.end - skip - take, end: range.end - skip };
  return { start: range.start + skip, end: range.start + skip + take };
}

function replyRange(ctx: Context, fixed: FixedParts): void {
  const options = rangeOptions(ctx, 2, fixed);
  const find = rangeBounds(ctx, 2, options);
  const zset = ctx.readValue<ZsetValue>(ctx.arg(1), 'zset');
  const { reply } = ctx;
  if (zset === null) {
    reply.array(0);
    return;
  }
  const ranks = find(zset);
  const count = ranks.end - ranks.start;
  const { withScores } = options;
  const isNested = withScores && reply.protocol === 3;
  reply.array(withScores && !isNested ? count * 2 : count);
  zset.forEach(
    ranks,
    (member, score) => {
      if (isNested) reply.array(2);
      reply.bulk(member);
      if (withScores) reply.double(score);
    },
    options.isReverse,
  );
}

function runZrangestore(ctx: Context): void {
  const options = rangeOptions(ctx, 3, { isStored: true });
  const find = rangeBounds(ctx, 3, options);
  const zset = ctx.readValue<ZsetValue>(ctx.arg(2), 'zset');
  const result = new ZsetValue(ctx.keyspace.limits, ctx.executor.random);
  if (zset !== null) {
    const ranks = find(zset);
    result.expect(ranks.end - ranks.start);
    zset.forEach(ranks, (member, score) => void result.add(member, score));
  }
  const told = { eventClass: EVENT_ZSET, event: 'zrangestore' };
  storeResult(ctx, ctx.arg(1), result.size === 0 ? null : result, told);
  ctx.reply.integer(result.size);
}

function runZcount(ctx: Context): void {
  const range = scoreRange(ctx.arg(2), ctx.arg(3));
  replyCount(ctx, (zset) => zset.ranksByScore(range));
}

function runZlexcount(ctx: Context): void {
  const min = lexBound(ctx.arg(2));
  const max = lexBound(ctx.arg(3));
  replyCount(ctx, (zset) => zset.ranksByLex(min, max));
}

function replyCount(ctx: Context, find: FindRanks): void {
  const zset = ctx.readValue<ZsetValue>(ctx.arg(1), 'zset');
  const ranks = zset === null ? { start: 0, end: 0 } : find(zset);
  ctx.reply.integer(ranks.end - ranks.start);
}
