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

/** Parses `ms-seq`; `ms` alone takes `missingSeq`. Null when it is none. */
export function parseStreamId(bytes: ByteString, missingSeq = 0n): StreamId | null {
  const dash = bytes.indexOf('-');
  const ms = parsePart(dash < 0 ? bytes : bytes.slice(0, dash));
  const seq = dash < 0 ? missingSeq : parsePart(bytes.slice(dash + 1));
  return ms === null || seq === null ? null : { ms, seq };
}

function parsePart(text: string): bigint | null {
  const slice = Slice.of(text);
  return parseUint64(slice.buffer, slice.start, slice.end);
}
