// Taking elements off the ends of lists: LPOP and friends, and the forms that wait for one.

import { double, integer, key, oneof, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { wrongArity } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { ListValue } from '../values/list.ts';
import { countArg } from './arguments.ts';
import { END_WORDS, type ListEnd, listEndArg, takeElements } from './list-ends.ts';
import { type PopKind, popMany, popManyOrWait, popOrWait } from './multi-pops.ts';

const LISTS: PopKind<ListValue, ListEnd, ByteString> = {
  type: 'list',
  endArg: listEndArg,
  commandAt: (end) => END_WORDS[end].pop,
  take: takeElements,
  replyOne: (ctx, name, element) => replyAll(ctx, [name, element]),
  replyAll,
};

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
  run: (ctx) => popMany(ctx, LISTS),
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
  run: (ctx) => popOrWait(ctx, LISTS, 'head'),
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
  run: (ctx) => popOrWait(ctx, LISTS, 'tail'),
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
  run: (ctx) => popManyOrWait(ctx, LISTS),
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
