// Intsets: sorted integers of one width.
//
//   bytes of each(4: 2, 4 or 8) | count(4) | integers, ascending (all little-endian)

import type { ByteString } from '../lib/bytes.ts';

const HEADER_BYTES = 8;

/** @param members canonical 64-bit integers in ascending order, at least one */
export function encodeIntset(members: readonly ByteString[]): Buffer {
  const width = Math.max(widthOf(members[0]), widthOf(members.at(-1)));
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + members.length * width);
  buffer.writeUInt32LE(width, 0);
  buffer.writeUInt32LE(members.length, 4);
  let at = HEADER_BYTES;
  for (const member of members) {
    if (width === 8) buffer.writeBigInt64LE(BigInt(member), at);
    else buffer.writeIntLE(Number(member), at, width);
    at += width;
  }
  return buffer;
}

/** The ends of a sorted set decide: they are the farthest from zero. */
function widthOf(member: ByteString | undefined): 2 | 4 | 8 {
  const value = Number(member ?? 0); // rounding beyond 2^53 cannot cross a threshold below
  if (value >= -32768 && value <= 32767) return 2;
  return value >= -2147483648 && value <= 2147483647 ? 4 : 8;
}

/** The members in ascending order; null when damaged, out of order or repeated. */
export function decodeIntset(bytes: Buffer): ByteString[] | null {
  if (bytes.length < HEADER_BYTES) return null;
  const width = bytes.readUInt32LE(0);
  const count = bytes.readUInt32LE(4);
  if (width !== 2 && width !== 4 && width !== 8) return null;
  if (bytes.length !== HEADER_BYTES + count * width) return null;
  const members: ByteString[] = [];
  let previous: number | bigint | null = null;
  for (let at = HEADER_BYTES; at < bytes.length; at += width) {
    const value: number | bigint =
      width === 8 ? bytes.readBigInt64LE(at) : bytes.readIntLE(at, width);
    if (previous !== null && value <= previous) return null;
    members.push(String(value) as ByteString); // digits are ASCII
    previous = value;
  }
  return members;
}
