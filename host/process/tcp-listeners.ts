// The TCP sockets that the directives `port` and `bind` ask for, at the start and whenever CONFIG
// SET changes them.

import type { Config } from '../config/config.ts';
import type { Log } from '../lib/log.ts';
import { isSystemError, systemErrorText } from '../lib/system-error.ts';
import { type BindAddress, bindAddress, isDispensable, resolveHost } from '../net/addresses.ts';
import type { Server, TcpListener } from '../server.ts';

/** An address cannot be had; the log has the reason. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export class TcpListeners {
  readonly #server: Server;
  readonly #config: Config;
  readonly #log: Log;
  /** By name of the address and port. */
  readonly #open = new Map<string, TcpListener>();

  constructor(server: Server, config: Config, log: Log) {
    this.#server = server;
    this.#config = config;
    this.#log = log;
  }

  /**
   * Opens the sockets that the directives ask for and that are not open yet, then closes those
   * they ask for no more. Throws a ListenError; the sockets of before are back when the
   * directives have their values of before and this is called again, as CONFIG SET does.
   *
   * @returns the words of `bind` whose addresses are open.
   */
  update(): string[] {
    const port = this.#config.number('port');
    const words = port === 0 ? [] : this.#config.list('bind');
    const wanted = new Map<string, string>(); // key to word
    for (const word of words) wanted.set(keyOf(bindAddress(word), port), word);
    // Another address on the same port may stand in the way: `*` in that of `127.0.0.1`.
    this.#close((key, listener) => !wanted.has(key) && listener.port === port);
    const seen = new Set<string>();
    for (const word of words) {
      const address = bindAddress(word);
      const key = keyOf(address, port);
      // One that is asked for twice is refused by the system, as with Redis.
      if (seen.has(key) || !this.#open.has(key)) this.#listen(address, port);
      seen.add(key);
    }
    this.#close((key) => !wanted.has(key));
    return [...wanted].filter(([key]) => this.#open.has(key)).map(([, word]) => word);
  }

  #close(isMeant: (key: string, listener: TcpListener) => boolean): void {
    for (const [key, listener] of this.#open) {
      if (!isMeant(key, listener)) continue;
      this.#open.delete(key);
      listener.close();
    }
  }

  #listen(address: BindAddress, port: number): void {
    const backlog = this.#config.number('tcp-backlog');
    const host = resolveHost(address.host);
    if (host === null) throw this.#failed(address, port, 'Name or service not known');
    try {
      this.#open.set(keyOf(address, port), this.#server.listenTcp({ host, port, backlog }));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (isDispensable(address, error.code ?? '')) return;
      throw this.#failed(address, port, `bind: ${systemErrorText(error)}`);
    }
  }

  #failed({ name }: BindAddress, port: number, reason: string): ListenError {
    const message = `Could not create server TCP listening socket ${name}:${port}: ${reason}`;
    this.#log.warning(`Warning: ${message}`);
    return new ListenError(message);
  }
}

function keyOf({ name }: BindAddress, port: number): string {
  return `${name} ${port}`;
}
