// One virtual Redis: keyspace, commands and features put together. Nothing here is global; a
// process may hold any number of instances.

import { catalog } from './commands/all.ts';
import { Executor } from './dispatch/call.ts';
import { Client } from './dispatch/client.ts';
import { Dispatcher } from './dispatch/dispatch.ts';
import { CommandTable } from './dispatch/table.ts';
import { discardTransaction, WATCHERS } from './dispatch/transaction.ts';
import { Watchers } from './dispatch/watch.ts';
import type { Database } from './keyspace/database.ts';
import { activeExpireCycle } from './keyspace/expire.ts';
import { Keyspace, type KeyspaceObserver } from './keyspace/keyspace.ts';
import { Argv } from './lib/argv.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { formatDouble } from './lib/number.ts';
import { SeededRandom } from './lib/random.ts';
import type { CancelTimer, Scheduler } from './lib/scheduler.ts';
import { Services } from './lib/services.ts';
import type { Slice } from './lib/slice.ts';
import { RespWriter } from './resp/writer.ts';
import type { Value } from './values/ledger.ts';

export interface InstanceParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly databaseCount?: number;
}

const CRON_PERIOD_MS = 100;
const EXPIRE_BUDGET_MS = 5;
/** When there is more to expire than one cycle may. */
const EXPIRE_AGAIN_MS = 10;
const CLIENT_BUFFER_BYTES = 1024;

export class Instance {
  readonly keyspace: Keyspace;
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly services = new Services();
  readonly clients = new Map<number, Client>();
  readonly log: Log;
  readonly #parts: InstanceParts;
  readonly #watchers = new Watchers();
  readonly #random = new SeededRandom();
  #nextClientId = 1;
  #stopCron: CancelTimer | null = null;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.log = parts.log;
    this.keyspace = new Keyspace(parts.databaseCount ?? 16, this.#observer());
    this.executor = new Executor({ ...parts, keyspace: this.keyspace, services: this.services });
    this.dispatcher = new Dispatcher(this.executor, new CommandTable(catalog));
    this.services.set(WATCHERS, this.#watchers);
  }

  /** Begins the periodic work. */
  start(): void {
    this.#cron();
  }

  stop(): void {
    this.#stopCron?.();
    this.#stopCron = null;
  }

  /** Makes a client; without a transport it is one for internal use. */
  createClient(): Client {
    const writer = new RespWriter(formatDouble, CLIENT_BUFFER_BYTES);
    const id = this.#nextClientId++;
    const client = new Client(id, writer, this.keyspace.database(0), this.#parts.clock.nowMs());
    this.clients.set(id, client);
    return client;
  }

  /** Forgets a client that has gone. */
  dropClient(client: Client): void {
    if (!this.clients.delete(client.id)) return;
    this.executor.blocking.drop(client);
    discardTransaction(client, this.#watchers);
  }

  #cron(): void {
    let delayMs = CRON_PERIOD_MS;
    this.executor.unit(() => {
      const seconds = Math.floor(this.keyspace.nowMs / 1000);
      if (this.keyspace.accessPolicy === null) this.keyspace.lruClock = seconds & 0xffffff;
      for (const db of this.keyspace.usedDatabases()) db.rehash(1024);
      const { clock } = this.#parts;
      const monotonicMs = (): number => clock.monotonicMs();
      if (activeExpireCycle(this.keyspace, this.#random, monotonicMs, EXPIRE_BUDGET_MS)) {
        delayMs = EXPIRE_AGAIN_MS;
      }
    });
    this.#stopCron = this.#parts.scheduler.after(delayMs, () => this.#cron());
  }

  #observer(): KeyspaceObserver {
    return {
      modified: (db: Database, key: Slice) => {
        if (!this.#watchers.isEmpty) this.#watchers.touch(db, key);
      },
      becameReady: (db: Database, key: Slice) => this.executor.blocking.keyBecameReady(db, key),
      event: (_class: number, _name: string, _key: Slice, _db: Database) => {},
      removedByServer: (db: Database, key: Slice, isLazy: boolean) => {
        if (!this.executor.propagation.isActive) return;
        const word = isLazy ? 'UNLINK' : 'DEL';
        this.executor.propagation.add(db.index, Argv.of(word, key.toByteString()));
      },
      released: (_value: Value) => {},
      willFlush: (db: Database) => this.#watchers.touchAll(db),
      willSwap: (a: Database, b: Database) => {
        this.#watchers.touchAll(a, b);
        this.#watchers.touchAll(b, a);
      },
      swapped: (a: Database, b: Database) => {
        this.executor.blocking.databaseBecameReady(a);
        this.executor.blocking.databaseBecameReady(b);
      },
    };
  }
}
