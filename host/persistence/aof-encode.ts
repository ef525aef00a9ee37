// Commands as the append-only file has them: RESP requests in a buffer that grows, with SELECT
// where the database changes and `#TS:` lines where the file shall tell the time.

import { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { writeDigits } from '../lib/digits.ts';

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;
/** "*" or "$", up to 16 digits, CR LF. */
const HEADER_MAX_BYTES = 19;
/** Longer words are copied by the buffer, shorter ones byte by byte. */
const COPY_MIN_BYTES = 32;
const SELECT = Argv.of('SELECT').at(0);

export class CommandBuffer {
  /** Only the first `length` bytes mean anything. */
  bytes: Buffer;
  length = 0;
  readonly #initialBytes: number;
  /** The database that a reader of the file has selected here; -1: none that we know of. */
  #selected = -1;

  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes;
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** The next command is preceded by SELECT whatever its database: a file begins. */
  forgetSelected(): void {
    this.#selected = -1;
  }

  /** What follows is appended behind what `other` holds. */
  continueFrom(other: CommandBuffer): void {
    this.#selected = other.#selected;
  }

  clear(): void {
    this.length = 0;
    // One huge command is no reason to keep its memory.
    if (this.bytes.length > this.#initialBytes * 16) {
      this.bytes = Buffer.allocUnsafeSlow(this.#initialBytes);
    }
  }

  /** `#TS:<unix seconds>`: readers skip it, redis-check-aof can cut the file there. */
  timestamp(seconds: number): void {
    this.#ascii(`#TS:${seconds}\r\n`);
  }

  /** One command, `argv` copied. */
  command(dbIndex: number, argv: Argv): void {
    this.select(dbIndex);
    this.#header(STAR, argv.length);
    for (let i = 0; i < argv.length; i++) {
      const { buffer, start, end } = argv.at(i);
      this.#bulk(buffer, start, end);
    }
  }

  /** One command given as words (bytes or ASCII text). */
  words(dbIndex: number, words: readonly (ByteString | string)[]): void {
    this.select(dbIndex);
    this.begin(words.length);
    for (const word of words) this.word(word);
  }

  /** Starts a command of `count` words, each then given by `word`. */
  begin(count: number): void {
    this.#header(STAR, count);
  }

  word(word: ByteString | string): void {
    this.#header(DOLLAR, word.length);
    this.#reserve(word.length + 2);
    this.length += this.bytes.latin1Write(word, this.length);
    this.#crlf();
  }

  /** Makes `dbIndex` the database of what follows. */
  select(dbIndex: number): void {
    if (dbIndex === this.#selected) return;
    this.#selected = dbIndex;
    this.#header(STAR, 2);
    this.#bulk(SELECT.buffer, SELECT.start, SELECT.end);
    const digits = Buffer.from(String(dbIndex), 'latin1');
    this.#bulk(digits, 0, digits.length);
  }

  #bulk(buffer: Buffer, start: number, end: number): void {
    this.#header(DOLLAR, end - start);
    this.#reserve(end - start + 2);
    const { bytes } = this;
    let at = this.length;
    // Buffer.copy costs ~40 ns a call: a loop is faster for what most commands consist of.
    if (end - start < COPY_MIN_BYTES) {
      for (let i = start; i < end; i++) bytes[at++] = buffer[i] as number; // both below length
    } else {
      at += buffer.copy(bytes, at, start, end);
    }
    this.length = at;
    this.#crlf();
  }

  #header(type: number, value: number): void {
    this.#reserve(HEADER_MAX_BYTES);
    const { bytes } = this;
    bytes[this.length++] = type;
    this.length = writeDigits(bytes, this.length, value);
    this.#crlf();
  }

  #crlf(): void {
    this.bytes[this.length++] = CR;
    this.bytes[this.length++] = LF;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    this.length += this.bytes.latin1Write(text, this.length);
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
