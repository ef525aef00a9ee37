// The keyspace of an instance: its databases, and the rules around every access: expiry, LRU,
// hit statistics, change signals, events. Commands and module API functions come through here.

import { secureBytes } from '../lib/random.ts';
import { Slice } from '../lib/slice.ts';
import { Ledger, type Value } from '../values/ledger.ts';
import { DEFAULT_ENCODING_LIMITS, type EncodingLimits } from '../values/limits.ts';
import { Database } from './database.ts';
import { EVENT_EXPIRED, EVENT_GENERIC, EVENT_KEY_MISS, EVENT_NEW } from './events.ts';
import { isCanonicalInt64 } from './int-encoding.ts';
import { Journal } from './journal.ts';
import { FLAG_INT, FLAG_RAW } from './record.ts';
import { NO_EXPIRE, type Ref } from './records.ts';

/** What the layers above want to hear of; set once by the instance. */
export interface KeyspaceObserver {
  /** A key's value or expire time changed: WATCH, client-side caching. */
  modified(db: Database, key: Slice): void;
  /** A list, zset, stream or module value appeared under `key`: blocked clients may go on. */
  becameReady(db: Database, key: Slice): void;
  /** A value that is no string went from `key`, or soon will; another may be in its place. */
  lostValue(db: Database, key: Slice, type: number): void;
  /** An event whose class is in `Keyspace.eventMask`. */
  event(eventClass: number, name: string, key: Slice, db: Database): void;
  /** A key was removed because its time had come or memory was short: propagate its deletion. */
  removedByServer(db: Database, key: Slice, isLazy: boolean): void;
  /** A complex value is no longer reachable and will not come back: release what it holds. */
  released(value: Value, key: Slice, db: Database, isLazy: boolean): void;
  /** A key is about to lose its value; told only while `announcesLosses`. Nothing expires now. */
  losing(db: Database, key: Slice, loss: Loss): void;
  /** One database, or all of them with null, are about to be emptied. */
  flushStarted(only: Database | null, isLazy: boolean): void;
  /** All keys of a database are about to go away. */
  willFlush(db: Database): void;
  /** What `flushStarted` told of has happened. */
  flushEnded(only: Database | null, isLazy: boolean): void;
  /** Two databases are about to exchange their contents. */
  willSwap(a: Database, b: Database): void;
  /** They have. */
  swapped(a: Database, b: Database): void;
}

/** Why a key loses its value. */
export type Loss = 'deleted' | 'expired' | 'evicted' | 'overwritten';

/**
 * Writes the present state of a record into a snapshot before it changes. It follows the contents
 * of databases by itself when they are swapped.
 */
export interface SnapshotBarrier {
  readonly epoch: number;
  beforeChange(db: Database, ref: Ref): void;
  beforeFlush(db: Database): void;
}

/** How accesses are remembered for eviction when it is not by time (LRU): the LFU policies. */
export interface AccessPolicy {
  /** Called on each lookup that counts as an access. */
  touch(db: Database, ref: Ref): void;
  /** The access counter after decay: OBJECT FREQ. */
  frequencyOf(db: Database, ref: Ref): number;
}

/** The lazyfree-lazy-… directives: what is deleted as by UNLINK. */
export interface LazyFree {
  expire: boolean;
  eviction: boolean;
  serverDel: boolean;
  userDel: boolean;
  userFlush: boolean;
}

const STRING_MAX_BYTES = 512 * 1024 * 1024;

/** Stands for the key where a whole database is emptied. */
const NO_KEY = new Slice();

export class Keyspace {
  readonly ledger = new Ledger();
  readonly journal = new Journal(this.ledger);
  /** Shared by reference with all values: changing a field takes effect at once. */
  readonly limits: EncodingLimits = { ...DEFAULT_ENCODING_LIMITS };
  /** Unix milliseconds: one value during a whole command, script or transaction. */
  nowMs = 0;
  /** Changes to the data set since the last save. */
  dirty = 0;
  /** Classes anybody listens to: notify-keyspace-events or modules. */
  eventMask = 0;
  /** Somebody wants to look at values before they go. */
  announcesLosses = false;
  /** Whether keys past their time are deleted (primaries) or only hidden (replicas, loading). */
  deletesExpired = true;
  /** Whether expired keys are looked for when nobody asks: DEBUG SET-ACTIVE-EXPIRE. */
  expiresActively = true;
  /** CLIENT PAUSE: they are hidden for a while only. */
  isExpiryPaused = false;
  /** CLIENT NO-TOUCH: lookups of the command under way count as no access. */
  skipsTouch = false;
  /** Null while no snapshot is being written. */
  snapshot: SnapshotBarrier | null = null;
  /** Null: records keep the time of their last access. */
  accessPolicy: AccessPolicy | null = null;
  readonly lazyFree: LazyFree = {
    expire: false,
    eviction: false,
    serverDel: false,
    userDel: false,
    userFlush: false,
  };
  /** Strings may grow so long: proto-max-bulk-len. */
  stringMaxBytes = STRING_MAX_BYTES;
  readonly stats = { hits: 0, misses: 0, expired: 0, expiredLazily: 0, evicted: 0 };
  readonly #databases: (Database | null)[];
  readonly #seed: { k0: number; k1: number };
  #lruClock = 0;
  #observer: KeyspaceObserver;

  constructor(databaseCount: number, observer: KeyspaceObserver) {
    const random = secureBytes(8);
    this.#seed = { k0: random.readInt32LE(0), k1: random.readInt32LE(4) };
    this.#databases = new Array(databaseCount).fill(null);
    this.#observer = observer;
  }

  get databaseCount(): number {
    return this.#databases.length;
  }

  /** The database with this number, made on first use. The caller has checked the range. */
  database(index: number): Database {
    let db = this.#databases[index];
    if (!db) {
      db = new Database(index, this.ledger, this.#seed);
      db.lruClock = this.#lruClock;
      if (this.snapshot !== null) db.epoch = this.snapshot.epoch;
      this.#databases[index] = db;
    }
    return db;
  }

  /** Databases that have been used, in order of number. */
  *usedDatabases(): Generator<Database> {
    for (const db of this.#databases) if (db) yield db;
  }

  /** What new records are marked with: seconds, or an LFU counter; 24 bits. */
  get lruClock(): number {
    return this.#lruClock;
  }

  set lruClock(clock: number) {
    this.#lruClock = clock;
    for (const db of this.#databases) if (db) db.lruClock = clock;
  }

  /** Bytes of keys and values; what used_memory counts of the data set. */
  get memoryBytes(): number {
    let total = this.ledger.valueBytes;
    for (const db of this.#databases) if (db) total += db.memoryBytes;
    return total;
  }

  // ---- looking up -------------------------------------------------------------------------

  /** The record of `key` for reading, or 0. Counts a hit or miss and marks the access. */
  lookupRead(db: Database, key: Slice): Ref {
    const ref = this.lookupUntouched(db, key);
    if (ref !== 0) this.#touch(db, ref);
    return ref;
  }

  /** `lookupRead` without marking the access: EXISTS, TTL and other questions about a key. */
  lookupUntouched(db: Database, key: Slice): Ref {
    const ref = this.#findLive(db, key);
    if (ref === 0) {
      this.stats.misses++;
      this.notify(EVENT_KEY_MISS, 'keymiss', key, db);
      return 0;
    }
    this.stats.hits++;
    return ref;
  }

  /** The record of `key` about to be written to, or 0. Saves it first if a snapshot needs it. */
  lookupWrite(db: Database, key: Slice): Ref {
    const ref = this.#findLive(db, key);
    if (ref === 0) return 0;
    this.#touch(db, ref);
    this.beforeChange(db, ref);
    return ref;
  }

  /** The record of `key` without statistics or access mark, or 0: EXISTS-like questions. */
  peek(db: Database, key: Slice): Ref {
    return this.#findLive(db, key);
  }

  #findLive(db: Database, key: Slice): Ref {
    const ref = db.find(key);
    if (ref === 0) return 0;
    const expireMs = db.expireOf(ref);
    if (expireMs === NO_EXPIRE || expireMs > this.nowMs) return ref;
    if (this.deletesExpired && !this.isExpiryPaused) this.expireNow(db, ref);
    return 0;
  }

  /** A random key that has not expired, or 0. */
  randomKey(db: Database, below: (bound: number) => number): Ref {
    for (let tries = 0; db.size > 0; tries++) {
      const ref = db.randomRef(below);
      if (!this.isExpired(db, ref)) return ref;
      // Where expired keys may not be deleted, a database of nothing else must not loop for ever.
      if (this.deletesExpired && !this.isExpiryPaused) this.expireNow(db, ref);
      else if (tries >= 100) return ref;
    }
    return 0;
  }

  isExpired(db: Database, ref: Ref): boolean {
    const expireMs = db.expireOf(ref);
    return expireMs !== NO_EXPIRE && expireMs <= this.nowMs;
  }

  #touch(db: Database, ref: Ref): void {
    if (this.skipsTouch) return;
    if (this.accessPolicy === null) db.setLru(ref, db.lruClock);
    else this.accessPolicy.touch(db, ref);
  }

  /** Tells a snapshot under way that a record is going to change. */
  beforeChange(db: Database, ref: Ref): void {
    const snapshot = this.snapshot;
    if (snapshot !== null && db.epochOf(ref) !== snapshot.epoch) snapshot.beforeChange(db, ref);
  }

  // ---- writing ----------------------------------------------------------------------------

  /**
   * Sets a string, choosing its encoding. `value` must not view this keyspace's memory.
   * Returns the key's record.
   */
  setString(db: Database, key: Slice, value: Slice, keepExpire = false): Ref {
    const flags = isCanonicalInt64(value) ? FLAG_INT : 0;
    return this.setStringAs(db, key, value, flags, keepExpire);
  }

  /**
   * Sets a string with encoding flags (record.ts) of the caller's choice: results of bit
   * operations stay raw, and INCRBYFLOAT leaves text even where it looks like an integer.
   */
  setStringAs(db: Database, key: Slice, value: Slice, flags: number, keepExpire = false): Ref {
    // Usually nobody has to know what is overwritten: then the key is searched only once.
    const isWatched =
      this.snapshot !== null ||
      this.accessPolicy !== null ||
      this.ledger.valueBytes !== 0 ||
      this.announcesLosses ||
      this.eventMask !== 0;
    const lru = isWatched ? this.#beforeOverwrite(db, key) : db.lruClock;
    return db.setString(key, value, flags, keepExpire, lru);
  }

  /**
   * Puts what a command has made of the string at `ref` in its place, as INCR does: for nobody
   * that is a loss of the old one, and the expire time stays. `lookupWrite` has found the record.
   *
   * @param value must not view this keyspace's memory
   */
  replaceString(db: Database, ref: Ref, key: Slice, value: Slice, flags: number): void {
    db.setString(key, value, flags, true, db.lruOf(ref));
  }

  /** The same for a value that is no string; the old one goes to the caller, who does not free it. */
  replaceValue(db: Database, ref: Ref, key: Slice, value: Value): void {
    this.beforeChange(db, ref);
    const expireMs = db.expireOf(ref);
    const lru = db.lruOf(ref);
    db.remove(ref);
    this.#whenUndone(value, key, db);
    db.setLru(db.add(key, value, expireMs), lru);
  }

  /** Adds a complex value under a key that is not there. */
  add(db: Database, key: Slice, value: Value, expireMs = NO_EXPIRE): Ref {
    this.notify(EVENT_NEW, 'new', key, db);
    this.#whenUndone(value, key, db);
    return this.#insert(db, key, value, expireMs);
  }

  #insert(db: Database, key: Slice, value: Value, expireMs: number): Ref {
    const ref = db.add(key, value, expireMs);
    this.#observer.becameReady(db, key);
    return ref;
  }

  /** Puts a complex value under `key`, in place of whatever it held; no expire time is kept. */
  put(db: Database, key: Slice, value: Value): Ref {
    const ref = this.#findLive(db, key);
    if (ref === 0) return this.add(db, key, value);
    const present = this.#announceLoss(db, ref, key, 'overwritten');
    if (present === 0) return this.add(db, key, value);
    this.beforeChange(db, present);
    this.#release(db, present, key, false);
    this.#whenUndone(value, key, db);
    return this.#insert(db, key, value, NO_EXPIRE);
  }

  /**
   * Moves a record with its expire time and access mark to `toKey` of `to`, which is not there.
   * `toKey` must not view the keyspace's memory. Signals nothing but the new key.
   */
  move(from: Database, source: Ref, to: Database, toKey: Slice): void {
    const ref = this.#announceLoss(from, source, from.keyOf(source), 'deleted');
    if (ref === 0) return;
    this.beforeChange(from, ref);
    this.notify(EVENT_NEW, 'new', toKey, to);
    const expireMs = from.expireOf(ref);
    const lru = from.lruOf(ref);
    if (from.isComplex(ref)) {
      this.#observer.lostValue(from, from.keyOf(ref), from.typeOf(ref));
      const value = from.remove(ref) as Value; // complex records have one
      to.setLru(this.#insert(to, toKey, value, expireMs), lru);
      return;
    }
    const flags = from.flagsOf(ref) & (FLAG_INT | FLAG_RAW);
    const bytes = new Slice(from.stringOf(ref).toBuffer());
    from.remove(ref);
    const moved = to.setString(toKey, bytes, flags, false, lru);
    to.setExpire(moved, expireMs);
  }

  /** Exchanges the contents of two databases; with itself a database only tells so. */
  swap(a: Database, b: Database): void {
    if (a === b) {
      this.#observer.swapped(a, b);
      return;
    }
    this.#observer.willSwap(a, b);
    a.swapWith(b);
    this.#observer.swapped(a, b);
  }

  /** Deletes a record. No event, no signal: the command says which. */
  remove(db: Database, ref: Ref, key: Slice, isLazy = false): void {
    this.removeAs('deleted', db, ref, key, isLazy);
  }

  /** `remove` for another reason than that a command wants the key to go. */
  removeAs(loss: Loss, db: Database, ref: Ref, key: Slice, isLazy: boolean): void {
    const present = this.#announceLoss(db, ref, key, loss);
    if (present === 0) return;
    this.beforeChange(db, present);
    this.#release(db, present, key, isLazy);
  }

  /** Returns where the record is after that, or 0 when the listener removed it itself. */
  #announceLoss(db: Database, ref: Ref, key: Slice, loss: Loss): Ref {
    if (!this.announcesLosses) return ref;
    const kept = new Slice(key.toBuffer()); // the listener may move the bytes behind `key`
    const wasPaused = this.isExpiryPaused;
    this.isExpiryPaused = true;
    this.#observer.losing(db, kept, loss);
    this.isExpiryPaused = wasPaused;
    return db.find(kept);
  }

  setExpire(db: Database, ref: Ref, expireMs: number): void {
    this.beforeChange(db, ref);
    db.setExpire(ref, expireMs);
  }

  /** Empties one database, or all of them with null. Returns the number of keys removed. */
  flush(only: Database | null, isLazy = false): number {
    let removed = 0;
    this.#observer.flushStarted(only, isLazy);
    for (const db of only ? [only] : this.usedDatabases()) {
      this.snapshot?.beforeFlush(db);
      this.#observer.willFlush(db);
      removed += db.size;
      const gone: Value[] = [];
      db.clear((value) => gone.push(value));
      for (const value of gone) {
        this.journal.whenReleased(() => this.#observer.released(value, NO_KEY, db, isLazy));
      }
    }
    this.#observer.flushEnded(only, isLazy);
    return removed;
  }

  /** Removes a record whose time has come, propagates and announces it. */
  expireNow(db: Database, ref: Ref): void {
    const key = db.keyOf(ref).toBuffer();
    this.removeByServer(db, new Slice(key), EVENT_EXPIRED, 'expired', this.lazyFree.expire);
    this.stats.expired++;
  }

  /**
   * Removes a key on the server's own account (expiry, eviction). Inside a savepoint it can be
   * undone like any write: the expire time may be the command's own.
   */
  removeByServer(
    db: Database,
    key: Slice,
    eventClass: number,
    event: string,
    isLazy: boolean,
  ): void {
    const ref = db.find(key);
    const loss = eventClass === EVENT_EXPIRED ? 'expired' : 'evicted';
    this.removeAs(loss, db, ref, key, isLazy);
    this.#observer.removedByServer(db, key, isLazy);
    this.notify(eventClass, event, key, db);
    this.#observer.modified(db, key);
  }

  // ---- telling ----------------------------------------------------------------------------

  /** Marks `key` as changed by a command: WATCH, caching, and the change counter. */
  changed(db: Database, key: Slice): void {
    this.dirty++;
    this.#observer.modified(db, key);
  }

  /**
   * Tells watchers of a change that is counted elsewhere: with another key's, or a module's by
   * what it replicates.
   */
  signalModified(db: Database, key: Slice): void {
    this.#observer.modified(db, key);
  }

  /** `changed`, plus the event that tells how. */
  changedBy(db: Database, key: Slice, eventClass: number, event: string): void {
    this.dirty++;
    this.#observer.modified(db, key);
    if ((this.eventMask & eventClass) !== 0) this.#observer.event(eventClass, event, key, db);
  }

  /** Announces an event; costs a bit test when nobody listens. */
  notify(eventClass: number, event: string, key: Slice, db: Database): void {
    if ((this.eventMask & eventClass) !== 0) this.#observer.event(eventClass, event, key, db);
  }

  /** Somebody hears of what happens to keys. */
  get isHeard(): boolean {
    return this.announcesLosses || this.eventMask !== 0;
  }

  /** For values that grew in place: streams, lists pushed to while clients wait. */
  signalReady(db: Database, key: Slice): void {
    this.#observer.becameReady(db, key);
  }

  notifyDeleted(db: Database, key: Slice): void {
    this.changedBy(db, key, EVENT_GENERIC, 'del');
  }

  /** Returns the access mark that the overwritten record is to have. */
  #beforeOverwrite(db: Database, key: Slice): number {
    const ref = this.#findLive(db, key);
    if (ref === 0) {
      this.notify(EVENT_NEW, 'new', key, db);
      return db.lruClock;
    }
    this.#touch(db, ref);
    const present = this.#announceLoss(db, ref, key, 'overwritten');
    if (present === 0) return db.lruClock;
    this.beforeChange(db, present);
    if (db.isComplex(present)) this.#releaseOverwritten(db, present, key);
    return db.lruOf(present);
  }

  #release(db: Database, ref: Ref, key: Slice, isLazy: boolean): void {
    const type = db.typeOf(ref);
    const value = db.remove(ref);
    if (value === null) return;
    this.#observer.lostValue(db, key, type);
    this.#whenReleased(value, key, db, isLazy);
  }

  /** The database will drop the value itself when it overwrites the record. */
  #releaseOverwritten(db: Database, ref: Ref, key: Slice): void {
    this.#observer.lostValue(db, key, db.typeOf(ref));
    this.#whenReleased(db.valueOf(ref), key, db, false);
  }

  #whenReleased(value: Value, key: Slice, db: Database, isLazy: boolean): void {
    if (value.type !== 'module') return; // the garbage collector frees all others
    const kept = new Slice(key.toBuffer());
    this.journal.whenReleased(() => this.#observer.released(value, kept, db, isLazy));
  }

  /** A new value that is taken back with its command is as unreachable as a deleted one. */
  #whenUndone(value: Value, key: Slice, db: Database): void {
    if (value.type !== 'module' || !this.journal.isOpen) return;
    const kept = new Slice(key.toBuffer());
    this.journal.whenUndone(() => this.#observer.released(value, kept, db, false));
  }
}
