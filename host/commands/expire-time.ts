// Times as arguments: when a key that is written now expires, and keys that expire at once.

import type { Context } from '../dispatch/context.ts';
import { invalidExpire } from '../dispatch/errors.ts';
import type { Ref } from '../keyspace/records.ts';
import type { Slice } from '../lib/slice.ts';
import { INT64_MAX, INT64_MIN, int64Arg } from './arguments.ts';

/** Whole milliseconds that survive the way through a double without any thought. */
const SMALL = 1e12;

/** How a time is given: in which unit, and from when on it counts. */
export interface TimeForm {
  readonly isSeconds: boolean;
  /** Counts from now; else Unix time. */
  readonly isRelative: boolean;
}

export const IN_SECONDS: TimeForm = { isSeconds: true, isRelative: true };
export const IN_MS: TimeForm = { isSeconds: false, isRelative: true };
export const AT_SECOND: TimeForm = { isSeconds: true, isRelative: false };
export const AT_MS: TimeForm = { isSeconds: false, isRelative: false };

/**
 * The Unix milliseconds that `value` means, or null when they leave the 64-bit range.
 *
 * Redis differs: it keeps 64-bit times. Here what lies beyond ±2^53 ms (the year 287396) becomes
 * that bound.
 */
export function unixMs(value: number | bigint, form: TimeForm, nowMs: number): number | null {
  const baseMs = form.isRelative ? nowMs : 0;
  if (typeof value === 'number' && value > -SMALL && value < SMALL) {
    return (form.isSeconds ? value * 1000 : value) + baseMs;
  }
  const ms = BigInt(value) * (form.isSeconds ? 1000n : 1n);
  if (ms > INT64_MAX || ms < INT64_MIN) return null;
  const when = ms + BigInt(baseMs);
  if (when > INT64_MAX) return null;
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.max(-limit, Math.min(limit, Number(when)));
}

/** The time argument of SET, SETEX, GETEX: it must be positive. Throws the command's error. */
export function expireTimeArg(ctx: Context, slice: Slice, form: TimeForm): number {
  const value = int64Arg(slice);
  const when = value > 0 ? unixMs(value, form, ctx.nowMs) : null;
  if (when === null) throw invalidExpire(ctx.entry.fullName);
  return when;
}

/** Whether a key given this expire time is deleted instead; replayed commands never do that. */
export function isPast(ctx: Context, expireMs: number): boolean {
  return expireMs <= ctx.nowMs && !ctx.isReplayed;
}

/** Deletes a key because the command gave it a time that is past; propagates that as DEL. */
export function deleteExpired(ctx: Context, ref: Ref, key: Slice): void {
  const isLazy = ctx.keyspace.lazyFree.expire;
  ctx.keyspace.removeAs('expired', ctx.db, ref, key, isLazy);
  ctx.rewrite(isLazy ? 'UNLINK' : 'DEL', key);
  ctx.keyspace.notifyDeleted(ctx.db, key);
}
