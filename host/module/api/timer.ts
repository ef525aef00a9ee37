// ABI area "timer": callbacks after a time.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import type { CancelTimer } from '../../lib/scheduler.ts';
import { callbackOf } from '../callbacks.ts';
import type { ModuleInstance } from '../instance.ts';
import { REGISTRATION_BYTES } from '../quota.ts';
import { ModuleTrap } from '../trap.ts';

/** Timers of one module that have not fired. */
const TIMERS_MAX = 10_000;
/** Shorter periods are lengthened, so that a timer that arms itself leaves time for others. */
const PERIOD_MIN_MS = 1;

interface TimerSpec {
  /** On the monotonic clock. */
  readonly dueMs: number;
  readonly data: number;
  readonly fire: () => void;
}

interface Timer extends TimerSpec {
  readonly cancel: CancelTimer;
}

export function timer(m: ModuleInstance): AreaImports<'timer'> {
  const { executor, registry, quota } = m;
  const { journal } = executor.keyspace;
  const timers = new Map<bigint, Timer>();
  let lastId = 0n;
  const drop = (id: bigint): Timer | null => {
    const found = timers.get(BigInt.asUintN(64, id));
    if (found === undefined) return null;
    timers.delete(BigInt.asUintN(64, id));
    registry.timers--;
    quota.release(REGISTRATION_BYTES);
    return found;
  };
  const arm = (id: bigint, { dueMs, data, fire }: TimerSpec): void => {
    const leftMs = Math.max(0, dueMs - executor.clock.monotonicMs());
    timers.set(id, { dueMs, data, fire, cancel: executor.scheduler.after(leftMs, fire) });
    registry.timers++;
    quota.restore(REGISTRATION_BYTES);
  };
  registry.undo.push(() => {
    for (const { cancel } of timers.values()) cancel();
    timers.clear();
    registry.timers = 0;
  });
  return {
    RedisModule_CreateTimer: (ctx, period, callback, data) => {
      const fn = callbackOf(m, 'RedisModuleTimerProc', callback, 'callback');
      const db = m.context(ctx).db ?? m.host.client.db;
      if (timers.size >= TIMERS_MAX) throw new ModuleTrap(`more than ${TIMERS_MAX} timers`);
      quota.need(REGISTRATION_BYTES, 'a timer');
      const id = ++lastId;
      const delayMs = Math.max(PERIOD_MIN_MS, Number(period));
      const fire = (): void => {
        if (drop(id) === null) return;
        executor.unit(() => {
          m.enter(
            { purpose: 'timer', client: m.host.client, db },
            null,
            (context) => fn(context.ptr, data),
            (trap) => m.host.noteTrap(m, 'a timer', trap),
          );
        });
      };
      arm(id, { dueMs: executor.clock.monotonicMs() + delayMs, data, fire });
      journal.note(() => drop(id)?.cancel());
      return id;
    },
    RedisModule_StopTimer: (_ctx, id, data) => {
      const found = drop(id);
      if (found === null) return ERR;
      found.cancel();
      journal.note(() => arm(BigInt.asUintN(64, id), found));
      if (data !== 0) m.memory.writeU32(data, found.data, 'data');
      return OK;
    },
    RedisModule_GetTimerInfo: (_ctx, id, remaining, data) => {
      const found = timers.get(BigInt.asUintN(64, id));
      if (found === undefined) return ERR;
      const leftMs = Math.max(0, Math.ceil(found.dueMs - executor.clock.monotonicMs()));
      if (remaining !== 0) m.memory.writeU64(remaining, BigInt(leftMs), 'remaining');
      if (data !== 0) m.memory.writeU32(data, found.data, 'data');
      return OK;
    },
  };
}
