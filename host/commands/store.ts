// What commands with a destination key do with their result: SUNIONSTORE, ZRANGESTORE, …

import type { Context } from '../dispatch/context.ts';
import type { Slice } from '../lib/slice.ts';
import type { Value } from '../values/ledger.ts';

/**
 * Puts a result under `key` in place of whatever it held, or deletes the key when the result is
 * empty (null), with the events Redis gives.
 */
export function storeResult(
  ctx: Context,
  key: Slice,
  result: Value | null,
  told: { readonly eventClass: number; readonly event: string },
): void {
  if (result !== null) {
    ctx.keyspace.put(ctx.db, key, result);
    ctx.changed(key, told.eventClass, told.event);
    return;
  }
  const ref = ctx.db.find(key); // even one that has expired: Redis does not look
  if (ref === 0) return;
  ctx.keyspace.remove(ctx.db, ref, key);
  ctx.keyspace.notifyDeleted(ctx.db, key);
}

/** Counts further changes of a command whose first was counted by `ctx.changed`. */
export function countChanges(ctx: Context, changes: number): void {
  ctx.keyspace.dirty += changes - 1;
}

/** Puts a value that has been made for `key` into the keyspace; one that came from there stays. */
export function addIfNew(ctx: Context, key: Slice, value: Value): void {
  if (value.ledger === null) ctx.keyspace.add(ctx.db, key, value);
}
