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

  /** Replaces the bytes; a guest copy of the old ones is the caller's to drop. */
  replace(buffer: Buffer): void {
    this.slice.set(buffer, 0, buffer.length);
    this.isBorrowed = false;
  }

  /** Estimated bytes in the host: what MallocSizeString answers. */
  get memoryBytes(): number {
    return 64 + this.length;
  }
}
