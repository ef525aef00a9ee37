// MYMODULE.WAITFOR: blocks a client until a string key has a given value.
// Teaches: blocking without threads, keyspace notifications, who frees what and when.
//
// A waiting client has one Waiter. It is in two dictionaries: `by_key`, where a keyspace event
// finds all waiters of a key, and `by_client`, where a timeout or a disconnect finds its own.
// Every waiter ends in Finish, exactly once, and is freed by WaitFree, which the server calls.

#include "mymodule.h"

#include <limits.h>
#include <string.h>

typedef struct Waiter {
    struct Waiter *next; // of the same key
    struct Waiter *prev;
    int db;
    RedisModuleString *key;
    RedisModuleString *expected;
    RedisModuleBlockedClient *client;
} Waiter;

static RedisModuleDict *by_key;    // database number and key name → first Waiter of a list
static RedisModuleDict *by_client; // the RedisModuleBlockedClient pointer → Waiter

// The same key name in another database is another key. To be freed by the caller.
static RedisModuleString *QualifiedName(int db, RedisModuleString *key) {
    size_t len;
    const char *name = RedisModule_StringPtrLen(key, &len);
    RedisModuleString *qualified =
        RedisModule_CreateString(NULL, (const char *)&db, sizeof(db));
    RedisModule_StringAppendBuffer(NULL, qualified, name, len);
    return qualified;
}

static Waiter *FirstWaiter(int db, RedisModuleString *key) {
    RedisModuleString *name = QualifiedName(db, key);
    Waiter *first = RedisModule_DictGet(by_key, name, NULL);
    RedisModule_FreeString(NULL, name);
    return first;
}

static void SetFirstWaiter(int db, RedisModuleString *key, Waiter *first) {
    RedisModuleString *name = QualifiedName(db, key);
    if (first != NULL)
        RedisModule_DictReplace(by_key, name, first);
    else
        RedisModule_DictDel(by_key, name, NULL);
    RedisModule_FreeString(NULL, name);
}

static void AddWaiter(Waiter *waiter) {
    waiter->prev = NULL;
    waiter->next = FirstWaiter(waiter->db, waiter->key);
    if (waiter->next != NULL)
        waiter->next->prev = waiter;
    SetFirstWaiter(waiter->db, waiter->key, waiter);
    RedisModule_DictSetC(by_client, &waiter->client, sizeof(waiter->client), waiter);
}

static void RemoveWaiter(Waiter *waiter) {
    if (waiter->next != NULL)
        waiter->next->prev = waiter->prev;
    if (waiter->prev != NULL)
        waiter->prev->next = waiter->next;
    else
        SetFirstWaiter(waiter->db, waiter->key, waiter->next);
    RedisModule_DictDelC(by_client, &waiter->client, sizeof(waiter->client), NULL);
}

// Hands the waiter back to the server, which calls WaitReply if the client is still there and
// then WaitFree. Needed after a timeout or disconnect too: the server keeps its part until then.
static void Finish(Waiter *waiter) {
    RemoveWaiter(waiter);
    RedisModule_UnblockClient(waiter->client, waiter);
}

static void FinishClient(RedisModuleBlockedClient *client) {
    Waiter *waiter = RedisModule_DictGetC(by_client, &client, sizeof(client), NULL);
    if (waiter != NULL)
        Finish(waiter);
}

static int WaitReply(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    return RedisModule_ReplyWithSimpleString(ctx, "OK");
}

static int WaitTimeout(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    FinishClient(RedisModule_GetBlockedClientHandle(ctx));
    return RedisModule_ReplyWithNull(ctx);
}

// Also called for CLIENT UNBLOCK id ERROR.
static void WaitDisconnected(RedisModuleCtx *ctx, RedisModuleBlockedClient *client) {
    REDISMODULE_NOT_USED(ctx);
    FinishClient(client);
}

static void WaitFree(RedisModuleCtx *ctx, void *privdata) {
    REDISMODULE_NOT_USED(ctx);
    Waiter *waiter = privdata;
    RedisModule_FreeString(NULL, waiter->key);
    RedisModule_FreeString(NULL, waiter->expected);
    RedisModule_Free(waiter);
}

static int HasValue(RedisModuleKey *key, RedisModuleString *expected) {
    if (RedisModule_KeyType(key) != REDISMODULE_KEYTYPE_STRING)
        return 0;
    size_t len, expected_len;
    const char *value = RedisModule_StringDMA(key, &len, REDISMODULE_READ);
    const char *wanted = RedisModule_StringPtrLen(expected, &expected_len);
    return len == expected_len && memcmp(value, wanted, len) == 0;
}

// Called after every event on a string and every generic one (RENAME, MOVE, COPY, RESTORE) of
// any key. SWAPDB has no such event: its waiters wake at the next change of their key.
static int OnKeyspaceEvent(RedisModuleCtx *ctx, int type, const char *event,
                           RedisModuleString *name) {
    REDISMODULE_NOT_USED(type);
    REDISMODULE_NOT_USED(event);
    if (RedisModule_DictSize(by_client) == 0)
        return REDISMODULE_OK;
    Waiter *waiter = FirstWaiter(RedisModule_GetSelectedDb(ctx), name);
    if (waiter == NULL)
        return REDISMODULE_OK;

    // Our looking at the key is no use of it: its LRU clock stays as it is.
    RedisModuleKey *key =
        RedisModule_OpenKey(ctx, name, REDISMODULE_READ | REDISMODULE_OPEN_KEY_NOTOUCH);
    while (waiter != NULL) {
        Waiter *next = waiter->next; // Finish takes the waiter out of the list
        if (HasValue(key, waiter->expected))
            Finish(waiter);
        waiter = next;
    }
    RedisModule_CloseKey(key);
    return REDISMODULE_OK;
}

// Parses a time to wait, 0 for ever. On failure the error has been sent.
static int ParseTimeout(RedisModuleCtx *ctx, RedisModuleString *arg, long long *timeout_ms) {
    if (RedisModule_StringToLongLong(arg, timeout_ms) != REDISMODULE_OK || *timeout_ms < 0) {
        RedisModule_ReplyWithError(ctx, "ERR invalid timeout");
        return REDISMODULE_ERR;
    }
    if (*timeout_ms > LLONG_MAX - RedisModule_Milliseconds()) { // the server adds them up
        RedisModule_ReplyWithError(ctx, "ERR timeout is out of range");
        return REDISMODULE_ERR;
    }
    return REDISMODULE_OK;
}

static int Block(RedisModuleCtx *ctx, RedisModuleString **argv, long long timeout_ms) {
    // In MULTI and in scripts the next command waits for this one's reply: nobody could wake us.
    if (RedisModule_GetContextFlags(ctx) & REDISMODULE_CTX_FLAGS_DENY_BLOCKING)
        return RedisModule_ReplyWithError(
            ctx, "ERR MYMODULE.WAITFOR cannot wait in a transaction or a script");

    Waiter *waiter = RedisModule_Alloc(sizeof(*waiter));
    waiter->db = RedisModule_GetSelectedDb(ctx);
    waiter->key = RedisModule_HoldString(NULL, argv[1]); // argv itself ends with this call
    waiter->expected = RedisModule_HoldString(NULL, argv[2]);
    waiter->client = RedisModule_BlockClient(ctx, WaitReply, WaitTimeout, WaitFree, timeout_ms);
    RedisModule_SetDisconnectCallback(waiter->client, WaitDisconnected);
    AddWaiter(waiter);
    return REDISMODULE_OK;
}

// MYMODULE.WAITFOR key value timeout_ms
int WaitForCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 4)
        return RedisModule_WrongArity(ctx);

    long long timeout_ms;
    if (ParseTimeout(ctx, argv[3], &timeout_ms) != REDISMODULE_OK)
        return REDISMODULE_OK;

    RedisModuleKey *key = RedisModule_OpenKey(ctx, argv[1], REDISMODULE_READ);
    int type = RedisModule_KeyType(key);
    int has_value = HasValue(key, argv[2]);
    RedisModule_CloseKey(key);

    if (type != REDISMODULE_KEYTYPE_EMPTY && type != REDISMODULE_KEYTYPE_STRING)
        return RedisModule_ReplyWithError(ctx, REDISMODULE_ERRORMSG_WRONGTYPE);
    if (has_value)
        return RedisModule_ReplyWithSimpleString(ctx, "OK");
    return Block(ctx, argv, timeout_ms);
}

int RegisterWaitFor(RedisModuleCtx *ctx) {
    by_key = RedisModule_CreateDict(NULL);
    by_client = RedisModule_CreateDict(NULL);
    if (RedisModule_SubscribeToKeyspaceEvents(
            ctx, REDISMODULE_NOTIFY_STRING | REDISMODULE_NOTIFY_GENERIC, OnKeyspaceEvent) ==
        REDISMODULE_ERR)
        return REDISMODULE_ERR;
    return RedisModule_CreateCommand(ctx, "mymodule.waitfor", WaitForCommand, "readonly", 1, 1, 1);
}
