// mymodule: plain commands, commands on keys, a blocking command, and the counter type.
// Teaches: several source files in one module, registration, flags and key positions.
// Links: ../counter/counter_type.c ../counter/counter_commands.c
//
//   > MYMODULE.HELLO Redis            Hello, Redis!
//   > MYMODULE.MULTIPLY 6 7           (integer) 42
//   > MYMODULE.SETCAPS k shout        OK, stores SHOUT
//   > MYMODULE.GETCAPS k              "SHOUT"
//   > MYMODULE.WAITFOR k SHOUT 1000   OK once k has that value, null after 1000 ms; 0: no limit
//   > COUNTER.INCR hits 5             (integer) 5, see ../counter/module.c

#include "counter.h"
#include "mymodule.h"

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "mymodule", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    // "fast" promises constant or logarithmic time; the three numbers are the first key, the
    // last key and the step between them, 0 0 0 for a command without keys.
    if (RedisModule_CreateCommand(ctx, "mymodule.hello", HelloCommand, "readonly fast", 0, 0, 0) ==
            REDISMODULE_ERR ||
        RedisModule_CreateCommand(ctx, "mymodule.multiply", MultiplyCommand, "readonly fast", 0, 0,
                                  0) == REDISMODULE_ERR ||
        RedisModule_CreateCommand(ctx, "mymodule.setcaps", SetCapsCommand, "write deny-oom", 1, 1,
                                  1) == REDISMODULE_ERR ||
        RedisModule_CreateCommand(ctx, "mymodule.getcaps", GetCapsCommand, "readonly", 1, 1, 1) ==
            REDISMODULE_ERR ||
        RegisterWaitFor(ctx) == REDISMODULE_ERR || RegisterCounterType(ctx) == REDISMODULE_ERR ||
        RegisterCounterCommands(ctx) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    RedisModule_Log(ctx, "notice", "MyModule loaded with commands");
    return REDISMODULE_OK;
}
