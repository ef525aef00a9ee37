// config: reads its configuration from the arguments of MODULE LOAD.
// Teaches: OnLoad arguments, refusing to load with a log line that says why, OnUnload.
//
//   --loadmodule config.wasm max_connections=500
//   > CONFIG.MAXCONN
//   (integer) 500

#include "redismodule.h"

#include <limits.h>
#include <string.h>

#define MAX_CONNECTIONS_DEFAULT 100
#define MAX_CONNECTIONS_PREFIX "max_connections="

static long long max_connections = MAX_CONNECTIONS_DEFAULT;

// CONFIG.MAXCONN
// Replies with the value in force.
static int MaxConnCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    if (argc != 1)
        return RedisModule_WrongArity(ctx);
    return RedisModule_ReplyWithLongLong(ctx, max_connections);
}

// Parses all of text[0, len) as an integer from 1 to INT_MAX. atoi would take "5oo" for 5 and
// "many" for 0.
static int ParseMaxConnections(const char *text, size_t len, long long *out) {
    RedisModuleString *string = RedisModule_CreateString(NULL, text, len);
    int status = RedisModule_StringToLongLong(string, out);
    RedisModule_FreeString(NULL, string);
    if (status != REDISMODULE_OK || *out < 1 || *out > INT_MAX)
        return REDISMODULE_ERR;
    return REDISMODULE_OK;
}

// Applies one argument of MODULE LOAD; logs why when it cannot.
static int ApplyArgument(RedisModuleCtx *ctx, RedisModuleString *arg) {
    const size_t prefix_len = strlen(MAX_CONNECTIONS_PREFIX);
    size_t len;
    const char *text = RedisModule_StringPtrLen(arg, &len);
    if (len < prefix_len || memcmp(text, MAX_CONNECTIONS_PREFIX, prefix_len) != 0) {
        RedisModule_Log(ctx, "warning", "Unknown argument '%s'", text);
        return REDISMODULE_ERR;
    }
    if (ParseMaxConnections(text + prefix_len, len - prefix_len, &max_connections) !=
        REDISMODULE_OK) {
        RedisModule_Log(ctx, "warning", "Invalid max_connections '%s': expected 1 to %d",
                        text + prefix_len, INT_MAX);
        return REDISMODULE_ERR;
    }
    return REDISMODULE_OK;
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (RedisModule_Init(ctx, "config", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    for (int i = 0; i < argc; i++)
        if (ApplyArgument(ctx, argv[i]) == REDISMODULE_ERR)
            return REDISMODULE_ERR;

    if (RedisModule_CreateCommand(ctx, "config.maxconn", MaxConnCommand, "readonly fast", 0, 0,
                                  0) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    RedisModule_Log(ctx, "notice", "Max connections set to %lld", max_connections);
    return REDISMODULE_OK;
}

int RedisModule_OnUnload(RedisModuleCtx *ctx) {
    RedisModule_Log(ctx, "notice", "Config unloading");
    return REDISMODULE_OK;
}
