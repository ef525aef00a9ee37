// ABI area "event": subscriptions to server events.

import { EVENTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import { callbackOrNull } from '../callbacks.ts';
import type { ModuleInstance } from '../instance.ts';
import type { EventName } from '../server-events.ts';
import { offsetsOf } from '../structs.ts';

const NAMES = Object.keys(EVENTS) as EventName[];
const FIELDS = offsetsOf('RedisModuleEvent');

export function event(m: ModuleInstance): AreaImports<'event'> {
  const { events } = m.host;
  let takesBack = false;
  const nameAt = (ptr: number): EventName | undefined => {
    const id = m.memory.readU64(ptr + FIELDS.id, 'event');
    return NAMES.find((name) => BigInt(EVENTS[name].id) === id);
  };
  return {
    RedisModule_SubscribeToServerEvent: (ctx, ptr, callback) => {
      m.context(ctx);
      const name = nameAt(ptr);
      const fn = callbackOrNull(m, 'RedisModuleEventCallback', callback, 'callback');
      if (name === undefined) return ERR;
      const version = m.memory.readU64(ptr + FIELDS.dataver, 'event');
      // Events without data have no version to be too new.
      const { data, dataver } = EVENTS[name];
      if (data !== null && version > BigInt(dataver)) return ERR;
      events.subscribe(m, name, version, fn);
      if (!takesBack) m.registry.undo.push(() => events.unsubscribe(m));
      takesBack = true;
      return OK;
    },
    RedisModule_IsSubEventSupported: (ptr, subevent) => {
      const name = nameAt(ptr);
      if (name === undefined) return 0;
      return BigInt.asUintN(64, subevent) < BigInt(EVENTS[name].subevents) ? 1 : 0;
    },
  };
}
