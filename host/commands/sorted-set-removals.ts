// Removing ranges of sorted sets by rank, score or name.

import { double, integer, key, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_ZSET } from '../keyspace/events.ts';
import type { RankRange, ZsetValue } from '../values/zset.ts';
import { integerArg, positionsOf } from './arguments.ts';
import { lexBound, scoreRange } from './sorted-set-bounds.ts';
import { countChanges } from './store.ts';

export const zremrangebyrank = command({
  name: 'zremrangebyrank',
  summary: 'Removes a range by rank.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members removed of N',
  flags: ['write'],
  args: [key('key', { access: 'RW delete' }), integer('start'), integer('stop')],
  run: runZremrangebyrank,
});

export const zremrangebyscore = command({
  name: 'zremrangebyscore',
  summary: 'Removes a range by score.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members removed of N',
  flags: ['write'],
  args: [key('key', { access: 'RW delete' }), double('min'), double('max')],
  run: runZremrangebyscore,
});

export const zremrangebylex = command({
  name: 'zremrangebylex',
  summary: 'Removes a range by name.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log N+M) for M members removed of N',
  flags: ['write'],
  args: [key('key', { access: 'RW delete' }), string('min'), string('max')],
  run: runZremrangebylex,
});

export const sortedSetRemovalCommands: readonly CommandEntry[] = [
  zremrangebyrank,
  zremrangebyscore,
  zremrangebylex,
];

function runZremrangebyrank(ctx: Context): void {
  const start = integerArg(ctx.arg(2));
  const stop = integerArg(ctx.arg(3));
  removeRange(ctx, (zset) => positionsOf(start, stop, zset.size));
}

function runZremrangebyscore(ctx: Context): void {
  const range = scoreRange(ctx.arg(2), ctx.arg(3));
  removeRange(ctx, (zset) => zset.ranksByScore(range));
}

function runZremrangebylex(ctx: Context): void {
  const min = lexBound(ctx.arg(2));
  const max = lexBound(ctx.arg(3));
  removeRange(ctx, (zset) => zset.ranksByLex(min, max));
}

/** The event is named as the command. */
function removeRange(ctx: Context, find: (zset: ZsetValue) => RankRange): void {
  const name = ctx.arg(1);
  const zset = ctx.writeValue<ZsetValue>(name, 'zset');
  const removed = zset === null ? 0 : zset.removeRanks(find(zset));
  if (removed > 0) {
    ctx.changed(name, EVENT_ZSET, ctx.entry.name);
    countChanges(ctx, removed);
    if (zset?.size === 0) ctx.removeEmptied(name);
  }
  ctx.reply.integer(removed);
}
