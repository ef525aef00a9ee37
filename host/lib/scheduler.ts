// Timers behind an interface, so that tests can drive them by hand.

import type { ManualClock } from './clock.ts';

export type CancelTimer = () => void;

export interface Scheduler {
  /** Runs `action` once, `delayMs` from now; the process may end without waiting for it. */
  after(delayMs: number, action: () => void): CancelTimer;
}

/** setTimeout fires at once for delays beyond this. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemScheduler: Scheduler = {
  after(delayMs, action) {
    if (delayMs > MAX_DELAY_MS) {
      let cancel = systemScheduler.after(MAX_DELAY_MS, () => {
        cancel = systemScheduler.after(delayMs - MAX_DELAY_MS, action);
      });
      return () => cancel();
    }
    const timer = setTimeout(action, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Runs due timers when its clock is advanced. */
export class ManualScheduler implements Scheduler {
  readonly #clock: ManualClock;
  #timers: { dueMs: number; action: () => void }[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** Timers that have not run. */
  get pendingCount(): number {
    return this.#timers.length;
  }

  after(delayMs: number, action: () => void): CancelTimer {
    const timer = { dueMs: this.#clock.monotonicMs() + delayMs, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Advances the clock, stopping at each timer on the way in order of time. */
  advance(ms: number): void {
    const endMs = this.#clock.monotonicMs() + ms;
    for (;;) {
      const next = this.#timers.reduce<{ dueMs: number; action: () => void } | null>(
        (first, timer) => (first === null || timer.dueMs < first.dueMs ? timer : first),
        null,
      );
      if (next === null || next.dueMs > endMs) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#clock.advance(Math.max(0, next.dueMs - this.#clock.monotonicMs()));
      next.action();
    }
    this.#clock.advance(endMs - this.#clock.monotonicMs());
  }
}
