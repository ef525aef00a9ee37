// The records of one database: reading them, making them, changing strings in place. Layout in
// record.ts, memory from the arena. Hash tables, undo and accounting of values are Database's.

import { Slice } from '../lib/slice.ts';
import type { Value } from '../values/ledger.ts';
import { ModuleValue } from '../values/module.ts';
import { Arena, CLASS_BYTES, classFor, MAX_BLOCK_BYTES } from './arena.ts';
import {
  CLASS_SHIFT,
  FLAG_INT,
  FLAG_KEY_OUTSIDE,
  FLAG_RAW,
  FLAG_VALUE_OUTSIDE,
  HEADER_BYTES,
  TYPE_CODE,
  TYPE_MASK,
  TYPE_STRING,
} from './record.ts';
import { growString, OutsideString } from './strings.ts';

/** The address of a record; 0: no such key. Valid until the next write to the database. */
export type Ref = number;

export const NO_EXPIRE = -1;
const KEY_INSIDE_MAX = 1024;
const OUTSIDE_BYTES = 4;
/** Guest pointer and type tag of a module value. */
const MODULE_PLACE_BYTES = 8;
const LRU_MASK = 0xffffff;
const STRING_FLAGS = FLAG_INT | FLAG_RAW;

type Outside = Value | OutsideString | Buffer;

/** How far a walk has got; starts as `{ page: 0, block: 0 }`. */
export interface WalkPosition {
  page: number;
  block: number;
}

/** What a string record holds: its bytes, or the object that has them. */
export type StringImage = OutsideString | Buffer;

export class Records {
  readonly #arena = new Arena();
  /** What records point to by index; 0 is not used. */
  readonly #objects: (Outside | null)[] = [null];
  readonly #freeObjects: number[] = [];
  /** Bytes of strings and keys kept outside the arena. */
  #outsideBytes = 0;
  readonly #view = new Slice();

  /** Bytes of records and outside strings. */
  get memoryBytes(): number {
    return this.#arena.usedBytes + this.#outsideBytes;
  }

  // ---- reading ----------------------------------------------------------------------------

  #word(ref: Ref, index: number): number {
    return this.#arena.segmentOf(ref).words[(this.#arena.offsetOf(ref) >> 2) + index] as number;
  }

  #setWord(ref: Ref, index: number, value: number): void {
    this.#arena.segmentOf(ref).words[(this.#arena.offsetOf(ref) >> 2) + index] = value;
  }

  /** True when the record's key is `buffer[start, end)`. */
  keyIs(ref: Ref, buffer: Buffer, start: number, end: number): boolean {
    const segment = this.#arena.segmentOf(ref);
    const at = this.#arena.offsetOf(ref);
    const length = end - start;
    if (segment.words[(at >> 2) + 1] !== length) return false;
    if (((segment.words[at >> 2] as number) & FLAG_KEY_OUTSIDE) !== 0) {
      return this.#outsideKey(ref).compare(buffer, start, end) === 0;
    }
    const bytes = segment.bytes;
    const from = at + HEADER_BYTES;
    if (length > 48) {
      return bytes.compare(buffer, start, end, from, from + length) === 0;
    }
    for (let i = 0; i < length; i++) if (bytes[from + i] !== buffer[start + i]) return false;
    return true;
  }

  typeOf(ref: Ref): number {
    return this.#word(ref, 0) & TYPE_MASK;
  }

  flagsOf(ref: Ref): number {
    return this.#word(ref, 0) & 0xfff0;
  }

  expireOf(ref: Ref): number {
    return this.#arena.segmentOf(ref).doubles[(this.#arena.offsetOf(ref) >> 3) + 2] as number;
  }

  setExpire(ref: Ref, expireMs: number): void {
    this.#arena.segmentOf(ref).doubles[(this.#arena.offsetOf(ref) >> 3) + 2] = expireMs;
  }

  lruOf(ref: Ref): number {
    return this.#word(ref, 3) & LRU_MASK;
  }

  setLru(ref: Ref, lru: number): void {
    this.#setWord(ref, 3, (this.#word(ref, 3) & ~LRU_MASK) | (lru & LRU_MASK));
  }

  epochOf(ref: Ref): number {
    return this.#word(ref, 3) >>> 24;
  }

  setEpoch(ref: Ref, epoch: number): void {
    this.#setWord(ref, 3, (this.#word(ref, 3) & LRU_MASK) | (epoch << 24));
  }

  /** The key as a view, valid until the next write or use of the shared view. */
  keyOf(ref: Ref, into: Slice = this.#view): Slice {
    const length = this.#word(ref, 1);
    if ((this.#word(ref, 0) & FLAG_KEY_OUTSIDE) !== 0) {
      into.set(this.#outsideKey(ref), 0, length);
    } else {
      const from = this.#arena.offsetOf(ref) + HEADER_BYTES;
      into.set(this.#arena.segmentOf(ref).bytes, from, from + length);
    }
    return into;
  }

  /** The bytes of a string as a view, valid as `keyOf`'s is. */
  stringOf(ref: Ref, into: Slice = this.#view): Slice {
    const length = this.stringLength(ref);
    if ((this.#word(ref, 0) & FLAG_VALUE_OUTSIDE) !== 0) {
      into.set(this.#outsideString(ref).buffer, 0, length);
    } else {
      const from = this.#valueOffset(ref);
      into.set(this.#arena.segmentOf(ref).bytes, from, from + length);
    }
    return into;
  }

  stringLength(ref: Ref): number {
    return this.#word(ref, 2);
  }

  /** A string as it can be kept: an own copy, or the object itself, which never changes. */
  stringImage(ref: Ref): StringImage {
    if ((this.#word(ref, 0) & FLAG_VALUE_OUTSIDE) !== 0) return this.#outsideString(ref);
    return this.stringOf(ref, new Slice()).toBuffer();
  }

  valueOf(ref: Ref): Value {
    return this.#objects[this.#word(ref, 2)] as Value;
  }

  /**
   * The guest pointer and the type's tag of a module value. They stand in the record, which is
   * in the processor's cache once the key was found; the value object would cost two misses.
   */
  modulePointerOf(ref: Ref): number {
    return this.#arena.segmentOf(ref).bytes.readUInt32LE(this.#valueOffset(ref));
  }

  moduleTagOf(ref: Ref): number {
    return this.#arena.segmentOf(ref).bytes.readUInt32LE(this.#valueOffset(ref) + 4);
  }

  /** Bytes of the record and all it holds, without its slot in the table. */
  bytesOf(ref: Ref): number {
    const word = this.#word(ref, 0);
    let total = CLASS_BYTES[(word >>> CLASS_SHIFT) & 0xff] as number;
    if ((word & FLAG_KEY_OUTSIDE) !== 0) total += this.#word(ref, 1);
    if ((word & TYPE_MASK) !== TYPE_STRING) total += this.valueOf(ref).memoryBytes;
    else if ((word & FLAG_VALUE_OUTSIDE) !== 0) total += this.#outsideString(ref).buffer.length;
    return total;
  }

  /** All values that are not strings. */
  *values(): Generator<Value> {
    for (const object of this.#objects) if (isValue(object)) yield object;
  }

  /**
   * Visits records from `at` on until `visit` returns false, and moves `at` on; true at the end.
   * Between calls anything may change: a record that is there from the first call to the last,
   * and not made anew meanwhile, is visited exactly once. In order of memory, which is three
   * times as fast as the order of the table.
   */
  walk(at: WalkPosition, visit: (ref: Ref) => boolean): boolean {
    const arena = this.#arena;
    for (; at.page < arena.pageCount; at.page++, at.block = 0) {
      for (;;) {
        const { address, next } = arena.blockAt(at.page, at.block);
        if (address === 0) break;
        at.block = next;
        if (!visit(address)) return false;
      }
    }
    return true;
  }

  // ---- writing ----------------------------------------------------------------------------

  /** Makes a string's record without expire time. */
  createString(key: Slice, value: Slice, flags: number, mark: number): Ref {
    if (HEADER_BYTES + keyPlace(key) + value.length > MAX_BLOCK_BYTES) {
      const outside = new OutsideString(value.toBuffer(), value.length);
      return this.createOutsideString(key, outside, flags, mark);
    }
    const ref = this.#create(key, TYPE_STRING | flags, value.length, mark);
    this.#setWord(ref, 2, value.length);
    copyBytes(value, this.#arena.segmentOf(ref).bytes, this.#valueOffset(ref));
    return ref;
  }

  createOutsideString(key: Slice, value: OutsideString, flags: number, mark: number): Ref {
    const ref = this.#create(key, TYPE_STRING | FLAG_VALUE_OUTSIDE | flags, OUTSIDE_BYTES, mark);
    this.#setWord(ref, 2, value.length);
    const index = this.#keepObject(value);
    this.#outsideBytes += value.buffer.length;
    this.#arena.segmentOf(ref).bytes.writeUInt32LE(index, this.#valueOffset(ref));
    return ref;
  }

  createValue(key: Slice, value: Value, mark: number): Ref {
    const isModules = value instanceof ModuleValue;
    const place = isModules ? MODULE_PLACE_BYTES : 0;
    const ref = this.#create(key, TYPE_CODE[value.type], place, mark);
    this.#setWord(ref, 2, this.#keepObject(value));
    if (isModules) {
      const { bytes } = this.#arena.segmentOf(ref);
      const at = this.#valueOffset(ref);
      bytes.writeUInt32LE(value.pointer, at);
      bytes.writeUInt32LE(value.moduleType.tag, at + 4);
    }
    return ref;
  }

  /** @param mark LRU bits and epoch: word 3 */
  #create(key: Slice, typeAndFlags: number, valuePlace: number, mark: number): Ref {
    const cls = classFor(HEADER_BYTES + keyPlace(key) + valuePlace);
    const ref = this.#arena.alloc(cls);
    const segment = this.#arena.segmentOf(ref);
    const at = this.#arena.offsetOf(ref);
    const word = at >> 2;
    segment.words[word] = typeAndFlags | (cls << CLASS_SHIFT);
    segment.words[word + 1] = key.length;
    segment.words[word + 3] = mark;
    segment.doubles[(at >> 3) + 2] = NO_EXPIRE;
    if (key.length > KEY_INSIDE_MAX) {
      segment.words[word] = (segment.words[word] as number) | FLAG_KEY_OUTSIDE;
      segment.bytes.writeUInt32LE(this.#keepObject(key.toBuffer()), at + HEADER_BYTES);
      this.#outsideBytes += key.length;
    } else {
      copyBytes(key, segment.bytes, at + HEADER_BYTES);
    }
    return ref;
  }

  /** Gives a record's memory back; returns its value if it is not a string. */
  release(ref: Ref): Value | null {
    const word = this.#word(ref, 0);
    let value: Value | null = null;
    if ((word & FLAG_KEY_OUTSIDE) !== 0) {
      const at = this.#arena.offsetOf(ref) + HEADER_BYTES;
      const key = this.#dropObject(this.#arena.segmentOf(ref).bytes.readUInt32LE(at)) as Buffer;
      this.#outsideBytes -= key.length;
    }
    if ((word & TYPE_MASK) !== TYPE_STRING) {
      value = this.#dropObject(this.#word(ref, 2)) as Value;
    } else if ((word & FLAG_VALUE_OUTSIDE) !== 0) {
      const outside = this.#dropObject(this.#outsideIndex(ref)) as OutsideString;
      this.#outsideBytes -= outside.buffer.length;
    }
    this.#arena.free(ref, (word >>> CLASS_SHIFT) & 0xff);
    return value;
  }

  /** Writes a string over the one in the record if it fits its block. */
  overwriteInside(ref: Ref, value: Slice, flags: number, lru: number): boolean {
    const segment = this.#arena.segmentOf(ref);
    const offset = this.#arena.offsetOf(ref);
    const at = offset >> 2;
    const word = segment.words[at] as number;
    if ((word & (TYPE_MASK | FLAG_VALUE_OUTSIDE)) !== TYPE_STRING) return false;
    const from = this.#valueOffset(ref);
    const length = value.end - value.start;
    const blockBytes = CLASS_BYTES[(word >>> CLASS_SHIFT) & 0xff] as number;
    const needed = from - offset + length;
    // A block twice too large is given back, so that memory follows the data.
    if (needed > blockBytes || (blockBytes > 64 && needed * 2 < blockBytes)) return false;
    copyBytes(value, segment.bytes, from);
    segment.words[at] = (word & ~STRING_FLAGS) | flags;
    segment.words[at + 2] = length;
    segment.words[at + 3] = ((segment.words[at + 3] as number) & ~LRU_MASK) | lru;
    return true;
  }

  /** Replaces the flags that tell a string's encoding. */
  setStringFlags(ref: Ref, flags: number): void {
    this.#setWord(ref, 0, (this.#word(ref, 0) & ~STRING_FLAGS) | flags);
  }

  /**
   * Changes a string's length where it is; false when its block is too small. New bytes are
   * not cleared.
   */
  resizeString(ref: Ref, length: number): boolean {
    const word = this.#word(ref, 0);
    if ((word & FLAG_VALUE_OUTSIDE) !== 0) {
      const old = this.#outsideString(ref);
      const grown = growString(old.buffer, old.length, length);
      this.#outsideBytes += grown.buffer.length - old.buffer.length;
      this.#objects[this.#outsideIndex(ref)] = grown;
    } else {
      const blockBytes = CLASS_BYTES[(word >>> CLASS_SHIFT) & 0xff] as number;
      const from = this.#valueOffset(ref) - this.#arena.offsetOf(ref);
      if (from + length > blockBytes) return false;
    }
    this.#setWord(ref, 2, length);
    return true;
  }

  #valueOffset(ref: Ref): number {
    const keyBytes =
      (this.#word(ref, 0) & FLAG_KEY_OUTSIDE) !== 0 ? OUTSIDE_BYTES : this.#word(ref, 1);
    return this.#arena.offsetOf(ref) + HEADER_BYTES + keyBytes;
  }

  #outsideKey(ref: Ref): Buffer {
    const segment = this.#arena.segmentOf(ref);
    const index = segment.bytes.readUInt32LE(this.#arena.offsetOf(ref) + HEADER_BYTES);
    return this.#objects[index] as Buffer;
  }

  #outsideIndex(ref: Ref): number {
    return this.#arena.segmentOf(ref).bytes.readUInt32LE(this.#valueOffset(ref));
  }

  #outsideString(ref: Ref): OutsideString {
    return this.#objects[this.#outsideIndex(ref)] as OutsideString;
  }

  #keepObject(object: Outside): number {
    const free = this.#freeObjects.pop();
    if (free === undefined) return this.#objects.push(object) - 1;
    this.#objects[free] = object;
    return free;
  }

  #dropObject(index: number): Outside {
    const object = this.#objects[index] as Outside;
    this.#objects[index] = null;
    this.#freeObjects.push(index);
    return object;
  }
}

/** True when a string with this key and length belongs into a block with room to spare. */
export function fitsInside(key: Slice, length: number): boolean {
  return HEADER_BYTES + keyPlace(key) + length <= MAX_BLOCK_BYTES / 2;
}

function isValue(object: Outside | null): object is Value {
  return object !== null && !Buffer.isBuffer(object) && !(object instanceof OutsideString);
}

/** Bytes the key takes in its record. */
function keyPlace(key: Slice): number {
  return key.length > KEY_INSIDE_MAX ? OUTSIDE_BYTES : key.length;
}

function copyBytes(from: Slice, to: Buffer, at: number): void {
  const { buffer, start, end } = from;
  if (end - start > 32) {
    buffer.copy(to, at, start, end);
    return;
  }
  for (let i = start; i < end; i++) to[at + i - start] = buffer[i] as number;
}
