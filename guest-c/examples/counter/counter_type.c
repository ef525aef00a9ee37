// The type `counter--`: how a counter is created, freed, copied, hashed and persisted.
// Every callback here runs without a client: nothing may be replied, errors go to the caller.

#include "counter.h"

#define COUNTER_ENCODING_VERSION 0

RedisModuleType *CounterType;

CounterObject *CreateCounter(void) {
    return RedisModule_Calloc(1, sizeof(CounterObject));
}

int IsCounterValid(const CounterObject *counter) {
    return counter->increments >= 0 && counter->decrements >= 0;
}

static void CounterFree(void *value) {
    RedisModule_Free(value);
}

static void CounterRdbSave(RedisModuleIO *rdb, void *value) {
    const CounterObject *counter = value;
    RedisModule_SaveSigned(rdb, counter->increments);
    RedisModule_SaveSigned(rdb, counter->decrements);
    RedisModule_SaveSigned(rdb, counter->current);
}

// Returns NULL, and leaks nothing, for a version from the future or a damaged payload.
static void *CounterRdbLoad(RedisModuleIO *rdb, int encver) {
    if (encver != COUNTER_ENCODING_VERSION) {
        RedisModule_LogIOError(rdb, "warning", "Cannot load counter of encoding version %d",
                               encver);
        return NULL;
    }
    CounterObject *counter = CreateCounter();
    counter->increments = RedisModule_LoadSigned(rdb);
    counter->decrements = RedisModule_LoadSigned(rdb);
    counter->current = RedisModule_LoadSigned(rdb);
    if (RedisModule_IsIOError(rdb) || !IsCounterValid(counter)) {
        CounterFree(counter);
        return NULL;
    }
    return counter;
}

static void CounterAofRewrite(RedisModuleIO *aof, RedisModuleString *key, void *value) {
    const CounterObject *counter = value;
    RedisModule_EmitAOF(aof, "COUNTER.SET", "slll", key, counter->current, counter->increments,
                        counter->decrements);
}

static size_t CounterMemUsage(const void *value) {
    REDISMODULE_NOT_USED(value);
    return sizeof(CounterObject);
}

// Equal counters must give equal digests, so everything that tells two of them apart goes in.
static void CounterDigest(RedisModuleDigest *digest, void *value) {
    const CounterObject *counter = value;
    RedisModule_DigestAddLongLong(digest, counter->current);
    RedisModule_DigestAddLongLong(digest, counter->increments);
    RedisModule_DigestAddLongLong(digest, counter->decrements);
    RedisModule_DigestEndSequence(digest);
}

static void *CounterCopy(RedisModuleString *from, RedisModuleString *to, const void *value) {
    REDISMODULE_NOT_USED(from);
    REDISMODULE_NOT_USED(to);
    CounterObject *copy = CreateCounter();
    *copy = *(const CounterObject *)value;
    return copy;
}

int RegisterCounterType(RedisModuleCtx *ctx) {
    // With this option a short payload makes IsIOError true; without it, it ends the server.
    RedisModule_SetModuleOptions(ctx, REDISMODULE_OPTIONS_HANDLE_IO_ERRORS);

    RedisModuleTypeMethods methods = {
        .version = REDISMODULE_TYPE_METHOD_VERSION,
        .rdb_load = CounterRdbLoad,
        .rdb_save = CounterRdbSave,
        .aof_rewrite = CounterAofRewrite,
        .mem_usage = CounterMemUsage,
        .digest = CounterDigest,
        .free = CounterFree,
        .copy = CounterCopy,
    };
    CounterType =
        RedisModule_CreateDataType(ctx, "counter--", COUNTER_ENCODING_VERSION, &methods);
    return CounterType != NULL ? REDISMODULE_OK : REDISMODULE_ERR;
}
