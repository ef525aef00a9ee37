// One virtual Redis: keyspace, commands and features put together. Nothing here is global; a
// process may hold any number of instances.

import { ClientServices } from './client-services.ts';
import { catalog } from './commands/all.ts';
import { CONFIG, Config } from './config/config.ts';
import { Executor } from './dispatch/call.ts';
import { Client } from './dispatch/client.ts';
import type { Clients } from './dispatch/clients.ts';
import { COMMAND_FLAG } from './dispatch/command-flags.ts';
import { DEBUG_SUBCOMMANDS } from './dispatch/debug-subcommands.ts';
import { Dispatcher } from './dispatch/dispatch.ts';
import { type CommandError, notAllowedByConfig } from './dispatch/errors.ts';
import { LIFECYCLE, Lifecycle } from './dispatch/lifecycle.ts';
import { MemoryLimit } from './dispatch/memory-limit.ts';
import type { CommandEntry } from './dispatch/spec.ts';
import { CommandTable } from './dispatch/table.ts';
import { discardTransaction, WATCHERS } from './dispatch/transaction.ts';
import { Watchers } from './dispatch/watch.ts';
import type { Database } from './keyspace/database.ts';
import { activeExpireCycle } from './keyspace/expire.ts';
import { Keyspace, type KeyspaceObserver, type Loss } from './keyspace/keyspace.ts';
import { Argv } from './lib/argv.ts';
import type { Clock } from './lib/clock.ts';
import { type Heap, processHeap } from './lib/heap.ts';
import type { Log } from './lib/log.ts';
import { formatDouble } from './lib/number.ts';
import { SeededRandom } from './lib/random.ts';
import type { CancelTimer, Scheduler } from './lib/scheduler.ts';
import { Services } from './lib/services.ts';
import type { Slice } from './lib/slice.ts';
import { MODULES, ModuleHost, type ServerState } from './module/host.ts';
import { contributeModules } from './module/info-sections.ts';
import { SIZE_DIRECTIVES } from './module/wasm/limits.ts';
import type { AppendOnly } from './persistence/aof-control.ts';
import { installAof } from './persistence/aof-install.ts';
import { installSnapshots } from './persistence/install.ts';
import type { Snapshots } from './persistence/snapshot.ts';
import { nodeStorage, type Storage } from './persistence/storage.ts';
import type { KeyspaceEvents } from './pubsub/notify.ts';
import type { PubSub } from './pubsub/pubsub.ts';
import { MODULE_TYPES } from './rdb/module-io.ts';
import { RespWriter } from './resp/writer.ts';
import type { Value } from './values/ledger.ts';
import { ModuleValue } from './values/module.ts';

export interface InstanceParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** All defaults if left out. */
  readonly config?: Config;
  readonly databaseCount?: number;
  /** The process's if left out. */
  readonly heap?: Heap;
  /** The disk if left out. */
  readonly storage?: Storage;
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
  /** Connections, messages between them, and what the server tells of itself. */
  readonly clientServices: ClientServices;
  readonly log: Log;
  readonly config: Config;
  /** Where the files of persistence are. */
  readonly storage: Storage;
  /** Loading before clients are served, and what has to happen before the process ends. */
  readonly lifecycle: Lifecycle;
  readonly pubsub: PubSub;
  readonly keyEvents: KeyspaceEvents;
  readonly modules: ModuleHost;
  readonly snapshots: Snapshots;
  readonly aof: AppendOnly;
  readonly memoryLimit: MemoryLimit;
  readonly #parts: InstanceParts;
  readonly #watchers = new Watchers();
  readonly #random = new SeededRandom();
  #isStarted = false;
  #nextClientId = 1;
  #stopCron: CancelTimer | null = null;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.log = parts.log;
    this.config = parts.config ?? new Config('/');
    this.storage = parts.storage ?? nodeStorage;
    this.services.set(CONFIG, this.config);
    this.lifecycle = new Lifecycle(parts.log, this.services);
    this.services.set(LIFECYCLE, this.lifecycle);
    const databaseCount = parts.databaseCount ?? this.config.number('databases');
    this.keyspace = new Keyspace(databaseCount, this.#observer());
    this.executor = new Executor({ ...parts, keyspace: this.keyspace, services: this.services });
    this.dispatcher = new Dispatcher(this.executor, new CommandTable(catalog));
    this.services.set(WATCHERS, this.#watchers);
    this.clientServices = new ClientServices(this.dispatcher, this.config);
    this.pubsub = this.clientServices.pubsub;
    this.keyEvents = this.clientServices.events;
    this.clients.onGone((client) => discardTransaction(client, this.#watchers));
    this.modules = this.#createModuleHost();
    this.services.set(MODULES, this.modules);
    contributeModules(this.clientServices.sections, this.modules);
    this.clientServices.memory.setSource('modules', { bytes: () => this.modules.memoryBytes });
    this.memoryLimit = new MemoryLimit({
      dispatcher: this.dispatcher,
      config: this.config,
      memory: this.clientServices.memory,
      latency: this.clientServices.latency,
      sections: this.clientServices.sections,
      heap: parts.heap ?? processHeap,
    });
    this.services.set(MODULE_TYPES, this.modules);
    this.services.set(DEBUG_SUBCOMMANDS, new Map());
    this.snapshots = installSnapshots(this);
    this.aof = installAof(this);
    this.dispatcher.addGuard(
      (client, entry) => this.#protectedRefusal(client, entry),
      'protection',
    );
    this.#tellModules();
  }

  /** What else modules can subscribe to; the rest comes from the keyspace and the cron. */
  #tellModules(): void {
    const { events } = this.modules;
    this.config.onSet((names) => events.configChanged(names));
    this.clients.onGone((client) => {
      this.modules.logins.drop(client);
      if (client.transport !== null) events.clientChanged(client, 'disconnected');
    });
    // The last step: it is not told of a shutdown that another step refuses.
    this.lifecycle.onShutdown(async () => {
      events.shutdown();
      return true;
    });
  }

  #createModuleHost(): ModuleHost {
    const { config, executor, dispatcher, log } = this;
    return new ModuleHost({
      executor,
      dispatcher,
      log,
      config,
      createClient: () => this.createInternalClient(),
      limits: () => ({
        maxMemoryBytes: config.number('module-max-memory'),
        sizes: {
          fileBytes: config.number(SIZE_DIRECTIVES.fileBytes),
          functionCount: config.number(SIZE_DIRECTIVES.functionCount),
          functionBytes: config.number(SIZE_DIRECTIVES.functionBytes),
        },
        directory: config.string('module-dir'),
      }),
      findClient: (id) => this.clients.get(id) ?? null,
      publish: (channel, message, isShard) =>
        isShard
          ? this.pubsub.publishToShard(channel.toByteString(), message.toByteString())
          : this.pubsub.publish(channel.toByteString(), message.toByteString()),
      serverState: () => this.#serverState(),
      keyEvents: this.keyEvents,
      addLatencySample: (event, ms) => this.clientServices.latency.note(event, ms),
      access: this.clientServices.access,
      authenticator: this.clientServices.authenticator,
    });
  }

  #serverState(): ServerState {
    const { config } = this;
    return {
      hasAof: config.bool('appendonly'),
      hasSavePoints: config.list('save').length > 0,
      isSaving: this.snapshots.isSaving,
      isStarting: !this.#isStarted,
      maxMemoryBytes: config.number('maxmemory'),
      usedMemoryBytes: this.usedMemoryBytes,
      evicts: config.string('maxmemory-policy') !== 'noeviction',
    };
  }

  /** used_memory as far as maxmemory limits it: data, modules, clients, the instance itself. */
  get usedMemoryBytes(): number {
    return this.clientServices.memory.limitedBytes;
  }

  /** DEBUG and MODULE: only for whom enable-…-command says. */
  #protectedRefusal(client: Client, entry: CommandEntry): CommandError | null {
    if (!entry.has(COMMAND_FLAG.protected)) return null;
    const container = entry.parent?.name ?? entry.name;
    const directive = container === 'debug' ? 'enable-debug-command' : 'enable-module-command';
    const allowed = this.config.string(directive);
    if (allowed === 'yes' || (allowed === 'local' && isLocal(client))) return null;
    return notAllowedByConfig(container.toUpperCase(), directive);
  }

  /** Begins the periodic work. */
  start(): void {
    this.#isStarted = true;
    this.#cron();
  }

  stop(): void {
    this.#stopCron?.();
    this.#stopCron = null;
  }

  get clients(): Clients {
    return this.clientServices.clients;
  }

  /** Makes a client; without a transport it is one for internal use. */
  createClient(): Client {
    const writer = new RespWriter(formatDouble, CLIENT_BUFFER_BYTES);
    const id = this.#nextClientId++;
    const client = new Client(id, writer, this.keyspace.database(0), this.#parts.clock.nowMs());
    this.clientServices.access.makeDefault(client);
    this.clients.add(client);
    return client;
  }

  /** A client that nobody sees: it runs commands for modules, files and scripts. */
  createInternalClient(): Client {
    const writer = new RespWriter(formatDouble, CLIENT_BUFFER_BYTES);
    return new Client(0, writer, this.keyspace.database(0), this.#parts.clock.nowMs());
  }

  /** Forgets a client that has gone. */
  dropClient(client: Client): void {
    this.clients.drop(client);
  }

  #cron(): void {
    let delayMs = CRON_PERIOD_MS;
    this.executor.unit(() => {
      this.memoryLimit.cron();
      for (const db of this.keyspace.usedDatabases()) db.rehash(1024);
      const { clock } = this.#parts;
      const monotonicMs = (): number => clock.monotonicMs();
      if (activeExpireCycle(this.keyspace, this.#random, monotonicMs, EXPIRE_BUDGET_MS)) {
        delayMs = EXPIRE_AGAIN_MS;
      }
    }, false);
    this.clientServices.cron();
    this.snapshots.cron();
    this.aof.cron();
    this.modules.cron();
    this.#stopCron = this.#parts.scheduler.after(delayMs, () => this.#cron());
  }

  #observer(): KeyspaceObserver {
    return {
      modified: (db: Database, key: Slice) => {
        if (!this.#watchers.isEmpty) this.#watchers.touch(db, key);
        this.clientServices.keyChanged(key);
      },
      becameReady: (db: Database, key: Slice) => this.executor.blocking.keyBecameReady(db, key),
      lostValue: (db: Database, key: Slice, type: number) =>
        this.executor.blocking.keyLostValue(db, key, type),
      event: (eventClass: number, name: string, key: Slice, db: Database) => {
        this.keyEvents.emit(eventClass, name, key, db);
      },
      removedByServer: (db: Database, key: Slice, isLazy: boolean) => {
        if (!this.executor.propagation.isActive) return;
        const word = isLazy ? 'UNLINK' : 'DEL';
        this.executor.propagation.addServerEffect(db.index, Argv.of(word, key.toByteString()));
      },
      released: (value: Value, key: Slice, db: Database) => {
        if (value instanceof ModuleValue) releaseModuleValue(value, key, db);
      },
      losing: (db: Database, key: Slice, loss: Loss) => this.modules.events.losing(db, key, loss),
      flushStarted: (only: Database | null, isLazy: boolean) =>
        this.modules.events.flush(false, only, isLazy),
      flushEnded: (only: Database | null, isLazy: boolean) =>
        this.modules.events.flush(true, only, isLazy),
      willFlush: (db: Database) => {
        this.#watchers.touchAll(db);
        this.clientServices.willFlush(db);
        this.executor.blocking.willReplaceContents(db, null);
      },
      willSwap: (a: Database, b: Database) => {
        this.#watchers.touchAll(a, b);
        this.#watchers.touchAll(b, a);
        this.executor.blocking.willReplaceContents(a, b);
        this.executor.blocking.willReplaceContents(b, a);
      },
      swapped: (a: Database, b: Database) => {
        this.executor.blocking.databaseBecameReady(a);
        this.executor.blocking.databaseBecameReady(b);
        this.modules.events.swapped(a, b);
      },
    };
  }
}

/** Tells the type that a key lost its value, then lets it free the value. */
function releaseModuleValue(value: ModuleValue, key: Slice, db: Database): void {
  const place = { key: key.toByteString(), databaseIndex: db.index };
  value.moduleType.unlink(value, place);
  value.moduleType.free(value);
}

/** Connected from this machine, or not connected at all. */
function isLocal(client: Client): boolean {
  const { transport } = client;
  if (transport === null || transport.isUnixSocket) return true;
  return /^(127\.|\[::1\])/.test(transport.remoteAddress);
}
