// counter: a data type of its own that counts ups and downs separately.
// Teaches: module types, persistence (RDB and AOF), replication, overflow, command documentation.
//
//   > COUNTER.INCR hits 5          (integer) 5       amount is 1 if left out, may be negative
//   > COUNTER.INCR hits -2         (integer) 3
//   > COUNTER.GET hits             (integer) 3       null if there is no such counter
//   > COUNTER.STATS hits           current 3, increments 5, decrements 2
//   > COUNTER.SET hits 3 5 2       OK                what an AOF rewrite writes

#include "counter.h"

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "counter", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR ||
        RegisterCounterType(ctx) == REDISMODULE_ERR ||
        RegisterCounterCommands(ctx) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    RedisModule_Log(ctx, "notice", "Counter loaded with commands");
    return REDISMODULE_OK;
}
