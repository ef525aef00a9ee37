// Rewrites that fail again and again are tried less and less often: each costs a whole data set.

import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

const FAILURES_MAX = 3;
const DELAY_MAX_MINUTES = 60;

export class RewriteLimit {
  /** Failures since the last success: aof_rewrites_consecutive_failures. */
  failures = 0;
  readonly #clock: Clock;
  readonly #log: Log;
  #delayMinutes = 0;
  #closedUntilMs = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  note(isOk: boolean): void {
    this.failures = isOk ? 0 : this.failures + 1;
  }

  /** Somebody asks for a rewrite: that is not to be delayed. */
  reset(): void {
    this.failures = 0;
  }

  /** True while no rewrite may begin by itself. */
  isClosed(): boolean {
    if (this.failures < FAILURES_MAX) {
      this.#delayMinutes = 0;
      this.#closedUntilMs = 0;
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    if (this.#closedUntilMs > 0) {
      if (nowMs < this.#closedUntilMs) return true;
      this.#closedUntilMs = 0;
      return false;
    }
    this.#delayMinutes = Math.min(Math.max(1, this.#delayMinutes * 2), DELAY_MAX_MINUTES);
    this.#closedUntilMs = nowMs + this.#delayMinutes * 60_000;
    this.#log.warning(
      'Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ' +
        `${this.#delayMinutes} minutes`,
    );
    return true;
  }
}
