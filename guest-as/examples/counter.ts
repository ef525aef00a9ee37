// counter: a data type of its own that counts ups and downs separately.
// Teaches: module types, persistence (RDB and AOF), replication, overflow, command documentation.
//
//   > COUNTER.INCR hits 5          (integer) 5       amount is 1 if left out, may be negative
//   > COUNTER.INCR hits -2         (integer) 3
//   > COUNTER.GET hits             (integer) 3       null if there is no such counter
//   > COUNTER.STATS hits           current 3, increments 5, decrements 2
//   > COUNTER.SET hits 3 5 2       OK                what an AOF rewrite writes

import { Argv, Context, Module, Status } from 'redcell/guest-as';
import { registerCounter } from './counter/commands';

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'counter', 1);
  registerCounter(module);
  return module.done('Counter loaded with commands');
}
