// The commands that answer at once.

#include "mymodule.h"

#include <string.h>

// A simple string ends at the first CR or LF, and C ends it at the first NUL.
static int FitsSimpleString(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\r' || text[i] == '\n' || text[i] == '\0')
            return 0;
    return 1;
}

// MYMODULE.HELLO [name]
// Replies with a simple string, or with a bulk string when the name does not fit into one.
int HelloCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc > 2)
        return RedisModule_WrongArity(ctx);

    const char *name = "World";
    size_t name_len = strlen(name);
    if (argc == 2)
        name = RedisModule_StringPtrLen(argv[1], &name_len);

    // A module string grows as needed: a fixed buffer would cut long names short.
    RedisModuleString *greeting = RedisModule_CreateString(ctx, "Hello, ", strlen("Hello, "));
    RedisModule_StringAppendBuffer(ctx, greeting, name, name_len);
    RedisModule_StringAppendBuffer(ctx, greeting, "!", 1);
    if (FitsSimpleString(name, name_len))
        RedisModule_ReplyWithSimpleString(ctx, RedisModule_StringPtrLen(greeting, NULL));
    else
        RedisModule_ReplyWithString(ctx, greeting);
    RedisModule_FreeString(ctx, greeting);
    return REDISMODULE_OK;
}

// MYMODULE.MULTIPLY num1 num2
int MultiplyCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 3)
        return RedisModule_WrongArity(ctx);

    long long num1, num2, product;
    if (RedisModule_StringToLongLong(argv[1], &num1) != REDISMODULE_OK)
        return RedisModule_ReplyWithError(ctx, "ERR first argument is not an integer");
    if (RedisModule_StringToLongLong(argv[2], &num2) != REDISMODULE_OK)
        return RedisModule_ReplyWithError(ctx, "ERR second argument is not an integer");
    if (__builtin_mul_overflow(num1, num2, &product))
        return RedisModule_ReplyWithError(ctx, "ERR multiplication would overflow");
    return RedisModule_ReplyWithLongLong(ctx, product);
}

// Returns a copy of text[0, len) with ASCII letters in upper case, to be freed by the caller.
// Bytes above 127 stay as they are, whatever the locale of the server.
static char *UpperCase(const char *text, size_t len) {
    char *upper = RedisModule_Alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        upper[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
    upper[len] = '\0';
    return upper;
}

// MYMODULE.SETCAPS key value
// Like SET: replaces a value of any type and drops the expiry.
int SetCapsCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 3)
        return RedisModule_WrongArity(ctx);

    size_t len;
    const char *text = RedisModule_StringPtrLen(argv[2], &len);
    char *upper = UpperCase(text, len);
    RedisModuleString *value = RedisModule_CreateString(ctx, upper, len);
    RedisModule_Free(upper);

    RedisModuleKey *key = RedisModule_OpenKey(ctx, argv[1], REDISMODULE_READ | REDISMODULE_WRITE);
    RedisModule_StringSet(key, value);
    RedisModule_CloseKey(key);
    RedisModule_FreeString(ctx, value); // the key holds its own reference

    RedisModule_NotifyKeyspaceEvent(ctx, REDISMODULE_NOTIFY_STRING, "set", argv[1]);
    RedisModule_ReplicateVerbatim(ctx);
    return RedisModule_ReplyWithSimpleString(ctx, "OK");
}

// MYMODULE.GETCAPS key
int GetCapsCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 2)
        return RedisModule_WrongArity(ctx);

    // For a missing key OpenKey gives NULL here, which KeyType and CloseKey accept.
    RedisModuleKey *key = RedisModule_OpenKey(ctx, argv[1], REDISMODULE_READ);
    int type = RedisModule_KeyType(key);
    if (type == REDISMODULE_KEYTYPE_EMPTY) {
        RedisModule_CloseKey(key);
        return RedisModule_ReplyWithNull(ctx);
    }
    if (type != REDISMODULE_KEYTYPE_STRING) {
        RedisModule_CloseKey(key);
        return RedisModule_ReplyWithError(ctx, REDISMODULE_ERRORMSG_WRONGTYPE);
    }

    size_t len;
    const char *text = RedisModule_StringDMA(key, &len, REDISMODULE_READ);
    char *upper = UpperCase(text, len);
    RedisModule_CloseKey(key);
    RedisModule_ReplyWithStringBuffer(ctx, upper, len);
    RedisModule_Free(upper);
    return REDISMODULE_OK;
}
