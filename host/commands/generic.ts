// Keys whatever they hold: DEL, EXISTS, TYPE, KEYS, SCAN and the like.

import { integer, key, pattern, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { Ref } from '../keyspace/records.ts';
import { typeNameOf } from '../keyspace/type-name.ts';
import { asciiLower, type ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { Slice } from '../lib/slice.ts';
import { databaseCommands } from './database.ts';
import { expireCommands } from './expire.ts';
import { object } from './object.ts';
import { renameCommands } from './rename.ts';
import { cursorArg, scanOptions } from './scan-options.ts';
import { sortCommands } from './sort.ts';

export const del = command({
  name: 'del',
  summary: 'Deletes keys.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) in the keys and, for collections, their elements',
  flags: ['write'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  args: [key('key', { access: 'RM delete', multiple: true })],
  run: (ctx) => deleteKeys(ctx, ctx.keyspace.lazyFree.userDel),
});

export const unlink = command({
  name: 'unlink',
  summary: 'Deletes keys and frees their memory later.',
  since: '4.0.0',
  group: 'generic',
  complexity: 'O(1) a key, and O(N) in its elements afterwards',
  flags: ['write', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  args: [key('key', { access: 'RM delete', multiple: true })],
  run: (ctx) => deleteKeys(ctx, true),
});

export const exists = command({
  name: 'exists',
  summary: 'Counts how many of the keys exist.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) in the number of keys',
  history: [['3.0.3', 'Takes several keys.']],
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  args: [key('key', { access: 'RO', multiple: true })],
  run: runExists,
});

export const touch = command({
  name: 'touch',
  summary: 'Marks keys as used and counts those that exist.',
  since: '3.2.1',
  group: 'generic',
  complexity: 'O(N) in the number of keys',
  flags: ['readonly', 'fast'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  args: [key('key', { access: 'RO', multiple: true })],
  run: runTouch,
});

export const type = command({
  name: 'type',
  summary: 'Returns the type of a value.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runType,
});

export const keys = command({
  name: 'keys',
  summary: 'Lists the keys that match a pattern.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) in the keys of the database',
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  args: [pattern('pattern')],
  run: runKeys,
});

export const scan = command({
  name: 'scan',
  summary: 'Walks the keys of the database in steps.',
  since: '2.8.0',
  group: 'generic',
  complexity: 'O(1) a step, O(N) for all keys',
  history: [['6.0.0', 'Takes `TYPE`.']],
  flags: ['readonly', 'touches_arbitrary_keys'],
  tips: ['nondeterministic_output', 'request_policy:special', 'response_policy:special'],
  args: [
    integer('cursor'),
    pattern('pattern', { token: 'MATCH', optional: true }),
    integer('count', { token: 'COUNT', optional: true }),
    string('type', { token: 'TYPE', since: '6.0.0', optional: true }),
  ],
  run: runScan,
});

export const randomkey = command({
  name: 'randomkey',
  summary: 'Returns some key of the database.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['readonly', 'touches_arbitrary_keys'],
  tips: ['request_policy:all_shards', 'response_policy:special', 'nondeterministic_output'],
  run: runRandomkey,
});

export const genericCommands: readonly CommandEntry[] = [
  del,
  unlink,
  exists,
  touch,
  type,
  keys,
  scan,
  randomkey,
  object,
  ...renameCommands,
  ...expireCommands,
  ...databaseCommands,
  ...sortCommands,
];

function deleteKeys(ctx: Context, isLazy: boolean): void {
  const { keyspace, db } = ctx;
  let deleted = 0;
  for (let i = 1; i < ctx.argc; i++) {
    const name = ctx.arg(i);
    const ref = keyspace.peek(db, name);
    if (ref === 0) continue;
    keyspace.remove(db, ref, name, isLazy);
    keyspace.notifyDeleted(db, name);
    deleted++;
  }
  ctx.reply.integer(deleted);
}

/** A key named twice counts twice. */
function runExists(ctx: Context): void {
  let count = 0;
  for (let i = 1; i < ctx.argc; i++) {
    if (ctx.keyspace.lookupUntouched(ctx.db, ctx.arg(i)) !== 0) count++;
  }
  ctx.reply.integer(count);
}

function runTouch(ctx: Context): void {
  let count = 0;
  for (let i = 1; i < ctx.argc; i++) if (ctx.lookupRead(ctx.arg(i)) !== 0) count++;
  ctx.reply.integer(count);
}

function runType(ctx: Context): void {
  const ref = ctx.keyspace.lookupUntouched(ctx.db, ctx.arg(1));
  ctx.reply.simple(ref === 0 ? 'none' : typeNameOf(ctx.db, ref));
}

function runKeys(ctx: Context): void {
  const { keyspace, db, reply } = ctx;
  const mark = reply.deferred();
  const wanted = ctx.arg(1).toByteString();
  const isAll = wanted === '*';
  const view = new Slice();
  let count = 0;
  db.forEach((ref) => {
    db.keyOf(ref, view);
    if (!isAll && !globMatch(wanted, view.toByteString())) return;
    if (keyspace.isExpired(db, ref)) return;
    reply.slice(view);
    count++;
  });
  reply.setDeferred(mark, 'array', count);
}

/** Empty buckets passed over for every key asked for, before a step ends without it. */
const BUCKETS_PER_KEY = 10;

function runScan(ctx: Context): void {
  const { db, reply } = ctx;
  let cursor = Number(BigInt.asUintN(32, cursorArg(ctx.arg(1))));
  let type: string | null = null;
  const { count, pattern: wanted } = scanOptions(ctx, 2, (option, value) => {
    if (!option.is('type')) return false;
    type = value.toLower();
    return true;
  });
  const names: ByteString[] = [];
  let seen = 0;
  const visit = (ref: Ref): void => {
    seen++;
    const name = db.keyOf(ref).toByteString();
    if (wanted === null || globMatch(wanted, name)) names.push(name);
  };
  let buckets = count * BUCKETS_PER_KEY;
  do cursor = db.scan(cursor, visit);
  while (cursor !== 0 && seen < count && --buckets > 0);
  const found = names.filter((name) => isShown(ctx, Slice.of(name), type));
  reply.array(2);
  reply.bulk(String(cursor));
  reply.array(found.length);
  for (const name of found) reply.bulk(name);
}

/** Deletes the key if it has expired. */
function isShown(ctx: Context, name: Slice, type: string | null): boolean {
  const ref = ctx.keyspace.peek(ctx.db, name);
  return ref !== 0 && (type === null || asciiLower(typeNameOf(ctx.db, ref)) === type);
}

/** Looks at a bounded number of keys, so that nothing but expired ones does not take for ever. */
const RANDOM_TRIES = 100;

function runRandomkey(ctx: Context): void {
  const { keyspace, db } = ctx;
  const { random } = ctx.executor;
  for (let tries = 0; ; tries++) {
    const ref = db.randomRef((bound) => random.below(bound));
    if (ref === 0) {
      ctx.reply.null();
      return;
    }
    // Where expired keys only hide (replicas), there may be no other kind.
    const isLastTry = !keyspace.deletesExpired && tries === RANDOM_TRIES;
    if (isLastTry || !keyspace.isExpired(db, ref)) {
      ctx.reply.slice(db.keyOf(ref));
      return;
    }
    if (keyspace.deletesExpired) keyspace.expireNow(db, ref);
  }
}
