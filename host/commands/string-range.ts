// Parts of strings: GETRANGE, SETRANGE, APPEND, STRLEN.

import { integer, key, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { OFFSET_OUT_OF_RANGE, STRING_TOO_LONG } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_STRING } from '../keyspace/events.ts';
import { FLAG_RAW } from '../keyspace/record.ts';
import { Slice } from '../lib/slice.ts';
import { integerArg } from './arguments.ts';

export const strlen = command({
  name: 'strlen',
  summary: 'Returns the length of a string.',
  since: '2.2.0',
  group: 'string',
  complexity: 'O(1)',
  flags: ['readonly', 'fast'],
  args: [key('key', { access: 'RO' })],
  run: runStrlen,
});

export const append = command({
  name: 'append',
  summary: 'Appends to a string.',
  since: '2.0.0',
  group: 'string',
  complexity: 'O(1) amortized',
  flags: ['write', 'denyoom', 'fast'],
  args: [key('key', { access: 'RW insert' }), string('value')],
  run: runAppend,
});

export const getrange = command({
  name: 'getrange',
  summary: 'Returns a part of a string.',
  since: '2.4.0',
  group: 'string',
  complexity: 'O(N) in the bytes returned',
  flags: ['readonly'],
  args: [key(), integer('start'), integer('end')],
  run: runGetrange,
});

export const substr = command({
  name: 'substr',
  summary: 'Returns a part of a string.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(N) in the bytes returned',
  docFlags: ['deprecated'],
  deprecatedSince: '2.0.0',
  replacedBy: '`GETRANGE`',
  flags: ['readonly'],
  args: [key(), integer('start'), integer('end')],
  run: runGetrange,
});

export const setrange = command({
  name: 'setrange',
  summary: 'Overwrites a part of a string.',
  since: '2.2.0',
  group: 'string',
  complexity: 'O(1), and O(M) for M bytes written',
  flags: ['write', 'denyoom'],
  args: [key('key', { access: 'RW update' }), integer('offset'), string('value')],
  run: runSetrange,
});

export const stringRangeCommands: readonly CommandEntry[] = [
  strlen,
  append,
  getrange,
  substr,
  setrange,
];

function runStrlen(ctx: Context): void {
  const ref = ctx.readString(ctx.arg(1));
  ctx.reply.integer(ref === 0 ? 0 : ctx.db.stringLength(ref));
}

function runAppend(ctx: Context): void {
  const name = ctx.arg(1);
  const added = ctx.arg(2);
  const ref = ctx.writeString(name);
  let length = added.length;
  if (ref === 0) {
    ctx.keyspace.setString(ctx.db, name, added);
  } else {
    const oldLength = ctx.db.stringLength(ref);
    length += oldLength;
    checkLength(ctx, length);
    writeAt(ctx.db.editString(name, length, oldLength, length), oldLength, added);
  }
  ctx.changed(name, EVENT_STRING, 'append');
  ctx.reply.integer(length);
}

function runGetrange(ctx: Context): void {
  let start = integerArg(ctx.arg(2));
  let end = integerArg(ctx.arg(3));
  const ref = ctx.readString(ctx.arg(1));
  const length = ref === 0 ? 0 : ctx.db.stringLength(ref);
  const isBackwards = start < 0 && end < 0 && start > end;
  start = Math.max(0, start < 0 ? start + length : start);
  // An end before the string's beginning is its first byte, not nothing.
  end = Math.min(length - 1, Math.max(0, end < 0 ? end + length : end));
  if (ref === 0 || isBackwards || start > end) {
    ctx.reply.bulk('');
    return;
  }
  const bytes = ctx.db.stringOf(ref);
  ctx.reply.bytes(bytes.buffer, bytes.start + start, bytes.start + end + 1);
}

function runSetrange(ctx: Context): void {
  const name = ctx.arg(1);
  const offset = integerArg(ctx.arg(2));
  const value = ctx.arg(3);
  if (offset < 0) throw OFFSET_OUT_OF_RANGE;
  const ref = ctx.writeString(name);
  const oldLength = ref === 0 ? 0 : ctx.db.stringLength(ref);
  if (value.length === 0) {
    ctx.reply.integer(oldLength);
    return;
  }
  const end = offset + value.length;
  checkLength(ctx, end);
  const length = Math.max(end, oldLength);
  if (ref === 0) {
    const fresh = new Slice(Buffer.alloc(length));
    writeAt(fresh, offset, value);
    ctx.keyspace.setStringAs(ctx.db, name, fresh, FLAG_RAW);
  } else {
    writeAt(ctx.db.editString(name, length, offset, end), offset, value);
  }
  ctx.changed(name, EVENT_STRING, 'setrange');
  ctx.reply.integer(length);
}

function checkLength(ctx: Context, length: number): void {
  if (length > ctx.keyspace.stringMaxBytes) throw STRING_TOO_LONG;
}

function writeAt(target: Slice, offset: number, bytes: Slice): void {
  bytes.buffer.copy(target.buffer, target.start + offset, bytes.start, bytes.end);
}
