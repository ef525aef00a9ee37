// ABI area "notify": keyspace events, heard and raised.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import type { Database } from '../../keyspace/database.ts';
import { bytesOf } from '../../lib/bytes.ts';
import type { Slice } from '../../lib/slice.ts';
import { type Callback, callbackOf, callbackOrNull } from '../callbacks.ts';
import type { KeyEventListener } from '../host.ts';
import type { ModuleInstance } from '../instance.ts';
import { REGISTRATION_BYTES } from '../quota.ts';
import { noteRegistration } from '../registry.ts';
import { ModuleString } from '../string.ts';
import { ModuleTrap } from '../trap.ts';

/** A job may add a job that adds a job …: the unit of work has to end. */
const JOB_GENERATIONS_MAX = 16;
const ALLOW_NESTED = CONSTANTS.REDISMODULE_OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS;

export function notify(m: ModuleInstance): AreaImports<'notify'> {
  const { executor, host } = m;
  /** Of the job that is running: how many jobs have led to it. */
  let generation = 0;
  return {
    RedisModule_SubscribeToKeyspaceEvents: (_ctx, types, cb) => {
      const fn = callbackOf(m, 'RedisModuleNotificationFunc', cb, 'cb');
      m.quota.charge(REGISTRATION_BYTES, 'a subscription');
      const listener = new Subscription(m, types, fn);
      host.keyEvents.addListener(listener);
      noteRegistration(m, () => host.keyEvents.removeListener(listener));
      return OK;
    },
    RedisModule_AddPostNotificationJob: (ctx, callback, pd, freePd) => {
      const fn = callbackOf(m, 'RedisModulePostNotificationJobFunc', callback, 'callback');
      const free = callbackOrNull(m, 'RedisModuleFreeDataFunc', freePd, 'free_pd');
      const db = m.context(ctx).db ?? host.client.db;
      if (executor.isLoading) return ERR;
      if (generation >= JOB_GENERATIONS_MAX) {
        throw new ModuleTrap(`jobs that add jobs more than ${JOB_GENERATIONS_MAX} times`);
      }
      m.quota.chargeCall(REGISTRATION_BYTES, 'a job');
      const own = generation + 1;
      let isUndone = false;
      executor.keyspace.journal.note(() => {
        isUndone = true;
      });
      executor.inUnit(() => {
        if (isUndone || m.isUnloaded) return;
        const outer = generation;
        generation = own;
        m.enter(
          { purpose: 'job', client: host.client, db },
          null,
          (context) => {
            fn(context.ptr, pd);
            free?.(pd);
          },
          (trap) => host.noteTrap(m, 'a post-notification job', trap),
        );
        generation = outer;
      });
      return OK;
    },
    RedisModule_GetNotifyKeyspaceEvents: () => host.keyEvents.flags,
    RedisModule_NotifyKeyspaceEvent: (ctx, type, event, key) => {
      const { db } = m.context(ctx);
      // Most of the time nobody listens: then nothing is read.
      if (db === null || (executor.keyspace.eventMask & type) === 0) return OK;
      const name = m.memory.cstring(event, 'event');
      executor.keyspace.notify(type, name, m.string(key, 'key').slice, db);
      return OK;
    },
  };
}

/** One call of SubscribeToKeyspaceEvents. */
class Subscription implements KeyEventListener {
  readonly mask: number;
  readonly #m: ModuleInstance;
  readonly #callback: Callback;
  /** The callback is running: events it causes itself are not for it. */
  #isActive = false;

  constructor(m: ModuleInstance, mask: number, callback: Callback) {
    this.#m = m;
    this.mask = mask;
    this.#callback = callback;
  }

  notify(eventClass: number, event: string, key: Slice, db: Database): void {
    const m = this.#m;
    if (this.#isActive && (m.options & ALLOW_NESTED) === 0) return;
    const wasActive = this.#isActive;
    this.#isActive = true;
    m.enter(
      { purpose: 'event', client: m.host.client, db },
      null,
      (context) => {
        const name = m.newCallString(ModuleString.owning(key.toBuffer()), context);
        const text = m.guestCopy(
          m.string(m.newCallString(ModuleString.of(bytesOf(event)), context)),
        );
        this.#callback(context.ptr, eventClass, text, name);
      },
      (trap) => m.host.noteTrap(m, `notification '${event}'`, trap),
    );
    this.#isActive = wasActive;
  }
}
