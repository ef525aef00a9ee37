// INCR and its family: strings as 64-bit integers, and with INCRBYFLOAT as 80-bit floats.

import { double, integer, key } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, INCREMENT_NOT_FINITE, NOT_A_FLOAT, OVERFLOW } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';
import { FLAG_INT } from '../keyspace/record.ts';
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  type LongDouble,
  parseLongDouble,
} from '../lib/long-double.ts';
import { Slice } from '../lib/slice.ts';
import { INT64_MAX, INT64_MIN, int64Arg } from './arguments.ts';

const DECR_OVERFLOW = new CommandError('ERR decrement would overflow');

const scratch = Buffer.allocUnsafeSlow(32);
const scratchSlice = new Slice(scratch, 0, 0);

export const incr = command({
  name: 'incr',
  summary: 'Adds one to an integer.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' })],
  run: (ctx) => add(ctx, 1),
});

export const decr = command({
  name: 'decr',
  summary: 'Subtracts one from an integer.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' })],
  run: (ctx) => add(ctx, -1),
});

export const incrby = command({
  name: 'incrby',
  summary: 'Adds to an integer.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), integer('increment')],
  run: (ctx) => {
    const amount = int64Arg(ctx.arg(2));
    add(ctx, amount);
  },
});

export const decrby = command({
  name: 'decrby',
  summary: 'Subtracts from an integer.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), integer('decrement')],
  run: (ctx) => {
    const amount = int64Arg(ctx.arg(2));
    if (amount === INT64_MIN) throw DECR_OVERFLOW;
    add(ctx, -amount);
  },
});

export const incrbyfloat = command({
  name: 'incrbyfloat',
  summary: 'Adds to a number.',
  since: '2.6.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW access update' }), double('increment')],
  run: addFloat,
});

export const countingCommands: readonly CommandEntry[] = [incr, decr, incrby, decrby, incrbyfloat];

function add(ctx: Context, amount: number | bigint): void {
  const name = ctx.arg(1);
  const ref = ctx.writeString(name);
  const old = ref === 0 ? 0 : int64Arg(ctx.db.stringOf(ref));
  const sum = addInt64(old, amount);
  // Written into one shared buffer: no string and no Buffer are made for the usual small number.
  scratchSlice.end = writeInteger(sum);
  if (ref === 0) ctx.keyspace.setStringAs(ctx.db, name, scratchSlice, FLAG_INT);
  else ctx.keyspace.replaceString(ctx.db, ref, name, scratchSlice, FLAG_INT);
  ctx.changed(name, EVENT_STRING, 'incrby');
  ctx.reply.integer(sum);
}

function addInt64(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  if (sum > INT64_MAX || sum < INT64_MIN) throw OVERFLOW;
  return sum;
}

/** Writes decimal digits into `scratch`; returns their count. */
function writeInteger(value: number | bigint): number {
  if (typeof value === 'bigint' || value < 0 || value >= 1e9) {
    return scratch.latin1Write(value.toString(), 0);
  }
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  let rest = value | 0;
  for (let i = count - 1; i >= 0; i--) {
    const next = (rest / 10) | 0;
    scratch[i] = 48 + rest - next * 10;
    rest = next;
  }
  return count;
}

function addFloat(ctx: Context): void {
  const name = ctx.arg(1);
  const ref = ctx.writeString(name);
  const old = ref === 0 ? ZERO : longDouble(ctx.db.stringOf(ref));
  const sum = addLongDouble(old, longDouble(ctx.arg(2)));
  if (sum === null || isInfinite(sum)) throw INCREMENT_NOT_FINITE;
  const text = formatLongDouble(sum);
  // The result stays text even where it is whole: its encoding is never int.
  if (ref === 0) ctx.keyspace.setStringAs(ctx.db, name, Slice.of(text), 0);
  else ctx.keyspace.replaceString(ctx.db, ref, name, Slice.of(text), 0);
  // The sum itself goes on, so that nobody has to round as this machine did.
  ctx.rewrite('SET', name, text, 'KEEPTTL');
  ctx.changed(name, EVENT_STRING, 'incrbyfloat');
  ctx.reply.bulk(text);
}

const ZERO: LongDouble = { negative: false, mantissa: 0n, exponent: 0 };

function longDouble(slice: Slice): LongDouble {
  const value = parseLongDouble(slice.toByteString());
  if (value === null) throw NOT_A_FLOAT;
  return value;
}
