// How long modules may run: from a call of the server's into one of them to its end, with all that
// this leads to in others. What is nested shares what is left.

import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { ContextPurpose } from './context.ts';

/** Guests take 50 ns for a unit of fuel at worst, waiting for memory; 0.3 ns at best. */
const UNITS_PER_MS = 20_000;
/** Looked at the clock so often no guest gets slower by 1 %. */
const SLICE_MIN_UNITS = 20_000;
const SLICE_MAX_UNITS = 4_000_000;
/** What is left from the last call may make a call longer by this share of its limit, at worst. */
const SLICE_SHARE = 8;

/** When the outermost call began, if nobody has looked at the clock yet. */
const UNKNOWN = -1;

type Directive =
  | 'module-command-time-limit'
  | 'module-callback-time-limit'
  | 'module-load-time-limit';

export class Deadline {
  /** Calls into guests under way, one inside the other, whatever module they are in. */
  depth = 0;
  /** Units each outermost call has; 0: no limit. */
  fuelLimit = 0;
  readonly #clock: Clock;
  readonly #limitsMs: Record<Directive, number> = {
    'module-command-time-limit': 0,
    'module-callback-time-limit': 0,
    'module-load-time-limit': 0,
  };
  #directive: Directive = 'module-command-time-limit';
  #startMs = UNKNOWN;
  #maxSlice = SLICE_MAX_UNITS;

  constructor(clock: Clock, config: Config) {
    this.#clock = clock;
    const directives = Object.keys(this.#limitsMs) as Directive[];
    for (const directive of directives) {
      config.watch(directive, (ms) => {
        this.#limitsMs[directive] = ms;
        const shortestMs = Math.min(...directives.map((name) => this.#limitsMs[name] || Infinity));
        const units = (shortestMs * UNITS_PER_MS) / SLICE_SHARE;
        this.#maxSlice = Math.min(SLICE_MAX_UNITS, Math.max(SLICE_MIN_UNITS, units));
      });
    }
    config.watch('module-fuel-limit', (units) => {
      this.fuelLimit = units;
    });
  }

  /**
   * The server calls a guest and is not in another: the hot path, so the clock is not read. What a
   * command took before is known from the one that ended last; else time counts from the first look.
   */
  begin(purpose: ContextPurpose, lastCommandMs: number): void {
    if (purpose === 'command') {
      this.#directive = 'module-command-time-limit';
      this.#startMs = lastCommandMs;
      return;
    }
    this.#directive = purpose === 'load' ? 'module-load-time-limit' : 'module-callback-time-limit';
    this.#startMs = UNKNOWN;
  }

  /** Units of fuel until the next look at the clock; 0: the time is up. */
  slice(): number {
    const leftMs = this.#leftMs(this.#clock.monotonicMs());
    if (leftMs <= 0) return 0;
    return Math.min(this.#maxSlice, Math.max(SLICE_MIN_UNITS, Math.floor(leftMs * UNITS_PER_MS)));
  }

  /** Whether the time is up at `nowMs`, for those who know what time it is. */
  isOver(nowMs: number): boolean {
    return this.#leftMs(nowMs) <= 0;
  }

  #leftMs(nowMs: number): number {
    if (this.#startMs === UNKNOWN) this.#startMs = nowMs;
    const limitMs = this.#limitsMs[this.#directive];
    return limitMs === 0 ? Number.POSITIVE_INFINITY : this.#startMs + limitMs - nowMs;
  }

  /** The limit in words. */
  get description(): string {
    return `time limit of ${this.#limitsMs[this.#directive]} ms (${this.#directive})`;
  }
}
