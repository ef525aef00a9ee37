// Looking at some members of a sorted set: ZSCAN and ZRANDMEMBER.

import { block, integer, key, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import { formatDouble, formatDoubleG17 } from '../lib/number.ts';
import type { ZsetValue } from '../values/zset.ts';
import { pickRequest, replyPicks } from './random-picks.ts';
import { cursorArg, replyEmptyScan, replyScan, SCAN_ARGS } from './scan-options.ts';

export const zscan = command({
  name: 'zscan',
  summary: 'Walks the members of a sorted set in steps.',
  since: '2.8.0',
  group: 'sorted-set',
  complexity: 'O(1) a step, O(N) for all members',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: SCAN_ARGS,
  run: runZscan,
});

export const zrandmember = command({
  name: 'zrandmember',
  summary: 'Returns random members.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N) in the members returned',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: [
    key(),
    block('options', [integer('count'), token('WITHSCORES', { optional: true })], {
      optional: true,
    }),
  ],
  run: runZrandmember,
});

export const sortedSetPickCommands: readonly CommandEntry[] = [zscan, zrandmember];

function runZscan(ctx: Context): void {
  const cursor = cursorArg(ctx.arg(2));
  const zset = ctx.readValue<ZsetValue>(ctx.arg(1), 'zset');
  if (zset === null) {
    replyEmptyScan(ctx);
    return;
  }
  // As in Redis, which prints scores of the two encodings with different functions.
  const format = zset.encoding === 'listpack' ? formatDouble : formatDoubleG17;
  replyScan(ctx, cursor, (at, count, visit) =>
    zset.scan(at, count, (member, score) => visit(member, format(score) as ByteString)),
  );
}

function runZrandmember(ctx: Context): void {
  const request = ctx.argc === 2 ? null : pickRequest(ctx, 'withscores');
  const zset = ctx.readValue<ZsetValue>(ctx.arg(1), 'zset');
  const { reply } = ctx;
  if (request === null) {
    if (zset === null) reply.null();
    else reply.bulk(zset.random(ctx.executor.random));
    return;
  }
  if (zset === null) {
    reply.array(0);
    return;
  }
  replyPicks(ctx, request, zset.size, (rank, withScore) => {
    const member = zset.memberAt(rank);
    reply.bulk(member);
    if (withScore) reply.double(zset.score(member) as number); // a member
  });
}
