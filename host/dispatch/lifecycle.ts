// The beginning and the end of an instance's life. Features hang here what has to happen before
// clients are served (loading files) and before the process ends (fsync, save); SHUTDOWN and
// signals end it on the same way.

import type { Log } from '../lib/log.ts';
import { ServiceKey, type Services } from '../lib/services.ts';
import { PAUSE } from './pause.ts';

export const LIFECYCLE = new ServiceKey<Lifecycle>('lifecycle');

export interface ShutdownRequest {
  /** `default`: save if there are save points. */
  readonly saving: 'default' | 'save' | 'nosave';
  /** Do not wait for replicas. */
  readonly isNow: boolean;
  /** End even if something that has to be kept cannot be. */
  readonly isForced: boolean;
}

/** Ends early, without an error, when `signal` says that the shutdown was called off. */
export type ShutdownWait = (signal: AbortSignal) => Promise<void>;

/** Resolves to false, after logging why, when the process must not end. */
export type ShutdownStep = (request: ShutdownRequest) => Promise<boolean>;

/** `ended` is told to nobody unless the process is kept: it is gone. */
export type ShutdownOutcome = 'ended' | 'refused' | 'aborted' | 'already';

/** Closes sockets, removes files and ends the process. */
export type EndProcess = () => Promise<void>;

export class Lifecycle {
  readonly #log: Log;
  readonly #services: Services;
  readonly #loaders: (() => Promise<void>)[] = [];
  readonly #waits: ShutdownWait[] = [];
  readonly #steps: ShutdownStep[] = [];
  #endProcess: EndProcess | null = null;
  #waiting: AbortController | null = null;
  #isShuttingDown = false;

  /** @param services of the instance; PAUSE is looked up when it is needed. */
  constructor(log: Log, services: Services) {
    this.#log = log;
    this.#services = services;
  }

  /** Whoever owns the process; an instance without one cannot be shut down by its clients. */
  attach(endProcess: EndProcess): void {
    this.#endProcess = endProcess;
  }

  /** Loads data before clients are served, in the order of the calls. */
  onLoad(load: () => Promise<void>): void {
    this.#loaders.push(load);
  }

  /** Something worth waiting for while clients that only read are still served. */
  onWait(wait: ShutdownWait): void {
    this.#waits.push(wait);
  }

  /** The last thing that is done for a feature, in the order of the calls. */
  onShutdown(step: ShutdownStep): void {
    this.#steps.push(step);
  }

  /** Rejects with what a loader throws: the server must not start with half of its data. */
  async load(): Promise<void> {
    for (const load of this.#loaders) await load();
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /** Never rejects; the caller tells the client of anything but `ended`. */
  async shutDown(request: ShutdownRequest): Promise<ShutdownOutcome> {
    if (this.#isShuttingDown) return 'already';
    this.#isShuttingDown = true;
    this.#log.notice('User requested shutdown...');
    try {
      return await this.#shutDown(request);
    } finally {
      this.#services.get(PAUSE).end('shutdown');
      this.#isShuttingDown = false;
    }
  }

  async #shutDown(request: ShutdownRequest): Promise<ShutdownOutcome> {
    if (!request.isNow && !(await this.#waitOthers())) return 'aborted';
    // No command from here on: what is acknowledged after the save would be lost.
    this.#services.get(PAUSE).begin('shutdown', 'all', Number.POSITIVE_INFINITY);
    for (const step of this.#steps) {
      if ((await this.#run(step, request)) || request.isForced) continue;
      return 'refused';
    }
    await this.#endProcess?.();
    return 'ended';
  }

  /** False when the shutdown was called off meanwhile. */
  async #waitOthers(): Promise<boolean> {
    if (this.#waits.length === 0) return true;
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#services.get(PAUSE).begin('shutdown', 'write', Number.POSITIVE_INFINITY);
    await Promise.all(this.#waits.map((wait) => wait(waiting.signal)));
    this.#waiting = null;
    return !waiting.signal.aborted;
  }

  async #run(step: ShutdownStep, request: ShutdownRequest): Promise<boolean> {
    try {
      return await step(request);
    } catch (error) {
      this.#log.warning(`Error during shutdown: ${error instanceof Error ? error.stack : error}`);
      return false;
    }
  }

  /** SHUTDOWN ABORT; false when there is nothing to call off, or it is too late. */
  abort(): boolean {
    if (this.#waiting === null) return false;
    this.#waiting.abort();
    this.#waiting = null;
    this.#log.notice('Shutdown manually aborted.');
    return true;
  }
}
