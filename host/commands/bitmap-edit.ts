// How commands that set bits get at a string to write into.

import type { Context } from '../dispatch/context.ts';
import { FLAG_RAW } from '../keyspace/record.ts';
import { Slice } from '../lib/slice.ts';

/**
 * The string at `name`, made at least `length` bytes long, to write into its part [from, to).
 * The caller has looked the key up for writing.
 */
export function bytesToEdit(
  ctx: Context,
  name: Slice,
  part: { readonly length: number; readonly from: number; readonly to: number },
): Slice {
  const { db, keyspace } = ctx;
  const ref = keyspace.peek(db, name);
  if (ref === 0) {
    const made = keyspace.setStringAs(db, name, new Slice(Buffer.alloc(part.length)), FLAG_RAW);
    return db.stringOf(made, new Slice());
  }
  const length = Math.max(part.length, db.stringLength(ref));
  return db.editString(name, length, part.from, part.to);
}
