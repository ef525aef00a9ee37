// The arguments of SCAN, HSCAN, SSCAN and ZSCAN, and the reply of the latter three.

import { integer, key, pattern } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { INVALID_CURSOR, SYNTAX } from '../dispatch/errors.ts';
import type { ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { parseCursor } from '../lib/number.ts';
import type { Slice } from '../lib/slice.ts';
import { integerArg } from './arguments.ts';

export interface ScanOptions {
  /** Elements to look at, at least. */
  readonly count: number;
  /** Null: everything. */
  readonly pattern: ByteString | null;
}

/** Those of HSCAN, SSCAN and ZSCAN. */
export const SCAN_ARGS = [
  key(),
  integer('cursor'),
  pattern('pattern', { token: 'MATCH', optional: true }),
  integer('count', { token: 'COUNT', optional: true }),
];

const DEFAULT_COUNT = 10;

/** The cursor as Redis reads it: an unsigned 64-bit integer. Throws INVALID_CURSOR. */
export function cursorArg(slice: Slice): bigint {
  const cursor = parseCursor(slice.buffer, slice.start, slice.end);
  if (cursor === null) throw INVALID_CURSOR;
  return cursor;
}

/**
 * The options from argument `from` on.
 *
 * @param other takes an option that only one command has; returns false if it is not its own.
 */
export function scanOptions(
  ctx: Context,
  from: number,
  other?: (option: Slice, value: Slice) => boolean,
): ScanOptions {
  let count = DEFAULT_COUNT;
  let pattern: ByteString | null = null;
  for (let i = from; i < ctx.argc; i += 2) {
    const option = ctx.arg(i);
    if (i + 1 === ctx.argc) throw SYNTAX;
    const value = ctx.arg(i + 1);
    if (option.is('count')) {
      count = integerArg(value);
      if (count < 1) throw SYNTAX;
    } else if (option.is('match')) {
      pattern = value.is('*') ? null : value.toByteString();
    } else if (!other?.(option, value)) {
      throw SYNTAX;
    }
  }
  return { count, pattern };
}

/** A value's own scan: shows at least `count` elements and returns the next cursor. */
export type ScanStep = (
  cursor: number,
  count: number,
  visit: (element: ByteString, companion?: ByteString) => void,
) => number;

/** HSCAN, SSCAN, ZSCAN of a value: cursor, then elements, each with its companion if it has one. */
export function replyScan(ctx: Context, cursor: bigint, step: ScanStep): void {
  const { count, pattern } = scanOptions(ctx, 3);
  const found: ByteString[] = [];
  const next = step(Number(cursor), count, (element, companion) => {
    if (pattern !== null && !globMatch(pattern, element)) return;
    found.push(element);
    if (companion !== undefined) found.push(companion);
  });
  ctx.reply.array(2);
  ctx.reply.bulk(String(next));
  ctx.reply.array(found.length);
  for (const bytes of found) ctx.reply.bulk(bytes);
}

/** The reply of a scan of a key that is not there. */
export function replyEmptyScan(ctx: Context): void {
  ctx.reply.array(2);
  ctx.reply.bulk('0');
  ctx.reply.array(0);
}
