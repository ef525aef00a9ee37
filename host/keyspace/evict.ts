// Eviction: which key goes when memory is short. Nothing is kept in order; the best of a few
// random keys is good enough, and better still because the losers of a round are remembered.

import type { Random } from '../lib/random.ts';
import { Slice } from '../lib/slice.ts';
import type { Database } from './database.ts';
import { EVENT_EVICTED } from './events.ts';
import type { Keyspace } from './keyspace.ts';
import type { Ref } from './records.ts';

/** The words of maxmemory-policy. */
export type EvictionPolicy =
  | 'noeviction'
  | `${'allkeys' | 'volatile'}-${'lru' | 'lfu' | 'random'}`
  | 'volatile-ttl';

const POOL_SIZE = 16;
const LRU_MASK = 0xffffff;
const FREQUENCY_MAX = 255;

interface Candidate {
  readonly db: Database;
  readonly key: Slice;
  /** The higher, the less it is missed; comparable under one policy only. */
  readonly worth: number;
}

/** Algorithm: random sampling with a pool of candidates (Salvatore Sanfilippo, evict.c). */
export class Evictor {
  /** maxmemory-samples: keys of each database looked at in one round. */
  samples = 5;
  readonly #keyspace: Keyspace;
  readonly #random: Random;
  #policy: EvictionPolicy = 'noeviction';
  /** By worth, the best last; of keys seen in former rounds, which may be gone by now. */
  readonly #pool: Candidate[] = [];
  /** The random policies take the databases by turns. */
  #nextDatabase = 0;
  readonly #below = (bound: number): number => this.#random.below(bound);

  constructor(keyspace: Keyspace, random: Random) {
    this.#keyspace = keyspace;
    this.#random = random;
  }

  get policy(): EvictionPolicy {
    return this.#policy;
  }

  set policy(policy: EvictionPolicy) {
    this.#policy = policy;
    this.#pool.length = 0; // worths of another policy mean something else
  }

  /**
   * Removes the key that the policy would miss least, with its event and its propagation; false
   * when there is none that may go.
   */
  evictOne(): boolean {
    const policy = this.#policy;
    if (policy === 'noeviction') return false;
    const isRandom = policy.endsWith('-random');
    const found = isRandom ? this.#randomKey() : this.#leastWorthKeeping();
    if (found === null) return false;
    const { lazyFree, stats } = this.#keyspace;
    this.#keyspace.removeByServer(found.db, found.key, EVENT_EVICTED, 'evicted', lazyFree.eviction);
    stats.evicted++;
    return true;
  }

  get #isVolatile(): boolean {
    return this.#policy.startsWith('volatile-');
  }

  #countIn(db: Database): number {
    return this.#isVolatile ? db.expiresSize : db.size;
  }

  #pick(db: Database): Ref {
    return this.#isVolatile ? db.randomExpiring(this.#below) : db.randomRef(this.#below);
  }

  #randomKey(): { db: Database; key: Slice } | null {
    const databases = [...this.#keyspace.usedDatabases()];
    for (let i = 0; i < databases.length; i++) {
      const db = databases[this.#nextDatabase++ % databases.length] as Database; // it is a remainder
      if (this.#countIn(db) > 0) return { db, key: keptKey(db, this.#pick(db)) };
    }
    return null;
  }

  #leastWorthKeeping(): Candidate | null {
    for (;;) {
      let seen = 0;
      for (const db of this.#keyspace.usedDatabases()) seen += this.#sample(db);
      if (seen === 0) return null;
      for (;;) {
        const best = this.#pool.pop();
        if (best === undefined) break;
        const ref = best.db.find(best.key);
        if (ref !== 0 && this.#mayGo(best.db, ref)) return best;
      }
    }
  }

  /** It was sampled some time ago: it may have lost its expire time since. */
  #mayGo(db: Database, ref: Ref): boolean {
    return !this.#isVolatile || db.expireOf(ref) >= 0;
  }

  /** Looks at some keys of a database; returns how many it has to choose from. */
  #sample(db: Database): number {
    const count = this.#countIn(db);
    for (let i = 0; i < this.samples && count > 0; i++) {
      const ref = this.#pick(db);
      this.#offer(db, ref, this.#worthOf(db, ref));
    }
    return count;
  }

  #worthOf(db: Database, ref: Ref): number {
    if (this.#policy === 'volatile-ttl') return -db.expireOf(ref);
    const { accessPolicy, lruClock } = this.#keyspace;
    if (accessPolicy !== null) return FREQUENCY_MAX - accessPolicy.frequencyOf(db, ref);
    return (lruClock - db.lruOf(ref)) & LRU_MASK;
  }

  #offer(db: Database, ref: Ref, worth: number): void {
    const pool = this.#pool;
    const isFull = pool.length === POOL_SIZE;
    if (isFull && worth <= (pool[0] as Candidate).worth) return;
    const key = keptKey(db, ref);
    let at = pool.length;
    for (; at > 0; at--) {
      const other = pool[at - 1] as Candidate;
      if (other.worth < worth) break;
      // The same key met again: it must not take the place of others.
      if (other.worth === worth && other.db === db && other.key.equals(key)) return;
    }
    pool.splice(at, 0, { db, key, worth });
    if (isFull) pool.shift();
  }
}

function keptKey(db: Database, ref: Ref): Slice {
  return new Slice(db.keyOf(ref).toBuffer());
}
