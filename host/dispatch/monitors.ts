// MONITOR: clients that are shown every command the server runs.

import { quote } from '../lib/quoted-words.ts';
import { ServiceKey } from '../lib/services.ts';
import type { CallObserver, Executor } from './call.ts';
import type { Client } from './client.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import type { Context } from './context.ts';

export const MONITORS = new ServiceKey<Monitors>('monitors');

/** Administrators' commands may hold secrets. */
const HIDDEN = COMMAND_FLAG.skip_monitor | COMMAND_FLAG.admin;

export class Monitors implements CallObserver {
  readonly #executor: Executor;
  readonly #clients = new Set<Client>();

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  add(client: Client): void {
    client.isMonitor = true;
    this.#clients.add(client);
    this.#executor.addObserver(this);
  }

  remove(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.isMonitor = false;
    if (this.#clients.size === 0) this.#executor.removeObserver(this);
  }

  commandEnded(context: Context): void {
    if (context.entry.has(HIDDEN) || context.isRetry || context.isReplayed) return;
    const line = Buffer.from(`+${this.#describe(context)}\r\n`, 'latin1');
    for (const client of [...this.#clients]) this.#executor.sendPush(client, line);
  }

  /** `1795345763.465669 [0 127.0.0.1:46314] "set" "k"` */
  #describe({ client, db, argv }: Context): string {
    const microseconds = Math.floor(this.#executor.clock.nowMs() * 1000);
    const seconds = Math.floor(microseconds / 1_000_000);
    const fraction = String(microseconds % 1_000_000).padStart(6, '0');
    const words = argv.toByteStrings().map(quote).join(' ');
    return `${seconds}.${fraction} [${db.index} ${sourceOf(client)}] ${words}`;
  }
}

function sourceOf(client: Client): string {
  if (client.isScript) return 'lua';
  const { transport } = client;
  if (transport === null) return '?:0';
  return transport.isUnixSocket ? `unix:${transport.remoteAddress}` : transport.remoteAddress;
}
