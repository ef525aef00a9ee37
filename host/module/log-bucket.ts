// What a module may write to the server's log: so many lines a second, each of limited length.

import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { escapeControls } from './printable.ts';

/** Lines a second, and at once after a quiet second. */
export const LOG_LINES_PER_SECOND = 100;
/** What is longer is cut, before it is escaped. */
export const LOG_LINE_MAX_BYTES = 4096;
const SECOND_MS = 1000;

/** A token bucket for lines. What it drops it counts, and tells within a second. */
export class LogBucket {
  readonly #clock: Clock;
  /** Tells how many lines were dropped. */
  readonly #tell: (dropped: number) => void;
  #tokens = LOG_LINES_PER_SECOND;
  #filledAtMs: number;
  #dropped = 0;
  #droppedAtMs = 0;

  constructor(clock: Clock, tell: (dropped: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Whether one more line may be written; counts it if not. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const fresh = ((nowMs - this.#filledAtMs) * LOG_LINES_PER_SECOND) / SECOND_MS;
    this.#tokens = Math.min(LOG_LINES_PER_SECOND, this.#tokens + fresh);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) {
      if (this.#dropped++ === 0) this.#droppedAtMs = nowMs;
      return false;
    }
    this.#tokens--;
    this.tick();
    return true;
  }

  /** Now and then: tells of what was dropped longer than a second ago. */
  tick(): void {
    if (this.#dropped === 0) return;
    if (this.#clock.monotonicMs() - this.#droppedAtMs >= SECOND_MS) this.settle();
  }

  /** Tells of what was dropped, if anything was. */
  settle(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#tell(dropped);
  }
}

/** A line of a stranger's text: not too long, and nothing in it that drives a terminal. */
export function logLine(text: string): string {
  const isLong = text.length > LOG_LINE_MAX_BYTES;
  return escapeControls(isLong ? `${text.slice(0, LOG_LINE_MAX_BYTES)}...` : text);
}

/** A bucket for `what` of the module called `name()`. */
export function bucketFor(what: string, clock: Clock, log: Log, name: () => string): LogBucket {
  return new LogBucket(clock, (dropped) => {
    const why = `not logged: more than ${LOG_LINES_PER_SECOND} a second`;
    log.warning(`<${logLine(name())}> ${dropped} ${what} ${why}`);
  });
}
