// From a byte string to its position: a Map that may outgrow V8's limit on the size of a Map.

import type { ByteString } from '../lib/bytes.ts';

/** Entries of one Map; V8 refuses to grow one beyond 2^24. */
const SHARD_ENTRIES_MAX = 2 ** 23;

export class PositionIndex {
  readonly #shardMax: number;
  readonly #first = new Map<ByteString, number>();
  /** More Maps, empty for all but enormous values; a key is in one Map only. */
  readonly #overflow: Map<ByteString, number>[] = [];

  constructor(shardMax = SHARD_ENTRIES_MAX) {
    this.#shardMax = shardMax;
  }

  /** The position of `key`, or -1. */
  get(key: ByteString): number {
    const position = this.#first.get(key);
    if (position !== undefined) return position;
    return this.#overflow.length === 0 ? -1 : (this.#shardOf(key)?.get(key) ?? -1);
  }

  set(key: ByteString, position: number): void {
    const first = this.#first;
    const simple = this.#overflow.length === 0 && first.size < this.#shardMax;
    const shard = simple || first.has(key) ? first : (this.#shardOf(key) ?? this.#roomyShard());
    shard.set(key, position);
  }

  delete(key: ByteString): void {
    if (!this.#first.delete(key)) this.#shardOf(key)?.delete(key);
  }

  #shardOf(key: ByteString): Map<ByteString, number> | undefined {
    return this.#overflow.find((shard) => shard.has(key));
  }

  #roomyShard(): Map<ByteString, number> {
    if (this.#first.size < this.#shardMax) return this.#first;
    const roomy = this.#overflow.find((shard) => shard.size < this.#shardMax);
    if (roomy !== undefined) return roomy;
    const added = new Map<ByteString, number>();
    this.#overflow.push(added);
    return added;
  }
}
