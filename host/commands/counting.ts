// INCR and its family: strings as 64-bit integers.

import { integer, key } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, NOT_AN_INTEGER, OVERFLOW } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';
import { parseInt64, parseInteger } from '../lib/number.ts';
import { Slice } from '../lib/slice.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
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
    const amount = readInt64(ctx.arg(2));
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
    const amount = readInt64(ctx.arg(2));
    if (amount === INT64_MIN) throw DECR_OVERFLOW;
    add(ctx, -amount);
  },
});

export const countingCommands: readonly CommandEntry[] = [incr, decr, incrby, decrby];

/** A number when it is a safe integer, else a bigint. */
function readInt64(slice: Slice): number | bigint {
  const small = parseInteger(slice.buffer, slice.start, slice.end);
  if (!Number.isNaN(small)) return small;
  const large = parseInt64(slice.buffer, slice.start, slice.end);
  if (large === null) throw NOT_AN_INTEGER;
  return large;
}

function add(ctx: Context, amount: number | bigint): void {
  const name = ctx.arg(1);
  const ref = ctx.writeString(name);
  const old = ref === 0 ? 0 : readInt64(ctx.db.stringOf(ref));
  const sum = addInt64(old, amount);
  // Written into one shared buffer: no string and no Buffer are made for the usual small number.
  scratchSlice.end = writeInteger(sum);
  ctx.keyspace.setString(ctx.db, name, scratchSlice, true);
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
