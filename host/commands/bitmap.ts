// Strings as bits: GETBIT, SETBIT, BITCOUNT, BITPOS, BITOP. Bit 0 is the highest of byte 0.

import { block, integer, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BIT_NOT_0_OR_1,
  BIT_OFFSET_INVALID,
  BIT_VALUE_INVALID,
  BITOP_NOT_ONE_KEY,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';
import { FLAG_RAW } from '../keyspace/record.ts';
import { Slice } from '../lib/slice.ts';
import { integerArg } from './arguments.ts';
import { bitfieldCommands } from './bitfield.ts';
import { bytesToEdit } from './bitmap-edit.ts';

export const getbit = command({
  name: 'getbit',
  summary: 'Reads one bit of a string.',
  since: '2.2.0',
  group: 'bitmap',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key(), integer('offset')],
  run: runGetbit,
});

export const setbit = command({
  name: 'setbit',
  summary: 'Sets one bit of a string and returns what it was.',
  since: '2.2.0',
  group: 'bitmap',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  args: [key('key', { access: 'RW access update' }), integer('offset'), integer('value')],
  run: runSetbit,
});

export const bitcount = command({
  name: 'bitcount',
  summary: 'Counts the bits that are set in a string.',
  since: '2.6.0',
  group: 'bitmap',
  complexity: 'O(N) in the bytes looked at',
  history: [['7.0.0', 'Takes `BYTE` and `BIT`.']],
  flags: ['readonly'],
  args: [
    key(),
    block(
      'range',
      [
        integer('start'),
        integer('end'),
        oneof('unit', [token('BYTE'), token('BIT')], { since: '7.0.0', optional: true }),
      ],
      { optional: true },
    ),
  ],
  run: runBitcount,
});

export const bitpos = command({
  name: 'bitpos',
  summary: 'Finds the first bit that is 0 or 1.',
  since: '2.8.7',
  group: 'bitmap',
  complexity: 'O(N) in the bytes looked at',
  history: [['7.0.0', 'Takes `BYTE` and `BIT`.']],
  flags: ['readonly'],
  args: [
    key(),
    integer('bit'),
    block(
      'range',
      [
        integer('start'),
        block(
          'end-unit-block',
          [
            integer('end'),
            oneof('unit', [token('BYTE'), token('BIT')], { since: '7.0.0', optional: true }),
          ],
          { optional: true },
        ),
      ],
      { optional: true },
    ),
  ],
  run: runBitpos,
});

export const bitop = command({
  name: 'bitop',
  summary: 'Combines strings bit by bit and keeps the result.',
  since: '2.6.0',
  group: 'bitmap',
  complexity: 'O(N) in the longest string',
  flags: ['write', 'denyoom'],
  args: [
    oneof('operation', [token('AND'), token('OR'), token('XOR'), token('NOT')]),
    key('destkey', { access: 'OW update' }),
    key('key', { access: 'RO access', multiple: true }),
  ],
  run: runBitop,
});

export const bitmapCommands: readonly CommandEntry[] = [
  getbit,
  setbit,
  bitcount,
  bitpos,
  bitop,
  ...bitfieldCommands,
];

const EMPTY = new Slice();

function bitOffsetArg(ctx: Context, slice: Slice): number {
  const offset = integerArg(slice, BIT_OFFSET_INVALID);
  if (offset < 0 || Math.floor(offset / 8) >= ctx.keyspace.stringMaxBytes) throw BIT_OFFSET_INVALID;
  return offset;
}

/** Bit `offset` of a string; beyond its end all are 0. */
function bitAt(bytes: Slice, offset: number): number {
  const byte = bytes.at(Math.floor(offset / 8));
  return byte < 0 ? 0 : (byte >> (7 - (offset % 8))) & 1;
}

function runGetbit(ctx: Context): void {
  const offset = bitOffsetArg(ctx, ctx.arg(2));
  const ref = ctx.readString(ctx.arg(1));
  ctx.reply.integer(ref === 0 ? 0 : bitAt(ctx.db.stringOf(ref), offset));
}

function runSetbit(ctx: Context): void {
  const name = ctx.arg(1);
  const offset = bitOffsetArg(ctx, ctx.arg(2));
  const bit = integerArg(ctx.arg(3), BIT_VALUE_INVALID);
  if (bit !== 0 && bit !== 1) throw BIT_VALUE_INVALID;
  const at = Math.floor(offset / 8);
  const ref = ctx.writeString(name);
  const oldLength = ref === 0 ? -1 : ctx.db.stringLength(ref);
  const bytes = bytesToEdit(ctx, name, { length: at + 1, from: at, to: at + 1 });
  const old = bitAt(bytes, offset);
  const mask = 0x80 >> (offset % 8);
  const index = bytes.start + at;
  const byte = bytes.buffer[index] as number; // inside: the string is that long now
  bytes.buffer[index] = bit === 1 ? byte | mask : byte & ~mask;
  if (old !== bit || oldLength <= at) ctx.changed(name, EVENT_STRING, 'setbit');
  ctx.reply.integer(old);
}

// ---- BITCOUNT and BITPOS -------------------------------------------------------------------

interface BitRange {
  readonly start: number;
  readonly end: number;
  readonly isBits: boolean;
}

function isBitUnit(slice: Slice): boolean {
  if (slice.is('bit')) return true;
  if (!slice.is('byte')) throw SYNTAX;
  return false;
}

/** Inclusive positions as bit numbers [first, last]; empty when first > last. */
function bitsOf({ start, end, isBits }: BitRange, byteLength: number): [number, number] {
  const size = isBits ? byteLength * 8 : byteLength;
  const first = Math.max(0, start < 0 ? start + size : start);
  const last = Math.min(size - 1, Math.max(0, end < 0 ? end + size : end));
  return isBits ? [first, last] : [first * 8, last * 8 + 7];
}

function runBitcount(ctx: Context): void {
  let range: BitRange = { start: 0, end: -1, isBits: false };
  if (ctx.argc === 4 || ctx.argc === 5) {
    const start = integerArg(ctx.arg(2));
    const end = integerArg(ctx.arg(3));
    range = { start, end, isBits: ctx.argc === 5 && isBitUnit(ctx.arg(4)) };
  } else if (ctx.argc !== 2) {
    throw SYNTAX;
  }
  const ref = ctx.readString(ctx.arg(1));
  const { start, end } = range;
  if (ref === 0 || (start < 0 && end < 0 && start > end)) {
    ctx.reply.integer(0);
    return;
  }
  const bytes = ctx.db.stringOf(ref);
  const [first, last] = bitsOf(range, bytes.length);
  ctx.reply.integer(first > last ? 0 : countBits(bytes, first, last));
}

/** Bits set in each byte value. */
const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** `bytes[at]` without the bits before `first` and behind `last`. */
function maskedByte(bytes: Slice, at: number, first: number, last: number): number {
  let byte = bytes.at(at);
  if (at === Math.floor(first / 8)) byte &= 0xff >> (first % 8);
  if (at === Math.floor(last / 8)) byte &= 0xff << (7 - (last % 8));
  return byte;
}

function countBits(bytes: Slice, first: number, last: number): number {
  const from = Math.floor(first / 8);
  const to = Math.floor(last / 8);
  const { buffer, start } = bytes;
  let count = BITS_SET[maskedByte(bytes, from, first, last)] as number; // has every byte
  for (let i = start + from + 1; i < start + to; i++) count += BITS_SET[buffer[i] as number]!;
  if (to > from) count += BITS_SET[maskedByte(bytes, to, first, last)] as number;
  return count;
}

function runBitpos(ctx: Context): void {
  const bit = integerArg(ctx.arg(2));
  if (bit !== 0 && bit !== 1) throw BIT_NOT_0_OR_1;
  if (ctx.argc > 6) throw SYNTAX;
  const start = ctx.argc > 3 ? integerArg(ctx.arg(3)) : 0;
  const isBits = ctx.argc === 6 && isBitUnit(ctx.arg(5));
  const hasEnd = ctx.argc > 4;
  const end = hasEnd ? integerArg(ctx.arg(4)) : -1;
  const ref = ctx.readString(ctx.arg(1));
  if (ref === 0) {
    ctx.reply.integer(bit === 1 ? -1 : 0);
    return;
  }
  const bytes = ctx.db.stringOf(ref);
  const [first, last] = bitsOf({ start, end, isBits }, bytes.length);
  if (first > last) {
    ctx.reply.integer(-1);
    return;
  }
  const found = findBit(bytes, bit, first, last);
  // Behind the string there are zeros, unless the range has been given an end.
  const isBehind = found < 0 && bit === 0 && !hasEnd;
  ctx.reply.integer(isBehind ? bytes.length * 8 : found);
}

/** The first bit that is `bit` from `first` to `last`, or −1. */
function findBit(bytes: Slice, bit: number, first: number, last: number): number {
  const skipped = bit === 1 ? 0 : 0xff; // bytes without such a bit
  for (let i = first; i <= last; ) {
    if (i % 8 === 0 && bytes.at(i / 8) === skipped) i += 8;
    else if (bitAt(bytes, i) === bit) return i;
    else i++;
  }
  return -1;
}

// ---- BITOP ---------------------------------------------------------------------------------

type Combine = (a: number, b: number) => number;

const OPERATIONS: Readonly<Record<string, Combine>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => ~a,
};

function runBitop(ctx: Context): void {
  const word = ctx.arg(1).toLower();
  const combine = Object.hasOwn(OPERATIONS, word) ? OPERATIONS[word] : undefined;
  if (combine === undefined) throw SYNTAX;
  if (word === 'not' && ctx.argc !== 4) throw BITOP_NOT_ONE_KEY;
  const sources: Slice[] = [];
  let length = 0;
  for (let i = 3; i < ctx.argc; i++) {
    const ref = ctx.readString(ctx.arg(i));
    // Views of their own, valid until the result is written.
    const bytes = ref === 0 ? EMPTY : ctx.db.stringOf(ref, new Slice());
    sources.push(bytes);
    length = Math.max(length, bytes.length);
  }
  const result = combineAll(sources, length, combine, word === 'not');
  const target = ctx.arg(2);
  if (length > 0) {
    ctx.keyspace.setStringAs(ctx.db, target, new Slice(result), FLAG_RAW);
    ctx.changed(target, EVENT_STRING, 'set');
  } else {
    const old = ctx.db.find(target); // even one that has expired: Redis does not look
    if (old !== 0) {
      ctx.keyspace.remove(ctx.db, old, target);
      ctx.keyspace.notifyDeleted(ctx.db, target);
    }
  }
  ctx.reply.integer(length);
}

/** Shorter strings count as padded with zeros. */
function combineAll(
  sources: readonly Slice[],
  length: number,
  combine: Combine,
  isUnary: boolean,
): Buffer {
  const result = Buffer.alloc(length);
  const [first = EMPTY, ...others] = sources;
  first.buffer.copy(result, 0, first.start, first.end);
  for (const source of isUnary ? sources : others) {
    const { buffer, start, end } = source;
    for (let i = 0; i < length; i++) {
      const at = start + i;
      result[i] = combine(result[i] as number, at < end ? (buffer[at] as number) : 0);
    }
  }
  return result;
}
