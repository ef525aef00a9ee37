// Heap bytes of the parts of a value on a 64-bit V8 without pointer compression. Estimates are
// a function of the content alone, so that undoing a change restores the count exactly.

import type { ByteString } from '../lib/bytes.ts';

/** A pointer in an array; growth slack of arrays is not counted. */
export const SLOT_BYTES = 8;
/** An entry of a Map from key to position: key, value, chain and its share of the buckets. */
export const INDEX_ENTRY_BYTES = 40;
/** A value object with its empty containers. */
export const VALUE_BYTES = 160;

/** A one-byte string: 16 bytes of header, content rounded up to words. */
export function stringBytes(bytes: ByteString): number {
  return 16 + ((bytes.length + 7) & ~7);
}
