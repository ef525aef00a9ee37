// Writes the primitives of the RDB format: lengths, strings, numbers. Bytes gather in chunks that
// go to a sink, or in one buffer that grows when there is none.

import type { ByteString } from '../lib/bytes.ts';
import { Crc64 } from '../lib/crc64.ts';
import {
  LENGTH_14BIT,
  LENGTH_32BIT,
  LENGTH_64BIT,
  LENGTH_ENCODED,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from './format.ts';
import { LzfCompressor } from './lzf.ts';

/** Receives full chunks in order; they are the sink's from then on. */
export interface ChunkSink {
  write(chunk: Buffer): void;
}

export interface RdbWriterOptions {
  /** Without one everything stays in memory until `take`. */
  readonly sink?: ChunkSink;
  /** Size of the first buffer and, with a sink, of each chunk. */
  readonly chunkBytes?: number;
  /** Whether long strings are compressed: rdbcompression. */
  readonly isCompressing?: boolean;
  /** Whether a checksum of all bytes is kept: rdbchecksum. */
  readonly isChecksummed?: boolean;
}

/** Shorter strings are never compressed. */
const COMPRESS_MIN_BYTES = 21;
/** Compression has to save at least this much. */
const COMPRESS_MIN_GAIN_BYTES = 4;
/** Longer strings cannot be integers of 32 bits. */
const INTEGER_MAX_BYTES = 11;
const DEFAULT_CHUNK_BYTES = 256;

export class RdbWriter {
  readonly #sink: ChunkSink | null;
  readonly #chunkBytes: number;
  readonly #isCompressing: boolean;
  readonly #crc: Crc64 | null;
  readonly #lzf = new LazyLzf();
  #buffer: Buffer;
  #length = 0;
  /** Bytes that have gone to the sink. */
  #sunk = 0;
  /** Bytes of the buffer that the checksum covers already. */
  #summed = 0;

  constructor(options: RdbWriterOptions = {}) {
    this.#sink = options.sink ?? null;
    this.#chunkBytes = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    this.#isCompressing = options.isCompressing ?? true;
    this.#crc = options.isChecksummed === true ? new Crc64() : null;
    this.#buffer = Buffer.allocUnsafeSlow(this.#chunkBytes);
  }

  /** Bytes written so far. */
  get offset(): number {
    return this.#sunk + this.#length;
  }

  /** The checksum of all bytes so far, 0 when none is kept. */
  checksum(): bigint {
    if (this.#crc === null) return 0n;
    this.#crc.update(this.#buffer, this.#summed, this.#length);
    this.#summed = this.#length;
    return this.#crc.digest();
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Bytes as they are. */
  raw(bytes: Buffer, start = 0, end = bytes.length): void {
    for (let from = start; from < end; ) {
      this.#reserve(1, end - from);
      const count = Math.min(end - from, this.#buffer.length - this.#length);
      bytes.copy(this.#buffer, this.#length, from, from + count);
      this.#length += count;
      from += count;
    }
  }

  rawText(ascii: string): void {
    this.raw(Buffer.from(ascii, 'latin1'));
  }

  /** A length or another non-negative safe integer. */
  length(value: number): void {
    this.#reserve(9);
    const buffer = this.#buffer;
    let at = this.#length;
    if (value < 64) {
      buffer[at++] = value;
    } else if (value < 16384) {
      buffer[at++] = (LENGTH_14BIT << 6) | (value >> 8);
      buffer[at++] = value & 255;
    } else if (value <= 0xffffffff) {
      buffer[at++] = LENGTH_32BIT;
      at = buffer.writeUInt32BE(value, at);
    } else {
      buffer[at++] = LENGTH_64BIT;
      at = buffer.writeBigUInt64BE(BigInt(value), at);
    }
    this.#length = at;
  }

  /** A length of the full unsigned 64 bits. */
  length64(value: bigint): void {
    if (value <= 0xffffffffn) {
      this.length(Number(value));
      return;
    }
    this.#reserve(9);
    this.#buffer[this.#length++] = LENGTH_64BIT;
    this.#length = this.#buffer.writeBigUInt64BE(value, this.#length);
  }

  /** A string: as an integer if it is one, compressed if that pays, else as it is. */
  string(bytes: Buffer, start = 0, end = bytes.length): void {
    const count = end - start;
    if (count <= INTEGER_MAX_BYTES && this.#integer(bytes, start, end)) return;
    if (this.#isCompressing && count >= COMPRESS_MIN_BYTES) {
      if (this.#compressed(bytes, start, end)) return;
    }
    this.length(count);
    this.raw(bytes, start, end);
  }

  /** `string` for kept bytes or ASCII text. */
  text(bytes: ByteString | string): void {
    const count = bytes.length;
    if (count < COMPRESS_MIN_BYTES && !mayBeInteger(bytes)) {
      this.length(count); // short text, the usual case: straight into the buffer
      this.#reserve(count);
      this.#length += this.#buffer.latin1Write(bytes, this.#length, count);
      return;
    }
    this.string(Buffer.from(bytes, 'latin1'));
  }

  /** An IEEE double, 8 bytes little-endian. */
  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeFloatLE(value, this.#length);
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16LE(value, this.#length);
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length);
  }

  /** A time in milliseconds: a signed 64-bit integer. */
  milliseconds(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigInt64LE(BigInt(value), this.#length);
  }

  /** Hands what has gathered to the sink. */
  flush(): void {
    if (this.#sink === null || this.#length === 0) return;
    this.checksum();
    this.#sink.write(this.#buffer.subarray(0, this.#length));
    this.#sunk += this.#length;
    this.#length = 0;
    this.#summed = 0;
    this.#buffer = Buffer.allocUnsafeSlow(this.#chunkBytes);
  }

  /** Without a sink: all bytes, a view of this writer's memory. */
  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Room for `least` bytes at once; `wanted` says how many will follow if there is no sink. */
  #reserve(least: number, wanted = least): void {
    if (this.#length + least <= this.#buffer.length) return;
    if (this.#sink !== null) {
      this.flush(); // chunks are larger than any `least`
      return;
    }
    const size = Math.max(this.#buffer.length * 2, this.#length + wanted);
    const grown = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  #integer(bytes: Buffer, start: number, end: number): boolean {
    const value = parseInt32(bytes, start, end);
    if (Number.isNaN(value)) return false;
    this.#reserve(5);
    const buffer = this.#buffer;
    const at = this.#length;
    if (value >= -128 && value <= 127) {
      buffer[at] = (LENGTH_ENCODED << 6) | STRING_INT8;
      this.#length = buffer.writeInt8(value, at + 1);
    } else if (value >= -32768 && value <= 32767) {
      buffer[at] = (LENGTH_ENCODED << 6) | STRING_INT16;
      this.#length = buffer.writeInt16LE(value, at + 1);
    } else {
      buffer[at] = (LENGTH_ENCODED << 6) | STRING_INT32;
      this.#length = buffer.writeInt32LE(value, at + 1);
    }
    return true;
  }

  #compressed(bytes: Buffer, start: number, end: number): boolean {
    const plainBytes = end - start;
    const scratch = this.#lzf.scratch(plainBytes);
    const most = plainBytes - COMPRESS_MIN_GAIN_BYTES;
    const size = this.#lzf.compressor.compress(bytes, start, end, scratch, most);
    if (size === 0) return false;
    this.byte((LENGTH_ENCODED << 6) | STRING_LZF);
    this.length(size);
    this.length(plainBytes);
    this.raw(scratch, 0, size);
    return true;
  }
}

/** The compressor and its output buffer, made when first needed. */
class LazyLzf {
  #compressor: LzfCompressor | null = null;
  #scratch: Buffer | null = null;

  get compressor(): LzfCompressor {
    this.#compressor ??= new LzfCompressor();
    return this.#compressor;
  }

  scratch(bytes: number): Buffer {
    if (this.#scratch === null || this.#scratch.length < bytes) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(4096, bytes));
    }
    return this.#scratch;
  }
}

function mayBeInteger(bytes: string): boolean {
  if (bytes.length === 0 || bytes.length > INTEGER_MAX_BYTES) return false;
  const last = bytes.charCodeAt(bytes.length - 1);
  return last >= 48 && last <= 57;
}

/** The 32-bit integer that prints as exactly these bytes, or NaN. */
function parseInt32(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === 45;
  const from = isNegative ? start + 1 : start;
  const digits = end - from;
  if (digits < 1 || digits > 10) return Number.NaN;
  if (bytes[from] === 48) return digits === 1 && !isNegative ? 0 : Number.NaN;
  let value = 0;
  for (let i = from; i < end; i++) {
    const c = bytes[i] as number; // i < end
    if (c < 48 || c > 57) return Number.NaN;
    value = value * 10 + (c - 48);
  }
  const signed = isNegative ? -value : value;
  return signed === (signed | 0) ? signed : Number.NaN;
}
