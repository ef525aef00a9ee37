// Taking elements off the ends of lists: LPOP and friends, and the forms that wait for one.

import { double, integer, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { wrongArity } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { TYPE_LIST } from '../keyspace/record.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import type { ListValue } from '../values/list.ts';
import { countArg, timeoutArg } from './arguments.ts';
import { blockForKeys } from './key-waits.ts';
import { END_WORDS, type ListEnd, listEndArg, takeElements } from './list-ends.ts';
import { multiPopArgs } from './multi-pop-args.ts';

export const lpop = command({
  name: 'lpop',
  summary: 'Pops the first elements of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) in the elements returned',
  history: [['6.2.0', 'Takes a count.']],
  flags: ['write', 'fast'],
  args: [
    key('key', { access: 'RW access delete' }),
    integer('count', { since: '6.2.0', optional: true }),
  ],
  run: (ctx) => pop(ctx, 'head'),
});

export const rpop = command({
  name: 'rpop',
  summary: 'Pops the last elements of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) in the elements returned',
  history: [['6.2.0', 'Takes a count.']],
  flags: ['write', 'fast'],
  args: [
    key('key', { access: 'RW access delete' }),
    integer('count', { since: '6.2.0', optional: true }),
  ],
  run: (ctx) => pop(ctx, 'tail'),
});

export const lmpop = command({
  name: 'lmpop',
  summary: 'Pops from the first list that has elements.',
  since: '7.0.0',
  group: 'list',
  complexity: 'O(N+M) for N keys and M elements',
  flags: ['write'],
  args: [
    integer('numkeys'),
    key('key', { access: 'RW access delete', multiple: true }),
    oneof('where', [token('LEFT'), token('RIGHT')]),
    integer('count', { token: 'COUNT', optional: true }),
  ],
  run: runLmpop,
});

export const blpop = command({
  name: 'blpop',
  summary: 'Pops the first element of the first list that has one; waits for it.',
  since: '2.0.0',
  group: 'list',
  complexity: 'O(N) in the number of keys',
  history: [['6.0.0', 'The timeout may have a fraction.']],
  flags: ['write', 'blocking'],
  args: [key('key', { access: 'RW access delete', multiple: true }), double('timeout')],
  run: (ctx) => blockingPop(ctx, 'head'),
});

export const brpop = command({
  name: 'brpop',
  summary: 'Pops the last element of the first list that has one; waits for it.',
  since: '2.0.0',
  group: 'list',
  complexity: 'O(N) in the number of keys',
  history: [['6.0.0', 'The timeout may have a fraction.']],
  flags: ['write', 'blocking'],
  args: [key('key', { access: 'RW access delete', multiple: true }), double('timeout')],
  run: (ctx) => blockingPop(ctx, 'tail'),
});

export const blmpop = command({
  name: 'blmpop',
  summary: 'Pops from the first list that has elements; waits for one.',
  since: '7.0.0',
  group: 'list',
  complexity: 'O(N+M) for N keys and M elements',
  flags: ['write', 'blocking'],
  args: [
    double('timeout'),
    integer('numkeys'),
    key('key', { access: 'RW access delete', multiple: true }),
    oneof('where', [token('LEFT'), token('RIGHT')]),
    integer('count', { token: 'COUNT', optional: true }),
  ],
  run: runBlmpop,
});

export const listPopCommands: readonly CommandEntry[] = [lpop, rpop, lmpop, blpop, brpop, blmpop];

function pop(ctx: Context, end: ListEnd): void {
  if (ctx.argc > 3) throw wrongArity(ctx.entry.fullName);
  const count = ctx.argc === 3 ? countArg(ctx.arg(2)) : null;
  const name = ctx.arg(1);
  const list = ctx.writeValue<ListValue>(name, 'list');
  const { reply } = ctx;
  if (list === null) {
    if (count === null) reply.null();
    else reply.nullArray();
    return;
  }
  if (count === 0) {
    reply.array(0);
    return;
  }
  const taken = takeElements(ctx, name, list, { end, count: count ?? 1 });
  if (count === null)
    reply.bulk(taken[0] as ByteString); // no list is empty
  else replyAll(ctx, taken);
}

function replyAll(ctx: Context, elements: readonly ByteString[]): void {
  ctx.reply.array(elements.length);
  for (const element of elements) ctx.reply.bulk(element);
}

/** The first of the keys [from, to) that there is, and its list. Throws if it is none. */
function firstList(
  ctx: Context,
  from: number,
  to: number,
): { name: Slice; list: ListValue } | null {
  for (let i = from; i < to; i++) {
    const name = ctx.arg(i);
    const list = ctx.writeValue<ListValue>(name, 'list');
    if (list !== null) return { name, list };
  }
  return null;
}

function blockingPop(ctx: Context, end: ListEnd): void {
  const last = ctx.argc - 1;
  const timeoutMs = timeoutArg(ctx.arg(last), ctx.nowMs);
  const found = firstList(ctx, 1, last);
  if (found === null) {
    blockForKeys(ctx, { from: 1, to: last, type: TYPE_LIST, timeoutMs });
    return;
  }
  const name = found.name.toByteString();
  const [element] = takeElements(ctx, found.name, found.list, { end, count: 1 });
  ctx.rewrite(END_WORDS[end].pop, name);
  ctx.reply.array(2);
  ctx.reply.bulk(name);
  ctx.reply.bulk(element as ByteString); // no list is empty
}

function runLmpop(ctx: Context): void {
  const { keysEnd, where, count } = multiPopArgs(ctx, 1, listEndArg);
  if (!popFirst(ctx, 2, keysEnd, { end: where, count })) ctx.reply.nullArray();
}

function runBlmpop(ctx: Context): void {
  const { keysEnd, where, count } = multiPopArgs(ctx, 2, listEndArg);
  const timeoutMs = timeoutArg(ctx.arg(1), ctx.nowMs);
  if (popFirst(ctx, 3, keysEnd, { end: where, count })) return;
  blockForKeys(ctx, { from: 3, to: keysEnd, type: TYPE_LIST, timeoutMs });
}

/** Pops from the first list there is and replies; false when there is none. */
function popFirst(
  ctx: Context,
  from: number,
  to: number,
  what: { readonly end: ListEnd; readonly count: number },
): boolean {
  const found = firstList(ctx, from, to);
  if (found === null) return false;
  const name = found.name.toByteString();
  const taken = takeElements(ctx, found.name, found.list, what);
  ctx.rewrite(END_WORDS[what.end].pop, name, String(taken.length));
  ctx.reply.array(2);
  ctx.reply.bulk(name);
  replyAll(ctx, taken);
  return true;
}
