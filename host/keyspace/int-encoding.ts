// Which strings are stored as integers in Redis's eyes (OBJECT ENCODING int).

import type { Slice } from '../lib/slice.ts';

const INT64_MAX = '9223372036854775807';
const INT64_MIN = '9223372036854775808';

/** True when the bytes are exactly how a signed 64-bit integer prints. */
export function isCanonicalInt64(value: Slice): boolean {
  const { buffer, start, end } = value;
  const first = buffer[start] as number;
  const isNegative = first === 45;
  const from = isNegative ? start + 1 : start;
  const digits = end - from;
  if (digits < 1 || digits > 19) return false;
  if (buffer[from] === 48) return digits === 1 && !isNegative;
  for (let i = from; i < end; i++) {
    const c = buffer[i] as number;
    if (c < 48 || c > 57) return false;
  }
  return digits < 19 || buffer.latin1Slice(from, end) <= (isNegative ? INT64_MIN : INT64_MAX);
}
