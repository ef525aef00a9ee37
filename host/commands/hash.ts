// Hashes: fields and their values.

import { block, double, integer, key, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  HASH_VALUE_NOT_A_FLOAT,
  HASH_VALUE_NOT_AN_INTEGER,
  INCREMENT_NOT_FINITE,
  NOT_A_FLOAT,
  NOT_FINITE,
  OVERFLOW,
  wrongArity,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_HASH } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  type LongDouble,
  parseLongDouble,
} from '../lib/long-double.ts';
import { parseInt64Bytes } from '../lib/number.ts';
import type { Slice } from '../lib/slice.ts';
import { HashValue } from '../values/hash.ts';
import { INT64_MAX, INT64_MIN, int64Arg } from './arguments.ts';
import { hashPickCommands } from './hash-picks.ts';
import { addIfNew, countChanges, removeMembers } from './store.ts';

export const hset = command({
  name: 'hset',
  summary: 'Sets fields of a hash and counts the new ones.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the number of fields',
  history: [['4.0.0', 'Takes several fields.']],
  flags: ['write', 'denyoom', 'fast'],
  args: [
    key('key', { access: 'RW update' }),
    block('data', [string('field'), string('value')], { multiple: true }),
  ],
  run: runHset,
});

export const hmset = command({
  name: 'hmset',
  summary: 'Sets fields of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the number of fields',
  docFlags: ['deprecated'],
  deprecatedSince: '4.0.0',
  replacedBy: '`HSET` with multiple field-value pairs',
  flags: ['write', 'denyoom', 'fast'],
  args: [
    key('key', { access: 'RW update' }),
    block('data', [string('field'), string('value')], { multiple: true }),
  ],
  run: runHmset,
});

export const hsetnx = command({
  name: 'hsetnx',
  summary: 'Sets a field that does not exist.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('field'), string('value')],
  run: runHsetnx,
});

export const hget = command({
  name: 'hget',
  summary: 'Returns the value of a field.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key(), string('field')],
  run: runHget,
});

export const hmget = command({
  name: 'hmget',
  summary: 'Returns the values of fields.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the number of fields',
  flags: ['readonly', 'fast'],
  args: [key(), string('field', { multiple: true })],
  run: runHmget,
});

export const hdel = command({
  name: 'hdel',
  summary: 'Deletes fields of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the number of fields',
  history: [['2.4.0', 'Takes several fields.']],
  flags: ['write', 'fast'],
  args: [key('key', { access: 'RW delete' }), string('field', { multiple: true })],
  run: (ctx) => removeMembers(ctx, 'hash', EVENT_HASH, 'hdel'),
});

export const hlen = command({
  name: 'hlen',
  summary: 'Counts the fields of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runHlen,
});

export const hstrlen = command({
  name: 'hstrlen',
  summary: 'Returns the length of the value of a field.',
  since: '3.2.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' }), string('field')],
  run: runHstrlen,
});

export const hexists = command({
  name: 'hexists',
  summary: 'Tells whether a hash has a field.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' }), string('field')],
  run: runHexists,
});

export const hgetall = command({
  name: 'hgetall',
  summary: 'Returns all fields and values of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the size of the hash',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key()],
  run: runHgetall,
});

export const hkeys = command({
  name: 'hkeys',
  summary: 'Returns all fields of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the size of the hash',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key()],
  run: runHkeys,
});

export const hvals = command({
  name: 'hvals',
  summary: 'Returns all values of a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) in the size of the hash',
  flags: ['readonly'],
  tips: ['nondeterministic_output_order'],
  args: [key()],
  run: runHvals,
});

export const hincrby = command({
  name: 'hincrby',
  summary: 'Adds an integer to the value of a field.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), string('field'), integer('increment')],
  run: runHincrby,
});

export const hincrbyfloat = command({
  name: 'hincrbyfloat',
  summary: 'Adds a number to the value of a field.',
  since: '2.6.0',
  group: 'hash',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), string('field'), double('increment')],
  run: runHincrbyfloat,
});

export const hashCommands: readonly CommandEntry[] = [
  hset,
  hmset,
  hsetnx,
  hget,
  hmget,
  hdel,
  hlen,
  hstrlen,
  hexists,
  hgetall,
  hkeys,
  hvals,
  hincrby,
  hincrbyfloat,
  ...hashPickCommands,
];

function readHash(ctx: Context): HashValue | null {
  return ctx.readValue<HashValue>(ctx.arg(1), 'hash');
}

/** The hash to write to; one that is not there yet is made and not yet in the keyspace. */
function writeHash(ctx: Context): HashValue {
  const found = ctx.writeValue<HashValue>(ctx.arg(1), 'hash');
  return found ?? new HashValue(ctx.keyspace.limits);
}

function runHset(ctx: Context): void {
  ctx.reply.integer(setFields(ctx));
}

function runHmset(ctx: Context): void {
  setFields(ctx);
  ctx.reply.simple('OK');
}

/** Sets the pairs from argument 2 on. Returns how many fields are new. */
function setFields(ctx: Context): number {
  const { argc } = ctx;
  if (argc % 2 === 1) throw wrongArity(ctx.entry.fullName);
  const name = ctx.arg(1);
  const hash = writeHash(ctx);
  const pairs = (argc - 2) / 2;
  hash.expect(pairs);
  let added = 0;
  for (let i = 2; i < argc; i += 2) {
    if (hash.set(ctx.word(i), ctx.arg(i + 1).toByteString())) added++;
  }
  addIfNew(ctx, name, hash);
  ctx.changed(name, EVENT_HASH, 'hset');
  countChanges(ctx, pairs);
  return added;
}

function runHsetnx(ctx: Context): void {
  const name = ctx.arg(1);
  const hash = writeHash(ctx);
  const field = ctx.word(2);
  if (hash.has(field)) {
    ctx.reply.integer(0);
    return;
  }
  hash.set(field, ctx.arg(3).toByteString());
  addIfNew(ctx, name, hash);
  ctx.changed(name, EVENT_HASH, 'hset');
  ctx.reply.integer(1);
}

function runHget(ctx: Context): void {
  replyBytes(ctx, readHash(ctx)?.get(ctx.word(2)));
}

function runHmget(ctx: Context): void {
  const hash = readHash(ctx);
  ctx.reply.array(ctx.argc - 2);
  for (let i = 2; i < ctx.argc; i++) replyBytes(ctx, hash?.get(ctx.word(i)));
}

function replyBytes(ctx: Context, bytes: ByteString | undefined): void {
  if (bytes === undefined) ctx.reply.null();
  else ctx.reply.bulk(bytes);
}

function runHlen(ctx: Context): void {
  ctx.reply.integer(readHash(ctx)?.size ?? 0);
}

function runHstrlen(ctx: Context): void {
  ctx.reply.integer(readHash(ctx)?.get(ctx.word(2))?.length ?? 0);
}

function runHexists(ctx: Context): void {
  const hash = readHash(ctx);
  ctx.reply.integer(hash?.has(ctx.word(2)) ? 1 : 0);
}

function runHgetall(ctx: Context): void {
  const hash = readHash(ctx);
  const size = hash?.size ?? 0;
  ctx.reply.map(size);
  if (hash === null) return;
  const { fields, values } = hash;
  for (let i = 0; i < size; i++) {
    ctx.reply.bulk(fields[i] as ByteString); // i < size
    ctx.reply.bulk(values[i] as ByteString);
  }
}

function runHkeys(ctx: Context): void {
  replyAll(ctx, readHash(ctx)?.fields ?? []);
}

function runHvals(ctx: Context): void {
  replyAll(ctx, readHash(ctx)?.values ?? []);
}

function replyAll(ctx: Context, all: readonly ByteString[]): void {
  ctx.reply.array(all.length);
  for (const bytes of all) ctx.reply.bulk(bytes);
}

function runHincrby(ctx: Context): void {
  const amount = BigInt(int64Arg(ctx.arg(3)));
  const name = ctx.arg(1);
  const hash = writeHash(ctx);
  const field = ctx.word(2);
  const text = hash.get(field);
  const old = text === undefined ? 0n : parseInt64Bytes(text);
  if (old === null) throw HASH_VALUE_NOT_AN_INTEGER;
  const sum = old + amount;
  if (sum > INT64_MAX || sum < INT64_MIN) throw OVERFLOW;
  setField(ctx, name, hash, field, sum.toString() as ByteString); // digits are ASCII
  ctx.changed(name, EVENT_HASH, 'hincrby');
  ctx.reply.integer(sum);
}

function runHincrbyfloat(ctx: Context): void {
  const amount = finiteArg(ctx.arg(3));
  const name = ctx.arg(1);
  const hash = writeHash(ctx);
  const field = ctx.word(2);
  const text = hash.get(field);
  const old = text === undefined ? null : parseLongDouble(text);
  if (old === null && text !== undefined) throw HASH_VALUE_NOT_A_FLOAT;
  const sum = old === null ? amount : addLongDouble(old, amount);
  if (sum === null || isInfinite(sum)) throw INCREMENT_NOT_FINITE;
  const result = formatLongDouble(sum) as ByteString; // digits are ASCII
  setField(ctx, name, hash, field, result);
  ctx.changed(name, EVENT_HASH, 'hincrbyfloat');
  // Another machine's floats might round differently: send the result, not the sum.
  ctx.rewrite('HSET', name.toByteString(), field, result);
  ctx.reply.bulk(result);
}

function finiteArg(slice: Slice): LongDouble {
  const value = parseLongDouble(slice.toByteString());
  if (value === null) throw NOT_A_FLOAT;
  if (isInfinite(value)) throw NOT_FINITE;
  return value;
}

function setField(
  ctx: Context,
  name: Slice,
  hash: HashValue,
  field: ByteString,
  value: ByteString,
): void {
  hash.set(field, value);
  addIfNew(ctx, name, hash);
}
