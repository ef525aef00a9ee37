// A ByteSet whose keys have values: dense, indexed, scannable, with visible positions.

import type { ByteString } from '../lib/bytes.ts';
import { ByteSet } from './byte-set.ts';

export class ByteMap<V> {
  readonly #set: ByteSet = new ByteSet();
  /** By position; read-only for others, who use `replaceAt`. */
  readonly values: V[] = [];

  /** By position; read-only for others. */
  get keys(): readonly ByteString[] {
    return this.#set.keys;
  }

  get size(): number {
    return this.values.length;
  }

  /** The position of `key`, or -1. */
  find(key: ByteString): number {
    return this.#set.find(key);
  }

  get(key: ByteString): V | undefined {
    const at = this.#set.find(key);
    return at < 0 ? undefined : this.values[at];
  }

  /** Appends a key that is not in the map. */
  append(key: ByteString, value: V): void {
    this.#set.append(key);
    this.values.push(value);
  }

  replaceAt(at: number, value: V): void {
    this.values[at] = value;
  }

  /** See `ByteSet.removeAt`. */
  removeAt(at: number, ordered: boolean): void {
    this.#set.removeAt(at, ordered);
    if (ordered) {
      this.values.splice(at, 1);
    } else {
      const last = this.values.pop() as V; // size > 0
      if (at < this.values.length) this.values[at] = last;
    }
  }

  /** The exact inverse of `removeAt(at, ordered)`. */
  insertAt(at: number, key: ByteString, value: V, ordered: boolean): void {
    this.#set.insertAt(at, key, ordered);
    if (at === this.values.length) {
      this.values.push(value);
    } else if (ordered) {
      this.values.splice(at, 0, value);
    } else {
      this.values.push(this.values[at] as V); // at < size
      this.values[at] = value;
    }
  }

  /** See `ByteSet.scan`. */
  scan(cursor: number, count: number, visit: (position: number) => void): number {
    return this.#set.scan(cursor, count, visit);
  }
}
