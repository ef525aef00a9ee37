// One numbered database: keys to values. The write primitives note their inverse in the
// ledger's undo log when one is open. Expiry rules, events and statistics are Keyspace's.

import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { BATCH_MAX_REQUESTS } from '../lib/limits.ts';
import { Slice } from '../lib/slice.ts';
import type { Ledger, Value } from '../values/ledger.ts';
import { FLAG_INT, FLAG_RAW, TYPE_MODULE, TYPE_STRING } from './record.ts';
import { fitsInside, NO_EXPIRE, Records, type Ref, type WalkPosition } from './records.ts';
import { halfSipHash } from './siphash.ts';
import { SlotTable } from './slot-table.ts';
import { growString, OutsideString } from './strings.ts';

/** Key of the hash, one per process start of an instance. */
export interface HashSeed {
  readonly k0: number;
  readonly k1: number;
}

const STRING_FLAGS = FLAG_INT | FLAG_RAW;

/** Where the values of modules are. */
export interface ModuleMemory {
  /** Reads a byte of the value that a record with this tag and guest pointer stands for. */
  touch(tag: number, pointer: number): number;
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
  #records = new Records();
  #keys: SlotTable;
  #expires: SlotTable;
  readonly #seed: HashSeed;
  /** Hash of the key searched last: an insert that follows need not compute it again. */
  #lastHash = 0;
  /** Hashes of coming keys, then addresses of their records. */
  readonly #coming = new Int32Array(BATCH_MAX_REQUESTS);
  /** LRU clock in seconds or LFU counter given to new and touched records; 24 bits. */
  lruClock = 0;
  /** Counts every making, moving and removing of a record: refs kept since are void. */
  moves = 0;
  /** Given to new records: a snapshot that is under way need not save them. */
  epoch = 0;

  constructor(index: number, ledger: Ledger, seed: HashSeed) {
    this.index = index;
    this.ledger = ledger;
    this.#seed = seed;
    this.#keys = new SlotTable(ledger);
    this.#expires = new SlotTable(ledger);
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
    return this.#records.memoryBytes + this.#keys.memoryBytes + this.#expires.memoryBytes;
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

  /**
   * Touches the memory in which the first arguments of coming commands, most of them keys, will
   * be looked for. Where one lookup after the other would wait for memory each time, here the
   * processor waits for all of them at once. Returns something to be ignored.
   *
   * @param count at most BATCH_MAX_REQUESTS
   */
  prefetch(commands: readonly Argv[], count: number, modules: ModuleMemory): number {
    const found = this.#prefetchSlots(commands, count);
    const records = this.#records;
    const addresses = this.#coming;
    let touched = 0;
    for (let i = 0; i < found; i++) touched ^= records.typeOf(addresses[i] as number);
    for (let i = 0; i < found; i++) {
      const address = addresses[i] as number;
      const type = records.typeOf(address);
      if (type === TYPE_MODULE) {
        const tag = records.moduleTagOf(address);
        touched ^= modules.touch(tag, records.modulePointerOf(address));
      } else if (type !== TYPE_STRING) touched ^= records.valueOf(address).touch();
    }
    return touched;
  }

  /** Fills `#coming` with the records of keys that are there; returns how many. */
  #prefetchSlots(commands: readonly Argv[], count: number): number {
    const { k0, k1 } = this.#seed;
    const { slots, mask } = this.#keys;
    const coming = this.#coming;
    let hashCount = 0;
    for (let i = 0; i < count; i++) {
      const command = commands[i] as Argv; // below count
      if (command.length < 2) continue;
      const { buffer, start, end } = command.at(1);
      coming[hashCount++] = halfSipHash(buffer, start, end, k0, k1);
    }
    // Apart from the hashes, so that the loads stand close together.
    let found = 0;
    for (let i = 0; i < hashCount; i++) {
      const hash = coming[i] as number;
      const at = 2 * (hash & mask);
      const address = slots[at + 1] as number;
      if (slots[at] === hash && address > 0) coming[found++] = address;
    }
    return found;
  }

  #probe(
    slots: Int32Array,
    mask: number,
    hash: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): Ref {
    const records = this.#records;
    for (let i = hash & mask, probes = 0; probes <= mask; i = (i + 1) & mask, probes++) {
      const address = slots[2 * i + 1] as number;
      if (address === 0) return 0;
      if (address > 0 && slots[2 * i] === hash && records.keyIs(address, buffer, start, end)) {
        return address;
      }
    }
    return 0;
  }

  // ---- reading a record -------------------------------------------------------------------

  /** TYPE_STRING … TYPE_MODULE. */
  typeOf(ref: Ref): number {
    return this.#records.typeOf(ref);
  }

  /** True when the record holds a value object rather than a string. */
  isComplex(ref: Ref): boolean {
    return this.#records.typeOf(ref) !== TYPE_STRING;
  }

  /** Flag bits of the record: see record.ts. */
  flagsOf(ref: Ref): number {
    return this.#records.flagsOf(ref);
  }

  /** Unix milliseconds, or NO_EXPIRE. */
  expireOf(ref: Ref): number {
    return this.#records.expireOf(ref);
  }

  /** The 24 LRU/LFU bits. */
  lruOf(ref: Ref): number {
    return this.#records.lruOf(ref);
  }

  setLru(ref: Ref, lru: number): void {
    this.#records.setLru(ref, lru);
  }

  /** The epoch of the snapshot that has this record already. */
  epochOf(ref: Ref): number {
    return this.#records.epochOf(ref);
  }

  setEpoch(ref: Ref, epoch: number): void {
    this.#records.setEpoch(ref, epoch);
  }

  /** The key as a view, valid until the next write or `keyOf`/`stringOf`. */
  keyOf(ref: Ref, into?: Slice): Slice {
    return this.#records.keyOf(ref, into);
  }

  /** The bytes of a string record as a view, valid until the next write. */
  stringOf(ref: Ref, into?: Slice): Slice {
    return this.#records.stringOf(ref, into);
  }

  stringLength(ref: Ref): number {
    return this.#records.stringLength(ref);
  }

  /** The value of a record that is not a string. */
  valueOf(ref: Ref): Value {
    return this.#records.valueOf(ref);
  }

  /** The guest pointer of a module value. */
  modulePointerOf(ref: Ref): number {
    return this.#records.modulePointerOf(ref);
  }

  /** ModuleType.tag of a module value. */
  moduleTagOf(ref: Ref): number {
    return this.#records.moduleTagOf(ref);
  }

  /** Bytes this key takes, its value included: MEMORY USAGE without samples. */
  recordBytes(ref: Ref): number {
    return this.#records.bytesOf(ref) + 16; // its slot, at half load
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
    if (this.#records.overwriteInside(ref, value, flags, lru)) {
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
    if (!this.#records.resizeString(ref, length)) {
      const old = this.stringOf(ref, new Slice()).toBuffer();
      ref = this.#recreate(key, ref, hash, growString(old, old.length, length));
    }
    this.#records.setStringFlags(ref, FLAG_RAW);
    const view = this.stringOf(ref, new Slice());
    if (length > oldLength) view.buffer.fill(0, view.start + oldLength, view.end);
    return view;
  }

  /** Adds a complex value under a key that is not there. Returns its record. */
  add(key: Slice, value: Value, expireMs = NO_EXPIRE): Ref {
    this.find(key);
    this.#noteAdded(key);
    return this.#createValue(key, this.#lastHash, value, expireMs, this.lruClock);
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
    for (const value of kept.records.values()) this.#detach(value);
    if (this.ledger.undo !== null) {
      this.ledger.undo.push(() => {
        this.#adopt(kept);
        for (const value of kept.records.values()) this.#attach(value);
      });
    }
    this.#adopt(emptyContents(this.ledger));
    for (const value of kept.records.values()) dropped(value);
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
    this.#records.walk({ page: 0, block: 0 }, (ref) => {
      visit(ref);
      return true;
    });
  }

  /** Stands for what the database holds: another object after SWAPDB, FLUSHDB and their undo. */
  get contents(): object {
    return this.#records;
  }

  /**
   * Visits records from `at` on until `visit` returns false, and moves `at` on; true at the end.
   * Between calls anything may change: a record that is there from the first call to the last,
   * and not made anew meanwhile, is visited exactly once.
   */
  walk(at: WalkPosition, visit: (ref: Ref) => boolean): boolean {
    return this.#records.walk(at, visit);
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

  #createString(
    key: Slice,
    hash: number,
    value: Slice,
    flags: number,
    expireMs: number,
    lru: number,
  ): Ref {
    const ref = this.#records.createString(key, value, flags, this.#mark(lru));
    return this.#enter(ref, hash, expireMs);
  }

  #createOutsideString(
    key: Slice,
    hash: number,
    value: OutsideString,
    flags: number,
    expireMs: number,
    lru: number,
  ): Ref {
    const ref = this.#records.createOutsideString(key, value, flags, this.#mark(lru));
    return this.#enter(ref, hash, expireMs);
  }

  #createValue(key: Slice, hash: number, value: Value, expireMs: number, lru: number): Ref {
    const ref = this.#records.createValue(key, value, this.#mark(lru));
    this.#attach(value);
    return this.#enter(ref, hash, expireMs);
  }

  /** Word 3 of a new record. */
  #mark(lru: number): number {
    return lru | (this.epoch << 24);
  }

  /** Puts a new record into the tables. */
  #enter(ref: Ref, hash: number, expireMs: number): Ref {
    this.moves++;
    this.#keys.insert(hash, ref);
    if (expireMs !== NO_EXPIRE) this.#writeExpire(ref, hash, expireMs);
    return ref;
  }

  /** Replaces a string's record by one with another, larger value. */
  #recreate(key: Slice, ref: Ref, hash: number, value: OutsideString): Ref {
    const flags = this.flagsOf(ref) & STRING_FLAGS;
    const expireMs = this.expireOf(ref);
    const lru = this.lruOf(ref);
    this.#destroy(ref, hash);
    if (fitsInside(key, value.length)) {
      const view = new Slice(value.buffer, 0, value.length);
      return this.#createString(key, hash, view, flags, expireMs, lru);
    }
    return this.#createOutsideString(key, hash, value, flags, expireMs, lru);
  }

  #destroy(ref: Ref, hash: number): Value | null {
    this.moves++;
    this.#keys.remove(hash, ref);
    if (this.expireOf(ref) !== NO_EXPIRE) this.#expires.remove(hash, ref);
    const value = this.#records.release(ref);
    if (value !== null) this.#detach(value);
    return value;
  }

  #writeExpire(ref: Ref, hash: number, expireMs: number): void {
    const had = this.expireOf(ref) !== NO_EXPIRE;
    this.#records.setExpire(ref, expireMs);
    if (expireMs === NO_EXPIRE) {
      if (had) this.#expires.remove(hash, ref);
    } else if (!had) {
      this.#expires.insert(hash, ref);
    }
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
      value: isString ? this.#records.stringImage(ref) : this.valueOf(ref),
      flags: this.flagsOf(ref) & STRING_FLAGS,
      lru: this.lruOf(ref),
      expireMs: this.expireOf(ref),
    };
    return () => this.#restore(image);
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
      this.#createValue(key, hash, value, expireMs, lru);
    }
  }

  /** The inverse of editString: the old length, and the old bytes of the range written to. */
  #undoEdit(key: Slice, ref: Ref, from: number, to: number): () => void {
    const copy = new Slice(key.toBuffer());
    const oldLength = this.stringLength(ref);
    const oldFlags = this.flagsOf(ref) & STRING_FLAGS;
    const view = this.stringOf(ref, new Slice()).view();
    const kept = Buffer.from(view.subarray(from, Math.max(from, Math.min(to, oldLength))));
    return () => {
      const log = this.ledger.undo;
      this.ledger.undo = null; // an inverse must not note an inverse of its own
      const edited = this.editString(copy, oldLength, oldLength, oldLength);
      this.ledger.undo = log;
      kept.copy(edited.buffer, edited.start + from);
      this.#records.setStringFlags(this.find(copy), oldFlags);
    };
  }

  #contents(): Contents {
    return { records: this.#records, keys: this.#keys, expires: this.#expires };
  }

  #adopt(contents: Contents): void {
    this.moves++;
    this.#records = contents.records;
    this.#keys = contents.keys;
    this.#expires = contents.expires;
  }
}

interface Contents {
  readonly records: Records;
  readonly keys: SlotTable;
  readonly expires: SlotTable;
}

function emptyContents(room: Ledger): Contents {
  return { records: new Records(), keys: new SlotTable(room), expires: new SlotTable(room) };
}

/** The key of a record as a ByteString that may be kept. */
export function keyBytes(db: Database, ref: Ref): ByteString {
  return db.keyOf(ref).toByteString();
}
