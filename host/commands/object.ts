// OBJECT: how a value is kept.

import { key } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { LFU_NOT_SELECTED, LFU_SELECTED } from '../dispatch/errors.ts';
import { command } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import { FLAG_INT, FLAG_RAW } from '../keyspace/record.ts';
import type { Ref } from '../keyspace/records.ts';
import { parseInteger } from '../lib/number.ts';

export const object = command({
  name: 'object',
  summary: 'Commands that look inside values.',
  since: '2.2.3',
  group: 'generic',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'encoding',
      summary: 'Returns how a value is encoded.',
      since: '2.2.3',
      complexity: 'O(1)',
      flags: ['readonly'],
      tips: ['nondeterministic_output'],
      args: [key('key', { access: 'RO' })],
      run: runEncoding,
    },
    {
      name: 'freq',
      summary: 'Returns how often a key is used, on a logarithmic scale.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: ['readonly'],
      tips: ['nondeterministic_output'],
      args: [key('key', { access: 'RO' })],
      run: runFreq,
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '6.2.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: runHelp,
    },
    {
      name: 'idletime',
      summary: 'Returns the seconds since a key was last used.',
      since: '2.2.3',
      complexity: 'O(1)',
      flags: ['readonly'],
      tips: ['nondeterministic_output'],
      args: [key('key', { access: 'RO' })],
      run: runIdletime,
    },
    {
      name: 'refcount',
      summary: 'Returns the reference count of a value.',
      since: '2.2.3',
      complexity: 'O(1)',
      flags: ['readonly'],
      tips: ['nondeterministic_output'],
      args: [key('key', { access: 'RO' })],
      run: runRefcount,
    },
  ],
});

/** The longest string that Redis keeps in one piece with its object. */
const EMBSTR_MAX_BYTES = 44;
const LRU_MASK = 0xffffff;
/** Redis keeps one object for each integer below this, and counts its users no more. */
const SHARED_INTEGERS = 10_000;
const SHARED_COUNT = 2 ** 31 - 1;

/** The encoding of any record's value: OBJECT ENCODING. */
export function encodingOf(db: Database, ref: Ref): string {
  if (db.isComplex(ref)) return db.valueOf(ref).encoding;
  const flags = db.flagsOf(ref);
  if ((flags & FLAG_INT) !== 0) return 'int';
  const isRaw = (flags & FLAG_RAW) !== 0 || db.stringLength(ref) > EMBSTR_MAX_BYTES;
  return isRaw ? 'raw' : 'embstr';
}

/** Replies null and returns 0 when there is no such key. Looking is no access and no miss event. */
function lookup(ctx: Context): Ref {
  const { keyspace } = ctx;
  const ref = keyspace.peek(ctx.db, ctx.arg(2));
  if (ref === 0) {
    keyspace.stats.misses++;
    ctx.reply.null();
  } else {
    keyspace.stats.hits++;
  }
  return ref;
}

function runEncoding(ctx: Context): void {
  const ref = lookup(ctx);
  if (ref !== 0) ctx.reply.bulk(encodingOf(ctx.db, ref));
}

function runFreq(ctx: Context): void {
  const ref = lookup(ctx);
  if (ref === 0) return;
  const policy = ctx.keyspace.accessPolicy;
  if (policy === null) throw LFU_NOT_SELECTED;
  ctx.reply.integer(policy.frequencyOf(ctx.db, ref));
}

function runIdletime(ctx: Context): void {
  const ref = lookup(ctx);
  if (ref === 0) return;
  if (ctx.keyspace.accessPolicy !== null) throw LFU_SELECTED;
  ctx.reply.integer((ctx.keyspace.lruClock - ctx.db.lruOf(ref)) & LRU_MASK);
}

/** Redis differs: a small integer that COPY has made is not shared (see test/commands/generic.test.ts). */
function runRefcount(ctx: Context): void {
  const ref = lookup(ctx);
  if (ref !== 0) ctx.reply.integer(isSharedInteger(ctx.db, ref) ? SHARED_COUNT : 1);
}

function isSharedInteger(db: Database, ref: Ref): boolean {
  if (db.isComplex(ref) || (db.flagsOf(ref) & FLAG_INT) === 0) return false;
  const { buffer, start, end } = db.stringOf(ref);
  const value = parseInteger(buffer, start, end);
  return value >= 0 && value < SHARED_INTEGERS;
}

const HELP = [
  'OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ENCODING <key>',
  '    How the value of the key is encoded.',
  'FREQ <key>',
  '    How often the key is used, on a logarithmic scale.',
  'IDLETIME <key>',
  '    The seconds since the key was last used.',
  'REFCOUNT <key>',
  '    The reference count of the value.',
  'HELP',
  '    This list.',
];

function runHelp(ctx: Context): void {
  ctx.reply.array(HELP.length);
  for (const line of HELP) ctx.reply.simple(line);
}
