// What commands that change a whole value have in common: putting a result under a key
// (SUNIONSTORE, ZRANGESTORE, …), adding a new value, removing members.

import type { Context } from '../dispatch/context.ts';
import type { ByteString } from '../lib/bytes.ts';
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

/** A value of which members can be taken away by name. */
interface Membered extends Value {
  readonly size: number;
  remove(member: ByteString): boolean;
}

/** HDEL, SREM, ZREM: `key member …`. Removes what is there, tells of it and replies how many. */
export function removeMembers(
  ctx: Context,
  type: 'hash' | 'set' | 'zset',
  eventClass: number,
  event: string,
): void {
  const name = ctx.arg(1);
  const value = ctx.writeValue<Membered>(name, type);
  let removed = 0;
  for (let i = 2; value !== null && value.size > 0 && i < ctx.argc; i++) {
    if (value.remove(ctx.arg(i).toByteString())) removed++;
  }
  if (removed > 0) {
    ctx.changed(name, eventClass, event);
    countChanges(ctx, removed);
    if (value?.size === 0) ctx.removeEmptied(name);
  }
  ctx.reply.integer(removed);
}

/** Counts further changes of a command whose first was counted by `ctx.changed`. */
export function countChanges(ctx: Context, changes: number): void {
  ctx.keyspace.dirty += changes - 1;
}

/** Puts a value that has been made for `key` into the keyspace; one that came from there stays. */
export function addIfNew(ctx: Context, key: Slice, value: Value): void {
  if (value.ledger === null) ctx.keyspace.add(ctx.db, key, value);
}
