// Looking at some fields of a hash: HSCAN and HRANDFIELD.

import { block, integer, key, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { HashValue } from '../values/hash.ts';
import { pickRequest, replyPicks } from './random-picks.ts';
import { cursorArg, replyEmptyScan, replyScan, SCAN_ARGS } from './scan-options.ts';

export const hscan = command({
  name: 'hscan',
  summary: 'Walks the fields of a hash in steps.',
  since: '2.8.0',
  group: 'hash',
  complexity: 'O(1) a step, O(N) for all fields',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: SCAN_ARGS,
  run: runHscan,
});

export const hrandfield = command({
  name: 'hrandfield',
  summary: 'Returns random fields of a hash.',
  since: '6.2.0',
  group: 'hash',
  complexity: 'O(N) in the fields returned',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: [
    key(),
    block('options', [integer('count'), token('WITHVALUES', { optional: true })], {
      optional: true,
    }),
  ],
  run: runHrandfield,
});

export const hashPickCommands: readonly CommandEntry[] = [hscan, hrandfield];

function runHscan(ctx: Context): void {
  const cursor = cursorArg(ctx.arg(2));
  const hash = ctx.readValue<HashValue>(ctx.arg(1), 'hash');
  if (hash === null) replyEmptyScan(ctx);
  else replyScan(ctx, cursor, (at, count, visit) => hash.scan(at, count, visit));
}

function runHrandfield(ctx: Context): void {
  const request = ctx.argc === 2 ? null : pickRequest(ctx, 'withvalues');
  const hash = ctx.readValue<HashValue>(ctx.arg(1), 'hash');
  const { reply } = ctx;
  if (request === null) {
    if (hash === null) reply.null();
    else reply.bulk(hash.fields[hash.randomPosition(ctx.executor.random)] as ByteString); // below size
    return;
  }
  if (hash === null) {
    reply.array(0);
    return;
  }
  const { fields, values } = hash;
  replyPicks(ctx, request, hash.size, (position, withValue) => {
    reply.bulk(fields[position] as ByteString); // position < size
    if (withValue) reply.bulk(values[position] as ByteString);
  });
}
