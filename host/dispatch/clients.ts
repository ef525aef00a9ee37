// The clients of an instance: by id, with what must happen when one is reset or goes away, and
// the counters that INFO shows. Features that keep state for clients hang their cleanup here.

import { ServiceKey } from '../lib/services.ts';
import type { Client } from './client.ts';

export const CLIENTS = new ServiceKey<Clients>('clients');

type ClientHook = (client: Client) => void;

/** What INFO stats shows of connections. */
export interface ConnectionCounters {
  received: number;
  rejected: number;
  /** Closed because its output grew beyond client-output-buffer-limit. */
  outputLimitDisconnections: number;
  /** Closed because its request grew beyond client-query-buffer-limit. */
  queryLimitDisconnections: number;
  reads: number;
  writes: number;
}

export class Clients {
  readonly counters: ConnectionCounters = {
    received: 0,
    rejected: 0,
    outputLimitDisconnections: 0,
    queryLimitDisconnections: 0,
    reads: 0,
    writes: 0,
  };
  readonly #byId = new Map<number, Client>();
  readonly #resetHooks: ClientHook[] = [];
  readonly #goneHooks: ClientHook[] = [];
  /** Bytes of clients that have gone. */
  #bytesIn = 0;
  #bytesOut = 0;

  /** Runs when a client goes away, whatever the reason. */
  onGone(hook: ClientHook): void {
    this.#goneHooks.push(hook);
  }

  /** Runs on RESET; the client's own fields are reset by the command. */
  onReset(hook: ClientHook): void {
    this.#resetHooks.push(hook);
  }

  add(client: Client): void {
    this.#byId.set(client.id, client);
  }

  get(id: number): Client | undefined {
    return this.#byId.get(id);
  }

  /** All clients, oldest first. */
  all(): IterableIterator<Client> {
    return this.#byId.values();
  }

  /** Clients with a connection, oldest first. */
  *connected(): Generator<Client> {
    for (const client of this.#byId.values()) if (client.transport !== null) yield client;
  }

  get connectedCount(): number {
    let count = 0;
    for (const client of this.#byId.values()) if (client.transport !== null) count++;
    return count;
  }

  /** Bytes received from all clients, present and past. */
  get bytesIn(): number {
    let total = this.#bytesIn;
    for (const client of this.#byId.values()) total += client.bytesIn;
    return total;
  }

  get bytesOut(): number {
    let total = this.#bytesOut;
    for (const client of this.#byId.values()) total += client.bytesOut;
    return total;
  }

  reset(client: Client): void {
    for (const hook of this.#resetHooks) hook(client);
  }

  /** Forgets a client that has gone; a second time does nothing. */
  drop(client: Client): void {
    if (!this.#byId.delete(client.id)) return;
    this.#bytesIn += client.bytesIn;
    this.#bytesOut += client.bytesOut;
    for (const hook of this.#goneHooks) hook(client);
  }

  /** Closes a connection at once; the client is gone when this returns. */
  kill(client: Client): void {
    this.drop(client);
    client.isClosing = true;
    client.transport?.closeNow();
  }

  /** CONFIG RESETSTAT. */
  resetStats(): void {
    for (const key of Object.keys(this.counters) as (keyof ConnectionCounters)[]) {
      this.counters[key] = 0; // all its fields are counters
    }
    this.#bytesIn = 0;
    this.#bytesOut = 0;
    for (const client of this.#byId.values()) {
      this.#bytesIn -= client.bytesIn;
      this.#bytesOut -= client.bytesOut;
    }
  }
}
