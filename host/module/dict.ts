// RedisModuleDict: bytes to guest pointers, in the order of memcmp. A list of sorted chunks: as
// fast as a tree to search, and far smaller, because a chunk is two plain arrays.

import type { ByteString } from '../lib/bytes.ts';

const CHUNK_MAX = 128;
/** Heap bytes of a key beyond its characters: string header and two array slots. */
export const ENTRY_BYTES = 16 + 8 + 8;

interface Chunk {
  /** Ascending, never empty. */
  readonly keys: ByteString[];
  /** By the position of the key. */
  readonly values: number[];
}

/** A place in a dict, meaningful until its `version` changes. */
export interface DictPlace {
  chunk: number;
  index: number;
}

/** All operations are O(log size), plus O(size / 64) for one insertion in 64. */
export class Dict {
  /** Counts insertions and removals: places found before one are void. */
  version = 0;
  #size = 0;
  #keyBytes = 0;
  readonly #chunks: Chunk[] = [];
  /** Where `#find` ended: at the key, or where it belongs. */
  readonly #place: DictPlace = { chunk: 0, index: 0 };

  get size(): number {
    return this.#size;
  }

  /** Estimated heap bytes: what MallocSizeDict answers. */
  get memoryBytes(): number {
    return 128 + this.entryBytes;
  }

  /** Of that, what came with the keys. */
  get entryBytes(): number {
    return this.#keyBytes + this.#size * ENTRY_BYTES;
  }

  get(key: ByteString): number | undefined {
    return this.#find(key) ? this.valueAt(this.#place) : undefined;
  }

  /**
   * Adds a key. One that is there keeps its value unless `replaces`.
   * @returns whether it is new.
   */
  set(key: ByteString, value: number, replaces: boolean): boolean {
    if (this.#find(key)) {
      if (replaces) this.#chunkAt(this.#place).values[this.#place.index] = value;
      return false;
    }
    this.#insert(key, value);
    return true;
  }

  /** Removes a key; returns its value, or undefined if it is not there. */
  delete(key: ByteString): number | undefined {
    if (!this.#find(key)) return undefined;
    const { chunk, index } = this.#place;
    const { keys, values } = this.#chunkAt(this.#place);
    const value = values[index] as number; // found
    keys.splice(index, 1);
    values.splice(index, 1);
    if (keys.length === 0) this.#chunks.splice(chunk, 1);
    this.#size--;
    this.#keyBytes -= key.length;
    this.version++;
    return value;
  }

  /** The key at a place that a search or step has found. */
  keyAt(place: DictPlace): ByteString {
    return this.#chunkAt(place).keys[place.index] as ByteString; // a place in the dict
  }

  valueAt(place: DictPlace): number {
    return this.#chunkAt(place).values[place.index] as number; // as above
  }

  /** Moves `place` to the first key; false if there is none. */
  first(place: DictPlace): boolean {
    place.chunk = 0;
    place.index = 0;
    return this.#size > 0;
  }

  last(place: DictPlace): boolean {
    if (this.#size === 0) return false;
    place.chunk = this.#chunks.length - 1;
    place.index = this.#chunkAt(place).keys.length - 1;
    return true;
  }

  /** Moves `place` to the first key above `key`, or at it when `inclusive`; false if none. */
  above(key: ByteString, inclusive: boolean, place: DictPlace): boolean {
    const isThere = this.#find(key);
    place.chunk = this.#place.chunk;
    place.index = this.#place.index;
    if (isThere && !inclusive) return this.next(place);
    return this.#size > 0 && this.#isInside(place);
  }

  /** Moves `place` to the last key below `key`, or at it when `inclusive`; false if none. */
  below(key: ByteString, inclusive: boolean, place: DictPlace): boolean {
    const isThere = this.#find(key);
    place.chunk = this.#place.chunk;
    place.index = this.#place.index;
    return (isThere && inclusive) || this.previous(place);
  }

  /** Moves a place one key on; false at the end. */
  next(place: DictPlace): boolean {
    place.index++;
    return this.#isInside(place);
  }

  /** Moves a place one key back; false at the start. */
  previous(place: DictPlace): boolean {
    if (place.index > 0) {
      place.index--;
      return true;
    }
    if (place.chunk === 0) return false;
    place.chunk--;
    place.index = this.#chunkAt(place).keys.length - 1;
    return true;
  }

  /** A place behind a chunk's last key is the next chunk's first, if there is one. */
  #isInside(place: DictPlace): boolean {
    const chunk = this.#chunks[place.chunk];
    if (chunk === undefined) return false;
    if (place.index < chunk.keys.length) return true;
    if (place.chunk + 1 >= this.#chunks.length) return false;
    place.chunk++;
    place.index = 0;
    return true;
  }

  #chunkAt(place: DictPlace): Chunk {
    return this.#chunks[place.chunk] as Chunk; // places name chunks that exist
  }

  /** Sets `#place` to the key, or to where it belongs; returns whether it is there. */
  #find(key: ByteString): boolean {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((chunks[middle] as Chunk).keys[0]! <= key)
        low = middle; // chunks are never empty
      else high = middle - 1;
    }
    this.#place.chunk = low;
    this.#place.index = 0;
    const chunk = chunks[low];
    if (chunk === undefined) return false;
    const { keys } = chunk;
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((keys[middle] as ByteString) < key) from = middle + 1;
      else to = middle;
    }
    this.#place.index = from;
    return keys[from] === key;
  }

  /** Inserts at `#place`, where `#find` has just missed the key. */
  #insert(key: ByteString, value: number): void {
    const { chunk: at, index } = this.#place;
    this.#size++;
    this.#keyBytes += key.length;
    this.version++;
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], values: [value] });
      return;
    }
    chunk.keys.splice(index, 0, key);
    chunk.values.splice(index, 0, value);
    if (chunk.keys.length <= CHUNK_MAX) return;
    // Keys that come in ascending order leave full chunks behind, all others halves.
    const isAppend = at === this.#chunks.length - 1 && index === chunk.keys.length - 1;
    const from = isAppend ? CHUNK_MAX : CHUNK_MAX / 2;
    const rest: Chunk = { keys: chunk.keys.splice(from), values: chunk.values.splice(from) };
    this.#chunks.splice(at + 1, 0, rest);
  }
}
