// CLIENT PAUSE: commands wait until the pause is over. Shutdown and failover pause writes too.

import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Argv } from '../lib/argv.ts';
import type { CancelTimer, Scheduler } from '../lib/scheduler.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Client } from './client.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import type { Dispatcher } from './dispatch.ts';
import type { CommandEntry } from './spec.ts';

export const PAUSE = new ServiceKey<Pause>('pause');

export type PauseMode = 'write' | 'all';
/** Who asked; the pauses of different askers do not end each other. */
export type PausePurpose = 'client' | 'shutdown' | 'failover';

interface Period {
  readonly mode: PauseMode;
  /** Unix time; Infinity: until it is ended. */
  readonly endMs: number;
}

const MAY_REPLICATE = COMMAND_FLAG.write | COMMAND_FLAG.may_replicate;

export class Pause {
  readonly #dispatcher: Dispatcher;
  readonly #keyspace: Keyspace;
  readonly #scheduler: Scheduler;
  readonly #periods = new Map<PausePurpose, Period>();
  /** Clients and the command of each that waits, first come first served. */
  readonly #waiting = new Map<Client, Argv>();
  #stopTimer: CancelTimer | null = null;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
    this.#keyspace = dispatcher.executor.keyspace;
    this.#scheduler = dispatcher.executor.scheduler;
  }

  /** What is paused now, or null. */
  get mode(): PauseMode | null {
    if (this.#periods.size === 0) return null;
    for (const { mode } of this.#periods.values()) if (mode === 'all') return 'all';
    return 'write';
  }

  /** Begins or changes a pause; one that was to end later still does. */
  begin(purpose: PausePurpose, mode: PauseMode, endMs: number): void {
    const old = this.#periods.get(purpose);
    this.#periods.set(purpose, { mode, endMs: Math.max(endMs, old?.endMs ?? 0) });
    this.#update();
  }

  end(purpose: PausePurpose): void {
    if (this.#periods.delete(purpose)) this.#update();
  }

  /** A client that waited has gone. */
  forget(client: Client): void {
    this.#waiting.delete(client);
  }

  #update(): void {
    const { mode } = this;
    this.#stopTimer?.();
    this.#stopTimer = null;
    // Keys are not deleted while replicas are to catch up; readers do not see them any more.
    this.#keyspace.isExpiryPaused = mode !== null;
    this.#dispatcher.executor.isPaused = mode !== null;
    this.#dispatcher.postpone =
      mode === null ? null : (client, entry, argv) => this.#postpone(client, entry, argv);
    this.#setTimer();
    if (this.#waiting.size > 0 && mode !== 'all') this.#resumeWaiting();
  }

  #setTimer(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { endMs } of this.#periods.values()) nextMs = Math.min(nextMs, endMs);
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, nextMs - this.#dispatcher.executor.clock.nowMs());
    this.#stopTimer = this.#scheduler.after(delayMs, () => this.#endDue());
  }

  #endDue(): void {
    const nowMs = this.#dispatcher.executor.clock.nowMs();
    for (const [purpose, { endMs }] of [...this.#periods]) {
      if (endMs <= nowMs) this.#periods.delete(purpose);
    }
    this.#update();
  }

  #postpone(client: Client, entry: CommandEntry, argv: Argv): boolean {
    if (client.link === 'replica' || client.transport === null) return false;
    if (this.mode === 'write' && !mayReplicate(client, entry)) return false;
    this.#waiting.set(client, argv.clone());
    this.#dispatcher.executor.blocking.suspend(client, {
      kind: 'pause',
      canBeUnblocked: false,
      timeOut: () => {},
      cancel: () => this.forget(client),
    });
    return true;
  }

  #resumeWaiting(): void {
    const { executor } = this.#dispatcher;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    executor.afterCommand(() => {
      executor.beginTurn();
      for (const [client, argv] of waiting) {
        if (client.isClosing) continue;
        executor.blocking.release(client);
        this.#dispatcher.resume(client, argv); // which may put it back among the waiting
        client.flush();
      }
    });
  }
}

/** EXEC counts as what it would run. */
function mayReplicate(client: Client, entry: CommandEntry): boolean {
  if (entry.has(MAY_REPLICATE)) return true;
  if (entry.fullName !== 'exec' || client.transaction === null) return false;
  return client.transaction.queue.some((queued) => queued.entry.has(MAY_REPLICATE));
}
