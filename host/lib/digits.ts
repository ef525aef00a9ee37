// Decimal digits of lengths and counts, straight into a buffer: for a few digits a loop costs a
// fifth of a string and a call into C++.

const ZERO = 48;

/**
 * Writes a non-negative integer at `at`; returns the position behind it. The caller has seen to
 * 16 bytes of room.
 */
export function writeDigits(buffer: Buffer, at: number, value: number): number {
  if (value < 10) {
    buffer[at] = ZERO + value;
    return at + 1;
  }
  if (value >= 1e9) return at + buffer.latin1Write(value.toString(), at);
  let count = 2;
  for (let bound = 100; value >= bound; bound *= 10) count++;
  const end = at + count;
  let rest = value | 0;
  for (let i = end; i > at; ) {
    const next = (rest / 10) | 0;
    buffer[--i] = ZERO + rest - next * 10;
    rest = next;
  }
  return end;
}
