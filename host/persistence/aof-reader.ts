// Commands out of an append-only file: RESP requests, with lines that begin with `#` in between.
// Stricter than the parser of connections, as redis-check-aof is, and it knows where it stands:
// whoever loads a file must say at which byte it stops making sense.

import { Argv } from '../lib/argv.ts';
import type { StorageFile } from './storage.ts';

/** What `next` has found. */
export type Found =
  /** A whole command, in `argv`. */
  | 'command'
  | 'end'
  /** The file ends in the middle of a command. */
  | 'short'
  /** Something that no append-only file has. */
  | 'malformed';

const WINDOW_BYTES = 256 * 1024;
/** Lines are `*`, `$` with digits, and annotations. */
const LINE_MAX_BYTES = 128;
const ARGS_MAX = 1024 * 1024 * 1024;
const CR = 13;
const LF = 10;
const HASH = 35;
const DOLLAR = 36;
const STAR = 42;
const NONE = -1;
const CUT = -2;

export class AofReader {
  /** The command found last: views, valid until the next call of `next`. */
  readonly argv = new Argv();
  readonly #file: StorageFile;
  readonly #sizeBytes: number;
  #window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  /** Offset in the file of the window's first byte. */
  #base: number;
  #end = 0;
  /** Where in the window reading goes on. */
  #at = 0;
  #commandStart: number;
  #troubleAt = 0;

  /** Reads `file` from `offset` on, as if it were of size `sizeBytes`. */
  constructor(file: StorageFile, offset: number, sizeBytes = file.sizeBytes) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#base = offset;
    this.#commandStart = offset;
  }

  /** Offset in the file behind the last command or annotation. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Offset of the first byte of the command found last, or of what is no command. */
  get commandStart(): number {
    return this.#commandStart;
  }

  /** After 'short' and 'malformed': the offset of the byte that was not as it must be. */
  get troubleAt(): number {
    return this.#troubleAt;
  }

  /** Throws the system's error. */
  next(): Found {
    for (;;) {
      this.#commandStart = this.offset;
      if (!this.#has(1)) return 'end';
      const type = this.#window[this.#at];
      if (type === STAR) return this.#command();
      if (type !== HASH) return this.#trouble('malformed', 0);
      const newline = this.#lineEnd(0, LF);
      if (newline < 0) return this.#trouble(newline === CUT ? 'short' : 'malformed', 0);
      this.#at += newline + 1;
    }
  }

  #command(): Found {
    const argv = this.argv;
    argv.clear();
    const header = this.#number(0);
    if (typeof header === 'string') return header;
    if (header.value < 1 || header.value > ARGS_MAX) return this.#trouble('malformed', 0);
    let at = header.next;
    const spans: number[] = [];
    for (let i = 0; i < header.value; i++) {
      if (!this.#has(at + 1)) return this.#trouble('short', at);
      if (this.#window[this.#at + at] !== DOLLAR) return this.#trouble('malformed', at);
      const length = this.#number(at);
      if (typeof length === 'string') return length;
      const start = length.next;
      const end = start + length.value;
      if (!this.#has(end + 2)) return this.#trouble('short', this.#sizeBytes - this.offset);
      const tail = this.#at + end;
      if (this.#window[tail] !== CR || this.#window[tail + 1] !== LF) {
        return this.#trouble('malformed', end);
      }
      spans.push(start, end);
      at = end + 2;
    }
    // Only now: the window may have moved while the words were looked for.
    for (let i = 0; i < spans.length; i += 2) {
      const [start, end] = [spans[i] as number, spans[i + 1] as number]; // pairs
      argv.push(this.#window, this.#at + start, this.#at + end);
    }
    this.#at += at;
    return 'command';
  }

  /** The number behind the type byte at `at`, and where the next line begins. */
  #number(at: number): { readonly value: number; readonly next: number } | Found {
    const lineEnd = this.#lineEnd(at, CR);
    if (lineEnd === NONE) return this.#trouble('malformed', at);
    const isCut = lineEnd === CUT || !this.#has(lineEnd + 2);
    const end = isCut ? this.#sizeBytes - this.offset : lineEnd;
    let value = 0;
    for (let i = at + 1; i < end; i++) {
      const c = this.#window[this.#at + i] as number; // within what #lineEnd has looked at
      if (isCut && c === CR && i === end - 1) break;
      if (c < 48 || c > 57) return this.#trouble('malformed', i);
      value = value * 10 + c - 48;
    }
    if (isCut) return this.#trouble('short', end);
    const isNumber = end > at + 1 && Number.isSafeInteger(value);
    if (!isNumber || this.#window[this.#at + lineEnd + 1] !== LF) {
      return this.#trouble('malformed', at + 1);
    }
    return { value, next: lineEnd + 2 };
  }

  /** Distance of the first `byte` from `at` on; NONE: the line is too long, CUT: the file ends. */
  #lineEnd(at: number, byte: number): number {
    for (let i = at; i < at + LINE_MAX_BYTES; i++) {
      if (!this.#has(i + 1)) return CUT;
      if (this.#window[this.#at + i] === byte) return i;
    }
    return NONE;
  }

  #trouble(found: Found, distance: number): Found {
    this.#troubleAt = this.offset + distance;
    return found;
  }

  /** Brings `count` bytes from where reading goes on into the window; false: the file ends. */
  #has(count: number): boolean {
    return this.#at + count <= this.#end || this.#fill(count);
  }

  #fill(count: number): boolean {
    if (this.offset + count > this.#sizeBytes) return false; // nothing is allocated for lies
    const held = this.#end - this.#at;
    const target =
      count <= this.#window.length ? this.#window : Buffer.allocUnsafeSlow(roomFor(count));
    this.#window.copy(target, 0, this.#at, this.#end);
    this.#window = target;
    this.#base += this.#at;
    this.#at = 0;
    this.#end = held;
    while (this.#end < count) {
      const position = this.#base + this.#end;
      const room = Math.min(this.#window.length - this.#end, this.#sizeBytes - position);
      const got = this.#file.read(this.#window, this.#end, room, position);
      if (got === 0) return false; // the file has become shorter
      this.#end += got;
    }
    return true;
  }
}

/** A command that is longer than the window gets a window that is not filled anew for each word. */
function roomFor(count: number): number {
  return Math.ceil(count / WINDOW_BYTES) * WINDOW_BYTES + WINDOW_BYTES;
}
