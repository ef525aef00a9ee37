// Server events: what happens in the server besides commands, told to the modules that subscribed.
// Where things happen one of the methods here is called; without subscribers that costs a look-up.

import { CONSTANTS, EVENTS } from '../../abi/constants.ts';
import { STRUCTS, type StructName } from '../../abi/structs.ts';
import type { Executor } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import type { Phase, PhaseListener } from '../dispatch/phases.ts';
import type { Database } from '../keyspace/database.ts';
import type { Loss } from '../keyspace/keyspace.ts';
import { bytesOf } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import type { Callback } from './callbacks.ts';
import { fillClientInfo } from './client-info.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_KEY } from './kinds.ts';
import { OpenKey } from './open-key.ts';
import { ModuleString } from './string.ts';
import { offsetsOf } from './structs.ts';

export type EventName = keyof typeof EVENTS;

/** Makes the struct for one call in guest memory, to be freed with the call; returns its address. */
type EventData = (m: ModuleInstance, context: ModuleContext) => number;

interface Subscriber {
  readonly module: ModuleInstance;
  readonly dataVersion: bigint;
  readonly callback: Callback;
}

interface Firing {
  readonly event: EventName;
  readonly subevent?: number;
  readonly data?: EventData;
  /** In whose name the callbacks run; left out: nobody's. */
  readonly client?: Client;
  /** What they have selected; left out: database 0. */
  readonly db?: Database;
  /** The module that the event is about hears nothing. */
  readonly except?: ModuleInstance;
}

const C = CONSTANTS;
/** Calls a second of the server's periodic work. */
const HZ = 10;
/** Progress of loading is told in 1024ths. */
const PROGRESS_BITS = 1024;

const PHASES: Readonly<Record<Phase, readonly [EventName, number]>> = {
  'rdb-save': ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_RDB_START],
  'rdb-save-in-foreground': ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_RDB_START],
  'aof-rewrite': ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_AOF_START],
  'aof-rewrite-in-foreground': ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_AOF_START],
  saved: ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_ENDED],
  'save-failed': ['Persistence', C.REDISMODULE_SUBEVENT_PERSISTENCE_FAILED],
  'rdb-load': ['Loading', C.REDISMODULE_SUBEVENT_LOADING_RDB_START],
  'aof-load': ['Loading', C.REDISMODULE_SUBEVENT_LOADING_AOF_START],
  loaded: ['Loading', C.REDISMODULE_SUBEVENT_LOADING_ENDED],
  'load-failed': ['Loading', C.REDISMODULE_SUBEVENT_LOADING_FAILED],
};

const LOSSES: Readonly<Record<Loss, number>> = {
  deleted: C.REDISMODULE_SUBEVENT_KEY_DELETED,
  expired: C.REDISMODULE_SUBEVENT_KEY_EXPIRED,
  evicted: C.REDISMODULE_SUBEVENT_KEY_EVICTED,
  overwritten: C.REDISMODULE_SUBEVENT_KEY_OVERWRITTEN,
};

const EVENT_STRUCT = offsetsOf('RedisModuleEvent');

export class ServerEvents implements PhaseListener {
  readonly #executor: Executor;
  /** By event. */
  readonly #subscribers = new Map<EventName, Subscriber[]>();
  #nextProgressMs = 0;

  constructor(executor: Executor) {
    this.#executor = executor;
    executor.phases.listener = this;
  }

  /** A module has one callback for each event; null ends its subscription. */
  subscribe(
    module: ModuleInstance,
    event: EventName,
    dataVersion: bigint,
    callback: Callback | null,
  ): void {
    const others = (this.#subscribers.get(event) ?? []).filter((one) => one.module !== module);
    if (callback !== null) others.push({ module, dataVersion, callback });
    if (others.length === 0) this.#subscribers.delete(event);
    else this.#subscribers.set(event, others);
    this.#executor.keyspace.announcesLosses = this.#subscribers.has('Key');
  }

  /** Ends all subscriptions of a module. */
  unsubscribe(module: ModuleInstance): void {
    for (const event of [...this.#subscribers.keys()]) this.subscribe(module, event, 0n, null);
  }

  // ---- what happens -----------------------------------------------------------------------

  flush(isEnd: boolean, only: Database | null, isLazy: boolean): void {
    this.#fire({
      event: 'FlushDB',
      subevent: isEnd ? C.REDISMODULE_SUBEVENT_FLUSHDB_END : C.REDISMODULE_SUBEVENT_FLUSHDB_START,
      data: struct('RedisModuleFlushInfo', () => ({
        sync: isLazy ? 0 : 1,
        dbnum: only?.index ?? -1,
      })),
      ...(only === null ? {} : { db: only }),
    });
  }

  swapped(a: Database, b: Database): void {
    this.#fire({
      event: 'SwapDB',
      data: struct('RedisModuleSwapDbInfo', () => ({
        dbnum_first: a.index,
        dbnum_second: b.index,
      })),
    });
  }

  /** The key still has its value. */
  losing(db: Database, key: Slice, loss: Loss): void {
    this.#fire({
      event: 'Key',
      subevent: LOSSES[loss],
      data: struct('RedisModuleKeyInfo', (m, context) => {
        const opened = new OpenKey(db, key, C.REDISMODULE_READ, context.ptr, db.find(key));
        return { key: m.handles.create(KIND_KEY, opened) };
      }),
      db,
    });
  }

  clientChanged(client: Client, change: 'connected' | 'disconnected'): void {
    this.#fire({
      event: 'ClientChange',
      subevent:
        change === 'connected'
          ? C.REDISMODULE_SUBEVENT_CLIENT_CHANGE_CONNECTED
          : C.REDISMODULE_SUBEVENT_CLIENT_CHANGE_DISCONNECTED,
      data: (m, context) => {
        const ptr = struct('RedisModuleClientInfo', () => ({}))(m, context);
        fillClientInfo(m, ptr, client);
        return ptr;
      },
      client,
      db: client.db,
    });
  }

  moduleChanged(module: ModuleInstance, change: 'loaded' | 'unloaded'): void {
    this.#fire({
      event: 'ModuleChange',
      subevent:
        change === 'loaded'
          ? C.REDISMODULE_SUBEVENT_MODULE_LOADED
          : C.REDISMODULE_SUBEVENT_MODULE_UNLOADED,
      data: struct('RedisModuleModuleChange', (m, context) => ({
        module_name: cstring(m, context, module.name),
        module_version: module.version,
      })),
      except: module,
    });
  }

  /** @param names of options, as CONFIG SET was given them */
  configChanged(names: readonly string[]): void {
    this.#fire({
      event: 'Config',
      subevent: C.REDISMODULE_SUBEVENT_CONFIG_CHANGE,
      data: struct('RedisModuleConfigChange', (m, context) => {
        const array = allocate(m, context, 4 * names.length);
        for (const [i, name] of names.entries()) {
          m.memory.writeU32(array + 4 * i, cstring(m, context, name));
        }
        return { num_changes: names.length, config_names: array };
      }),
    });
  }

  /** Ten times a second. */
  cron(): void {
    this.#fire({ event: 'CronLoop', data: struct('RedisModuleCronLoop', () => ({ hz: HZ })) });
  }

  shutdown(): void {
    this.#fire({ event: 'Shutdown' });
  }

  entered(phase: Phase): void {
    const [event, subevent] = PHASES[phase];
    this.#fire({ event, subevent });
  }

  loading(source: 'rdb' | 'aof', loadedBytes: number, totalBytes: number): void {
    const nowMs = this.#executor.clock.monotonicMs();
    if (nowMs < this.#nextProgressMs) return;
    this.#nextProgressMs = nowMs + 1000 / HZ;
    const progress = totalBytes > 0 ? Math.floor((loadedBytes * PROGRESS_BITS) / totalBytes) : -1;
    this.#fire({
      event: 'LoadingProgress',
      subevent:
        source === 'rdb'
          ? C.REDISMODULE_SUBEVENT_LOADING_PROGRESS_RDB
          : C.REDISMODULE_SUBEVENT_LOADING_PROGRESS_AOF,
      data: struct('RedisModuleLoadingProgress', () => ({ hz: HZ, progress })),
    });
  }

  // ---- telling ----------------------------------------------------------------------------

  #fire(firing: Firing): void {
    const subscribers = this.#subscribers.get(firing.event);
    if (subscribers === undefined) return;
    for (const subscriber of subscribers) {
      // One that came before may have ended this one's subscription.
      const isCurrent = this.#subscribers.get(firing.event)?.includes(subscriber) ?? false;
      if (!isCurrent || subscriber.module === firing.except) continue;
      this.#executor.unit(() => this.#call(subscriber, firing));
    }
  }

  #call({ module: m, dataVersion, callback }: Subscriber, firing: Firing): void {
    const { event, subevent = 0, data, client = m.host.client } = firing;
    const db = firing.db ?? this.#executor.keyspace.database(0);
    m.enter(
      { purpose: 'event', client, db },
      null,
      (context) => {
        const eid = allocate(m, context, STRUCTS.RedisModuleEvent.size);
        m.memory.writeU64(eid + EVENT_STRUCT.id, BigInt(EVENTS[event].id));
        m.memory.writeU64(eid + EVENT_STRUCT.dataver, dataVersion);
        const ptr = data === undefined ? 0 : data(m, context);
        callback(context.ptr, eid, BigInt(subevent), ptr);
      },
      (trap) => m.host.noteTrap(m, `server event ${event}`, trap),
    );
  }
}

/** A struct of 32-bit fields behind its version, which is always 1. */
function struct(
  name: StructName,
  fields: (m: ModuleInstance, context: ModuleContext) => Readonly<Record<string, number>>,
): EventData {
  return (m, context) => {
    const ptr = allocate(m, context, STRUCTS[name].size);
    const offsets: Readonly<Record<string, number>> = offsetsOf(name);
    const at = (field: string): number => ptr + (offsets[field] as number); // a field of `name`
    m.memory.writeU64(at('version'), 1n);
    for (const [field, value] of Object.entries(fields(m, context))) {
      m.memory.writeU32(at(field), value);
    }
    return ptr;
  };
}

/** Zeroed guest memory that is freed when the call ends. */
function allocate(m: ModuleInstance, context: ModuleContext, bytes: number): number {
  const ptr = m.alloc(Math.max(1, bytes));
  context.poolBlocks.push(ptr);
  m.memory.fill(ptr, bytes, 0);
  return ptr;
}

/** A C string that is freed when the call ends. */
function cstring(m: ModuleInstance, context: ModuleContext, text: string): number {
  const string = ModuleString.of(bytesOf(text));
  m.newCallString(string, context);
  return m.guestCopy(string);
}
