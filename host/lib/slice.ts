// Views of bytes: how arguments travel from the socket to the keyspace without being copied.

import { asciiLower, type ByteString, byteString } from './bytes.ts';

const EMPTY = Buffer.alloc(0);

/**
 * A view `buffer[start, end)`. Parsers reuse Slice objects, so a Slice handed to a command is
 * valid until that command returns; whoever keeps bytes longer calls `toByteString` or `toBuffer`.
 */
export class Slice {
  buffer: Buffer;
  start: number;
  end: number;

  constructor(buffer: Buffer = EMPTY, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }

  /** A Slice over fresh bytes of `bytes` (ByteString or ASCII text). */
  static of(bytes: string): Slice {
    return new Slice(Buffer.from(bytes, 'latin1'));
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Points this view elsewhere. */
  set(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }

  /** The byte at `index`, or -1 past the end. */
  at(index: number): number {
    return this.start + index < this.end ? (this.buffer[this.start + index] as number) : -1;
  }

  /** Copies into a ByteString, which may be kept. */
  toByteString(): ByteString {
    return byteString(this.buffer, this.start, this.end);
  }

  /** Copies into an own Buffer, which may be kept. */
  toBuffer(): Buffer {
    return Buffer.from(this.buffer.subarray(this.start, this.end));
  }

  /** A Buffer over the same memory: a view like this Slice. */
  view(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  /** Decodes as UTF-8 text. */
  toText(): string {
    return this.buffer.utf8Slice(this.start, this.end);
  }

  /** The bytes as text with ASCII letters in lower case: option and sub-command names. */
  toLower(): string {
    return asciiLower(this.buffer.latin1Slice(this.start, this.end));
  }

  /** Compares with a lower-case ASCII word without allocating. */
  is(word: string): boolean {
    if (this.end - this.start !== word.length) return false;
    for (let i = 0; i < word.length; i++) {
      let c = this.buffer[this.start + i] as number;
      if (c >= 65 && c <= 90) c += 32;
      if (c !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  equals(other: Slice): boolean {
    if (this.length !== other.length) return false;
    return this.buffer.compare(other.buffer, other.start, other.end, this.start, this.end) === 0;
  }
}
