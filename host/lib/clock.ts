// Time. The only file that asks the operating system for it, so that tests can stand still.

import { performance } from 'node:perf_hooks'; // the global one is looked up at each use

/** Wall clock and monotonic clock of an instance. */
export interface Clock {
  /** Unix time in milliseconds, with fraction. */
  nowMs(): number;
  /** Milliseconds since some fixed point; never jumps. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that moves only when told: for tests. */
export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    this.#monotonicMs += ms;
  }
}
