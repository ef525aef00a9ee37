// Replies to bytes, RESP2 and RESP3, into one growing buffer.
// Format: https://redis.io/docs/reference/protocol-spec/

import { writeDigits } from '../lib/digits.ts';
import type { Slice } from '../lib/slice.ts';
import type { AggregateKind, ReplyMark, ReplySink } from './sink.ts';

const INITIAL_BYTES = 16 * 1024;
/** A buffer that replaces one handed out is at most so large. */
const TAKEN_MAX_BYTES = 1024 * 1024;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DASH = 0x2d;

const PREFIX = { array: 0x2a, map: 0x25, set: 0x7e, attribute: 0x7c, push: 0x3e } as const;

/** Formats a double as RESP3 and RESP2 show it; injected so that resp/ stays below lib/number. */
export type FormatDouble = (value: number) => string;

/** Collects the replies of one client until they are sent. */
export class RespWriter implements ReplySink {
  protocol: 2 | 3 = 2;
  /** The bytes so far are `buffer[0, length)`. */
  buffer: Buffer;
  length = 0;
  readonly #formatDouble: FormatDouble;
  readonly #initialBytes: number;
  /** The longest output since `relax` was called. */
  #peakBytes = 0;

  constructor(formatDouble: FormatDouble, initialBytes = INITIAL_BYTES) {
    this.#formatDouble = formatDouble;
    this.#initialBytes = initialBytes;
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Hands out the bytes and starts anew with a fresh buffer, as large up to a limit. */
  take(): Buffer {
    const bytes = this.buffer.subarray(0, this.length);
    this.#forget();
    this.buffer = Buffer.allocUnsafeSlow(Math.min(this.buffer.length, TAKEN_MAX_BYTES));
    return bytes;
  }

  /** Forgets the bytes; memory is kept, because who had large replies has them again. */
  clear(): void {
    this.#forget();
  }

  #forget(): void {
    if (this.length > this.#peakBytes) this.#peakBytes = this.length;
    this.length = 0;
  }

  /** Called from time to time: gives memory back that recent replies did not need. */
  relax(): void {
    const needed = Math.max(this.#initialBytes, this.#peakBytes * 2);
    this.#peakBytes = 0;
    if (this.length > 0 || needed * 2 > this.buffer.length) return;
    this.buffer = Buffer.allocUnsafeSlow(needed);
  }

  simple(text: string): void {
    this.#line(0x2b, text);
  }

  error(text: string): void {
    this.#line(DASH, text);
  }

  integer(value: number | bigint): void {
    this.#reserve(24);
    this.buffer[this.length++] = 0x3a;
    // A bigint that is small is worth a conversion: printing one is slow.
    const number = Number(value);
    if (number > -1e9 && number < 1e9) {
      if (number < 0) this.buffer[this.length++] = DASH;
      this.#digits(number < 0 ? -number : number);
    } else {
      this.length += this.buffer.latin1Write(value.toString(), this.length);
    }
    this.#crlf();
  }

  bulk(bytes: string): void {
    const length = bytes.length;
    this.#header(0x24, length, length + 2);
    this.length += this.buffer.latin1Write(bytes, this.length);
    this.#crlf();
  }

  slice(bytes: Slice): void {
    this.bytes(bytes.buffer, bytes.start, bytes.end);
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#header(0x24, length, length + 2);
    const to = this.buffer;
    let at = this.length;
    if (length < 32) {
      // Buffer.copy costs ~40 ns a call: a loop is faster for small values.
      for (let i = start; i < end; i++) to[at++] = buffer[i] as number;
    } else {
      buffer.copy(to, at, start, end);
      at += length;
    }
    this.length = at;
    this.#crlf();
  }

  null(): void {
    this.#text(this.protocol === 3 ? '_\r\n' : '$-1\r\n');
  }

  nullArray(): void {
    this.#text(this.protocol === 3 ? '_\r\n' : '*-1\r\n');
  }

  double(value: number): void {
    const text = this.#formatDouble(value);
    if (this.protocol === 3) this.#text(`,${text}\r\n`);
    else this.bulk(text);
  }

  bool(value: boolean): void {
    if (this.protocol === 3) this.#text(value ? '#t\r\n' : '#f\r\n');
    else this.integer(value ? 1 : 0);
  }

  bigNumber(digits: string): void {
    if (this.protocol === 3) this.#line(0x28, digits);
    else this.bulk(digits);
  }

  verbatim(format: string, bytes: string): void {
    if (this.protocol === 2) {
      this.bulk(bytes);
      return;
    }
    this.#header(0x3d, bytes.length + 4, bytes.length + 6);
    this.length += this.buffer.latin1Write(`${format.padEnd(3).slice(0, 3)}:`, this.length);
    this.length += this.buffer.latin1Write(bytes, this.length);
    this.#crlf();
  }

  array(length: number): void {
    this.#header(PREFIX.array, length, 0);
  }

  map(pairs: number): void {
    this.#aggregate('map', pairs);
  }

  set(length: number): void {
    this.#aggregate('set', length);
  }

  push(length: number): void {
    this.#aggregate('push', length);
  }

  attribute(pairs: number): void {
    if (this.protocol === 3) this.#header(PREFIX.attribute, pairs, 0);
  }

  deferred(): ReplyMark {
    return this.length;
  }

  setDeferred(mark: ReplyMark, kind: AggregateKind, length: number): void {
    const tailBytes = this.length - mark;
    this.#reserve(24);
    const end = this.length;
    this.#aggregate(kind, length);
    const headerBytes = this.length - end;
    if (tailBytes === 0) return;
    const header = Buffer.from(this.buffer.subarray(end, end + headerBytes));
    this.buffer.copyWithin(mark + headerBytes, mark, end);
    header.copy(this.buffer, mark);
  }

  mark(): ReplyMark {
    return this.length;
  }

  rewind(mark: ReplyMark): void {
    this.length = mark;
  }

  errorSince(mark: ReplyMark): string | null {
    if (this.length <= mark || this.buffer[mark] !== DASH) return null;
    const end = this.buffer.indexOf('\r\n', mark);
    return this.buffer.latin1Slice(mark + 1, end);
  }

  /** Appends bytes that are RESP already. */
  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.buffer, this.length);
    this.length += bytes.length;
  }

  #aggregate(kind: AggregateKind, length: number): void {
    if (this.protocol === 3) this.#header(PREFIX[kind], length, 0);
    else
      this.#header(PREFIX.array, kind === 'map' || kind === 'attribute' ? length * 2 : length, 0);
  }

  #line(prefix: number, text: string): void {
    const { length } = text;
    this.#reserve(length + 3);
    const { buffer } = this;
    let at = this.length;
    buffer[at++] = prefix;
    // Lines are short: a loop beats the call into C++ and looks for line breaks on the way.
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      buffer[at++] = code === CR || code === LF ? SPACE : code;
    }
    this.length = at;
    this.#crlf();
  }

  #text(text: string): void {
    this.#reserve(text.length);
    this.length += this.buffer.latin1Write(text, this.length);
  }

  #header(prefix: number, length: number, bodyBytes: number): void {
    this.#reserve(bodyBytes + 24);
    this.buffer[this.length++] = prefix;
    this.#digits(length);
    this.#crlf();
  }

  /** Writes a non-negative integer; room has been reserved. */
  #digits(value: number): void {
    this.length = writeDigits(this.buffer, this.length, value);
  }

  #crlf(): void {
    const at = this.length;
    this.buffer[at] = CR;
    this.buffer[at + 1] = LF;
    this.length = at + 2;
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, needed));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
