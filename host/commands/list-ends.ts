// The two ends of a list: their words, and taking elements off one.

import type { Context } from '../dispatch/context.ts';
import { EVENT_LIST } from '../keyspace/events.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import type { ListValue } from '../values/list.ts';
import { eitherArg } from './arguments.ts';
import { countChanges } from './store.ts';

export type ListEnd = 'head' | 'tail';

/** The words Redis has for what happens at an end: its pop command, and events. */
export const END_WORDS = {
  head: { pop: 'LPOP', pushed: 'lpush', popped: 'lpop' },
  tail: { pop: 'RPOP', pushed: 'rpush', popped: 'rpop' },
} as const;

/** LEFT or RIGHT. Throws SYNTAX. */
export function listEndArg(slice: Slice): ListEnd {
  return eitherArg(slice, 'left', 'right') === 0 ? 'head' : 'tail';
}

/** Pops up to `count` elements, in the order they come off, and tells of it. */
export function takeElements(
  ctx: Context,
  name: Slice,
  list: ListValue,
  what: { readonly end: ListEnd; readonly count: number },
): ByteString[] {
  const taken: ByteString[] = [];
  const count = Math.min(what.count, list.length);
  while (taken.length < count) {
    const element = what.end === 'head' ? list.popHead() : list.popTail();
    taken.push(element as ByteString); // there are `count`
  }
  ctx.changed(name, EVENT_LIST, END_WORDS[what.end].popped);
  countChanges(ctx, count);
  if (list.length === 0) ctx.removeEmptied(name);
  return taken;
}
