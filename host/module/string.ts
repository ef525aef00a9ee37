// RedisModuleString as the host keeps it: bytes, references, and the copy in guest memory that
// StringPtrLen asks for.

import type { ByteString } from '../lib/bytes.ts';
import { Slice } from '../lib/slice.ts';

/** Reference-counted bytes; several handles may name one. */
export class ModuleString {
  /**
   * The bytes. An argument's slice views the client's buffer while its command runs
   * (`isBorrowed`); all others own their memory.
   */
  readonly slice: Slice;
  isBorrowed: boolean;
  /** Handles and retentions; at 0 the guest copy is freed. */
  references = 1;
  /** Address of the NUL-terminated copy in guest memory; 0: none was asked for. */
  guestPtr = 0;
  /** What it has taken of the module's quota. */
  chargedBytes = 0;

  constructor(slice: Slice, isBorrowed = false) {
    this.slice = slice;
    this.isBorrowed = isBorrowed;
  }

  /** Takes over `buffer`, which nobody else may change. */
  static owning(buffer: Buffer): ModuleString {
    return new ModuleString(new Slice(buffer));
  }

  static of(bytes: ByteString): ModuleString {
    return ModuleString.owning(Buffer.from(bytes, 'latin1'));
  }

  /** Makes this a new string that views an argument. Nobody may refer to the old one. */
  borrow(word: Slice): void {
    this.slice.set(word.buffer, word.start, word.end);
    this.isBorrowed = true;
    this.references = 1;
  }

  get length(): number {
    return this.slice.end - this.slice.start;
  }

  /** Makes the bytes last beyond the command that they are an argument of. */
  own(): void {
    if (!this.isBorrowed) return;
    const copy = this.slice.toBuffer();
    this.slice.set(copy, 0, copy.length);
    this.isBorrowed = false;
  }

  /** By how much the buffer has to grow for `count` more bytes: by half at least, or not at all. */
  growthFor(count: number): number {
    const { buffer, start, end } = this.slice;
    const needed = end - start + count;
    const capacity = buffer.length - start;
    return needed <= capacity ? 0 : Math.max(needed, Math.floor(capacity * 1.5)) - capacity;
  }

  /**
   * Adds bytes, `growth` being what growthFor said. What there was stays where it is or is copied:
   * views of it stay valid. A guest copy of the old bytes is the caller's to drop.
   */
  append(bytes: Buffer, growth: number): void {
    const { buffer, start, end } = this.slice;
    let target = buffer;
    let from = start;
    if (growth > 0) {
      target = Buffer.allocUnsafeSlow(buffer.length - start + growth);
      buffer.copy(target, 0, start, end);
      from = 0;
    }
    const length = end - start;
    bytes.copy(target, from + length);
    this.slice.set(target, from, from + length + bytes.length);
  }

  /** Estimated bytes in the host: what MallocSizeString answers. */
  get memoryBytes(): number {
    return 64 + this.length;
  }
}
