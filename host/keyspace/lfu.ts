// The LFU policies' use of a record's 24 access bits: how often a key is used, and since when that
// is known.
//
//   bits 8-23   minutes of the last decay, modulo 2^16
//   bits 0-7    counter: grows with the logarithm of the accesses, shrinks with time

import type { Random } from '../lib/random.ts';
import type { Database } from './database.ts';
import type { AccessPolicy, Keyspace } from './keyspace.ts';
import type { Ref } from './records.ts';

const COUNTER_MASK = 0xff;
const COUNTER_MAX = 255;
const MINUTES_MASK = 0xffff;
const MINUTE_MS = 60_000;
/** New keys start here, so that they are not the first to go. */
const FIRST_COUNT = 5;

/** One mutable object per instance: CONFIG SET takes effect at once. */
export class LfuPolicy implements AccessPolicy {
  /** lfu-log-factor: the higher, the more accesses a step of the counter takes. */
  logFactor = 10;
  /** lfu-decay-time: minutes after which the counter loses one; 0: never. */
  decayMinutes = 1;
  readonly #keyspace: Keyspace;
  readonly #random: Random;

  constructor(keyspace: Keyspace, random: Random) {
    this.#keyspace = keyspace;
    this.#random = random;
  }

  /** The bits of a key that is used for the first time. */
  get firstMark(): number {
    return (this.#minutes << 8) | FIRST_COUNT;
  }

  touch(db: Database, ref: Ref): void {
    const counter = this.#grown(this.frequencyOf(db, ref));
    db.setLru(ref, (this.#minutes << 8) | counter);
  }

  frequencyOf(db: Database, ref: Ref): number {
    const bits = db.lruOf(ref);
    const counter = bits & COUNTER_MASK;
    if (this.decayMinutes === 0) return counter;
    const elapsed = (this.#minutes - (bits >>> 8)) & MINUTES_MASK;
    return Math.max(0, counter - Math.floor(elapsed / this.decayMinutes));
  }

  get #minutes(): number {
    return Math.floor(this.#keyspace.nowMs / MINUTE_MS) & MINUTES_MASK;
  }

  #grown(counter: number): number {
    if (counter >= COUNTER_MAX) return COUNTER_MAX;
    const steps = Math.max(0, counter - FIRST_COUNT);
    return this.#random.unit() < 1 / (steps * this.logFactor + 1) ? counter + 1 : counter;
  }
}
