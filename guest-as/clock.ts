// Time as the host tells it.

import { RedisModule_Milliseconds, RedisModule_MonotonicMicroseconds } from './redismodule';

/** Milliseconds since 1970. The clock may be set back. */
export function milliseconds(): i64 {
  return RedisModule_Milliseconds();
}

/** Microseconds since some start; never goes back. */
export function monotonicMicroseconds(): u64 {
  return RedisModule_MonotonicMicroseconds();
}
