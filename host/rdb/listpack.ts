// Listpacks: the compact sequence of strings and integers inside RDB values.
//
//   total bytes(4) | element count(2; 65535: unknown) | entries … | 0xff
//   entry   head [length] content back-length(1 to 5: bytes of the entry before it)
//   head    0vvvvvvv 7-bit unsigned        10llllll string < 64        110vvvvv v 13-bit signed
//           1110llll l string < 4096       0xf0 l4 string              0xf1 … 0xf4 int 16/24/32/64

import { type ByteString, byteString } from '../lib/bytes.ts';
import { isInt64 } from '../lib/number.ts';
import { LISTPACK_OVERHEAD_BYTES, listpackEntryBytes } from '../values/listpack-size.ts';

const HEADER_BYTES = 6;
const END = 0xff;
const COUNT_UNKNOWN = 0xffff;

/** Lays out `elements` as a listpack; canonical integers become integers. */
export function encodeListpack(elements: readonly ByteString[]): Buffer {
  let total = LISTPACK_OVERHEAD_BYTES;
  for (const element of elements) total += listpackEntryBytes(element);
  const buffer = Buffer.allocUnsafe(total);
  buffer.writeUInt32LE(total, 0);
  buffer.writeUInt16LE(Math.min(elements.length, COUNT_UNKNOWN), 4);
  let at = HEADER_BYTES;
  for (const element of elements) {
    const start = at;
    at = isInt64(element) ? putInteger(buffer, at, element) : putText(buffer, at, element);
    at = putBackLength(buffer, at, at - start);
  }
  buffer[at] = END;
  return buffer;
}

function putInteger(buffer: Buffer, at: number, element: ByteString): number {
  const value = Number(element); // rounding beyond 2^53 cannot cross a threshold below
  if (value >= 0 && value <= 127) return buffer.writeUInt8(value, at);
  if (value >= -4096 && value <= 4095) {
    buffer[at] = 0xc0 | ((value >> 8) & 0x1f);
    buffer[at + 1] = value & 255;
    return at + 2;
  }
  const [head, bytes] = integerHead(value);
  buffer[at] = head;
  if (bytes === 8) return buffer.writeBigInt64LE(BigInt(element), at + 1);
  return buffer.writeIntLE(value, at + 1, bytes);
}

function integerHead(value: number): [head: number, bytes: number] {
  if (value >= -32768 && value <= 32767) return [0xf1, 2];
  if (value >= -8388608 && value <= 8388607) return [0xf2, 3];
  return value >= -2147483648 && value <= 2147483647 ? [0xf3, 4] : [0xf4, 8];
}

function putText(buffer: Buffer, start: number, element: ByteString): number {
  const { length } = element;
  let at = start;
  if (length < 64) {
    buffer[at++] = 0x80 | length;
  } else if (length < 4096) {
    buffer[at++] = 0xe0 | (length >> 8);
    buffer[at++] = length & 255;
  } else {
    buffer[at++] = 0xf0;
    at = buffer.writeUInt32LE(length, at);
  }
  return at + buffer.latin1Write(element, at, length);
}

/** Seven bits a byte, most significant first, all but the first byte marked. */
function putBackLength(buffer: Buffer, at: number, length: number): number {
  const bytes = backLengthBytes(length);
  for (let i = bytes - 1; i >= 0; i--) {
    const bits = Math.floor(length / 128 ** (bytes - 1 - i)) & 127;
    buffer[at + i] = i === 0 ? bits : bits | 128;
  }
  return at + bytes;
}

function backLengthBytes(length: number): number {
  if (length <= 127) return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  return length < 268435455 ? 4 : 5;
}

/** The elements of a listpack that fills `bytes` exactly; null when it is damaged. */
export function decodeListpack(bytes: Buffer): ByteString[] | null {
  const size = bytes.length;
  if (size < LISTPACK_OVERHEAD_BYTES || bytes.readUInt32LE(0) !== size) return null;
  if (bytes[size - 1] !== END) return null;
  const elements: ByteString[] = [];
  const last = size - 1;
  for (let at = HEADER_BYTES; at < last; ) {
    const entryBytes = entrySize(bytes, at, last);
    if (entryBytes === 0) return null;
    const next = at + entryBytes + backLengthBytes(entryBytes);
    if (next > last || !backLengthIs(bytes, at + entryBytes, entryBytes)) return null;
    elements.push(elementAt(bytes, at, entryBytes));
    at = next;
  }
  const count = bytes.readUInt16LE(4);
  return count === COUNT_UNKNOWN || count === elements.length ? elements : null;
}

/** Bytes of head, length and content of the entry at `at`; 0 when it does not end before `end`. */
function entrySize(bytes: Buffer, at: number, end: number): number {
  const head = bytes[at] as number; // at < end
  let size: number;
  if (head < 0x80) size = 1;
  else if (head < 0xc0) size = 1 + (head & 63);
  else if (head < 0xe0) size = 2;
  else if (head < 0xf0) {
    if (at + 2 > end) return 0;
    size = 2 + (((head & 15) << 8) | (bytes[at + 1] as number)); // inside
  } else if (head === 0xf0) {
    if (at + 5 > end) return 0;
    size = 5 + bytes.readUInt32LE(at + 1);
  } else {
    size = INTEGER_ENTRY_BYTES[head - 0xf1] ?? 0;
  }
  return at + size <= end ? size : 0;
}

/** By head 0xf1, 0xf2, 0xf3, 0xf4. */
const INTEGER_ENTRY_BYTES = [3, 4, 5, 9];

function backLengthIs(bytes: Buffer, at: number, length: number): boolean {
  const count = backLengthBytes(length);
  let value = 0;
  for (let i = 0; i < count; i++) {
    const byte = bytes[at + i] as number; // the caller has checked the end
    if (i > 0 !== byte > 127) return false;
    value = value * 128 + (byte & 127);
  }
  return value === length;
}

/** The element of an entry whose bounds have been checked. */
function elementAt(bytes: Buffer, at: number, size: number): ByteString {
  const head = bytes[at] as number; // checked
  if (head < 0x80) return decimal(head);
  if (head < 0xc0) return byteString(bytes, at + 1, at + size);
  if (head < 0xe0) {
    const raw = ((head & 31) << 8) | (bytes[at + 1] as number); // checked
    return decimal(raw >= 4096 ? raw - 8192 : raw);
  }
  if (head < 0xf0) return byteString(bytes, at + 2, at + size);
  if (head === 0xf0) return byteString(bytes, at + 5, at + size);
  if (size === 9) return decimal(bytes.readBigInt64LE(at + 1));
  return decimal(bytes.readIntLE(at + 1, size - 1));
}

function decimal(value: number | bigint): ByteString {
  return String(value) as ByteString; // digits are ASCII
}
