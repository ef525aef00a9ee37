// How many bytes Redis's listpack would take for elements: list encodings depend on it, and RDB
// payloads are laid out by it.

import type { ByteString } from '../lib/bytes.ts';
import { isInt64 } from '../lib/number.ts';

/** Header (total bytes, element count) and end mark of a listpack. */
export const LISTPACK_OVERHEAD_BYTES = 7;

/** Bytes of one entry: encoding, content, and the length of the entry for walking backwards. */
export function listpackEntryBytes(element: ByteString): number {
  const bytes =
    looksInteger(element) && isInt64(element) ? integerBytes(element) : textBytes(element.length);
  return bytes + backLengthBytes(bytes);
}

function looksInteger(element: ByteString): boolean {
  const length = element.length;
  if (length === 0 || length > 20) return false;
  const last = element.charCodeAt(length - 1);
  return last >= 0x30 && last <= 0x39;
}

function textBytes(length: number): number {
  if (length < 64) return 1 + length;
  return length < 4096 ? 2 + length : 5 + length;
}

function integerBytes(element: ByteString): number {
  const value = Number(element); // rounding beyond 2^53 cannot cross a threshold below
  if (value >= 0 && value <= 127) return 1;
  if (value >= -4096 && value <= 4095) return 2;
  if (value >= -32768 && value <= 32767) return 3;
  if (value >= -8388608 && value <= 8388607) return 4;
  return value >= -2147483648 && value <= 2147483647 ? 5 : 9;
}

function backLengthBytes(bytes: number): number {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
}
