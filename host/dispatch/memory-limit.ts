// maxmemory: before each command, keys are evicted until the limit is kept, or what needs memory
// is refused. A net below it, for instances without a limit too: near the end of V8's heap
// nothing may grow any more, because beyond it the process would end.

import type { Config } from '../config/config.ts';
import { Evictor } from '../keyspace/evict.ts';
import { LfuPolicy } from '../keyspace/lfu.ts';
import type { Heap } from '../lib/heap.ts';
import type { CancelTimer } from '../lib/scheduler.ts';
import type { Executor } from './call.ts';
import type { Dispatcher } from './dispatch.ts';
import type { InfoSections } from './info-sections.ts';
import type { LatencyMonitor } from './latency.ts';
import type { MemoryUse } from './memory-use.ts';
import { SERVER_FACTS } from './server-facts.ts';

export interface MemoryLimitHost {
  readonly dispatcher: Dispatcher;
  readonly config: Config;
  readonly memory: MemoryUse;
  readonly latency: LatencyMonitor;
  readonly sections: InfoSections;
  readonly heap: Heap;
}

/** Of the heap: above it writes are refused. */
const HEAP_SHARE_MAX = 0.9;
/** So seldom is garbage collected on purpose: it may take seconds. */
const COLLECT_PERIOD_MS = 30_000;
/** The clock is read after so many evicted keys. */
const KEYS_PER_LOOK = 16;
const TENACITY_DEFAULT = 10;
const TENACITY_MAX = 100;

/** The limit is kept, will be kept after some more work, or cannot be kept. */
type Outcome = 'enough' | 'later' | 'none';

export class MemoryLimit {
  readonly evictor: Evictor;
  readonly #lfu: LfuPolicy;
  readonly #host: MemoryLimitHost;
  readonly #executor: Executor;
  readonly #gate = (): boolean => this.#makeRoom();
  #tenacity = TENACITY_DEFAULT;
  #ignoresOnReplica = true;
  #isHeapFull = false;
  #lastCollectMs = Number.NEGATIVE_INFINITY;
  /** What the outermost command under way was told. */
  #hadRoom = true;
  #stopTimer: CancelTimer | null = null;
  /** Since when the limit has been exceeded, monotonic; -1: it is not. */
  #exceededSinceMs = -1;
  #exceededMs = 0;

  /** Follows the directives from now on; `cron` is to be called ten times a second. */
  constructor(host: MemoryLimitHost) {
    const { executor } = host.dispatcher;
    this.#host = host;
    this.#executor = executor;
    this.evictor = new Evictor(executor.keyspace, executor.random);
    this.#lfu = new LfuPolicy(executor.keyspace, executor.random);
    this.#watch(host.config);
    host.sections.contribute('stats', () => [
      ['total_eviction_exceeded_time', Math.floor(this.#exceededMs + this.#currentExceededMs)],
      ['current_eviction_exceeded_time', Math.floor(this.#currentExceededMs)],
    ]);
    executor.statResets.push(() => {
      this.#exceededMs = 0;
      if (this.#exceededSinceMs >= 0) this.#exceededSinceMs = executor.clock.monotonicMs();
    });
  }

  /** Looks at the heap, and keeps the clock of access marks. */
  cron(): void {
    this.#setAccessClock();
    this.#lookAtHeap();
  }

  #watch(config: Config): void {
    const { evictor } = this;
    config.watch('maxmemory-samples', (count) => {
      evictor.samples = count;
    });
    config.watch('maxmemory-eviction-tenacity', (tenacity) => {
      this.#tenacity = tenacity;
    });
    config.watch('replica-ignore-maxmemory', (isIgnored) => {
      this.#ignoresOnReplica = isIgnored;
    });
    config.watch('lfu-log-factor', (factor) => {
      this.#lfu.logFactor = factor;
    });
    config.watch('lfu-decay-time', (minutes) => {
      this.#lfu.decayMinutes = minutes;
    });
    config.watch('maxmemory-policy', (policy) => {
      evictor.policy = policy;
      this.#executor.keyspace.accessPolicy = policy.endsWith('-lfu') ? this.#lfu : null;
      this.#setAccessClock();
    });
    config.watch('maxmemory', () => this.#setGate());
    config.onChange('maxmemory', (bytes) => this.#limitChanged(bytes));
    this.#watchLazyFree(config);
  }

  #watchLazyFree(config: Config): void {
    const { lazyFree } = this.#executor.keyspace;
    config.watch('lazyfree-lazy-eviction', (isLazy) => {
      lazyFree.eviction = isLazy;
    });
    config.watch('lazyfree-lazy-expire', (isLazy) => {
      lazyFree.expire = isLazy;
    });
    config.watch('lazyfree-lazy-server-del', (isLazy) => {
      lazyFree.serverDel = isLazy;
    });
    config.watch('lazyfree-lazy-user-del', (isLazy) => {
      lazyFree.userDel = isLazy;
    });
    config.watch('lazyfree-lazy-user-flush', (isLazy) => {
      lazyFree.userFlush = isLazy;
    });
  }

  #limitChanged(bytes: number): undefined {
    const { memory } = this.#host;
    if (bytes === 0 || memory.limitedBytes <= bytes) return;
    this.#executor.log.warning(
      `WARNING: the new maxmemory value set via CONFIG SET (${bytes}) is smaller than the current ` +
        `memory usage (${memory.limitedBytes}). This will result in key eviction and/or the ` +
        'inability to accept new write commands depending on the maxmemory-policy.',
    );
    this.#continueLater();
  }

  /** Without a limit commands do not ask. */
  #setGate(): void {
    const isLimited = this.#host.memory.maxBytes > 0 || this.#isHeapFull;
    this.#host.dispatcher.memoryGate = isLimited ? this.#gate : null;
    this.#hadRoom = true;
    if (this.#host.memory.maxBytes > 0) this.#noteRoom();
    else this.#executor.keyspace.ledger.tableRoomBytes = Number.POSITIVE_INFINITY;
  }

  /** What new records are marked with: the time, or a frequency. */
  #setAccessClock(): void {
    const { keyspace } = this.#executor;
    keyspace.lruClock =
      keyspace.accessPolicy === null
        ? Math.floor(keyspace.nowMs / 1000) & 0xffffff
        : this.#lfu.firstMark;
  }

  // ---- the limit --------------------------------------------------------------------------

  get #isOver(): boolean {
    const { memory } = this.#host;
    return memory.maxBytes > 0 && memory.limitedBytes > memory.maxBytes;
  }

  /** Tables of keys do not double into memory that is not there. */
  #noteRoom(): void {
    const { memory } = this.#host;
    this.#executor.keyspace.ledger.tableRoomBytes = memory.maxBytes - memory.limitedBytes;
  }

  /** False when a command that may need more memory has to be refused. */
  #makeRoom(): boolean {
    const executor = this.#executor;
    if (executor.depth > 0) {
      // Keys must not go away in the middle of a command: what held at its start still holds.
      return executor.currentClient === null ? !this.#isHeapFull && !this.#isOver : this.#hadRoom;
    }
    this.#hadRoom = this.#evict() && !this.#isHeapFull;
    if (this.#host.memory.maxBytes > 0) this.#noteRoom();
    return this.#hadRoom;
  }

  /** False when the limit is exceeded and nothing (more) may go. */
  #evict(): boolean {
    if (!this.#isOver || this.#isExempt) {
      this.#noteExceeded(false);
      return true;
    }
    const { clock } = this.#executor;
    const startMs = clock.monotonicMs();
    let outcome = 'none' as Outcome; // which the unit below changes
    if (this.evictor.policy !== 'noeviction') {
      this.#executor.unit(() => {
        outcome = this.#evictUntil(startMs + this.#budgetMs);
      }, false);
      this.#host.latency.note('eviction-cycle', clock.monotonicMs() - startMs);
    }
    this.#noteExceeded(outcome !== 'enough');
    if (outcome === 'later') this.#continueLater();
    return outcome !== 'none';
  }

  #evictUntil(endMs: number): Outcome {
    const { clock } = this.#executor;
    for (let count = 1; this.#isOver; count++) {
      if (!this.evictor.evictOne()) return 'none';
      if (count % KEYS_PER_LOOK === 0 && clock.monotonicMs() > endMs && this.#isOver) {
        return 'later';
      }
    }
    return 'enough';
  }

  /** Who does not evict is not limited either. */
  get #isExempt(): boolean {
    const { isLoading, isPaused, services } = this.#executor;
    if (isLoading || isPaused) return true;
    return this.#ignoresOnReplica && services.get(SERVER_FACTS).role().role === 'slave';
  }

  /** How long one command may wait for evictions. */
  get #budgetMs(): number {
    const tenacity = this.#tenacity;
    if (tenacity >= TENACITY_MAX) return Number.POSITIVE_INFINITY;
    if (tenacity <= TENACITY_DEFAULT) return tenacity * 0.05;
    return 0.5 * 1.15 ** (tenacity - TENACITY_DEFAULT);
  }

  #continueLater(): void {
    this.#stopTimer ??= this.#executor.scheduler.after(0, () => {
      this.#stopTimer = null;
      this.#makeRoom();
    });
  }

  #noteExceeded(isExceeded: boolean): void {
    if (isExceeded === this.#exceededSinceMs >= 0) return;
    this.#exceededMs += this.#currentExceededMs;
    this.#exceededSinceMs = isExceeded ? this.#executor.clock.monotonicMs() : -1;
  }

  get #currentExceededMs(): number {
    if (this.#exceededSinceMs < 0) return 0;
    return this.#executor.clock.monotonicMs() - this.#exceededSinceMs;
  }

  // ---- the heap ---------------------------------------------------------------------------

  #lookAtHeap(): void {
    const { heap } = this.#host;
    let isFull = heap.usedShare() > HEAP_SHARE_MAX;
    if (isFull) {
      // It may be garbage, and while writes are refused nothing would make V8 collect it.
      const nowMs = this.#executor.clock.monotonicMs();
      if (nowMs - this.#lastCollectMs >= COLLECT_PERIOD_MS) {
        heap.collect();
        this.#lastCollectMs = nowMs;
        isFull = heap.usedShare() > HEAP_SHARE_MAX;
      }
    }
    if (isFull === this.#isHeapFull) return;
    this.#isHeapFull = isFull;
    this.#setGate();
    const { log } = this.#executor;
    const percent = HEAP_SHARE_MAX * 100;
    if (isFull) {
      log.warning(
        `More than ${percent}% of the heap of ${heap.limitBytes()} bytes are used: commands that ` +
          'need memory are refused. Set maxmemory, so that keys are evicted in time, or start ' +
          'with a larger one: the heap is sized from it.',
      );
    } else
      log.notice(`Less than ${percent}% of the heap are used: all commands are accepted again`);
  }
}
