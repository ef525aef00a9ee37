// What connections ask of the instance they belong to. One object serves all connections of a
// server: V8 then knows the shape of it wherever it is used, once a command and more.

import type { Client } from './dispatch/client.ts';
import type { OutputLimit } from './dispatch/client-limits.ts';
import { INTERNAL } from './dispatch/errors.ts';
import type { Instance } from './instance.ts';
import type { Argv } from './lib/argv.ts';
import { reportBug } from './lib/bug-report.ts';
import type { ConnectionHost } from './net/connection.ts';
import type { RequestBatch } from './resp/batch.ts';

export interface ServerLimits {
  readonly maxClients: number;
  readonly bulkMaxBytes: number;
  readonly queryBufferMaxBytes: number;
}

export class InstanceHost implements ConnectionHost {
  readonly #instance: Instance;
  readonly #limits: () => ServerLimits;

  constructor(instance: Instance, limits: () => ServerLimits) {
    this.#instance = instance;
    this.#limits = limits;
  }

  dispatch(client: Client, request: Argv): void {
    try {
      this.#instance.dispatcher.dispatch(client, request);
    } catch (error) {
      // A bug of ours that a request can reach: whoever sent it goes, the others stay.
      reportBug(this.#instance.log, `serving client ${client.id}`, error);
      client.writer.error(INTERNAL.message);
      client.transport?.closeAfterReply();
    }
  }

  prefetch(client: Client, batch: RequestBatch): void {
    client.db.prefetch(batch.requests, batch.length, this.#instance.modules);
  }

  closed(client: Client): void {
    this.#instance.dropClient(client);
  }

  protocolError(client: Client, message: string): void {
    this.#instance.log.verbose(`Protocol error (${message}) from client ${client.id}`);
  }

  get monotonicMs(): number {
    return this.#instance.executor.monotonicMs;
  }

  beginTurn(): void {
    this.#instance.executor.beginTurn();
  }

  get bulkMaxBytes(): number {
    return this.#limits().bulkMaxBytes;
  }

  get queryBufferMaxBytes(): number {
    return this.#limits().queryBufferMaxBytes;
  }

  outputLimit(client: Client): OutputLimit {
    return this.#instance.clientServices.limits.outputOf(client.clientClass);
  }

  limitExceeded(client: Client, limit: 'output' | 'query'): void {
    this.#instance.clientServices.limitExceeded(client, limit);
  }

  get nowMs(): number {
    return this.#instance.keyspace.nowMs;
  }

  countRead(): void {
    this.#instance.clients.counters.reads++;
  }

  countWrite(): void {
    this.#instance.clients.counters.writes++;
  }
}
