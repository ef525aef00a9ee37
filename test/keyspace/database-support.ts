// Random changes of databases, and everything that can be seen of their state.

import fc from 'fast-check';
import { Database } from '../../host/keyspace/database.ts';
import { FLAG_INT, FLAG_RAW } from '../../host/keyspace/record.ts';
import { NO_EXPIRE } from '../../host/keyspace/records.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { Slice } from '../../host/lib/slice.ts';
import type { Ledger } from '../../host/values/ledger.ts';
import { DEFAULT_ENCODING_LIMITS } from '../../host/values/limits.ts';
import { SetValue } from '../../host/values/set.ts';

export const SEED = { k0: 0x12345, k1: -0x6789a };

/** Around the lengths at which keys and strings move out of their record. */
const KEYS = ['', 'a', 'b', 'key:1', 'k'.repeat(48), 'k'.repeat(49), 'k'.repeat(1024)];
const LONG_KEYS = ['long'.repeat(257), 'long'.repeat(500)];
const LENGTHS = [0, 1, 5, 30, 33, 100, 500, 980, 1999, 2000, 2024, 2025, 5000];

type KeyChange =
  | { readonly kind: 'set'; readonly key: string; readonly length: number; readonly keep: boolean }
  | { readonly kind: 'edit'; readonly key: string; readonly length: number; readonly from: number }
  | { readonly kind: 'expire'; readonly key: string; readonly expireMs: number }
  | { readonly kind: 'add' | 'member' | 'remove'; readonly key: string };

export type Change = KeyChange | { readonly kind: 'clear' } | { readonly kind: 'swap' };

const key = fc.constantFrom(...KEYS, ...LONG_KEYS);
const length = fc.constantFrom(...LENGTHS);

export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, length, keep: fc.boolean() }),
  fc.record({ kind: fc.constant('set' as const), key, length, keep: fc.boolean() }),
  fc.record({ kind: fc.constant('edit' as const), key, length, from: fc.nat(2100) }),
  fc.record({
    kind: fc.constant('expire' as const),
    key,
    expireMs: fc.constantFrom(NO_EXPIRE, 0, 1e12, 2 ** 53 - 1),
  }),
  fc.record({ kind: fc.constantFrom('add' as const, 'member' as const, 'remove' as const), key }),
  fc.record({ kind: fc.constantFrom('add' as const, 'member' as const, 'remove' as const), key }),
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('swap' as const, 'clear' as const) }) },
);

/** What a key holds, in a form that can be compared. */
export interface Content {
  readonly type: 'string' | 'set';
  readonly bytes: string;
  readonly flags: number;
  readonly expireMs: number;
}

export type Model = Map<string, Content>;

/** Two databases with one ledger, and beside each a Map that ought to hold the same. */
export class Subject {
  readonly databases: readonly [Database, Database];
  models: [Model, Model] = [new Map(), new Map()];
  #count = 0;

  constructor(ledger: Ledger) {
    this.databases = [new Database(0, ledger, SEED), new Database(1, ledger, SEED)];
  }

  apply(step: Change): void {
    this.#count++;
    const [db, other] = this.databases;
    const [model] = this.models;
    if (step.kind === 'swap') {
      db.swapWith(other);
      this.models.reverse();
    } else if (step.kind === 'clear') {
      db.clear(() => {});
      model.clear();
    } else {
      this.#applyToKey(db, model, step);
    }
  }

  #applyToKey(db: Database, model: Model, step: KeyChange): void {
    const slice = Slice.of(step.key);
    const old = model.get(step.key);
    if (step.kind === 'set') {
      const bytes = this.#bytes(step.length);
      const flags = this.#count % 2 === 0 ? FLAG_INT : 0;
      db.setString(slice, Slice.of(bytes), flags, step.keep);
      const expireMs = step.keep ? (old?.expireMs ?? NO_EXPIRE) : NO_EXPIRE;
      model.set(step.key, { type: 'string', bytes, flags, expireMs });
    } else if (old === undefined) {
      if (step.kind !== 'add') return;
      const value = new SetValue(DEFAULT_ENCODING_LIMITS);
      value.add('first' as ByteString);
      db.add(slice, value);
      model.set(step.key, { type: 'set', bytes: 'first', flags: 0, expireMs: NO_EXPIRE });
    } else if (step.kind === 'remove') {
      db.remove(db.find(slice));
      model.delete(step.key);
    } else if (step.kind === 'expire') {
      db.setExpire(db.find(slice), step.expireMs);
      model.set(step.key, { ...old, expireMs: step.expireMs });
    } else if (step.kind === 'edit' && old.type === 'string') {
      this.#edit(db, model, step, old);
    } else if (step.kind === 'member' && old.type === 'set') {
      (db.valueOf(db.find(slice)) as SetValue).add(`m${this.#count}` as ByteString);
      model.set(step.key, { ...old, bytes: `${old.bytes},m${this.#count}` });
    }
  }

  #edit(
    db: Database,
    model: Model,
    step: { readonly key: string; readonly length: number; readonly from: number },
    old: Content,
  ): void {
    const from = Math.min(step.from, step.length);
    const written = this.#bytes(Math.min(7, step.length - from));
    const view = db.editString(Slice.of(step.key), step.length, from, from + written.length);
    view.buffer.latin1Write(written, view.start + from);
    const padded = old.bytes.slice(0, step.length).padEnd(step.length, '\0');
    const bytes = padded.slice(0, from) + written + padded.slice(from + written.length);
    model.set(step.key, { ...old, bytes, flags: FLAG_RAW });
  }

  /** Different each time. */
  #bytes(size: number): string {
    return `${this.#count}-`.repeat(size).slice(0, size);
  }

  copyModels(): [Model, Model] {
    return [new Map(this.models[0]), new Map(this.models[1])];
  }
}

/** All that a database holds, read back by walking it. */
export function contentsOf(db: Database): Model {
  const found: Model = new Map();
  db.forEach((ref) => {
    const name = db.keyOf(ref).toByteString();
    const isSet = db.isComplex(ref);
    const flags = db.flagsOf(ref) & (FLAG_INT | FLAG_RAW);
    const bytes = isSet
      ? (db.valueOf(ref) as SetValue).members.join(',')
      : db.stringOf(ref).toByteString();
    const type = isSet ? 'set' : 'string';
    found.set(name, { type, bytes, flags, expireMs: db.expireOf(ref) });
  });
  return found;
}

/** The same by looking up each of `keys`. */
export function lookedUp(db: Database, keys: Iterable<string>): Model {
  const all = contentsOf(db);
  const found: Model = new Map();
  for (const name of keys) {
    const ref = db.find(Slice.of(name));
    const content = all.get(name);
    if (ref !== 0 && content !== undefined) found.set(name, content);
  }
  return found;
}
