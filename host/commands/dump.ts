// DUMP and RESTORE: a value as bytes that another server understands.

import { CONFIG } from '../config/config.ts';
import { integer, key, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BAD_DATA_FORMAT,
  BAD_FREQUENCY,
  BAD_IDLE_TIME,
  BAD_PAYLOAD,
  BAD_TTL,
  BUSY_KEY,
  CommandError,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { markAccess } from '../keyspace/access.ts';
import { keyBytes } from '../keyspace/database.ts';
import { EVENT_GENERIC } from '../keyspace/events.ts';
import { Slice } from '../lib/slice.ts';
import { MODULE_TYPES, ModuleSaveError } from '../rdb/module-io.ts';
import { type Content, createPayload, isPayloadIntact, readPayload } from '../rdb/payload.ts';
import { RdbError } from '../rdb/reader.ts';
import { ModuleValue, type ModuleValuePlace } from '../values/module.ts';
import { int64Arg } from './arguments.ts';
import { AT_MS, IN_MS, isPast, unixMs } from './expire-time.ts';

export const dump = command({
  name: 'dump',
  summary: 'Serializes the value of a key.',
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(N) in the size of the value',
  flags: ['readonly'],
  tips: ['nondeterministic_output'],
  args: [key()],
  run: (ctx) => {
    const ref = ctx.lookupRead(ctx.arg(1));
    if (ref === 0) {
      ctx.reply.null();
      return;
    }
    const { db } = ctx;
    const content = db.isComplex(ref) ? db.valueOf(ref) : db.stringOf(ref).view();
    const place = { key: keyBytes(db, ref), databaseIndex: db.index };
    const isCompressing = ctx.service(CONFIG).bool('rdbcompression');
    const payload = asCommand(() => createPayload(content, place, isCompressing));
    ctx.reply.bytes(payload, 0, payload.length);
  },
});

/** A module that cannot save its value is the client's trouble, not the server's. */
function asCommand<T>(save: () => T): T {
  try {
    return save();
  } catch (error) {
    if (error instanceof ModuleSaveError) throw new CommandError(`ERR ${error.message}`);
    throw error;
  }
}

export const restore = command({
  name: 'restore',
  summary: 'Makes a key from a serialized value.',
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(N) in the size of the value, O(N log N) for sorted sets',
  history: [
    ['3.0.0', 'Takes `REPLACE`.'],
    ['5.0.0', 'Takes `ABSTTL`.'],
    ['5.0.0', 'Takes `IDLETIME` and `FREQ`.'],
  ],
  flags: ['write', 'denyoom'],
  categories: ['keyspace', 'dangerous'],
  args: [
    key('key', { access: 'OW update' }),
    integer('ttl'),
    string('serialized-value'),
    token('REPLACE', { since: '3.0.0', optional: true }),
    token('ABSTTL', { since: '5.0.0', optional: true }),
    integer('seconds', { token: 'IDLETIME', since: '5.0.0', optional: true }),
    integer('frequency', { token: 'FREQ', since: '5.0.0', optional: true }),
  ],
  run: runRestore,
});

export const dumpCommands: readonly CommandEntry[] = [dump, restore];

interface RestoreOptions {
  isReplacing: boolean;
  isAbsolute: boolean;
  /** -1: not given, as `frequency`. */
  idleSeconds: number;
  frequency: number;
}

function runRestore(ctx: Context): void {
  const options = parseOptions(ctx);
  const name = ctx.arg(1);
  const old = ctx.lookupWrite(name);
  if (old !== 0 && !options.isReplacing) throw BUSY_KEY;
  const expireMs = parseTtl(ctx, options);
  const content = readContent(ctx, name);
  if (old !== 0) {
    ctx.keyspace.remove(ctx.db, old, name, ctx.keyspace.lazyFree.serverDel);
  }
  if (expireMs !== null && isPast(ctx, expireMs)) {
    dropContent(content);
    if (old !== 0) propagateDeletion(ctx, name);
  } else {
    store(ctx, name, content, expireMs, options);
  }
  ctx.reply.simple('OK');
}

function parseOptions(ctx: Context): RestoreOptions {
  const options = { isReplacing: false, isAbsolute: false, idleSeconds: -1, frequency: -1 };
  for (let i = 4; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    const hasValue = i + 1 < ctx.argc;
    if (word.is('replace')) {
      options.isReplacing = true;
    } else if (word.is('absttl')) {
      options.isAbsolute = true;
    } else if (word.is('idletime') && hasValue && options.frequency === -1) {
      options.idleSeconds = Number(int64Arg(ctx.arg(++i)));
      if (options.idleSeconds < 0) throw BAD_IDLE_TIME;
    } else if (word.is('freq') && hasValue && options.idleSeconds === -1) {
      options.frequency = Number(int64Arg(ctx.arg(++i)));
      if (options.frequency < 0 || options.frequency > 255) throw BAD_FREQUENCY;
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

/** The expire time, null for none. */
function parseTtl(ctx: Context, { isAbsolute }: RestoreOptions): number | null {
  const ttl = int64Arg(ctx.arg(2));
  if (ttl < 0) throw BAD_TTL;
  if (ttl === 0) return null;
  // What overflows is in the past, as the negative number is that Redis gets.
  return unixMs(ttl, isAbsolute ? AT_MS : IN_MS, ctx.nowMs) ?? 0;
}

function readContent(ctx: Context, name: Slice): Content {
  const payload = ctx.arg(3).view();
  if (!isPayloadIntact(payload)) throw BAD_PAYLOAD;
  const { keyspace, random } = ctx.executor;
  const materials = { limits: keyspace.limits, random, modules: ctx.service(MODULE_TYPES) };
  const place: ModuleValuePlace = { key: name.toByteString(), databaseIndex: ctx.db.index };
  try {
    return readPayload(payload, materials, place);
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    ctx.executor.log.warning(`RESTORE of '${name.toText()}' failed: ${error.message}`);
    throw BAD_DATA_FORMAT;
  }
}

function store(
  ctx: Context,
  name: Slice,
  content: Content,
  expireMs: number | null,
  { idleSeconds, frequency, isAbsolute }: RestoreOptions,
): void {
  const { keyspace, db } = ctx;
  const ref = Buffer.isBuffer(content)
    ? keyspace.setString(db, name, new Slice(content))
    : keyspace.add(db, name, content);
  if (expireMs !== null) {
    keyspace.setExpire(db, ref, expireMs);
    if (!isAbsolute) propagateAbsolute(ctx, expireMs);
  }
  markAccess(keyspace, db, ref, idleSeconds, frequency);
  ctx.changed(name, EVENT_GENERIC, 'restore');
}

/** A relative time means something else wherever the command is replayed. */
function propagateAbsolute(ctx: Context, expireMs: number): void {
  const words: (string | Slice)[] = [];
  for (let i = 0; i < ctx.argc; i++) words.push(i === 2 ? String(expireMs) : ctx.arg(i));
  ctx.rewrite(...words, 'ABSTTL');
}

function propagateDeletion(ctx: Context, name: Slice): void {
  ctx.rewrite(ctx.keyspace.lazyFree.serverDel ? 'UNLINK' : 'DEL', name);
  ctx.changed(name, EVENT_GENERIC, 'del');
}

/** A value that no key will hold. */
function dropContent(content: Content): void {
  if (content instanceof ModuleValue) content.moduleType.free(content);
}
