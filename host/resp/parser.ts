// Requests: bytes to argument vectors. Multibulk and inline, resumable at any byte, no copies.
// Format: https://redis.io/docs/reference/protocol-spec/ (RESP2 requests; RESP3 adds none).

import type { Argv } from '../lib/argv.ts';
import { INLINE_MAX_BYTES, MULTIBULK_MAX_COUNT } from '../lib/limits.ts';
import { splitQuoted } from '../lib/quoted-words.ts';

/** The request violates the protocol: reply `-ERR Protocol error: <message>` and close. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(`Protocol error: ${message}`);
    this.name = 'ProtocolError';
  }
}

/** Limits that depend on the client: unauthenticated ones may send only little. */
export interface ParserLimits {
  bulkMaxBytes: number;
  isUnauthenticated: boolean;
}

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;
const UNAUTHENTICATED_MULTIBULK_MAX = 10;
const UNAUTHENTICATED_BULK_MAX = 16384;

/**
 * Parses one connection's requests.
 *
 * `next` works on memory owned by the connection. While a command is incomplete its bytes must
 * stay at the same distance from its first byte; they may move to another buffer between calls.
 */
export class RequestParser {
  /** Position behind what has been consumed: whole commands only. */
  position = 0;
  readonly #limits: ParserLimits;
  /** Arguments still to come of the multibulk being read; -1: between commands. */
  #argsLeft = -1;
  /** Length of the bulk being read; -1: its header is still to come. */
  #bulkLength = -1;
  /** Where reading goes on, relative to the command's first byte. */
  #offset = 0;
  /** [start, end) of the arguments read so far, relative to the command's first byte. */
  #spans = new Int32Array(32);
  #spanCount = 0;

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  /**
   * Looks for the next command in `buffer[from, end)`; `from` is its first byte.
   * Returns true with `argv` filled (argv.length 0: an empty request, to be ignored) with views of
   * the buffer and `position` behind it, or false when more bytes are needed; then call again
   * with the same command start. Throws ProtocolError.
   */
  next(buffer: Buffer, from: number, end: number, argv: Argv): boolean {
    this.position = from;
    if (this.#argsLeft < 0) {
      if (from >= end) return false;
      if (buffer[from] !== STAR) return this.#inline(buffer, from, end, argv);
      if (!this.#multibulkHeader(buffer, from, end)) return false;
      if (this.#argsLeft <= 0) return this.#finish(buffer, from, argv);
    }
    return this.#bulks(buffer, from, end, argv);
  }

  /** Forgets the command being read: it will come again from its first byte. */
  restart(): void {
    this.#argsLeft = -1;
  }

  #multibulkHeader(buffer: Buffer, from: number, end: number): boolean {
    const lineEnd = this.#lineEnd(buffer, from, end, 'too big mbulk count string');
    if (lineEnd < 0) return false;
    const count = parseLength(buffer, from + 1, lineEnd);
    if (Number.isNaN(count) || count > MULTIBULK_MAX_COUNT) {
      throw new ProtocolError('invalid multibulk length');
    }
    if (count > UNAUTHENTICATED_MULTIBULK_MAX && this.#limits.isUnauthenticated) {
      throw new ProtocolError('unauthenticated multibulk length');
    }
    this.#argsLeft = Math.max(count, 0);
    this.#offset = lineEnd + 2 - from;
    this.#bulkLength = -1;
    this.#spanCount = 0;
    return true;
  }

  #bulks(buffer: Buffer, from: number, end: number, argv: Argv): boolean {
    while (this.#argsLeft > 0) {
      if (this.#bulkLength < 0 && !this.#bulkHeader(buffer, from, end)) return false;
      const start = this.#offset;
      const stop = start + this.#bulkLength;
      if (from + stop + 2 > end) return false;
      this.#addSpan(start, stop);
      this.#offset = stop + 2;
      this.#bulkLength = -1;
      this.#argsLeft--;
    }
    return this.#finish(buffer, from, argv);
  }

  #bulkHeader(buffer: Buffer, from: number, end: number): boolean {
    const at = from + this.#offset;
    const lineEnd = this.#lineEnd(buffer, at, end, 'too big bulk count string');
    if (lineEnd < 0) return false;
    if (buffer[at] !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${printable(buffer[at] as number)}'`);
    }
    const length = parseLength(buffer, at + 1, lineEnd);
    if (!(length >= 0 && length <= this.#limits.bulkMaxBytes)) {
      throw new ProtocolError('invalid bulk length');
    }
    if (length > UNAUTHENTICATED_BULK_MAX && this.#limits.isUnauthenticated) {
      throw new ProtocolError('unauthenticated bulk length');
    }
    this.#offset = lineEnd + 2 - from;
    this.#bulkLength = length;
    return true;
  }

  /** Index of the CR that ends the line at `at` when its LF has come too, else -1. */
  #lineEnd(buffer: Buffer, at: number, end: number, tooLong: string): number {
    // Headers are a few bytes: a plain loop beats indexOf.
    let i = at;
    while (i < end && buffer[i] !== CR) i++;
    if (i - at > INLINE_MAX_BYTES) throw new ProtocolError(tooLong);
    return i + 1 < end ? i : -1;
  }

  #addSpan(start: number, stop: number): void {
    if (this.#spanCount + 2 > this.#spans.length) {
      const larger = new Int32Array(this.#spans.length * 2);
      larger.set(this.#spans);
      this.#spans = larger;
    }
    this.#spans[this.#spanCount++] = start;
    this.#spans[this.#spanCount++] = stop;
  }

  #finish(buffer: Buffer, from: number, argv: Argv): boolean {
    const spans = this.#spans;
    argv.clear();
    for (let i = 0; i < this.#spanCount; i += 2) {
      argv.push(buffer, from + (spans[i] as number), from + (spans[i + 1] as number));
    }
    this.position = from + this.#offset;
    this.#argsLeft = -1;
    this.#spanCount = 0;
    if (spans.length > 1024) this.#spans = new Int32Array(32); // one huge request, not a habit
    return true;
  }

  #inline(buffer: Buffer, from: number, end: number, argv: Argv): boolean {
    const newline = buffer.subarray(from, end).indexOf(LF);
    if (newline < 0) {
      if (end - from > INLINE_MAX_BYTES) throw new ProtocolError('too big inline request');
      return false;
    }
    // However the line has come: in one piece or byte by byte.
    if (newline > INLINE_MAX_BYTES) throw new ProtocolError('too big inline request');
    const lineEnd = newline > 0 && buffer[from + newline - 1] === CR ? newline - 1 : newline;
    const words = splitQuoted(buffer.latin1Slice(from, from + lineEnd));
    if (words === null) throw new ProtocolError('unbalanced quotes in request');
    argv.clear();
    for (const word of words) argv.pushBytes(word);
    this.position = from + newline + 1;
    return true;
  }
}

/** Strict decimal integer, as string2ll; NaN when it is none. */
function parseLength(buffer: Buffer, start: number, end: number): number {
  let i = start;
  const isNegative = buffer[i] === 45;
  if (isNegative) i++;
  const digits = end - i;
  if (digits < 1 || digits > 15) return Number.NaN;
  if (buffer[i] === 48) return digits === 1 && !isNegative ? 0 : Number.NaN;
  let value = 0;
  for (; i < end; i++) {
    const digit = (buffer[i] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}

function printable(byte: number): string {
  return String.fromCharCode(byte);
}
