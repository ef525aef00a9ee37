// Popping from the first of several keys that holds something, and waiting for one that does: what
// BLPOP, LMPOP, BLMPOP and the same commands of sorted sets have in common.

import type { Context } from '../dispatch/context.ts';
import { COUNT_NOT_POSITIVE, NUMKEYS_NOT_POSITIVE, SYNTAX } from '../dispatch/errors.ts';
import { TYPE_CODE } from '../keyspace/record.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import type { Value } from '../values/ledger.ts';
import { integerFromArg, timeoutArg } from './arguments.ts';
import { blockForKeys } from './key-waits.ts';

/** Where to pop and how many. */
export interface PopRequest<End> {
  readonly end: End;
  readonly count: number;
}

/** How one type of values pops items. */
export interface PopKind<V extends Value, End, Item> {
  readonly type: V['type'];
  /** Reads the word for an end. Throws SYNTAX. */
  readonly endArg: (slice: Slice) => End;
  /** The command that pops from one key: what those get who replay it. */
  readonly commandAt: (end: End) => string;
  /** Pops up to `count`, in the order they come off, and tells of it. No value is empty. */
  readonly take: (ctx: Context, name: Slice, value: V, request: PopRequest<End>) => Item[];
  /** The reply of one that was waited for, with its key. */
  readonly replyOne: (ctx: Context, name: ByteString, item: Item) => void;
  /** As one array. */
  readonly replyAll: (ctx: Context, items: readonly Item[]) => void;
}

/** BLPOP and its kin: `key … timeout`. */
export function popOrWait<V extends Value, End, Item>(
  ctx: Context,
  kind: PopKind<V, End, Item>,
  end: End,
): void {
  const last = ctx.argc - 1;
  const timeoutMs = timeoutArg(ctx.arg(last), ctx.nowMs);
  const found = firstValue<V>(ctx, kind.type, 1, last);
  if (found === null) {
    blockForKeys(ctx, { from: 1, to: last, type: TYPE_CODE[kind.type], timeoutMs });
    return;
  }
  const name = found.name.toByteString();
  const [item] = kind.take(ctx, found.name, found.value, { end, count: 1 });
  ctx.rewrite(kind.commandAt(end), name);
  kind.replyOne(ctx, name, item as Item); // no value is empty
}

/** LMPOP and ZMPOP: `numkeys key … where [COUNT count]`. */
export function popMany<V extends Value, End, Item>(
  ctx: Context,
  kind: PopKind<V, End, Item>,
): void {
  const args = multiPopArgs(ctx, 1, kind.endArg);
  if (!popFirst(ctx, kind, 2, args)) ctx.reply.nullArray();
}

/** BLMPOP and BZMPOP: the same behind a timeout. */
export function popManyOrWait<V extends Value, End, Item>(
  ctx: Context,
  kind: PopKind<V, End, Item>,
): void {
  const args = multiPopArgs(ctx, 2, kind.endArg);
  const timeoutMs = timeoutArg(ctx.arg(1), ctx.nowMs);
  if (popFirst(ctx, kind, 3, args)) return;
  blockForKeys(ctx, { from: 3, to: args.keysEnd, type: TYPE_CODE[kind.type], timeoutMs });
}

interface MultiPopArgs<End> extends PopRequest<End> {
  /** The keys are the arguments from behind numkeys to before this one. */
  readonly keysEnd: number;
}

/** @param numkeysAt the argument that counts the keys */
function multiPopArgs<End>(
  ctx: Context,
  numkeysAt: number,
  endArg: (slice: Slice) => End,
): MultiPopArgs<End> {
  const keyCount = integerFromArg(ctx.arg(numkeysAt), 1, NUMKEYS_NOT_POSITIVE);
  const keysEnd = numkeysAt + 1 + keyCount;
  if (keysEnd >= ctx.argc) throw SYNTAX;
  const end = endArg(ctx.arg(keysEnd));
  let count: number | null = null;
  for (let i = keysEnd + 1; i < ctx.argc; i += 2) {
    if (count !== null || !ctx.arg(i).is('count') || i + 1 === ctx.argc) throw SYNTAX;
    count = integerFromArg(ctx.arg(i + 1), 1, COUNT_NOT_POSITIVE);
  }
  return { keysEnd, end, count: count ?? 1 };
}

/** Pops from the first of the keys that there is and replies; false when there is none. */
function popFirst<V extends Value, End, Item>(
  ctx: Context,
  kind: PopKind<V, End, Item>,
  from: number,
  args: MultiPopArgs<End>,
): boolean {
  const found = firstValue<V>(ctx, kind.type, from, args.keysEnd);
  if (found === null) return false;
  const name = found.name.toByteString();
  const items = kind.take(ctx, found.name, found.value, args);
  ctx.rewrite(kind.commandAt(args.end), name, String(items.length));
  ctx.reply.array(2);
  ctx.reply.bulk(name);
  kind.replyAll(ctx, items);
  return true;
}

/** The first of the keys [from, to) that there is, and its value. Throws if it is of another type. */
function firstValue<V extends Value>(
  ctx: Context,
  type: V['type'],
  from: number,
  to: number,
): { name: Slice; value: V } | null {
  for (let i = from; i < to; i++) {
    const name = ctx.arg(i);
    const value = ctx.writeValue<V>(name, type);
    if (value !== null) return { name, value };
  }
  return null;
}
