// Keys that change their name or database, or get a twin: RENAME, MOVE, COPY.

import { integer, key, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  COPY_FAILED,
  COPY_NOT_SUPPORTED,
  DB_INDEX_OUT_OF_RANGE,
  NO_SUCH_KEY,
  SAME_OBJECT,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { EVENT_GENERIC } from '../keyspace/events.ts';
import { FLAG_INT, FLAG_RAW } from '../keyspace/record.ts';
import type { Ref } from '../keyspace/records.ts';
import { Slice } from '../lib/slice.ts';
import type { Value } from '../values/ledger.ts';
import { ModuleValue, type ModuleValuePlace } from '../values/module.ts';
import { int32Arg } from './arguments.ts';

export const rename = command({
  name: 'rename',
  summary: 'Renames a key, replacing the key of the new name.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['write'],
  args: [key('key', { access: 'RW access delete' }), key('newkey', { access: 'OW update' })],
  run: (ctx) => runRename(ctx, false),
});

export const renamenx = command({
  name: 'renamenx',
  summary: 'Renames a key unless the new name is taken.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  history: [['3.2.0', 'The two names may be the same.']],
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW access delete' }), key('newkey', { access: 'OW insert' })],
  run: (ctx) => runRename(ctx, true),
});

export const move = command({
  name: 'move',
  summary: 'Moves a key to another database.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW access update' }), integer('db')],
  run: runMove,
});

export const copy = command({
  name: 'copy',
  summary: 'Copies a value to another key.',
  since: '6.2.0',
  group: 'generic',
  complexity: 'O(N) in the elements of the value, O(1) for strings',
  flags: ['write', 'denyoom'],
  args: [
    key('source', { access: 'RO access' }),
    key('destination', { access: 'OW update' }),
    integer('destination-db', { token: 'DB', optional: true }),
    token('REPLACE', { optional: true }),
  ],
  run: runCopy,
});

export const renameCommands: readonly CommandEntry[] = [rename, renamenx, move, copy];

function runRename(ctx: Context, onlyIfFree: boolean): void {
  const { keyspace, db } = ctx;
  const from = ctx.arg(1);
  const to = ctx.arg(2);
  if (ctx.lookupWrite(from) === 0) throw NO_SUCH_KEY;
  const isSame = from.equals(to);
  const target = isSame ? 0 : ctx.lookupWrite(to);
  if (onlyIfFree && (isSame || target !== 0)) {
    ctx.reply.integer(0);
    return;
  }
  if (!isSame) {
    if (target !== 0) keyspace.remove(db, target, to, keyspace.lazyFree.serverDel);
    keyspace.move(db, keyspace.peek(db, from), db, to);
    announceMove(ctx, { db, key: from, event: 'rename_from' }, { db, key: to, event: 'rename_to' });
  }
  if (onlyIfFree) ctx.reply.integer(1);
  else ctx.reply.simple('OK');
}

interface Place {
  readonly db: Database;
  readonly key: Slice;
}

interface MovedKey extends Place {
  readonly event: string;
}

/** Two keys changed, which counts as one change. */
function announceMove(ctx: Context, from: MovedKey, to: MovedKey): void {
  const { keyspace } = ctx;
  keyspace.signalModified(from.db, from.key);
  keyspace.signalModified(to.db, to.key);
  keyspace.notify(EVENT_GENERIC, from.event, from.key, from.db);
  keyspace.notify(EVENT_GENERIC, to.event, to.key, to.db);
  keyspace.dirty++;
}

function databaseArg(ctx: Context, slice: Slice): Database {
  const index = int32Arg(slice);
  if (index < 0 || index >= ctx.keyspace.databaseCount) throw DB_INDEX_OUT_OF_RANGE;
  return ctx.keyspace.database(index);
}

function runMove(ctx: Context): void {
  const { keyspace, db } = ctx;
  const name = ctx.arg(1);
  const target = databaseArg(ctx, ctx.arg(2));
  if (target === db) throw SAME_OBJECT;
  if (ctx.lookupWrite(name) === 0 || keyspace.lookupWrite(target, name) !== 0) {
    ctx.reply.integer(0);
    return;
  }
  keyspace.move(db, keyspace.peek(db, name), target, name);
  announceMove(
    ctx,
    { db, key: name, event: 'move_from' },
    { db: target, key: name, event: 'move_to' },
  );
  ctx.reply.integer(1);
}

function runCopy(ctx: Context): void {
  const { keyspace, db } = ctx;
  const from = ctx.arg(1);
  const to = ctx.arg(2);
  const { target, replaces } = copyOptions(ctx);
  if (target === db && from.equals(to)) throw SAME_OBJECT;
  const isThere = ctx.lookupRead(from) !== 0;
  const old = isThere ? keyspace.lookupWrite(target, to) : 0;
  if (!isThere || (old !== 0 && !replaces)) {
    ctx.reply.integer(0);
    return;
  }
  putCopy(ctx, { db, key: from }, { db: target, key: to });
  keyspace.changedBy(target, to, EVENT_GENERIC, 'copy_to');
  ctx.reply.integer(1);
}

function putCopy(ctx: Context, from: Place, to: Place): void {
  const { keyspace } = ctx;
  const source = keyspace.peek(from.db, from.key);
  const expireMs = from.db.expireOf(source);
  const flags = from.db.flagsOf(source) & (FLAG_INT | FLAG_RAW);
  const copied = from.db.isComplex(source)
    ? copyOf(source, from, to)
    : new Slice(from.db.stringOf(source).toBuffer());
  const old = keyspace.peek(to.db, to.key);
  if (old !== 0) keyspace.remove(to.db, old, to.key, keyspace.lazyFree.serverDel);
  if (!(copied instanceof Slice)) {
    keyspace.add(to.db, to.key, copied, expireMs);
    return;
  }
  const ref = keyspace.setStringAs(to.db, to.key, copied, flags);
  keyspace.setExpire(to.db, ref, expireMs);
}

function copyOptions(ctx: Context): { target: Database; replaces: boolean } {
  let target = ctx.db;
  let replaces = false;
  for (let i = 3; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    if (word.is('replace')) replaces = true;
    else if (word.is('db') && i + 1 < ctx.argc) target = databaseArg(ctx, ctx.arg(++i));
    else throw SYNTAX;
  }
  return { target, replaces };
}

/** What every value but a module's can do. */
type Cloneable = Value & { clone(): Value };

/** A detached copy of a value for another key. Throws when a module's type cannot be copied. */
function copyOf(ref: Ref, from: Place, to: Place): Value {
  const value = from.db.valueOf(ref);
  if (!(value instanceof ModuleValue)) return (value as Cloneable).clone();
  if (!value.moduleType.canCopy) throw COPY_NOT_SUPPORTED;
  const copied = value.moduleType.copy(value, modulePlace(from), modulePlace(to));
  if (copied === null) throw COPY_FAILED;
  return copied;
}

function modulePlace({ db, key }: Place): ModuleValuePlace {
  return { key: key.toByteString(), databaseIndex: db.index };
}
