// Strings too long for the arena: a buffer with room to grow.

/** The string is `buffer[0, length)`; the rest is room for appends. */
export class OutsideString {
  readonly buffer: Buffer;
  readonly length: number;

  constructor(buffer: Buffer, length: number) {
    this.buffer = buffer;
    this.length = length;
  }
}

/** Room is doubled up to this much, then added in steps of it, as sds does. */
const MAX_SPARE_BYTES = 1024 * 1024;

/**
 * The same bytes in a string of `length`; the buffer is used again when it has room.
 * Bytes beyond the old length are not cleared.
 */
export function growString(buffer: Buffer, oldLength: number, length: number): OutsideString {
  if (length <= buffer.length) return new OutsideString(buffer, length);
  const grown = Buffer.allocUnsafeSlow(length + Math.min(length, MAX_SPARE_BYTES));
  buffer.copy(grown, 0, 0, oldLength);
  return new OutsideString(grown, length);
}
