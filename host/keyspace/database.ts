// One numbered database: keys to values. The write primitives note their inverse in the
// ledger's undo log when one is open. Expiry rules, events and statistics are Keyspace's.

import type { ByteString } from '../lib/bytes.ts';
import { Slice } from '../lib/slice.ts';
import type { Ledger, Value } from '../values/ledger.ts';
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
import { halfSipHash } from './siphash.ts';
import { SlotTable } from './slot-table.ts';
import { growString, OutsideString } from './strings.ts';

/** The address of a record; 0: no such key. Valid until the next write to the database. */
export type Ref = number;

/** Key of the hash, one per process start of an instance. */
export interface HashSeed {
  readonly k0: number;
  readonly k1: number;
}

export const NO_EXPIRE = -1;
const KEY_INSIDE_MAX = 1024;
const OUTSIDE_BYTES = 4;
const LRU_MASK = 0xffffff;

type Outside = Value | OutsideString | Buffer;

/** How far a walk has got; starts as `{ page: 0, block: 0 }`. */
export interface WalkPosition {
  page: number;
  block: number;
}

/** A key's whole state, kept to bring it back. */
interface Image {
  readonly key: Buffer;
  readonly value: Value | OutsideString | Buffer;
  readonly flags: number;
  readonly lru: number;
  readonly expireMs: number;
}

export class Database {
  readonly index: number;
  readonly ledger: Ledger;
  #arena = new Arena();
  #keys = new SlotTable();
  #expires = new SlotTable();
  #objects: (Outside | null)[] = [null];
  #freeObjects: number[] = [];
  /** Bytes of strings and keys kept outside the arena. */
  #outsideBytes = 0;
  readonly #seed: HashSeed;
  /** Hash of the key searched last: an insert that follows need not compute it again. */
  #lastHash = 0;
  /** LRU clock in seconds or LFU counter given to new and touched records; 24 bits. */
  lruClock = 0;
  /** Counts every making, moving and removing of a record: refs kept since are void. */
  moves = 0;
  /** Given to new records: a snapshot that is under way need not save them. */
  epoch = 0;
  readonly #view = new Slice();

  constructor(index: number, ledger: Ledger, seed: HashSeed) {
    this.index = index;
    this.ledger = ledger;
    this.#seed = seed;
  }

  get size(): number {
    return this.#keys.count;
  }

  /** Keys that have an expire time. */
  get expiresSize(): number {
    return this.#expires.count;
  }

  /** Bytes held by records, tables and outside strings; complex values are in the ledger. */
  get memoryBytes(): number {
    return (
      this.#arena.usedBytes +
      this.#keys.memoryBytes +
      this.#expires.memoryBytes +
      this.#outsideBytes
    );
  }

  /** Bytes of the table of keys; part of `memoryBytes`. */
  get tableBytes(): number {
    return this.#keys.memoryBytes;
  }

  /** Bytes of the table of keys that expire; part of `memoryBytes`. */
  get expireTableBytes(): number {
    return this.#expires.memoryBytes;
  }

  /** Finds a key whether or not it has expired. */
  find(key: Slice): Ref {
    const buffer = key.buffer;
    const start = key.start;
    const end = key.end;
    const hash = halfSipHash(buffer, start, end, this.#seed.k0, this.#seed.k1);
    this.#lastHash = hash;
    const keys = this.#keys;
    const found = this.#probe(keys.slots, keys.mask, hash, buffer, start, end);
    if (found !== 0 || keys.old === null) return found;
    return this.#probe(keys.old, keys.oldMask, hash, buffer, start, end);
  }

  #probe(
    slots: Int32Array,
    mask: number,
    hash: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): Ref {
    for (let i = hash & mask, probes = 0; probes <= mask; i = (i + 1) & mask, probes++) {
      const address = slots[2 * i + 1] as number;
      if (address === 0) return 0;
      if (address > 0 && slots[2 * i] === hash && this.#keyIs(address, buffer, start, end)) {
        return address;
      }
    }
    return 0;
  }

  #keyIs(ref: Ref, buffer: Buffer, start: number, end: number): boolean {
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

  // ---- reading a record -------------------------------------------------------------------

  #word(ref: Ref, index: number): number {
    return this.#arena.segmentOf(ref).words[(this.#arena.offsetOf(ref) >> 2) + index] as number;
  }

  #setWord(ref: Ref, index: number, value: number): void {
    this.#arena.segmentOf(ref).words[(this.#arena.offsetOf(ref) >> 2) + index] = value;
  }

  /** TYPE_STRING … TYPE_MODULE. */
  typeOf(ref: Ref): number {
    return this.#word(ref, 0) & TYPE_MASK;
  }

  /** True when the record holds a value object rather than a string. */
  isComplex(ref: Ref): boolean {
    return this.typeOf(ref) !== TYPE_STRING;
  }

  /** Flag bits of the record: see record.ts. */
  flagsOf(ref: Ref): number {
    return this.#word(ref, 0) & 0xfff0;
  }

  /** Unix milliseconds, or NO_EXPIRE. */
  expireOf(ref: Ref): number {
    return this.#arena.segmentOf(ref).doubles[(this.#arena.offsetOf(ref) >> 3) + 2] as number;
  }

  /** The 24 LRU/LFU bits. */
  lruOf(ref: Ref): number {
    return this.#word(ref, 3) & LRU_MASK;
  }

  setLru(ref: Ref, lru: number): void {
    this.#setWord(ref, 3, (this.#word(ref, 3) & ~LRU_MASK) | (lru & LRU_MASK));
  }

  /** The epoch of the snapshot that has this record already. */
  epochOf(ref: Ref): number {
    return this.#word(ref, 3) >>> 24;
  }

  setEpoch(ref: Ref, epoch: number): void {
    this.#setWord(ref, 3, (this.#word(ref, 3) & LRU_MASK) | (epoch << 24));
  }

  /** The key as a view, valid until the next write or `keyOf`/`stringOf`. */
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

  /** The bytes of a string record as a view, valid until the next write. */
  stringOf(ref: Ref, into: Slice = this.#view): Slice {
    const length = this.#word(ref, 2);
    const from = this.#valueOffset(ref);
    const bytes = this.#arena.segmentOf(ref).bytes;
    if ((this.#word(ref, 0) & FLAG_VALUE_OUTSIDE) !== 0) {
      const outside = this.#objects[bytes.readUInt32LE(from)] as OutsideString;
      into.set(outside.buffer, 0, length);
    } else {
      into.set(bytes, from, from + length);
    }
    return into;
  }

  stringLength(ref: Ref): number {
    return this.#word(ref, 2);
  }

  /** The value of a record that is not a string. */
  valueOf(ref: Ref): Value {
    return this.#objects[this.#word(ref, 2)] as Value;
  }

  /** Bytes this key takes, its value included: MEMORY USAGE without samples. */
  recordBytes(ref: Ref): number {
    const word = this.#word(ref, 0);
    let total = CLASS_BYTES[(word >>> CLASS_SHIFT) & 0xff] as number;
    if ((word & FLAG_KEY_OUTSIDE) !== 0) total += this.#word(ref, 1);
    if ((word & TYPE_MASK) !== TYPE_STRING) total += this.valueOf(ref).memoryBytes;
    else if ((word & FLAG_VALUE_OUTSIDE) !== 0) total += this.#word(ref, 2);
    return total + 16; // its slot, at half load
  }

  // ---- writing ----------------------------------------------------------------------------

  /**
   * Sets `key` to a string, in place of whatever it held. Drops the expire time unless
   * `keepExpire`. `value` must not be a view of this database's memory.
   *
   * @param flags FLAG_INT, FLAG_RAW or 0
   * @param lru the access mark it gets
   */
  setString(key: Slice, value: Slice, flags: number, keepExpire = false, lru = this.lruClock): Ref {
    const ref = this.find(key);
    if (ref === 0) {
      this.#noteAdded(key);
      return this.#createString(key, this.#lastHash, value, flags, NO_EXPIRE, lru);
    }
    if (this.ledger.undo !== null) this.ledger.undo.push(this.#bringBack(ref));
    const expireMs = this.expireOf(ref);
    const expireAfter = keepExpire ? expireMs : NO_EXPIRE;
    const hash = this.#lastHash;
    if (this.#overwriteInside(ref, value, flags, lru)) {
      if (expireMs !== expireAfter) this.#writeExpire(ref, hash, NO_EXPIRE);
      return ref;
    }
    this.#destroy(ref, hash);
    return this.#createString(key, hash, value, flags, expireAfter, lru);
  }

  /**
   * Makes the string at `key` exactly `length` bytes long, keeping its first bytes and its
   * expire time and zero-filling the rest, and returns a view for writing into it, valid until
   * the next write. Marks it raw. The inverse keeps a copy of what is written over or cut off:
   * @param changedFrom the first byte that the caller is going to write
   * @param changedTo the byte behind the last one
   */
  editString(key: Slice, length: number, changedFrom: number, changedTo: number): Slice {
    let ref = this.find(key);
    const hash = this.#lastHash;
    const oldLength = this.stringLength(ref);
    const undo = this.ledger.undo;
    if (undo !== null) {
      const isCut = length < oldLength;
      const from = isCut ? Math.min(changedFrom, length) : changedFrom;
      undo.push(this.#undoEdit(key, ref, from, isCut ? oldLength : changedTo));
    }
    const inside = (this.#word(ref, 0) & FLAG_VALUE_OUTSIDE) === 0;
    const from = this.#valueOffset(ref) - this.#arena.offsetOf(ref);
    if (inside && from + length <= this.#blockBytes(ref)) {
      this.#setWord(ref, 2, length);
    } else if (inside) {
      const old = this.stringOf(ref, new Slice()).toBuffer();
      ref = this.#recreate(key, ref, hash, growString(old, old.length, length));
    } else {
      this.#resizeOutside(ref, length);
    }
    this.#setWord(ref, 0, (this.#word(ref, 0) & ~FLAG_INT) | FLAG_RAW);
    const view = this.stringOf(ref, new Slice());
    if (length > oldLength) view.buffer.fill(0, view.start + oldLength, view.end);
    return view;
  }

  /** Adds a complex value under a key that is not there. Returns its record. */
  add(key: Slice, value: Value, expireMs = NO_EXPIRE): Ref {
    this.find(key);
    this.#noteAdded(key);
    return this.#createValue(key, this.#lastHash, value, 0, expireMs, this.lruClock);
  }

  /** Removes a record with all it holds; the value, if complex, is detached and returned. */
  remove(ref: Ref): Value | null {
    if (this.ledger.undo !== null) this.ledger.undo.push(this.#bringBack(ref));
    return this.#destroy(ref, this.#hashOf(ref));
  }

  /** Sets the expire time, or removes it with NO_EXPIRE. */
  setExpire(ref: Ref, expireMs: number): void {
    const before = this.expireOf(ref);
    if (before === expireMs) return;
    if (this.ledger.undo !== null) {
      const key = this.keyOf(ref, new Slice()).toBuffer();
      this.ledger.undo.push(() => {
        const now = this.find(new Slice(key));
        this.#writeExpire(now, this.#lastHash, before);
      });
    }
    this.#writeExpire(ref, this.#hashOf(ref), expireMs);
  }

  /** Removes everything in O(1) plus the complex values, each handed to `dropped`. */
  clear(dropped: (value: Value) => void): void {
    const kept = this.#contents();
    for (const object of this.#objects) if (isValue(object)) this.#detach(object);
    if (this.ledger.undo !== null) {
      this.ledger.undo.push(() => {
        this.#adopt(kept);
        for (const object of kept.objects) if (isValue(object)) this.#attach(object);
      });
    }
    this.#adopt(emptyContents());
    for (const object of kept.objects) if (isValue(object)) dropped(object);
  }

  /** Exchanges the contents of two databases: SWAPDB. */
  swapWith(other: Database): void {
    const mine = this.#contents();
    this.#adopt(other.#contents());
    other.#adopt(mine);
    this.ledger.undo?.push(() => {
      const now = this.#contents();
      this.#adopt(other.#contents());
      other.#adopt(now);
    });
  }

  // ---- going through ----------------------------------------------------------------------

  /** One step of SCAN: see SlotTable.scan. */
  scan(cursor: number, visit: (ref: Ref) => void): number {
    return this.#keys.scan(cursor, { visit });
  }

  /** A random record, or 0. */
  randomRef(below: (bound: number) => number): Ref {
    return this.#keys.random(below);
  }

  /** A random record that has an expire time, or 0. */
  randomExpiring(below: (bound: number) => number): Ref {
    return this.#expires.random(below);
  }

  /** Visits the records that were there at the start; the visitor must not write. O(memory). */
  forEach(visit: (ref: Ref) => void): void {
    const arena = this.#arena;
    for (let page = 0; page < arena.pageCount; page++) {
      for (let at = arena.blockAt(page, 0); at.address !== 0; at = arena.blockAt(page, at.next)) {
        visit(at.address);
      }
    }
  }

  /** Stands for what the database holds: another object after SWAPDB, FLUSHDB and their undo. */
  get contents(): object {
    return this.#arena;
  }

  /**
   * Visits records from `at` on until `visit` returns false, and moves `at` on; true at the end.
   * Between calls anything may change: a record that is there from the first call to the last,
   * and not made anew meanwhile, is visited exactly once.
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

  /** Gives a rehash under way some time; true while there is more to do. */
  rehash(slotBudget: number): boolean {
    const more = this.#keys.rehashStep(slotBudget);
    return this.#expires.rehashStep(slotBudget) || more;
  }

  // ---- internals --------------------------------------------------------------------------

  #hashOf(ref: Ref): number {
    const key = this.keyOf(ref);
    return halfSipHash(key.buffer, key.start, key.end, this.#seed.k0, this.#seed.k1);
  }

  #blockBytes(ref: Ref): number {
    return CLASS_BYTES[(this.#word(ref, 0) >>> CLASS_SHIFT) & 0xff] as number;
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

  /** Writes a string over the one in the record if it fits its block. */
  #overwriteInside(ref: Ref, value: Slice, flags: number, lru: number): boolean {
    const word = this.#word(ref, 0);
    if ((word & (TYPE_MASK | FLAG_VALUE_OUTSIDE)) !== TYPE_STRING) return false;
    const from = this.#valueOffset(ref);
    const length = value.end - value.start;
    const blockBytes = CLASS_BYTES[(word >>> CLASS_SHIFT) & 0xff] as number;
    const needed = from - this.#arena.offsetOf(ref) + length;
    // A block twice too large is given back, so that memory follows the data.
    if (needed > blockBytes || (blockBytes > 64 && needed * 2 < blockBytes)) return false;
    const segment = this.#arena.segmentOf(ref);
    copyBytes(value, segment.bytes, from);
    const at = this.#arena.offsetOf(ref) >> 2;
    segment.words[at] = (word & ~(FLAG_INT | FLAG_RAW)) | flags;
    segment.words[at + 2] = length;
    segment.words[at + 3] = ((segment.words[at + 3] as number) & ~LRU_MASK) | lru;
    return true;
  }

  #createString(
    key: Slice,
    hash: number,
    value: Slice,
    flags: number,
    expireMs: number,
    lru: number,
  ): Ref {
    const inside = HEADER_BYTES + keyPlace(key) + value.length <= MAX_BLOCK_BYTES;
    if (!inside) {
      const outside = new OutsideString(value.toBuffer(), value.length);
      return this.#createOutsideString(key, hash, outside, flags, expireMs, lru);
    }
    const ref = this.#create(key, hash, TYPE_STRING | flags, value.length, expireMs, lru);
    this.#setWord(ref, 2, value.length);
    copyBytes(value, this.#arena.segmentOf(ref).bytes, this.#valueOffset(ref));
    return ref;
  }

  #createOutsideString(
    key: Slice,
    hash: number,
    value: OutsideString,
    flags: number,
    expireMs: number,
    lru: number,
  ): Ref {
    const type = TYPE_STRING | FLAG_VALUE_OUTSIDE | flags;
    const ref = this.#create(key, hash, type, OUTSIDE_BYTES, expireMs, lru);
    this.#setWord(ref, 2, value.length);
    const index = this.#keepObject(value);
    this.#outsideBytes += value.buffer.length;
    this.#arena.segmentOf(ref).bytes.writeUInt32LE(index, this.#valueOffset(ref));
    return ref;
  }

  #createValue(
    key: Slice,
    hash: number,
    value: Value,
    flags: number,
    expireMs: number,
    lru: number,
  ): Ref {
    const ref = this.#create(key, hash, TYPE_CODE[value.type] | flags, 0, expireMs, lru);
    this.#setWord(ref, 2, this.#keepObject(value));
    this.#attach(value);
    return ref;
  }

  #create(
    key: Slice,
    hash: number,
    typeAndFlags: number,
    valuePlace: number,
    expireMs: number,
    lru: number,
  ): Ref {
    this.moves++;
    const cls = classFor(HEADER_BYTES + keyPlace(key) + valuePlace);
    const ref = this.#arena.alloc(cls);
    const segment = this.#arena.segmentOf(ref);
    const at = this.#arena.offsetOf(ref);
    const word = at >> 2;
    segment.words[word] = typeAndFlags | (cls << CLASS_SHIFT);
    segment.words[word + 1] = key.length;
    segment.words[word + 3] = lru | (this.epoch << 24);
    segment.doubles[(at >> 3) + 2] = NO_EXPIRE;
    if (key.length > KEY_INSIDE_MAX) {
      segment.words[word] = (segment.words[word] as number) | FLAG_KEY_OUTSIDE;
      segment.bytes.writeUInt32LE(this.#keepObject(key.toBuffer()), at + HEADER_BYTES);
      this.#outsideBytes += key.length;
    } else {
      copyBytes(key, segment.bytes, at + HEADER_BYTES);
    }
    this.#keys.insert(hash, ref);
    if (expireMs !== NO_EXPIRE) this.#writeExpire(ref, hash, expireMs);
    return ref;
  }

  /** Replaces a string's record by one with another, larger value. */
  #recreate(key: Slice, ref: Ref, hash: number, value: OutsideString): Ref {
    const flags = this.flagsOf(ref) & (FLAG_INT | FLAG_RAW);
    const expireMs = this.expireOf(ref);
    const lru = this.lruOf(ref);
    this.#destroy(ref, hash);
    if (HEADER_BYTES + keyPlace(key) + value.length <= MAX_BLOCK_BYTES / 2) {
      const view = new Slice(value.buffer, 0, value.length);
      return this.#createString(key, hash, view, flags, expireMs, lru);
    }
    return this.#createOutsideString(key, hash, value, flags, expireMs, lru);
  }

  #resizeOutside(ref: Ref, length: number): void {
    const segment = this.#arena.segmentOf(ref);
    const index = segment.bytes.readUInt32LE(this.#valueOffset(ref));
    const old = this.#objects[index] as OutsideString;
    const grown = growString(old.buffer, old.length, length);
    this.#outsideBytes += grown.buffer.length - old.buffer.length;
    this.#objects[index] = grown;
    this.#setWord(ref, 2, length);
  }

  #destroy(ref: Ref, hash: number): Value | null {
    const word = this.#word(ref, 0);
    this.moves++;
    let detached: Value | null = null;
    this.#keys.remove(hash, ref);
    if (this.expireOf(ref) !== NO_EXPIRE) this.#expires.remove(hash, ref);
    if ((word & FLAG_KEY_OUTSIDE) !== 0) {
      const at = this.#arena.offsetOf(ref) + HEADER_BYTES;
      const key = this.#dropObject(this.#arena.segmentOf(ref).bytes.readUInt32LE(at)) as Buffer;
      this.#outsideBytes -= key.length;
    }
    if ((word & TYPE_MASK) !== TYPE_STRING) {
      detached = this.#dropObject(this.#word(ref, 2)) as Value;
      this.#detach(detached);
    } else if ((word & FLAG_VALUE_OUTSIDE) !== 0) {
      const index = this.#arena.segmentOf(ref).bytes.readUInt32LE(this.#valueOffset(ref));
      this.#outsideBytes -= (this.#dropObject(index) as OutsideString).buffer.length;
    }
    this.#arena.free(ref, (word >>> CLASS_SHIFT) & 0xff);
    return detached;
  }

  #writeExpire(ref: Ref, hash: number, expireMs: number): void {
    const doubles = this.#arena.segmentOf(ref).doubles;
    const at = (this.#arena.offsetOf(ref) >> 3) + 2;
    const had = doubles[at] !== NO_EXPIRE;
    doubles[at] = expireMs;
    if (expireMs === NO_EXPIRE) {
      if (had) this.#expires.remove(hash, ref);
    } else if (!had) {
      this.#expires.insert(hash, ref);
    }
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

  #attach(value: Value): void {
    value.ledger = this.ledger;
    this.ledger.valueBytes += value.memoryBytes;
  }

  #detach(value: Value): void {
    value.ledger = null;
    this.ledger.valueBytes -= value.memoryBytes;
  }

  // ---- undo -------------------------------------------------------------------------------

  #noteAdded(key: Slice): void {
    if (this.ledger.undo === null) return;
    const copy = new Slice(key.toBuffer());
    this.ledger.undo.push(() => this.#destroy(this.find(copy), this.#lastHash));
  }

  /** Keeps a record's whole state and returns the inverse of overwriting or removing it. */
  #bringBack(ref: Ref): () => void {
    const isString = this.typeOf(ref) === TYPE_STRING;
    const image: Image = {
      key: this.keyOf(ref, new Slice()).toBuffer(),
      value: isString ? this.#stringImage(ref) : this.valueOf(ref),
      flags: this.flagsOf(ref) & (FLAG_INT | FLAG_RAW),
      lru: this.lruOf(ref),
      expireMs: this.expireOf(ref),
    };
    return () => this.#restore(image);
  }

  #stringImage(ref: Ref): OutsideString | Buffer {
    if ((this.#word(ref, 0) & FLAG_VALUE_OUTSIDE) === 0) {
      return this.stringOf(ref, new Slice()).toBuffer();
    }
    const segment = this.#arena.segmentOf(ref);
    return this.#objects[segment.bytes.readUInt32LE(this.#valueOffset(ref))] as OutsideString;
  }

  #restore(image: Image): void {
    const key = new Slice(image.key);
    const now = this.find(key);
    const hash = this.#lastHash;
    if (now !== 0) this.#destroy(now, hash);
    const { value, flags, expireMs, lru } = image;
    if (Buffer.isBuffer(value)) {
      this.#createString(key, hash, new Slice(value), flags, expireMs, lru);
    } else if (value instanceof OutsideString) {
      this.#createOutsideString(key, hash, value, flags, expireMs, lru);
    } else {
      this.#createValue(key, hash, value, flags, expireMs, lru);
    }
  }

  /** The inverse of editString: the old length, and the old bytes of the range written to. */
  #undoEdit(key: Slice, ref: Ref, from: number, to: number): () => void {
    const copy = new Slice(key.toBuffer());
    const oldLength = this.stringLength(ref);
    const oldFlags = this.flagsOf(ref) & (FLAG_INT | FLAG_RAW);
    const view = this.stringOf(ref, new Slice()).view();
    const kept = Buffer.from(view.subarray(from, Math.max(from, Math.min(to, oldLength))));
    return () => {
      const log = this.ledger.undo;
      this.ledger.undo = null; // an inverse must not note an inverse of its own
      const edited = this.editString(copy, oldLength, oldLength, oldLength);
      this.ledger.undo = log;
      kept.copy(edited.buffer, edited.start + from);
      const now = this.find(copy);
      this.#setWord(now, 0, (this.#word(now, 0) & ~(FLAG_INT | FLAG_RAW)) | oldFlags);
    };
  }

  #contents(): Contents {
    return {
      arena: this.#arena,
      keys: this.#keys,
      expires: this.#expires,
      objects: this.#objects,
      freeObjects: this.#freeObjects,
      outsideBytes: this.#outsideBytes,
    };
  }

  #adopt(contents: Contents): void {
    this.moves++;
    this.#arena = contents.arena;
    this.#keys = contents.keys;
    this.#expires = contents.expires;
    this.#objects = contents.objects;
    this.#freeObjects = contents.freeObjects;
    this.#outsideBytes = contents.outsideBytes;
  }
}

interface Contents {
  arena: Arena;
  keys: SlotTable;
  expires: SlotTable;
  objects: (Outside | null)[];
  freeObjects: number[];
  outsideBytes: number;
}

function emptyContents(): Contents {
  return {
    arena: new Arena(),
    keys: new SlotTable(),
    expires: new SlotTable(),
    objects: [null],
    freeObjects: [],
    outsideBytes: 0,
  };
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

/** The key of a record as a ByteString that may be kept. */
export function keyBytes(db: Database, ref: Ref): ByteString {
  return db.keyOf(ref).toByteString();
}
