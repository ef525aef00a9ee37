// The hash value: fields and their values, both bytes.

import type { ByteString } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import { ByteMap } from './byte-map.ts';
import { INDEX_ENTRY_BYTES, SLOT_BYTES, stringBytes, VALUE_BYTES } from './estimate.ts';
import type { Ledger, Value } from './ledger.ts';
import type { EncodingLimits } from './limits.ts';

export type HashEncoding = 'listpack' | 'hashtable';

/** Compact hashes keep the order of insertion; large ones do until a field is deleted. */
export class HashValue implements Value {
  readonly type = 'hash';
  encoding: HashEncoding = 'listpack';
  memoryBytes = VALUE_BYTES;
  ledger: Ledger | null = null;
  readonly #limits: EncodingLimits;
  readonly #map = new ByteMap<ByteString>();

  constructor(limits: EncodingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#map.size;
  }

  touch(): number {
    const { values } = this.#map;
    return values.length === 0 ? 0 : (values[values.length - 1] as ByteString).length;
  }

  get(field: ByteString): ByteString | undefined {
    return this.#map.get(field);
  }

  has(field: ByteString): boolean {
    return this.#map.find(field) >= 0;
  }

  /** @returns whether the field is new. */
  set(field: ByteString, value: ByteString): boolean {
    const limits = this.#limits;
    if (this.encoding === 'listpack') {
      const most = limits.hashMaxListpackValue;
      if (field.length > most || value.length > most) this.#toHashtable();
    }
    const at = this.#map.find(field);
    if (at >= 0) {
      this.#replace(at, value);
      return false;
    }
    this.#map.append(field, value);
    this.#account(this.#entryBytes(field, value));
    if (this.#isJournaled()) this.#noteAppend();
    if (this.encoding === 'listpack' && this.#map.size > limits.hashMaxListpackEntries) {
      this.#toHashtable();
    }
    return true;
  }

  /** Says that `fields` fields are about to be set; many at once convert before, as in Redis. */
  expect(fields: number): void {
    if (this.encoding === 'listpack' && fields > this.#limits.hashMaxListpackEntries) {
      this.#toHashtable();
    }
  }

  /** @returns whether there was such a field. */
  remove(field: ByteString): boolean {
    const at = this.#map.find(field);
    if (at < 0) return false;
    const value = this.#map.values[at] as ByteString; // found
    const ordered = this.encoding === 'listpack';
    this.#map.removeAt(at, ordered);
    this.#account(-this.#entryBytes(field, value));
    if (this.#isJournaled()) this.#noteDelete(at, field, value);
    return true;
  }

  /** All fields by position; a view, valid until the next change. */
  get fields(): readonly ByteString[] {
    return this.#map.keys;
  }

  /** All values by position; a view, valid until the next change. */
  get values(): readonly ByteString[] {
    return this.#map.values;
  }

  /**
   * One HSCAN step; compact hashes are visited whole, as in Redis.
   * @returns the next cursor, 0 when done.
   */
  scan(
    cursor: number,
    count: number,
    visit: (field: ByteString, value: ByteString) => void,
  ): number {
    const { keys, values } = this.#map;
    const visitAt = (at: number) => visit(keys[at] as ByteString, values[at] as ByteString);
    if (this.encoding === 'hashtable') return this.#map.scan(cursor, count, visitAt);
    for (let at = 0; at < keys.length; at++) visitAt(at);
    return 0;
  }

  /** The position of a field picked at random; the hash is not empty. */
  randomPosition(random: Random): number {
    return random.below(this.#map.size);
  }

  /** A detached copy with the same encoding. */
  clone(): HashValue {
    const copy = new HashValue(this.#limits);
    copy.encoding = this.encoding;
    const { keys, values } = this.#map;
    for (let i = 0; i < keys.length; i++) {
      copy.#map.append(keys[i] as ByteString, values[i] as ByteString); // i < size
    }
    copy.memoryBytes = this.memoryBytes;
    return copy;
  }

  #replace(at: number, value: ByteString): void {
    const former = this.#map.values[at] as ByteString; // the caller found `at`
    this.#map.replaceAt(at, value);
    this.#account(stringBytes(value) - stringBytes(former));
    if (this.#isJournaled()) this.#noteReplace(at, former, value);
  }

  #toHashtable(): void {
    this.#setEncoding('hashtable', this.#map.size * INDEX_ENTRY_BYTES);
    if (this.#isJournaled()) this.#noteConversion();
  }

  #setEncoding(encoding: HashEncoding, delta: number): void {
    this.encoding = encoding;
    this.#account(delta);
  }

  #entryBytes(field: ByteString, value: ByteString): number {
    const place = this.encoding === 'listpack' ? 0 : INDEX_ENTRY_BYTES;
    return stringBytes(field) + stringBytes(value) + 2 * SLOT_BYTES + place;
  }

  #account(delta: number): void {
    this.memoryBytes += delta;
    if (this.ledger !== null) this.ledger.valueBytes += delta;
  }

  // The closures live in methods of their own: a function that makes closures pays for it on
  // every call, also when nothing is journaled.

  #isJournaled(): boolean {
    return this.ledger !== null && this.ledger.undo !== null;
  }

  #noteAppend(): void {
    this.ledger?.undo?.push(() => {
      const at = this.#map.size - 1;
      const { keys, values } = this.#map;
      const bytes = this.#entryBytes(keys[at] as ByteString, values[at] as ByteString); // the last
      this.#map.removeAt(at, true);
      this.#account(-bytes);
    });
  }

  #noteReplace(at: number, former: ByteString, value: ByteString): void {
    this.ledger?.undo?.push(() => {
      this.#map.replaceAt(at, former);
      this.#account(stringBytes(former) - stringBytes(value));
    });
  }

  #noteDelete(at: number, field: ByteString, value: ByteString): void {
    this.ledger?.undo?.push(() => {
      this.#map.insertAt(at, field, value, this.encoding === 'listpack');
      this.#account(this.#entryBytes(field, value));
    });
  }

  #noteConversion(): void {
    this.ledger?.undo?.push(() => {
      this.#setEncoding('listpack', -this.#map.size * INDEX_ENTRY_BYTES);
    });
  }
}
