// DEBUG: what tests ask of a server. Subcommands that belong to a feature (RELOAD, LOADAOF) are
// registered by it; see dispatch/debug-subcommands.ts.

import { CONFIG } from '../config/config.ts';
import { parseMemory } from '../config/option.ts';
import type { Context } from '../dispatch/context.ts';
import { DEBUG_SUBCOMMANDS } from '../dispatch/debug-subcommands.ts';
import {
  BAD_PACKED_THRESHOLD,
  BAD_PROTOCOL_TYPE,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  RESP3_ONLY,
  subcommandSyntax,
} from '../dispatch/errors.ts';
import { type CommandEntry, command, type Handler } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { keyBytes } from '../keyspace/database.ts';
import { keyspaceDigest, recordDigest } from '../keyspace/digest.ts';
import type { Ref } from '../keyspace/records.ts';
import { Slice } from '../lib/slice.ts';
import { contentBytes } from '../rdb/payload.ts';
import { ListValue } from '../values/list.ts';
import { LISTPACK_OVERHEAD_BYTES, listpackEntryBytes } from '../values/listpack-size.ts';
import { integerFromArg } from './arguments.ts';
import { encodingOf } from './object.ts';

export const debug = command({
  name: 'debug',
  summary: 'Commands for testing the server.',
  since: '1.0.0',
  group: 'server',
  complexity: 'That of the subcommand',
  docFlags: ['syscmd'],
  flags: ['admin', 'noscript', 'loading', 'stale', 'protected'],
  arity: -2,
  run: (ctx) => {
    const name = ctx.arg(1).toLower();
    const own = SUBCOMMANDS.get(name);
    const handler = own?.words.includes(ctx.argc)
      ? own.run
      : ctx.service(DEBUG_SUBCOMMANDS).get(name);
    if (handler === undefined) {
      throw subcommandSyntax(ctx.arg(1).toByteString(), 'debug');
    }
    handler(ctx);
  },
});

export const debugCommands: readonly CommandEntry[] = [debug];

interface Subcommand {
  /** Numbers of words, DEBUG included, that make sense. */
  readonly words: { includes(count: number): boolean };
  readonly run: Handler;
}

const atLeast = (least: number) => ({ includes: (count: number) => count >= least });

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['digest', { words: [2], run: (ctx) => ctx.reply.simple(keyspaceDigest(ctx.keyspace)) }],
  ['digest-value', { words: atLeast(2), run: runDigestValue }],
  ['error', { words: [3], run: (ctx) => ctx.reply.error(ctx.arg(2).toByteString()) }],
  ['help', { words: [2], run: runHelp }],
  ['log', { words: [3], run: runLog }],
  ['object', { words: [3, 4], run: runObject }],
  ['populate', { words: [3, 4, 5], run: runPopulate }],
  ['protocol', { words: [3], run: runProtocol }],
  ['quicklist-packed-threshold', { words: [3], run: runPackedThreshold }],
  ['set-active-expire', { words: [3], run: runSetActiveExpire }],
  ['sleep', { words: [3], run: runSleep }],
]);

const NO_DIGEST = '0'.repeat(40);

function runDigestValue(ctx: Context): void {
  ctx.reply.array(ctx.argc - 2);
  for (let i = 2; i < ctx.argc; i++) {
    const ref = ctx.keyspace.peek(ctx.db, ctx.arg(i));
    ctx.reply.simple(ref === 0 ? NO_DIGEST : recordDigest(ctx.db, ref));
  }
}

function runLog(ctx: Context): void {
  ctx.executor.log.warning(`DEBUG LOG: ${ctx.arg(2).toText()}`);
  ctx.reply.simple('OK');
}

const LRU_MASK = 0xffffff;

/** Redis 7.2: with FAST the value is not serialized to find its length. */
function runObject(ctx: Context): void {
  const isFast = ctx.argc === 4;
  if (isFast && !ctx.arg(3).is('fast')) throw subcommandSyntax('object', 'debug');
  const { db } = ctx;
  const ref = ctx.keyspace.peek(db, ctx.arg(2));
  if (ref === 0) throw NO_SUCH_KEY;
  const lru = db.lruOf(ref);
  const idle = ctx.keyspace.accessPolicy === null ? (ctx.keyspace.lruClock - lru) & LRU_MASK : 0;
  const parts = [
    `Value at:0x${ref.toString(16).padStart(12, '0')} refcount:1`,
    `encoding:${encodingOf(db, ref)}`,
    ...(isFast ? [] : [`serializedlength:${serializedLength(ctx, ref)}`]),
    `lru:${lru} lru_seconds_idle:${idle}`,
    ...quicklistFields(ctx, db, ref),
  ];
  ctx.reply.simple(parts.join(' '));
}

function serializedLength(ctx: Context, ref: Ref): number {
  const { db } = ctx;
  const content = db.isComplex(ref) ? db.valueOf(ref) : db.stringOf(ref).view();
  const place = { key: keyBytes(db, ref), databaseIndex: db.index };
  return contentBytes(content, place, ctx.service(CONFIG).bool('rdbcompression'));
}

function quicklistFields(ctx: Context, db: Database, ref: Ref): string[] {
  if (!db.isComplex(ref)) return [];
  const list = db.valueOf(ref);
  if (!(list instanceof ListValue) || list.encoding !== 'quicklist') return [];
  const { limits } = ctx.keyspace;
  let nodes = 0;
  let bytes = 0;
  for (const elements of list.nodes()) {
    nodes++;
    bytes += elements.reduce((sum, e) => sum + listpackEntryBytes(e), LISTPACK_OVERHEAD_BYTES);
  }
  return [
    `ql_nodes:${nodes}`,
    `ql_avg_node:${(list.length / nodes).toFixed(2)}`,
    `ql_listpack_max:${limits.listMaxListpackSize}`,
    `ql_compressed:${limits.listCompressDepth === 0 ? 0 : 1}`,
    `ql_uncompressed_size:${bytes}`,
  ];
}

/** Makes string keys that are not propagated. */
function runPopulate(ctx: Context): void {
  const count = integerFromArg(ctx.arg(2), 0, MUST_BE_POSITIVE);
  const prefix = ctx.argc > 3 ? ctx.arg(3).toByteString() : 'key';
  const size = ctx.argc > 4 ? integerFromArg(ctx.arg(4), 0, MUST_BE_POSITIVE) : 0;
  ctx.preventPropagation();
  const { keyspace, db } = ctx;
  for (let i = 0; i < count; i++) {
    const name = Slice.of(`${prefix}:${i}`);
    if (keyspace.peek(db, name) !== 0) continue;
    const text = Buffer.from(`value:${i}`);
    const value = size === 0 ? text : Buffer.concat([text, Buffer.alloc(size)], size);
    keyspace.setString(db, name, new Slice(value));
    keyspace.signalModified(db, name);
  }
  ctx.reply.simple('OK');
}

const PROTOCOL_SAMPLES: Readonly<Record<string, (ctx: Context) => void>> = {
  string: ({ reply }) => reply.bulk('Hello World'),
  integer: ({ reply }) => reply.integer(12345),
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: the digits that Redis replies
  double: ({ reply }) => reply.double(3.141),
  bignum: ({ reply }) => reply.bigNumber('1234567999999999999999999999999999999'),
  null: ({ reply }) => reply.null(),
  array: ({ reply }) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  set: ({ reply }) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  map: ({ reply }) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.integer(i);
      reply.bool(i === 1);
    }
  },
  attrib: ({ reply }) => {
    if (reply.protocol === 3) {
      reply.attribute(1);
      reply.bulk('key-popularity');
      reply.array(2);
      reply.bulk('key:123');
      reply.integer(90);
    }
    reply.bulk('Some real reply following the attribute');
  },
  push: ({ reply }) => {
    if (reply.protocol !== 3) throw RESP3_ONLY;
    reply.push(2);
    reply.bulk('server-cpu-usage');
    reply.integer(42);
    reply.bulk('Some real reply following the push reply');
  },
  verbatim: ({ reply }) => reply.verbatim('txt', 'This is a verbatim\nstring'),
  true: ({ reply }) => reply.bool(true),
  false: ({ reply }) => reply.bool(false),
};

function runProtocol(ctx: Context): void {
  const sample = PROTOCOL_SAMPLES[ctx.arg(2).toLower()];
  if (sample === undefined) throw BAD_PROTOCOL_TYPE;
  sample(ctx);
}

const PACKED_THRESHOLD_MAX = 2 ** 32;

/** Accepted without effect: lists here have no plain nodes. */
function runPackedThreshold(ctx: Context): void {
  const bytes = parseMemory(ctx.arg(2).toText());
  if (bytes === null || bytes < 0n || bytes > PACKED_THRESHOLD_MAX) throw BAD_PACKED_THRESHOLD;
  ctx.reply.simple('OK');
}

function runSetActiveExpire(ctx: Context): void {
  ctx.keyspace.expiresActively = (Number.parseInt(ctx.arg(2).toText(), 10) || 0) !== 0;
  ctx.reply.simple('OK');
}

/** Stops the whole process, which is what it is for. */
function runSleep(ctx: Context): void {
  const seconds = Number.parseFloat(ctx.arg(2).toText()) || 0;
  if (seconds > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  }
  ctx.reply.simple('OK');
}

const HELP = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DIGEST',
  '    A fingerprint of the data set, in hexadecimal.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    Fingerprints of values.',
  'ERROR <string>',
  '    Replies with an error.',
  'LOG <message>',
  '    Writes a line to the log.',
  'OBJECT <key> [FAST]',
  '    How a value is kept.',
  'POPULATE <count> [<prefix>] [<size>]',
  '    Makes string keys that are not propagated.',
  'PROTOCOL <type>',
  '    Replies with a value of a RESP type.',
  'QUICKLIST-PACKED-THRESHOLD <size>',
  '    Accepted for tests written for Redis; changes nothing.',
  'RELOAD [MERGE] [NOFLUSH] [NOSAVE]',
  '    Saves the data set and loads it again.',
  'SET-ACTIVE-EXPIRE <0|1>',
  '    Whether expired keys are looked for in the background.',
  'SLEEP <seconds>',
  '    Stops the server for a while.',
  'HELP',
  '    This list.',
];

function runHelp(ctx: Context): void {
  ctx.reply.array(HELP.length);
  for (const line of HELP) ctx.reply.simple(line);
}
