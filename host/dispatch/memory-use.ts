// How much memory the instance uses: the sum behind used_memory, maxmemory and MEMORY STATS.
// Counted, not measured: the process may hold other instances and V8 frees when it likes.

import type { Keyspace } from '../keyspace/keyspace.ts';
import { ServiceKey } from '../lib/services.ts';

export const MEMORY_USE = new ServiceKey<MemoryUse>('memory-use');

/** An instance without keys and clients: its table, services and first segments; an estimate. */
const BASE_BYTES = 512 * 1024;

/** A feature that holds memory of its own. */
export interface MemorySource {
  /** O(1), or kept up to date elsewhere: asked before every write when there is a limit. */
  bytes(): number;
  /** Not to be got back by evicting keys: replication buffers, the AOF buffer. */
  readonly isOutsideLimit?: boolean;
}

export class MemoryUse {
  /** 0: no limit. */
  maxBytes = 0;
  policy = 'noeviction';
  readonly baseBytes = BASE_BYTES;
  readonly #keyspace: Keyspace;
  readonly #sources = new Map<string, MemorySource>();
  #peakBytes = BASE_BYTES;

  constructor(keyspace: Keyspace) {
    this.#keyspace = keyspace;
  }

  /** Adds or replaces what a feature holds: `modules`, `scripts`, `aof`, `replication` … */
  setSource(name: string, source: MemorySource): void {
    this.#sources.set(name, source);
  }

  bytesOf(name: string): number {
    return this.#sources.get(name)?.bytes() ?? 0;
  }

  /** used_memory. */
  get usedBytes(): number {
    let total = this.baseBytes + this.#keyspace.memoryBytes;
    for (const source of this.#sources.values()) total += source.bytes();
    if (total > this.#peakBytes) this.#peakBytes = total;
    return total;
  }

  /** What maxmemory limits. */
  get limitedBytes(): number {
    return this.usedBytes - this.outsideLimitBytes;
  }

  /** What maxmemory does not count. */
  get outsideLimitBytes(): number {
    let total = 0;
    for (const source of this.#sources.values()) {
      if (source.isOutsideLimit) total += source.bytes();
    }
    return total;
  }

  /** Everything but keys and values. */
  get overheadBytes(): number {
    return this.usedBytes - this.#keyspace.memoryBytes;
  }

  /** The most that was seen; looked at ten times a second and by whoever asks. */
  get peakBytes(): number {
    return Math.max(this.#peakBytes, this.usedBytes);
  }

  /** CONFIG RESETSTAT. */
  resetPeak(): void {
    this.#peakBytes = this.usedBytes;
  }
}
