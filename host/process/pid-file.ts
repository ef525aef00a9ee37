// The file that tells a supervisor which process is the server.

import { rmSync, writeFileSync } from 'node:fs';
import type { Log } from '../lib/log.ts';

/** Where Redis writes it when it becomes a daemon and nothing else is configured. */
export const DEFAULT_PID_FILE = '/var/run/redis.pid';

export class PidFile {
  readonly #path: string;
  readonly #log: Log;
  #isWritten = false;

  /** @param path empty: none is kept */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** A server without it still works, so that failing is only logged. */
  write(pid: number): void {
    if (this.#path === '') return;
    try {
      writeFileSync(this.#path, `${pid}\n`);
      this.#isWritten = true;
    } catch (error) {
      this.#log.warning(`Failed to write PID file: ${(error as Error).message}`);
    }
  }

  remove(): void {
    if (!this.#isWritten) return;
    this.#log.notice('Removing the pid file.');
    rmSync(this.#path, { force: true });
    this.#isWritten = false;
  }
}
