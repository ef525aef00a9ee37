// BITFIELD: integers of 1 to 64 bits anywhere inside a string.

import { block, integer, key, oneof, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BIT_OFFSET_INVALID,
  BITFIELD_OVERFLOW_INVALID,
  BITFIELD_READ_ONLY,
  BITFIELD_TYPE_INVALID,
  SYNTAX,
} from '../dispatch/errors.ts';
import { bitfieldKeys } from '../dispatch/key-finders.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';
import { parseInteger } from '../lib/number.ts';
import { Slice } from '../lib/slice.ts';
import { int64Arg } from './arguments.ts';
import { bytesToEdit } from './bitmap-edit.ts';

export const bitfield = command({
  name: 'bitfield',
  summary: 'Reads, sets or increments integers of any width inside a string.',
  since: '3.2.0',
  group: 'bitmap',
  complexity: 'O(1) for each operation',
  flags: ['write', 'denyoom'],
  getKeys: bitfieldKeys,
  args: [
    key('key', {
      access: 'RW access update variable_flags',
      notes: 'Reads only or writes, as its operations say',
    }),
    oneof(
      'operation',
      [
        block('get-block', [string('encoding'), integer('offset')], { token: 'GET' }),
        block('write', [
          oneof('overflow-block', [token('WRAP'), token('SAT'), token('FAIL')], {
            token: 'OVERFLOW',
            optional: true,
          }),
          oneof('write-operation', [
            block('set-block', [string('encoding'), integer('offset'), integer('value')], {
              token: 'SET',
            }),
            block('incrby-block', [string('encoding'), integer('offset'), integer('increment')], {
              token: 'INCRBY',
            }),
          ]),
        ]),
      ],
      { optional: true, multiple: true },
    ),
  ],
  run: (ctx) => runBitfield(ctx, false),
});

export const bitfieldRo = command({
  name: 'bitfield_ro',
  summary: 'Reads integers of any width inside a string.',
  since: '6.0.0',
  group: 'bitmap',
  complexity: 'O(1) for each operation',
  flags: ['readonly', 'fast'],
  args: [
    key(),
    block('get-block', [string('encoding'), integer('offset')], {
      token: 'GET',
      optional: true,
      multiple: true,
      multipleToken: true,
    }),
  ],
  run: (ctx) => runBitfield(ctx, true),
});

export const bitfieldCommands: readonly CommandEntry[] = [bitfield, bitfieldRo];

type Overflow = 'wrap' | 'sat' | 'fail';

interface FieldType {
  readonly isSigned: boolean;
  readonly bits: number;
}

interface Operation extends FieldType {
  readonly kind: 'get' | 'set' | 'incrby';
  /** Of the field's first bit. */
  readonly offset: number;
  /** What to set or to add. */
  readonly operand: bigint;
  readonly overflow: Overflow;
}

function runBitfield(ctx: Context, isReadOnly: boolean): void {
  const operations = parseOperations(ctx);
  const writes = operations.filter((operation) => operation.kind !== 'get');
  if (isReadOnly && writes.length > 0) throw BITFIELD_READ_ONLY;
  if (writes.length > 0) {
    runWriting(ctx, operations, writes);
    return;
  }
  const ref = ctx.readString(ctx.arg(1));
  const bytes = ref === 0 ? new Slice() : ctx.db.stringOf(ref);
  ctx.reply.array(operations.length);
  for (const operation of operations) ctx.reply.integer(readField(bytes, operation));
}

function runWriting(
  ctx: Context,
  operations: readonly Operation[],
  writes: readonly Operation[],
): void {
  const name = ctx.arg(1);
  const ref = ctx.writeString(name);
  const oldLength = ref === 0 ? 0 : ctx.db.stringLength(ref);
  const from = Math.min(...writes.map(({ offset }) => Math.floor(offset / 8)));
  const to = Math.max(...writes.map(({ offset, bits }) => Math.floor((offset + bits - 1) / 8) + 1));
  const bytes = bytesToEdit(ctx, name, { length: to, from, to });
  const hasGrown = to > oldLength;
  let changes = 0;
  ctx.reply.array(operations.length);
  for (const operation of operations) {
    const old = readField(bytes, operation);
    if (operation.kind === 'get') {
      ctx.reply.integer(old);
      continue;
    }
    const next = resultOf(operation, old);
    if (next === null) {
      ctx.reply.null();
      continue;
    }
    ctx.reply.integer(operation.kind === 'set' ? old : next);
    writeField(bytes, operation, next);
    if (hasGrown || old !== next) changes++;
  }
  if (changes === 0) return;
  ctx.changed(name, EVENT_STRING, 'setbit');
  ctx.keyspace.dirty += changes - 1;
}

function parseOperations(ctx: Context): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow = 'wrap';
  for (let i = 2; i < ctx.argc; i++) {
    const word = ctx.arg(i);
    const left = ctx.argc - i - 1;
    if (word.is('overflow') && left >= 1) {
      overflow = overflowArg(ctx.arg(++i));
      continue;
    }
    const kind = kindOf(word, left);
    const type = typeArg(ctx.arg(i + 1));
    const offset = fieldOffsetArg(ctx, ctx.arg(i + 2), type.bits);
    const operand = kind === 'get' ? 0n : BigInt(int64Arg(ctx.arg(i + 3)));
    operations.push({ ...type, kind, offset, operand, overflow });
    i += kind === 'get' ? 2 : 3;
  }
  return operations;
}

function kindOf(word: Slice, left: number): Operation['kind'] {
  if (word.is('get') && left >= 2) return 'get';
  if (word.is('set') && left >= 3) return 'set';
  if (word.is('incrby') && left >= 3) return 'incrby';
  throw SYNTAX;
}

function overflowArg(word: Slice): Overflow {
  if (word.is('wrap')) return 'wrap';
  if (word.is('sat')) return 'sat';
  if (word.is('fail')) return 'fail';
  throw BITFIELD_OVERFLOW_INVALID;
}

/** `i5`, `u63`: one bit less without a sign, so that all values are 64-bit integers. */
function typeArg({ buffer, start, end }: Slice): FieldType {
  const sign = buffer[start];
  const isSigned = start < end && sign === 0x69;
  const bits = parseInteger(buffer, start + 1, end);
  const isKnown = isSigned || (start < end && sign === 0x75);
  if (!isKnown || !(bits >= 1 && bits <= (isSigned ? 64 : 63))) throw BITFIELD_TYPE_INVALID;
  return { isSigned, bits };
}

/** A bit number, or `#` and the number of a field among fields of this size. */
function fieldOffsetArg(ctx: Context, { buffer, start, end }: Slice, bits: number): number {
  const isIndex = start < end && buffer[start] === 0x23;
  const number = parseInteger(buffer, isIndex ? start + 1 : start, end);
  const offset = isIndex ? number * bits : number;
  if (!(offset >= 0 && Math.floor(offset / 8) < ctx.keyspace.stringMaxBytes)) {
    throw BIT_OFFSET_INVALID;
  }
  return offset;
}

/** The new value of the field, or null when it would overflow and must not. */
function resultOf(operation: Operation, old: bigint): bigint | null {
  const { kind, operand, isSigned, bits, overflow } = operation;
  // Without a sign a negative operand of SET is a large number.
  const given = isSigned ? operand : BigInt.asUintN(64, operand);
  const wanted = kind === 'set' ? given : old + operand;
  const max = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
  const min = isSigned ? -max - 1n : 0n;
  if (wanted >= min && wanted <= max) return wanted;
  if (overflow === 'fail') return null;
  if (overflow === 'sat') return wanted > max ? max : min;
  return isSigned ? BigInt.asIntN(bits, wanted) : BigInt.asUintN(bits, wanted);
}

/** Bits beyond the string are 0. At most 9 bytes are looked at. */
function readField(bytes: Slice, { offset, bits, isSigned }: Operation): bigint {
  let value = 0n;
  const last = Math.floor((offset + bits - 1) / 8);
  for (let at = Math.floor(offset / 8); at <= last; at++) {
    value = (value << 8n) | BigInt(Math.max(0, bytes.at(at)));
  }
  value >>= BigInt(7 - ((offset + bits - 1) % 8));
  return isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

function writeField(bytes: Slice, { offset, bits }: Operation, value: bigint): void {
  const first = Math.floor(offset / 8);
  const last = Math.floor((offset + bits - 1) / 8);
  const shift = BigInt(7 - ((offset + bits - 1) % 8));
  const mask = (2n ** BigInt(bits) - 1n) << shift;
  let rest = BigInt.asUintN(bits, value) << shift;
  let restMask = mask;
  for (let at = last; at >= first; at--) {
    const index = bytes.start + at;
    const kept = (bytes.buffer[index] as number) & ~Number(restMask & 0xffn); // inside the string
    bytes.buffer[index] = kept | Number(rest & 0xffn);
    rest >>= 8n;
    restMask >>= 8n;
  }
}
