// RedisModuleKey: a key that a guest has opened.

import type { Database } from '../keyspace/database.ts';
import type { Ref } from '../keyspace/records.ts';
import type { Slice } from '../lib/slice.ts';
import type { ZsetIterator } from './zset-iterator.ts';

/** A string's bytes in guest memory. */
export interface DmaBuffer {
  readonly ptr: number;
  /** What the string was when the guest got it; null: handed out for reading only. */
  readonly original: Buffer | null;
}

export class OpenKey {
  readonly db: Database;
  /** Bytes that stay valid while the key is open. */
  readonly name: Slice;
  /** REDISMODULE_READ, REDISMODULE_WRITE and the OPEN_KEY bits. */
  readonly mode: number;
  /** The context's address, for functions that find it by the key. */
  readonly contextPtr: number;
  /** The string handed out by StringDMA for writing, to be copied back. */
  dma: DmaBuffer | null = null;
  zsetIterator: ZsetIterator | null = null;
  /** Something was changed through this key. */
  isChanged = false;

  /** @param ref the record that was found */
  constructor(db: Database, name: Slice, mode: number, contextPtr: number, ref: Ref) {
    this.db = db;
    this.name = name;
    this.mode = mode;
    this.contextPtr = contextPtr;
    this.#ref = ref;
    this.#foundAt = db.moves;
  }

  #ref: Ref = 0;
  #foundAt = -1;

  /** The record as it is now; 0 when the key is empty. Searched again only after records moved. */
  get ref(): Ref {
    if (this.#foundAt !== this.db.moves) {
      this.#ref = this.db.find(this.name);
      this.#foundAt = this.db.moves;
    }
    return this.#ref;
  }
}
