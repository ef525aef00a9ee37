// Ziplists and zipmaps: the compact sequences that Redis before 7 wrote. Only read here.
//
//   ziplist   total bytes(4) | offset of last entry(4) | count(2; 65535: unknown) | entries | 0xff
//   entry     previous size(1, or 0xfe and 4) head [length] content
//   head      00llllll | 01llllll l | 10...... l4 (big-endian) string
//             0xc0 int16 | 0xd0 int32 | 0xe0 int64 | 0xf0 int24 | 0xfe int8 | 1111vvvv v-1
//
//   zipmap    count(1; ≥ 254: unknown) | { length key length free value free bytes } | 0xff
//   length    < 254: itself; 0xfe: 4 bytes follow (little-endian)

import { type ByteString, byteString } from '../lib/bytes.ts';

const HEADER_BYTES = 10;
const END = 0xff;
const COUNT_UNKNOWN = 0xffff;
const LONG = 0xfe;

/** An element and the offset behind it. */
interface Parsed {
  readonly element: ByteString;
  readonly next: number;
}

/** The elements of a ziplist that fills `bytes` exactly; null when it is damaged. */
export function decodeZiplist(bytes: Buffer): ByteString[] | null {
  const size = bytes.length;
  if (size < HEADER_BYTES + 1 || bytes.readUInt32LE(0) !== size) return null;
  if (bytes[size - 1] !== END) return null;
  const elements: ByteString[] = [];
  const last = size - 1;
  let previousSize = 0;
  let lastEntry = HEADER_BYTES;
  for (let at = HEADER_BYTES; at < last; ) {
    const head = headAfterPreviousSize(bytes, at, last, previousSize);
    if (head === 0) return null;
    const parsed = parseEntry(bytes, head, last);
    if (parsed === null) return null;
    elements.push(parsed.element);
    previousSize = parsed.next - at;
    lastEntry = at;
    at = parsed.next;
  }
  if (bytes.readUInt32LE(4) !== lastEntry) return null;
  const count = bytes.readUInt16LE(8);
  return count === COUNT_UNKNOWN || count === elements.length ? elements : null;
}

/** Checks the size of the entry before; returns where the head is, or 0. */
function headAfterPreviousSize(bytes: Buffer, at: number, end: number, expected: number): number {
  if (bytes[at] !== LONG) return bytes[at] === expected && at + 1 < end ? at + 1 : 0;
  if (at + 5 >= end) return 0;
  return bytes.readUInt32LE(at + 1) === expected ? at + 5 : 0;
}

function parseEntry(bytes: Buffer, at: number, end: number): Parsed | null {
  const head = bytes[at] as number; // at < end
  if (head < 0xc0) return parseString(bytes, at, end, head);
  const width = INTEGER_BYTES.get(head);
  if (width !== undefined) {
    if (at + 1 + width > end) return null;
    const value = width === 8 ? bytes.readBigInt64LE(at + 1) : bytes.readIntLE(at + 1, width);
    return { element: decimal(value), next: at + 1 + width };
  }
  if (head >= 0xf1 && head <= 0xfd) return { element: decimal((head & 15) - 1), next: at + 1 };
  return null;
}

const INTEGER_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc0, 2],
  [0xd0, 4],
  [0xe0, 8],
  [0xf0, 3],
  [0xfe, 1],
]);

function parseString(bytes: Buffer, at: number, end: number, head: number): Parsed | null {
  let from: number;
  let length: number;
  if (head < 0x40) {
    from = at + 1;
    length = head;
  } else if (head < 0x80) {
    if (at + 2 > end) return null;
    from = at + 2;
    length = ((head & 63) << 8) | (bytes[at + 1] as number); // inside
  } else {
    if (at + 5 > end) return null;
    from = at + 5;
    length = bytes.readUInt32BE(at + 1);
  }
  if (from + length > end) return null;
  return { element: byteString(bytes, from, from + length), next: from + length };
}

/** Keys and values by turns; null when the zipmap is damaged. */
export function decodeZipmap(bytes: Buffer): ByteString[] | null {
  const size = bytes.length;
  if (size < 2 || bytes[size - 1] !== END) return null;
  const elements: ByteString[] = [];
  const last = size - 1;
  for (let at = 1; at < last; ) {
    const key = zipmapString(bytes, at, last, false);
    if (key === null || key.next >= last) return null;
    const value = zipmapString(bytes, key.next, last, true);
    if (value === null) return null;
    elements.push(key.element, value.element);
    at = value.next;
  }
  const count = bytes[0] as number; // size ≥ 2
  return count >= LONG || count === elements.length / 2 ? elements : null;
}

function zipmapString(bytes: Buffer, at: number, end: number, hasFree: boolean): Parsed | null {
  const first = bytes[at] as number; // at < end
  if (first === END) return null;
  if (first === LONG && at + 5 > end) return null;
  const length = first === LONG ? bytes.readUInt32LE(at + 1) : first;
  let from = at + (first === LONG ? 5 : 1);
  let free = 0;
  if (hasFree) {
    if (from >= end) return null;
    free = bytes[from++] as number; // inside
  }
  const next = from + length + free;
  if (next > end) return null;
  return { element: byteString(bytes, from, from + length), next };
}

function decimal(value: number | bigint): ByteString {
  return String(value) as ByteString; // digits are ASCII
}
