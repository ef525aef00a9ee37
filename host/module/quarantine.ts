// Modules that trap again and again are left alone for a while: each time twice as long. Their
// data stays readable by the server's own commands.

/** The directives. */
export interface QuarantineOptions {
  /** module-trap-limit: so many traps … 0: never. */
  readonly trapLimit: number;
  /** module-trap-window: … within so many milliseconds. */
  readonly windowMs: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

export class Quarantine {
  readonly #options: () => QuarantineOptions;
  /** When the module trapped lately, in milliseconds of the caller's clock. */
  #times: number[] = [];
  /** Quarantines one after the other without a window of good behaviour in between. */
  #count = 0;
  #lastTrapMs = 0;
  /** Until when commands are refused; 0: the module is served. */
  #untilMs = 0;

  constructor(options: () => QuarantineOptions) {
    this.#options = options;
  }

  /** A trap; true when the module is quarantined because of it. */
  note(nowMs: number): boolean {
    const { trapLimit, windowMs } = this.#options();
    if (nowMs - this.#lastTrapMs > windowMs) this.#count = 0;
    this.#lastTrapMs = nowMs;
    if (trapLimit === 0) return false;
    this.#times = this.#times.filter((time) => nowMs - time <= windowMs);
    this.#times.push(nowMs);
    // After a quarantine the first trap is enough.
    if (this.#times.length < trapLimit && this.#count === 0) return false;
    this.#untilMs = nowMs + Math.min(FIRST_PAUSE_MS * 2 ** this.#count, LONGEST_PAUSE_MS);
    this.#count++;
    return true;
  }

  /** Milliseconds until the module is tried again; 0: it is served. */
  remainingMs(nowMs: number): number {
    if (this.#untilMs === 0) return 0;
    if (nowMs < this.#untilMs) return this.#untilMs - nowMs;
    this.#untilMs = 0;
    return 0;
  }

  /** Whether `remainingMs` has to be asked: one look on the hot path. */
  get mayBeActive(): boolean {
    return this.#untilMs !== 0;
  }

  /** MODULE RESUME: all is forgiven. */
  resume(): void {
    this.#untilMs = 0;
    this.#times = [];
    this.#count = 0;
  }
}
