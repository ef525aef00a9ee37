// Stream entry IDs: `<milliseconds>-<sequence>`, each an unsigned 64-bit number.

import type { ByteString } from './bytes.ts';
import { parseUint64 } from './number.ts';
import { Slice } from './slice.ts';

export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

export function formatStreamId(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}

const UINT64_MAX = 2n ** 64n - 1n;
const FIRST: StreamId = { ms: 0n, seq: 0n };
const LAST: StreamId = { ms: UINT64_MAX, seq: UINT64_MAX };
/** Redis copies the text, with a zero byte behind it, into a buffer of 128 bytes. */
const MAX_BYTES = 127;

/**
 * Parses `ms-seq`, `ms` alone (sequence 0), or `-` and `+` for the first and last ID there can
 * be. What follows a zero byte does not count, as in Redis. Null when it is none.
 */
export function parseStreamId(bytes: ByteString): StreamId | null {
  if (bytes.length > MAX_BYTES) return null;
  const nul = bytes.indexOf('\0');
  const text = nul < 0 ? bytes : bytes.slice(0, nul);
  if (text === '-') return FIRST;
  if (text === '+') return LAST;
  const dash = text.indexOf('-');
  const ms = parsePart(dash < 0 ? text : text.slice(0, dash));
  const seq = dash < 0 ? 0n : parsePart(text.slice(dash + 1));
  return ms === null || seq === null ? null : { ms, seq };
}

function parsePart(text: string): bigint | null {
  const slice = Slice.of(text);
  return parseUint64(slice.buffer, slice.start, slice.end);
}
