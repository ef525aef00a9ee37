// The latency monitor: when something took longer than latency-monitor-threshold, by kind of
// event, the last samples of each.

import { ServiceKey } from '../lib/services.ts';
import type { CallObserver, Executor } from './call.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import type { Context } from './context.ts';

export const LATENCY = new ServiceKey<LatencyMonitor>('latency');

/** Samples kept for an event; one a second at most. */
const SAMPLES_MAX = 160;

export interface LatencySample {
  readonly timeSec: number;
  readonly latencyMs: number;
}

export interface LatencyEvent {
  readonly name: string;
  /** Oldest first; never empty. */
  readonly samples: readonly LatencySample[];
  /** Since the event was reset. */
  readonly maxMs: number;
}

interface MutableEvent {
  readonly name: string;
  samples: LatencySample[];
  maxMs: number;
}

export class LatencyMonitor implements CallObserver {
  readonly #executor: Executor;
  readonly #events = new Map<string, MutableEvent>();
  #thresholdMs = 0;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** 0: nothing is noted. */
  get thresholdMs(): number {
    return this.#thresholdMs;
  }

  set thresholdMs(thresholdMs: number) {
    this.#thresholdMs = thresholdMs;
    if (thresholdMs > 0) this.#executor.addObserver(this);
    else this.#executor.removeObserver(this);
  }

  commandEnded({ entry }: Context, _outermost: unknown, durationMs: number): void {
    this.note(entry.has(COMMAND_FLAG.fast) ? 'fast-command' : 'command', durationMs);
  }

  /** Features report what may stall the server: `expire-cycle`, `eviction-cycle`, `fork` … */
  note(name: string, durationMs: number): void {
    const latencyMs = Math.floor(durationMs);
    if (this.#thresholdMs <= 0 || latencyMs < this.#thresholdMs) return;
    const timeSec = Math.floor(this.#executor.clock.nowMs() / 1000);
    let event = this.#events.get(name);
    if (event === undefined) {
      event = { name, samples: [], maxMs: 0 };
      this.#events.set(name, event);
    }
    event.maxMs = Math.max(event.maxMs, latencyMs);
    const last = event.samples.at(-1);
    if (last?.timeSec === timeSec) {
      const worst = Math.max(last.latencyMs, latencyMs);
      event.samples[event.samples.length - 1] = { timeSec, latencyMs: worst };
      return;
    }
    event.samples.push({ timeSec, latencyMs });
    if (event.samples.length > SAMPLES_MAX) event.samples.shift();
  }

  events(): Iterable<LatencyEvent> {
    return this.#events.values();
  }

  event(name: string): LatencyEvent | undefined {
    return this.#events.get(name);
  }

  /** Forgets events by name, or all with null; returns how many. */
  reset(names: readonly string[] | null): number {
    if (names === null) {
      const count = this.#events.size;
      this.#events.clear();
      return count;
    }
    return names.filter((name) => this.#events.delete(name)).length;
  }
}
