// An argument vector: command name and arguments as views, reused by the parser that fills it.

import type { ByteString } from './bytes.ts';
import { Slice } from './slice.ts';

/** A view, and its place in the list. */
const WORD_BYTES = 48;

/** `argv.at(0)` is the command name. Views are valid until the command returns. */
export class Argv {
  /** Pooled views; only the first `length` are meaningful. */
  readonly slices: Slice[] = [];
  length = 0;

  /** Makes an Argv that owns its bytes; arguments are ByteStrings or ASCII text. */
  static of(...args: string[]): Argv {
    const argv = new Argv();
    for (const arg of args) argv.pushBytes(arg as ByteString); // latin1 either way
    return argv;
  }

  at(index: number): Slice {
    return this.slices[index] as Slice; // callers stay below length; arity is checked before
  }

  clear(): void {
    this.length = 0;
  }

  /** Appends a view of memory that stays the caller's. */
  push(buffer: Buffer, start: number, end: number): void {
    const slot = this.slices[this.length];
    if (slot === undefined) this.slices.push(new Slice(buffer, start, end));
    else slot.set(buffer, start, end);
    this.length++;
  }

  /** Appends a copy of `bytes`. */
  pushBytes(bytes: ByteString): void {
    const buffer = Buffer.from(bytes, 'latin1');
    this.push(buffer, 0, buffer.length);
  }

  /** What a copy takes, about. */
  get copyBytes(): number {
    let total = WORD_BYTES;
    for (let i = 0; i < this.length; i++) total += WORD_BYTES + this.at(i).length;
    return total;
  }

  /** A copy in memory of its own, for whoever keeps a command: MULTI, blocking, Call. */
  clone(): Argv {
    let total = 0;
    for (let i = 0; i < this.length; i++) total += this.at(i).length;
    const memory = Buffer.allocUnsafe(total);
    const copy = new Argv();
    let offset = 0;
    for (let i = 0; i < this.length; i++) {
      const slice = this.at(i);
      slice.buffer.copy(memory, offset, slice.start, slice.end);
      copy.push(memory, offset, offset + slice.length);
      offset += slice.length;
    }
    return copy;
  }

  /** All arguments from `from` on, copied. */
  toByteStrings(from = 0): ByteString[] {
    const out: ByteString[] = [];
    for (let i = from; i < this.length; i++) out.push(this.at(i).toByteString());
    return out;
  }
}
