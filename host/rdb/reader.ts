// Reads the primitives of the RDB format from a buffer or, window by window, from a file. Every
// length is checked against what is left before anything is allocated.

import { type ByteString, byteString } from '../lib/bytes.ts';
import { Crc64 } from '../lib/crc64.ts';
import {
  LENGTH_6BIT,
  LENGTH_14BIT,
  LENGTH_32BIT,
  LENGTH_64BIT,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from './format.ts';
import { lzfDecompress, lzfMaxExpansion } from './lzf.ts';

/** The input is not what the format allows, or ends too early. */
export class RdbError extends Error {
  /** Bytes from the start of the input to where the trouble was noticed. */
  readonly offset: number;
  readonly reason: string;

  constructor(offset: number, reason: string) {
    super(`${reason} (at offset ${offset})`);
    this.name = 'RdbError';
    this.offset = offset;
    this.reason = reason;
  }
}

/** A file or something else of known size that can be read from start to end. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** Fills `buffer[offset, offset + length)` as far as possible; returns the count, 0 at the end. */
  read(buffer: Buffer, offset: number, length: number): number;
}

const WINDOW_BYTES = 256 * 1024;
const NOTHING: ByteSource = { size: 0, read: () => 0 };

export class RdbReader {
  readonly #source: ByteSource;
  readonly #crc: Crc64 | null;
  #window: Buffer;
  #at: number;
  #end: number;
  /** Offset in the input of the window's first byte. */
  #base: number;
  readonly #size: number;
  /** The checksum covers the window up to here. */
  #summed: number;

  private constructor(source: ByteSource, window: Buffer, end: number, isChecksummed: boolean) {
    this.#source = source;
    this.#window = window;
    this.#at = 0;
    this.#end = end;
    this.#base = 0;
    this.#size = Math.max(source.size, end);
    this.#summed = 0;
    this.#crc = isChecksummed ? new Crc64() : null;
  }

  /** Reads from memory; strings are views of it. */
  static ofBuffer(bytes: Buffer): RdbReader {
    return new RdbReader(NOTHING, bytes, bytes.length, false);
  }

  /** Reads from a source, keeping the checksum of what has been read. */
  static ofSource(source: ByteSource): RdbReader {
    const window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, Math.max(16, source.size)));
    return new RdbReader(source, window, 0, true);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#size - this.offset;
  }

  /** The checksum of all bytes read so far. */
  checksum(): bigint {
    if (this.#crc === null) return 0n;
    this.#sum();
    return this.#crc.digest();
  }

  fail(reason: string): never {
    throw new RdbError(this.offset, reason);
  }

  byte(): number {
    if (this.#at === this.#end) this.#fill(1);
    return this.#window[this.#at++] as number; // filled
  }

  uint16(): number {
    return this.#window.readUInt16LE(this.#take(2));
  }

  uint32(): number {
    return this.#window.readUInt32LE(this.#take(4));
  }

  uint64(): bigint {
    return this.#window.readBigUInt64LE(this.#take(8));
  }

  /** A time in milliseconds; beyond ±2^53 it loses precision. */
  milliseconds(): number {
    return Number(this.#window.readBigInt64LE(this.#take(8)));
  }

  seconds(): number {
    return this.#window.readInt32LE(this.#take(4));
  }

  double(): number {
    return this.#window.readDoubleLE(this.#take(8));
  }

  float(): number {
    return this.#window.readFloatLE(this.#take(4));
  }

  /** A count or a byte length. Fails when it is no safe integer. */
  length(): number {
    const first = this.byte();
    switch (first >> 6) {
      case LENGTH_6BIT:
        return first & 63;
      case LENGTH_14BIT:
        return ((first & 63) << 8) | this.byte();
      default:
        return this.#longLength(first);
    }
  }

  /** A length of the full unsigned 64 bits. */
  length64(): bigint {
    const first = this.byte();
    if (first === LENGTH_64BIT) return this.#window.readBigUInt64BE(this.#take(8));
    if (first >> 6 === LENGTH_6BIT) return BigInt(first & 63);
    if (first >> 6 === LENGTH_14BIT) return BigInt(((first & 63) << 8) | this.byte());
    if (first === LENGTH_32BIT) return BigInt(this.#window.readUInt32BE(this.#take(4)));
    return this.fail('Unknown length encoding');
  }

  /** `count` bytes as a view, valid until the next read. */
  bytes(count: number): Buffer {
    if (count > this.remaining) this.fail('Short read');
    if (count > this.#window.length) return this.#readLarge(count);
    const from = this.#take(count);
    return this.#window.subarray(from, from + count);
  }

  /** A string in any of its encodings as a view, valid until the next read. */
  string(): Buffer {
    const first = this.byte();
    const kind = first >> 6;
    if (kind === LENGTH_6BIT) return this.bytes(first & 63);
    if (kind === LENGTH_14BIT) return this.bytes(((first & 63) << 8) | this.byte());
    if (first === LENGTH_32BIT || first === LENGTH_64BIT)
      return this.bytes(this.#longLength(first));
    switch (first & 63) {
      case STRING_INT8:
        return textBuffer(this.#window.readInt8(this.#take(1)));
      case STRING_INT16:
        return textBuffer(this.#window.readInt16LE(this.#take(2)));
      case STRING_INT32:
        return textBuffer(this.#window.readInt32LE(this.#take(4)));
      case STRING_LZF:
        return first >> 6 === 3 ? this.#compressed() : this.fail('Unknown length encoding');
      default:
        return this.fail(`Unknown RDB string encoding type ${first & 63}`);
    }
  }

  /** `string` as bytes that may be kept. */
  text(): ByteString {
    return byteString(this.string());
  }

  #longLength(first: number): number {
    if (first === LENGTH_32BIT) return this.#window.readUInt32BE(this.#take(4));
    if (first !== LENGTH_64BIT) return this.fail('Unknown length encoding');
    const value = this.#window.readBigUInt64BE(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) return this.fail('Length out of range');
    return Number(value);
  }

  #compressed(): Buffer {
    const compressedBytes = this.length();
    const plainBytes = this.length();
    if (compressedBytes > this.remaining) this.fail('Short read');
    if (plainBytes > lzfMaxExpansion(compressedBytes)) this.fail('Invalid LZF compressed string');
    const compressed = this.bytes(compressedBytes);
    const plain = Buffer.allocUnsafeSlow(plainBytes);
    if (!lzfDecompress(compressed, 0, compressedBytes, plain)) {
      this.fail('Invalid LZF compressed string');
    }
    return plain;
  }

  /** Moves on by `count` ≤ window bytes; returns where in the window they begin. */
  #take(count: number): number {
    if (this.#end - this.#at < count) this.#fill(count);
    const from = this.#at;
    this.#at += count;
    return from;
  }

  /** Makes `count` bytes available in the window. */
  #fill(count: number): void {
    if (count > this.remaining) this.fail('Short read');
    this.#sum();
    const left = this.#end - this.#at;
    this.#window.copy(this.#window, 0, this.#at, this.#end);
    this.#base += this.#at;
    this.#at = 0;
    this.#summed = 0;
    this.#end = left;
    while (this.#end < count) {
      const room = this.#window.length - this.#end;
      const got = this.#source.read(this.#window, this.#end, room);
      if (got === 0) this.fail('Short read'); // the file has become shorter
      this.#end += got;
    }
  }

  /** More bytes than the window holds, into memory of their own. */
  #readLarge(count: number): Buffer {
    this.#sum();
    const bytes = Buffer.allocUnsafeSlow(count);
    const left = Math.min(count, this.#end - this.#at);
    this.#window.copy(bytes, 0, this.#at, this.#at + left);
    let got = left;
    while (got < count) {
      const more = this.#source.read(bytes, got, count - got);
      if (more === 0) this.fail('Short read'); // the file has become shorter
      got += more;
    }
    this.#crc?.update(bytes);
    this.#base += this.#at + count;
    this.#at = 0;
    this.#end = 0;
    this.#summed = 0;
    return bytes;
  }

  #sum(): void {
    this.#crc?.update(this.#window, this.#summed, this.#at);
    this.#summed = this.#at;
  }
}

function textBuffer(value: number): Buffer {
  return Buffer.from(String(value), 'latin1');
}
