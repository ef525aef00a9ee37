// Moving an element from one list to another: LMOVE, its older form RPOPLPUSH, and the forms
// that wait for the element.

import { double, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { EVENT_LIST } from '../keyspace/events.ts';
import { TYPE_LIST } from '../keyspace/record.ts';
import type { ByteString } from '../lib/bytes.ts';
import { ListValue } from '../values/list.ts';
import { timeoutArg } from './arguments.ts';
import { blockForKeys } from './key-waits.ts';
import { END_WORDS, type ListEnd, listEndArg } from './list-ends.ts';
import { addIfNew } from './store.ts';

export const lmove = command({
  name: 'lmove',
  summary: 'Moves an element from an end of a list to an end of another.',
  since: '6.2.0',
  group: 'list',
  complexity: 'O(1)',
  flags: ['write', 'denyoom'],
  args: [
    key('source', { access: 'RW access delete' }),
    key('destination', { access: 'RW insert' }),
    oneof('wherefrom', [token('LEFT'), token('RIGHT')]),
    oneof('whereto', [token('LEFT'), token('RIGHT')]),
  ],
  run: (ctx) => moveOrNull(ctx, endArgs(ctx)),
});

export const rpoplpush = command({
  name: 'rpoplpush',
  summary: 'Moves the last element to the front of another list.',
  since: '1.2.0',
  group: 'list',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments',
  flags: ['write', 'denyoom'],
  args: [
    key('source', { access: 'RW access delete' }),
    key('destination', { access: 'RW insert' }),
  ],
  run: (ctx) => moveOrNull(ctx, TAIL_TO_HEAD),
});

export const blmove = command({
  name: 'blmove',
  summary: 'Moves an element between lists; waits for one.',
  since: '6.2.0',
  group: 'list',
  complexity: 'O(1)',
  flags: ['write', 'denyoom', 'blocking'],
  args: [
    key('source', { access: 'RW access delete' }),
    key('destination', { access: 'RW insert' }),
    oneof('wherefrom', [token('LEFT'), token('RIGHT')]),
    oneof('whereto', [token('LEFT'), token('RIGHT')]),
    double('timeout'),
  ],
  run: runBlmove,
});

export const brpoplpush = command({
  name: 'brpoplpush',
  summary: 'Moves the last element to the front of another list; waits for one.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments',
  history: [['6.0.0', 'The timeout may have a fraction.']],
  flags: ['write', 'denyoom', 'blocking'],
  args: [
    key('source', { access: 'RW access delete' }),
    key('destination', { access: 'RW insert' }),
    double('timeout'),
  ],
  run: runBrpoplpush,
});

export const listMoveCommands: readonly CommandEntry[] = [lmove, rpoplpush, blmove, brpoplpush];

interface Ends {
  readonly from: ListEnd;
  readonly to: ListEnd;
}

const TAIL_TO_HEAD: Ends = { from: 'tail', to: 'head' };

function endArgs(ctx: Context): Ends {
  return { from: listEndArg(ctx.arg(3)), to: listEndArg(ctx.arg(4)) };
}

function moveOrNull(ctx: Context, ends: Ends): void {
  if (!move(ctx, ends)) ctx.reply.null();
}

function runBlmove(ctx: Context): void {
  const direction = endArgs(ctx);
  const timeoutMs = timeoutArg(ctx.arg(5), ctx.nowMs);
  if (!move(ctx, direction)) {
    waitForSource(ctx, timeoutMs);
    return;
  }
  const ends = [ctx.arg(3).toByteString(), ctx.arg(4).toByteString()];
  ctx.rewrite('LMOVE', ...namesOf(ctx), ...ends);
}

function runBrpoplpush(ctx: Context): void {
  const timeoutMs = timeoutArg(ctx.arg(3), ctx.nowMs);
  if (move(ctx, TAIL_TO_HEAD)) ctx.rewrite('RPOPLPUSH', ...namesOf(ctx));
  else waitForSource(ctx, timeoutMs);
}

function namesOf(ctx: Context): [from: ByteString, to: ByteString] {
  return [ctx.arg(1).toByteString(), ctx.arg(2).toByteString()];
}

function waitForSource(ctx: Context, timeoutMs: number): void {
  if (ctx.canBlock) blockForKeys(ctx, { from: 1, to: 2, type: TYPE_LIST, timeoutMs });
  else ctx.reply.null();
}

/** Moves an element and replies with it; false when the source is not there. */
function move(ctx: Context, ends: Ends): boolean {
  const fromName = ctx.arg(1);
  const toName = ctx.arg(2);
  const from = ctx.writeValue<ListValue>(fromName, 'list');
  if (from === null) return false;
  const to = ctx.writeValue<ListValue>(toName, 'list') ?? new ListValue(ctx.keyspace.limits);
  const element = (ends.from === 'head' ? from.popHead() : from.popTail()) as ByteString; // not empty
  if (ends.to === 'head') to.pushHead(element);
  else to.pushTail(element);
  addIfNew(ctx, toName, to);
  ctx.changed(toName, EVENT_LIST, END_WORDS[ends.to].pushed);
  ctx.changed(fromName, EVENT_LIST, END_WORDS[ends.from].popped);
  ctx.keyspace.dirty--; // one change, though of two keys
  if (from.length === 0) ctx.removeEmptied(fromName);
  ctx.reply.bulk(element);
  return true;
}
