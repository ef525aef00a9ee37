// The type `counter--`: how a counter counts, is created, copied, hashed and persisted.

import {
  addOverflows, AofWriter, Command, Digest, ModuleType, ModuleValue, RdbReader, RdbWriter, RString,
  subtractOverflows,
} from 'redcell/guest-as';

const ENCODING_VERSION: i32 = 0;

/** The value of a key. A plain object: the SDK keeps it alive as long as the key has it. */
export class Counter implements ModuleValue {
  current: i64 = 0;
  /** Sum of the positive amounts. */
  increments: i64 = 0;
  /** Sum of the negative amounts, as a positive number. */
  decrements: i64 = 0;

  /** Adds an amount, or returns false and changes nothing if a number would not fit. */
  add(amount: i64): bool {
    // Subtracting, as -amount itself does not exist for the smallest number.
    const overflows = amount > 0
      ? addOverflows(this.increments, amount)
      : subtractOverflows(this.decrements, amount);
    if (overflows || addOverflows(this.current, amount)) return false;
    if (amount > 0) this.increments += amount;
    else this.decrements -= amount;
    this.current += amount;
    return true;
  }

  set(current: i64, increments: i64, decrements: i64): void {
    this.current = current;
    this.increments = increments;
    this.decrements = decrements;
  }

  /** Whether the totals could have come from counting; RDB files may say otherwise. */
  get isValid(): bool {
    return this.increments >= 0 && this.decrements >= 0;
  }

  // Called by the host, without a client: nothing may be replied here.

  save(rdb: RdbWriter): void {
    rdb.signed(this.increments);
    rdb.signed(this.decrements);
    rdb.signed(this.current);
  }

  load(rdb: RdbReader, encver: i32): bool {
    if (encver !== ENCODING_VERSION) {
      rdb.log('warning', `Cannot load counter of encoding version ${encver}`);
      return false;
    }
    this.increments = rdb.signed();
    this.decrements = rdb.signed();
    this.current = rdb.signed();
    return !rdb.hasError && this.isValid;
  }

  rewrite(aof: AofWriter, key: RString): void {
    aof.emit(
      new Command('COUNTER.SET').string(key).integer(this.current).integer(this.increments)
        .integer(this.decrements),
    );
  }

  memoryBytes(): usize {
    return offsetof<Counter>();
  }

  /** Equal counters must give equal digests, so everything that tells two of them apart. */
  digest(digest: Digest): void {
    digest.integer(this.current);
    digest.integer(this.increments);
    digest.integer(this.decrements);
    digest.end();
  }

  copy(): Counter {
    const copy = new Counter();
    copy.set(this.current, this.increments, this.decrements);
    return copy;
  }
}

export const counters = new ModuleType<Counter>('counter--', ENCODING_VERSION);
