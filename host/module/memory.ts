// GuestMemory: the only door to a guest's linear memory. Every access is checked against the
// size the memory has now, and little-endian whatever the machine is.

import { type ByteString, byteString } from '../lib/bytes.ts';
import { hex32, ModuleTrap } from './trap.ts';

/** A C string longer than this is a bug of the guest: a pointer to bytes without a NUL. */
export const CSTRING_MAX_BYTES = 1024 * 1024;
/** Words of a command line that a guest puts together. */
export const GUEST_ARGV_MAX_COUNT = 1024 * 1024;
/** Bytes of a wasm memory page. */
export const PAGE_BYTES = 65_536;

/** Fewer bytes are paid for by what each call into the host costs. */
const MOVED_FREE_BYTES = 1024;

const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * Checked access to one guest's memory. Addresses and lengths may arrive as signed i32s.
 * `argument` names the ABI argument an address came from; it is only used in the trap.
 *
 * The views are cached. When the memory grows they are detached and their length becomes 0, so
 * the bounds check that every access needs anyway also notices growth; the slow path behind it
 * makes new views. Reading `memory.buffer` each time instead costs 11 ns, this check under 1 ns.
 */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  #bytes: Buffer = NO_BYTES;
  #view: DataView = NO_VIEW;
  readonly #onMoved: (bytes: number) => void;

  /** @param onMoved is told of bytes that are looked at or moved, when they are many */
  constructor(memory: WebAssembly.Memory, onMoved: (bytes: number) => void = () => {}) {
    this.#memory = memory;
    this.#onMoved = onMoved;
    this.#refresh();
  }

  /** The current size. */
  get byteLength(): number {
    if (this.#bytes.length === 0) this.#refresh();
    return this.#bytes.length;
  }

  /** Grows by `pages`; the old size in pages, or -1 when the memory's maximum is in the way. */
  grow(pages: number): number {
    try {
      return this.#memory.grow(pages);
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return -1;
      throw error;
    }
  }

  /** The byte at `ptr`, for nothing but having read it; 0 outside of the memory. */
  touch(ptr: number): number {
    return ptr < this.#bytes.length ? (this.#bytes[ptr] as number) : 0;
  }

  /** A view of `length` bytes, valid until the guest runs or memory grows. */
  bytes(ptr: number, length: number, argument = 'ptr'): Buffer {
    const start = ptr >>> 0;
    const end = start + (length >>> 0); // a double: no wrap-around
    if (end > this.#bytes.length || this.#bytes.length === 0) this.#require(start, end, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    return this.#bytes.subarray(start, end);
  }

  /** A copy of `length` bytes. */
  byteString(ptr: number, length: number, argument = 'ptr'): ByteString {
    const start = ptr >>> 0;
    const end = start + (length >>> 0);
    if (end > this.#bytes.length) this.#require(start, end, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    return byteString(this.#bytes, start, end);
  }

  /**
   * A copy of the NUL-terminated string at `ptr`, without the NUL.
   * Traps when there is no NUL within `maxBytes` bytes. O(length).
   */
  cstring(ptr: number, argument = 'ptr', maxBytes = CSTRING_MAX_BYTES): ByteString {
    const start = ptr >>> 0;
    if (start >= this.#bytes.length) this.#require(start, start + 1, argument);
    const end = this.#bytes.indexOf(0, start);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    if (end >= 0 && end - start <= maxBytes) return byteString(this.#bytes, start, end);
    if (end < 0 && this.#bytes.length - start <= maxBytes) {
      throw new ModuleTrap(`string at ${hex32(ptr)} has no NUL before the end of memory`, argument);
    }
    throw new ModuleTrap(`string at ${hex32(ptr)} is longer than ${maxBytes} bytes`, argument);
  }

  /** At most `maxBytes` bytes of the string at `ptr`, as `%.*s` reads it: no NUL is needed. */
  cstringPrefix(ptr: number, maxBytes: number, argument = 'ptr'): ByteString {
    const start = ptr >>> 0;
    if (maxBytes === 0) return this.byteString(start, 0, argument);
    if (start >= this.#bytes.length) this.#require(start, start + 1, argument);
    const limit = start + maxBytes;
    const end = this.#bytes.subarray(start, limit).indexOf(0);
    if (end >= 0) return byteString(this.#bytes, start, start + end);
    if (limit > this.#bytes.length) this.#require(start, limit, argument);
    return byteString(this.#bytes, start, limit);
  }

  readU8(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start >= this.#bytes.length) this.#require(start, start + 1, argument);
    return this.#bytes[start] as number; // checked on the line above
  }

  readU16(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start + 2 > this.#bytes.length) this.#require(start, start + 2, argument);
    return this.#view.getUint16(start, true);
  }

  readU32(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start + 4 > this.#bytes.length) this.#require(start, start + 4, argument);
    return this.#view.getUint32(start, true);
  }

  readI32(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start + 4 > this.#bytes.length) this.#require(start, start + 4, argument);
    return this.#view.getInt32(start, true);
  }

  readI64(ptr: number, argument = 'ptr'): bigint {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    return this.#view.getBigInt64(start, true);
  }

  readU64(ptr: number, argument = 'ptr'): bigint {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    return this.#view.getBigUint64(start, true);
  }

  readF32(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start + 4 > this.#bytes.length) this.#require(start, start + 4, argument);
    return this.#view.getFloat32(start, true);
  }

  readF64(ptr: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    return this.#view.getFloat64(start, true);
  }

  writeU8(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start >= this.#bytes.length) this.#require(start, start + 1, argument);
    this.#bytes[start] = value;
  }

  writeU16(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 2 > this.#bytes.length) this.#require(start, start + 2, argument);
    this.#view.setUint16(start, value, true);
  }

  /** Writes the low 32 bits of `value`: for u32 and i32 alike. */
  writeU32(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 4 > this.#bytes.length) this.#require(start, start + 4, argument);
    this.#view.setUint32(start, value, true);
  }

  /** Writes the low 64 bits of `value`: for u64 and i64 alike. */
  writeU64(ptr: number, value: bigint, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    this.#view.setBigUint64(start, value, true);
  }

  /** Writes a safe integer as 64 bits, without the cost of a bigint. */
  writeSafeInt64(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    this.#view.setUint32(start, value, true); // modulo 2^32
    this.#view.setInt32(start + 4, Math.floor(value / 4_294_967_296), true);
  }

  writeF32(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 4 > this.#bytes.length) this.#require(start, start + 4, argument);
    this.#view.setFloat32(start, value, true);
  }

  writeF64(ptr: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    if (start + 8 > this.#bytes.length) this.#require(start, start + 8, argument);
    this.#view.setFloat64(start, value, true);
  }

  /** Copies `source[start, end)` to `ptr`. */
  copyIn(ptr: number, source: Uint8Array, start = 0, end = source.length, argument = 'ptr'): void {
    const to = ptr >>> 0;
    const stop = to + (end - start);
    if (stop > this.#bytes.length) this.#require(to, stop, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    if (end - start < 32) {
      // A loop beats the call into C++ for the short strings that most keys and arguments are.
      for (let i = start, at = to; i < end; i++, at++) this.#bytes[at] = source[i] as number;
    } else this.#bytes.set(source.subarray(start, end), to);
  }

  /** Copies `length` bytes to `into[at…]`, where there is room for them. */
  copyOut(ptr: number, length: number, into: Buffer, at: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    const end = start + (length >>> 0);
    if (end > this.#bytes.length) this.#require(start, end, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    if (end - start < 32) {
      for (let i = start, to = at; i < end; i++, to++) into[to] = this.#bytes[i] as number;
    } else this.#bytes.copy(into, at, start, end);
  }

  /**
   * Copies the NUL-terminated string at `ptr` to `into[at…]`, without the NUL.
   * @returns its length, or -1 when it is longer than the room or `maxBytes`. Faster than
   *   `cstring` for the short ones that names and fields are: 1 ns a byte.
   */
  copyCString(ptr: number, into: Buffer, at: number, maxBytes: number, argument = 'ptr'): number {
    const start = ptr >>> 0;
    if (start >= this.#bytes.length) this.#require(start, start + 1, argument);
    const bytes = this.#bytes;
    const room = Math.min(maxBytes, into.length - at, bytes.length - start - 1);
    for (let i = 0; i <= room; i++) {
      const c = bytes[start + i] as number; // start + room is inside
      if (c === 0) return i;
      if (i < room) into[at + i] = c;
    }
    return -1;
  }

  /** Copies `bytes` to `ptr`; the caller adds a NUL if the guest expects one. */
  writeByteString(ptr: number, bytes: ByteString, argument = 'ptr'): void {
    const start = ptr >>> 0;
    const end = start + bytes.length;
    if (end > this.#bytes.length) this.#require(start, end, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    this.#bytes.write(bytes, start, 'latin1');
  }

  /** Sets `length` bytes to `value`. */
  fill(ptr: number, length: number, value: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    const end = start + (length >>> 0);
    if (end > this.#bytes.length) this.#require(start, end, argument);
    if (end - start > MOVED_FREE_BYTES) this.#onMoved(end - start);
    this.#bytes.fill(value, start, end);
  }

  /** memmove within the guest's memory. */
  move(target: number, source: number, length: number): void {
    const size = length >>> 0;
    const to = target >>> 0;
    const from = source >>> 0;
    if (to + size > this.#bytes.length) this.#require(to, to + size, 'target');
    if (from + size > this.#bytes.length) this.#require(from, from + size, 'source');
    if (size > MOVED_FREE_BYTES) this.#onMoved(size);
    this.#bytes.copyWithin(to, from, from + size);
  }

  /** Traps unless `[ptr, ptr + length)` lies in memory; for pointers that are used later. */
  check(ptr: number, length: number, argument = 'ptr'): void {
    const start = ptr >>> 0;
    const end = start + (length >>> 0);
    if (end > this.#bytes.length) this.#require(start, end, argument);
  }

  /** The same for `count` words of a command line. */
  checkWords(ptr: number, count: number, argument: string): void {
    if (count <= 0) return;
    if (count > GUEST_ARGV_MAX_COUNT) {
      throw new ModuleTrap(`more than ${GUEST_ARGV_MAX_COUNT} words`, argument);
    }
    this.check(ptr, count * 4, argument);
  }

  /** The slow path of every check: renews the views after growth, then traps if still outside. */
  #require(start: number, end: number, argument: string): void {
    if (this.#bytes.length !== this.#memory.buffer.byteLength) this.#refresh();
    const size = this.#bytes.length;
    if (end <= size) return;
    const range = `${end - start} bytes at ${hex32(start)}`;
    throw new ModuleTrap(`${range} are outside the guest's ${size} bytes of memory`, argument);
  }

  #refresh(): void {
    const { buffer } = this.#memory;
    this.#bytes = Buffer.from(buffer);
    this.#view = new DataView(buffer);
  }
}
