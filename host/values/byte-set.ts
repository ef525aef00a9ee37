// A dense array of distinct byte strings with an index by content: the body of sets, and of
// hashes and sorted sets by way of byte-map.ts. Positions are visible, which makes random picks,
// stateless scans and exact undo cheap.

import type { ByteString } from '../lib/bytes.ts';
import { PositionIndex } from './position-index.ts';

/** Up to here comparing all keys beats hashing one. */
const LINEAR_MAX = 16;

/**
 * Removal comes in two modes. `ordered` keeps the order and moves all later keys down, O(n), for
 * compact encodings; else the last key fills the gap, O(1).
 *
 * The index is made at the first look-up that needs it, so users who find keys by other means
 * (a sorted array of integers) never pay for one.
 */
export class ByteSet {
  /** Read-only for others. */
  readonly keys: ByteString[] = [];
  #index: PositionIndex | null = null;

  get size(): number {
    return this.keys.length;
  }

  /** The position of `key`, or -1. */
  find(key: ByteString): number {
    const index = this.#index;
    if (index !== null) return index.get(key);
    const keys = this.keys;
    if (keys.length > LINEAR_MAX) return this.#makeIndex().get(key);
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
    return -1;
  }

  /** Appends a key that is not in the set. */
  append(key: ByteString): void {
    this.#index?.set(key, this.keys.length);
    this.keys.push(key);
  }

  /** Takes out the key at `at` (0 ≤ at < size). */
  removeAt(at: number, ordered: boolean): void {
    const keys = this.keys;
    const index = this.#index;
    index?.delete(keys[at] as ByteString); // at < size
    if (ordered) {
      keys.splice(at, 1);
      this.#renumber(at);
    } else {
      const last = keys.pop() as ByteString; // size > 0
      if (at < keys.length) {
        keys[at] = last;
        index?.set(last, at);
      }
    }
    if (index !== null && keys.length <= LINEAR_MAX / 2) this.#index = null;
  }

  /** The exact inverse of `removeAt(at, ordered)`; with `ordered` also an insertion at `at`. */
  insertAt(at: number, key: ByteString, ordered: boolean): void {
    const keys = this.keys;
    if (at === keys.length) {
      this.append(key);
    } else if (ordered) {
      keys.splice(at, 0, key);
      this.#renumber(at);
    } else {
      this.append(keys[at] as ByteString); // at < size
      keys[at] = key;
      this.#index?.set(key, at);
    }
  }

  /**
   * One step of a scan without state: a cursor c stands for the positions [0, c) still to come,
   * 0 to start. Every key that is in the set from the first step to the last is visited at least
   * once: new keys come last, and a removal moves keys down only, or one from the visited end.
   * @param count positions to visit, at least 1.
   * @returns the next cursor, 0 when done.
   */
  scan(cursor: number, count: number, visit: (position: number) => void): number {
    const from = cursor <= 0 || cursor > this.keys.length ? this.keys.length : cursor;
    const to = Math.max(0, from - count);
    for (let i = from - 1; i >= to; i--) visit(i);
    return to;
  }

  clone(): ByteSet {
    const copy = new ByteSet();
    for (const key of this.keys) copy.keys.push(key);
    return copy;
  }

  #makeIndex(): PositionIndex {
    const index = new PositionIndex();
    for (let i = 0; i < this.keys.length; i++) index.set(this.keys[i] as ByteString, i); // i < size
    this.#index = index;
    return index;
  }

  #renumber(from: number): void {
    const index = this.#index;
    if (index === null) return;
    for (let i = from; i < this.keys.length; i++) index.set(this.keys[i] as ByteString, i); // i < size
  }
}
