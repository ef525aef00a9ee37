// The instantaneous fields of INFO stats: rates of counters, sampled by the instance's cron.

import { Rate } from '../lib/rate.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Executor } from './call.ts';
import type { Clients } from './clients.ts';

export const STAT_RATES = new ServiceKey<StatRates>('stat-rates');

export class StatRates {
  readonly commands = new Rate();
  readonly bytesIn = new Rate();
  readonly bytesOut = new Rate();
  readonly #executor: Executor;
  readonly #clients: Clients;

  constructor(executor: Executor, clients: Clients) {
    this.#executor = executor;
    this.#clients = clients;
  }

  sample(): void {
    const nowMs = this.#executor.clock.monotonicMs();
    this.commands.sample(this.#executor.stats.totalCalls, nowMs);
    this.bytesIn.sample(this.#clients.bytesIn, nowMs);
    this.bytesOut.sample(this.#clients.bytesOut, nowMs);
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    for (const rate of [this.commands, this.bytesIn, this.bytesOut]) rate.reset();
  }
}
