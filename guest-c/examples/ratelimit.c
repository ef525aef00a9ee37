// ratelimit: a token bucket kept in a hash, so that any client can look at it with HGETALL.
// Teaches: RedisModule_Call with and without replication, freeing replies, time, safe arithmetic.
//
//   > RATELIMIT.CHECK user:123 100 10        bucket of 100 tokens, 10 more a second; takes 1
//   1) (integer) 1                           1 allowed, 0 limited
//   2) (integer) 99                          tokens left
//   > RATELIMIT.CHECK user:123 100 10 50     takes 50 at once

#include "redismodule.h"

#include <limits.h>
#include <sys/time.h>

#define TOKENS_FIELD "tokens"
#define LAST_UPDATE_FIELD "last_update"

typedef struct Bucket {
    long long tokens;
    long long last_update; // milliseconds since the epoch; tokens are counted up to here
} Bucket;

static long long CurrentTimeMs(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (long long)now.tv_sec * 1000 + now.tv_usec / 1000;
}

// Reads an integer field of the hash at `key` into *value, which keeps its default if the hash
// has no such field. On failure the error has been sent to the client.
static int ReadField(RedisModuleCtx *ctx, RedisModuleString *key, const char *field,
                     long long *value) {
    RedisModuleCallReply *reply = RedisModule_Call(ctx, "HGET", "sc", key, field);
    if (reply == NULL) {
        RedisModule_ReplyWithError(ctx, "ERR HGET failed");
        return REDISMODULE_ERR;
    }

    int status = REDISMODULE_OK;
    int type = RedisModule_CallReplyType(reply);
    if (type == REDISMODULE_REPLY_STRING) {
        RedisModuleString *text = RedisModule_CreateStringFromCallReply(reply);
        status = RedisModule_StringToLongLong(text, value);
        RedisModule_FreeString(ctx, text);
        if (status != REDISMODULE_OK)
            RedisModule_ReplyWithError(ctx, "ERR hash value is not an integer");
    } else if (type != REDISMODULE_REPLY_NULL) {
        RedisModule_ReplyWithCallReply(ctx, reply);
        status = REDISMODULE_ERR;
    }
    RedisModule_FreeCallReply(reply);
    return status;
}

// Writes the bucket back. "!" replicates this HSET, not RATELIMIT.CHECK: a replica and the AOF
// get the outcome instead of a command that would look at their own clock.
static int WriteBucket(RedisModuleCtx *ctx, RedisModuleString *key, const Bucket *bucket) {
    // `l` reads a long long from the argument list, so nothing narrower may be passed for it.
    RedisModuleCallReply *reply =
        RedisModule_Call(ctx, "HSET", "!sclcl", key, TOKENS_FIELD, bucket->tokens,
                         LAST_UPDATE_FIELD, bucket->last_update);
    if (reply == NULL) {
        RedisModule_ReplyWithError(ctx, "ERR HSET failed");
        return REDISMODULE_ERR;
    }
    int status = REDISMODULE_OK;
    if (RedisModule_CallReplyType(reply) == REDISMODULE_REPLY_ERROR) {
        RedisModule_ReplyWithCallReply(ctx, reply);
        status = REDISMODULE_ERR;
    }
    RedisModule_FreeCallReply(reply);
    return status;
}

// Adds the tokens earned since the last update. The hash is the users' to edit, so any number
// may be in it: whatever does not fit in 64 bits has filled the bucket long ago.
static void Refill(Bucket *bucket, long long max_tokens, long long rate_per_sec, long long now) {
    if (bucket->tokens < 0)
        bucket->tokens = 0;
    if (bucket->last_update > now) // the clock was set back: start counting from here
        bucket->last_update = now;

    long long elapsed_ms, earned_milli, tokens;
    if (__builtin_sub_overflow(now, bucket->last_update, &elapsed_ms) ||
        __builtin_mul_overflow(elapsed_ms, rate_per_sec, &earned_milli) ||
        __builtin_add_overflow(bucket->tokens, earned_milli / 1000, &tokens) ||
        tokens >= max_tokens) {
        bucket->tokens = max_tokens;
        bucket->last_update = now;
        return;
    }
    bucket->tokens = tokens;
    // What does not make a whole token yet stays on the clock, or frequent callers would never
    // be refilled. Rounding up keeps the rate from ever being exceeded.
    bucket->last_update = now - earned_milli % 1000 / rate_per_sec;
}

// RATELIMIT.CHECK key max_tokens refill_rate_per_sec [tokens]
static int RateLimitCheckCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc < 4 || argc > 5)
        return RedisModule_WrongArity(ctx);

    long long max_tokens, rate_per_sec, wanted = 1;
    if (RedisModule_StringToLongLong(argv[2], &max_tokens) != REDISMODULE_OK ||
        RedisModule_StringToLongLong(argv[3], &rate_per_sec) != REDISMODULE_OK ||
        max_tokens < 1 || rate_per_sec < 1)
        return RedisModule_ReplyWithError(ctx, "ERR invalid arguments");
    if (argc == 5 &&
        (RedisModule_StringToLongLong(argv[4], &wanted) != REDISMODULE_OK || wanted < 1))
        return RedisModule_ReplyWithError(ctx, "ERR invalid token count");

    RedisModuleKey *key = RedisModule_OpenKey(ctx, argv[1], REDISMODULE_READ);
    int type = RedisModule_KeyType(key);
    RedisModule_CloseKey(key);
    if (type != REDISMODULE_KEYTYPE_EMPTY && type != REDISMODULE_KEYTYPE_HASH)
        return RedisModule_ReplyWithError(ctx, REDISMODULE_ERRORMSG_WRONGTYPE);

    long long now = CurrentTimeMs();
    Bucket stored = {.tokens = max_tokens, .last_update = now}; // a new bucket is full
    if (type == REDISMODULE_KEYTYPE_HASH &&
        (ReadField(ctx, argv[1], TOKENS_FIELD, &stored.tokens) != REDISMODULE_OK ||
         ReadField(ctx, argv[1], LAST_UPDATE_FIELD, &stored.last_update) != REDISMODULE_OK))
        return REDISMODULE_OK; // the error has been sent

    Bucket bucket = stored;
    Refill(&bucket, max_tokens, rate_per_sec, now);
    int allowed = bucket.tokens >= wanted;
    if (allowed)
        bucket.tokens -= wanted;

    // A refusal is not stored: the next call earns the same tokens again, and a flood of refused
    // requests costs no AOF. Only a clock that was set back must not freeze the bucket.
    if ((allowed || stored.last_update > now) &&
        WriteBucket(ctx, argv[1], &bucket) != REDISMODULE_OK)
        return REDISMODULE_OK; // the error has been sent

    RedisModule_ReplyWithArray(ctx, 2);
    RedisModule_ReplyWithLongLong(ctx, allowed);
    RedisModule_ReplyWithLongLong(ctx, bucket.tokens);
    return REDISMODULE_OK;
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "ratelimit", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    if (RedisModule_CreateCommand(ctx, "ratelimit.check", RateLimitCheckCommand,
                                  "write deny-oom fast", 1, 1, 1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;

    RedisModule_Log(ctx, "notice", "RateLimit loaded with commands");
    return REDISMODULE_OK;
}
