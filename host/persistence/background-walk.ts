// The data set of one moment, written step by step while commands go on changing it: a record
// that is about to change, or to go, is written first. Each record carries the epoch of the last
// snapshot that has it or need not have it, so that telling takes one comparison.

import type { Database } from '../keyspace/database.ts';
import type { Keyspace, SnapshotBarrier } from '../keyspace/keyspace.ts';
import { TYPE_MODULE } from '../keyspace/record.ts';
import type { Ref, WalkPosition } from '../keyspace/records.ts';
import type { ModuleTypeResolver } from '../rdb/module-io.ts';
import type { RecordSink } from './record-sink.ts';

/** What is walked. */
export interface WalkSource {
  readonly keyspace: Keyspace;
  readonly modules: ModuleTypeResolver;
}

/** One database as it was at the start; SWAPDB may have given its contents another number since. */
interface Part {
  readonly index: number;
  readonly contents: object;
  readonly keys: number;
  readonly expires: number;
  readonly at: WalkPosition;
}

/** The clock is looked at when so many keys … */
const KEYS_BETWEEN_LOOKS = 64;
/** … or so many bytes have been written. */
const BYTES_BETWEEN_LOOKS = 32 * 1024;
const EPOCH_MAX = 255;

/** Gives out the epochs of one keyspace. */
export class Epochs {
  #last = 0;

  /** A number that no record of the keyspace bears: 1 to 255. */
  next(keyspace: Keyspace): number {
    if (this.#last === EPOCH_MAX) {
      // Around again: marks left by snapshots given up long ago must not look like new ones.
      for (const db of keyspace.usedDatabases()) {
        db.forEach((ref) => {
          db.setEpoch(ref, 0);
        });
      }
      this.#last = 0;
    }
    return ++this.#last;
  }
}

export class BackgroundWalk implements SnapshotBarrier {
  readonly epoch: number;
  /** Keys there were at the start. */
  readonly totalKeys: number;
  readonly #keyspace: Keyspace;
  readonly #sink: RecordSink;
  readonly #parts: readonly Part[];
  readonly #partOf = new Map<object, Part>();
  #current = 0;
  #isOver = false;
  /** Keys written so far. */
  writtenKeys = 0;

  /** Takes the moment: from here on the keyspace reports changes to this walk. */
  constructor(sink: RecordSink, { keyspace, modules }: WalkSource, epochs: Epochs) {
    if (keyspace.snapshot !== null) throw new Error('a snapshot is under way already');
    this.#keyspace = keyspace;
    this.epoch = epochs.next(keyspace);
    this.#sink = sink;
    sink.begin();
    this.#parts = [...keyspace.usedDatabases()].map((db) => this.#open(db));
    this.totalKeys = this.#parts.reduce((sum, part) => sum + part.keys, 0);
    if (hasAny(modules.types())) this.#writeModuleValues();
    keyspace.snapshot = this;
  }

  /**
   * Writes records until `isTimeUp`, asked every few dozen keys; true when all are written. Then
   * the stream is complete and the keyspace reports no more.
   */
  step(isTimeUp: () => boolean): boolean {
    if (this.#isOver) return true;
    for (; this.#current < this.#parts.length; this.#current++) {
      const part = this.#parts[this.#current] as Part; // below length
      const db = this.#holderOf(part);
      if (db !== null && !this.#walk(db, part, isTimeUp)) return false;
    }
    this.#release();
    this.#sink.end();
    return true;
  }

  /** Gives the snapshot up. */
  abort(): void {
    if (!this.#isOver) this.#release();
  }

  beforeChange(db: Database, ref: Ref): void {
    const part = this.#partOf.get(db.contents);
    if (part === undefined) return; // a database that was made after the start
    this.#write(db, ref, part);
  }

  beforeFlush(db: Database): void {
    const part = this.#partOf.get(db.contents);
    if (part === undefined) return;
    this.#walk(db, part, () => false);
    this.#partOf.delete(db.contents); // an undo may bring the contents back: all have this epoch
  }

  #open(db: Database): Part {
    const part: Part = {
      index: db.index,
      contents: db.contents,
      keys: db.size,
      expires: db.expiresSize,
      at: { page: 0, block: 0 },
    };
    db.epoch = this.epoch;
    this.#partOf.set(part.contents, part);
    return part;
  }

  /** The database that has a part's contents now; null when they have been flushed. */
  #holderOf(part: Part): Database | null {
    if (part.keys === 0 || !this.#partOf.has(part.contents)) return null;
    for (const db of this.#keyspace.usedDatabases()) if (db.contents === part.contents) return db;
    return null;
  }

  /** Writes what is left of a part; false when time is up first. */
  #walk(db: Database, part: Part, isTimeUp: () => boolean): boolean {
    const { at } = part;
    if (at.page === 0 && at.block === 0) {
      this.#sink.announce(part.index, part.keys, part.expires);
    }
    let keysLeft = KEYS_BETWEEN_LOOKS;
    let lookAt = this.#sink.offset + BYTES_BETWEEN_LOOKS;
    return db.walk(at, (ref) => {
      if (db.epochOf(ref) !== this.epoch) this.#write(db, ref, part);
      if (--keysLeft > 0 && this.#sink.offset < lookAt) return true;
      if (isTimeUp()) return false;
      keysLeft = KEYS_BETWEEN_LOOKS;
      lookAt = this.#sink.offset + BYTES_BETWEEN_LOOKS;
      return true;
    });
  }

  #write(db: Database, ref: Ref, part: Part): void {
    db.setEpoch(ref, this.epoch); // first: saving a module value may look keys up
    this.#sink.record(db, ref, part.index);
    this.writtenKeys++;
  }

  /**
   * Module values first of all and at once: a guest may change them at any time by a pointer it
   * has kept, which no barrier sees.
   */
  #writeModuleValues(): void {
    for (const db of this.#keyspace.usedDatabases()) {
      const part = this.#partOf.get(db.contents) as Part; // all databases have just been opened
      db.forEach((ref) => {
        if (db.typeOf(ref) === TYPE_MODULE) this.#write(db, ref, part);
      });
    }
  }

  #release(): void {
    this.#isOver = true;
    if (this.#keyspace.snapshot === this) this.#keyspace.snapshot = null;
  }
}

function hasAny(items: Iterable<unknown>): boolean {
  for (const _ of items) return true;
  return false;
}
