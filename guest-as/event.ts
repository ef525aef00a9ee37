// Events of the server: a flush, loading, a change of role, clients that come and go.

import { Context } from './context';
import { Handle } from './handle';
import { RedisModuleEvent } from './redismodule';

/** `subevent` is REDISMODULE_SUBEVENT_…; `data` points to the struct of that event, or is 0. */
export type EventHandler = (
  ctx: Context, event: ServerEvent, subevent: u64, data: usize,
) => void;

/** Which event it is; valid during the handler. */
@unmanaged
export class ServerEvent extends Handle {
  /** REDISMODULE_EVENT_… */
  get id(): u64 {
    return load<u64>(this.handle, RedisModuleEvent.id);
  }
}
