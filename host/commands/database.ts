// Whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.

import { integer, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  DB_INDEX_OUT_OF_RANGE,
  FIRST_DB_INVALID,
  SECOND_DB_INVALID,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { int32Arg } from './arguments.ts';

export const dbsize = command({
  name: 'dbsize',
  summary: 'Counts the keys of the database.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  run: (ctx) => ctx.reply.integer(ctx.db.size),
});

export const flushdb = command({
  name: 'flushdb',
  summary: 'Deletes all keys of the database.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) in the number of keys',
  history: [
    ['4.0.0', 'Takes `ASYNC`.'],
    ['6.2.0', 'Takes `SYNC`.'],
  ],
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  args: [
    oneof('flush-type', [token('ASYNC', { since: '4.0.0' }), token('SYNC', { since: '6.2.0' })], {
      optional: true,
    }),
  ],
  run: (ctx) => flush(ctx, ctx.db),
});

export const flushall = command({
  name: 'flushall',
  summary: 'Deletes all keys of all databases.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) in the number of keys',
  history: [
    ['4.0.0', 'Takes `ASYNC`.'],
    ['6.2.0', 'Takes `SYNC`.'],
  ],
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  args: [
    oneof('flush-type', [token('ASYNC', { since: '4.0.0' }), token('SYNC', { since: '6.2.0' })], {
      optional: true,
    }),
  ],
  run: (ctx) => flush(ctx, null),
});

export const swapdb = command({
  name: 'swapdb',
  summary: 'Swaps two databases.',
  since: '4.0.0',
  group: 'server',
  complexity: 'O(N) in the clients that watch or wait for their keys',
  flags: ['write', 'fast'],
  categories: ['keyspace', 'dangerous'],
  args: [integer('index1'), integer('index2')],
  run: runSwapdb,
});

export const databaseCommands: readonly CommandEntry[] = [dbsize, flushdb, flushall, swapdb];

function flush(ctx: Context, only: Database | null): void {
  const isLazy = isLazyFlush(ctx);
  const listeners = only === null ? ctx.executor.flushListeners : [];
  for (const listener of listeners) listener.before();
  ctx.keyspace.dirty += ctx.keyspace.flush(only, isLazy);
  for (const listener of listeners) listener.after();
  // An empty database here need not be one on a replica.
  ctx.forcesPropagation = true;
  ctx.reply.simple('OK');
}

function isLazyFlush(ctx: Context): boolean {
  if (ctx.argc === 1) return ctx.keyspace.lazyFree.userFlush;
  if (ctx.argc > 2) throw SYNTAX;
  if (ctx.arg(1).is('async')) return true;
  if (!ctx.arg(1).is('sync')) throw SYNTAX;
  return false;
}

function runSwapdb(ctx: Context): void {
  const { keyspace } = ctx;
  const first = int32Arg(ctx.arg(1), FIRST_DB_INVALID);
  const second = int32Arg(ctx.arg(2), SECOND_DB_INVALID);
  for (const index of [first, second]) {
    if (index < 0 || index >= keyspace.databaseCount) throw DB_INDEX_OUT_OF_RANGE;
  }
  keyspace.swap(keyspace.database(first), keyspace.database(second));
  keyspace.dirty++;
  ctx.reply.simple('OK');
}
