// COUNTER.*: each command checks all of its input first and changes the counter last.

#include "counter.h"

#define OVERFLOW_ERROR "ERR increment or decrement would overflow"

// Opens a key for a counter command. Returns REDISMODULE_ERR, with nothing left open, if the key
// holds something else; the error has then been sent. A missing key gives *counter NULL, and
// with mode REDISMODULE_READ *key is NULL too, which CloseKey accepts.
static int OpenCounter(RedisModuleCtx *ctx, RedisModuleString *name, int mode,
                       RedisModuleKey **key, CounterObject **counter) {
    *key = RedisModule_OpenKey(ctx, name, mode);
    *counter = NULL;
    if (RedisModule_KeyType(*key) == REDISMODULE_KEYTYPE_EMPTY)
        return REDISMODULE_OK;
    if (RedisModule_ModuleTypeGetType(*key) != CounterType) {
        RedisModule_CloseKey(*key);
        RedisModule_ReplyWithError(ctx, REDISMODULE_ERRORMSG_WRONGTYPE);
        return REDISMODULE_ERR;
    }
    *counter = RedisModule_ModuleTypeGetValue(*key);
    return REDISMODULE_OK;
}

// Puts `next` into the open key, in place if it holds a counter already: its expiry stays.
static void StoreCounter(RedisModuleKey *key, CounterObject *counter, const CounterObject *next) {
    if (counter == NULL) {
        counter = CreateCounter();
        RedisModule_ModuleTypeSetValue(key, CounterType, counter);
    }
    *counter = *next;
}

// Adds `amount` to *counter. Returns REDISMODULE_ERR if one of its numbers would not fit.
static int AddToCounter(CounterObject *counter, long long amount) {
    CounterObject next = *counter;
    if (__builtin_add_overflow(next.current, amount, &next.current))
        return REDISMODULE_ERR;
    // Subtracting, as -amount itself does not exist for LLONG_MIN.
    if (amount > 0 ? __builtin_add_overflow(next.increments, amount, &next.increments)
                   : __builtin_sub_overflow(next.decrements, amount, &next.decrements))
        return REDISMODULE_ERR;
    *counter = next;
    return REDISMODULE_OK;
}

// COUNTER.INCR key [amount]
static int CounterIncrCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc < 2 || argc > 3)
        return RedisModule_WrongArity(ctx);

    long long amount = 1;
    if (argc == 3 && RedisModule_StringToLongLong(argv[2], &amount) != REDISMODULE_OK)
        return RedisModule_ReplyWithError(ctx, "ERR invalid increment");

    RedisModuleKey *key;
    CounterObject *counter;
    if (OpenCounter(ctx, argv[1], REDISMODULE_READ | REDISMODULE_WRITE, &key, &counter) !=
        REDISMODULE_OK)
        return REDISMODULE_OK;

    CounterObject next = {0};
    if (counter != NULL)
        next = *counter;
    if (AddToCounter(&next, amount) != REDISMODULE_OK) {
        RedisModule_CloseKey(key);
        return RedisModule_ReplyWithError(ctx, OVERFLOW_ERROR);
    }

    StoreCounter(key, counter, &next);
    RedisModule_CloseKey(key);
    RedisModule_NotifyKeyspaceEvent(ctx, REDISMODULE_NOTIFY_MODULE, "counter.incr", argv[1]);
    RedisModule_ReplicateVerbatim(ctx);
    return RedisModule_ReplyWithLongLong(ctx, next.current);
}

// COUNTER.SET key current increments decrements
static int CounterSetCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 5)
        return RedisModule_WrongArity(ctx);

    CounterObject next;
    if (RedisModule_StringToLongLong(argv[2], &next.current) != REDISMODULE_OK ||
        RedisModule_StringToLongLong(argv[3], &next.increments) != REDISMODULE_OK ||
        RedisModule_StringToLongLong(argv[4], &next.decrements) != REDISMODULE_OK)
        return RedisModule_ReplyWithError(ctx, "ERR value is not an integer or out of range");
    if (!IsCounterValid(&next))
        return RedisModule_ReplyWithError(ctx,
                                          "ERR increments and decrements must not be negative");

    RedisModuleKey *key;
    CounterObject *counter;
    if (OpenCounter(ctx, argv[1], REDISMODULE_READ | REDISMODULE_WRITE, &key, &counter) !=
        REDISMODULE_OK)
        return REDISMODULE_OK;

    StoreCounter(key, counter, &next);
    RedisModule_CloseKey(key);
    RedisModule_NotifyKeyspaceEvent(ctx, REDISMODULE_NOTIFY_MODULE, "counter.set", argv[1]);
    RedisModule_ReplicateVerbatim(ctx);
    return RedisModule_ReplyWithSimpleString(ctx, "OK");
}

// COUNTER.GET key
static int CounterGetCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 2)
        return RedisModule_WrongArity(ctx);

    RedisModuleKey *key;
    CounterObject *counter;
    if (OpenCounter(ctx, argv[1], REDISMODULE_READ, &key, &counter) != REDISMODULE_OK)
        return REDISMODULE_OK;

    if (counter == NULL)
        RedisModule_ReplyWithNull(ctx);
    else
        RedisModule_ReplyWithLongLong(ctx, counter->current);
    RedisModule_CloseKey(key);
    return REDISMODULE_OK;
}

// COUNTER.STATS key
// Replies with field-value pairs, or null if there is no such counter.
static int CounterStatsCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    if (argc != 2)
        return RedisModule_WrongArity(ctx);

    RedisModuleKey *key;
    CounterObject *counter;
    if (OpenCounter(ctx, argv[1], REDISMODULE_READ, &key, &counter) != REDISMODULE_OK)
        return REDISMODULE_OK;

    if (counter == NULL) {
        RedisModule_ReplyWithNull(ctx);
    } else {
        RedisModule_ReplyWithArray(ctx, 6);
        RedisModule_ReplyWithSimpleString(ctx, "current");
        RedisModule_ReplyWithLongLong(ctx, counter->current);
        RedisModule_ReplyWithSimpleString(ctx, "increments");
        RedisModule_ReplyWithLongLong(ctx, counter->increments);
        RedisModule_ReplyWithSimpleString(ctx, "decrements");
        RedisModule_ReplyWithLongLong(ctx, counter->decrements);
    }
    RedisModule_CloseKey(key);
    return REDISMODULE_OK;
}

#define KEY_ARG                                                                                    \
    {                                                                                              \
        .name = "key", .type = REDISMODULE_ARG_TYPE_KEY, .key_spec_index = 0                       \
    }
#define INTEGER_ARG(arg_name, arg_flags)                                                           \
    {                                                                                              \
        .name = arg_name, .type = REDISMODULE_ARG_TYPE_INTEGER, .key_spec_index = -1,              \
        .flags = arg_flags                                                                         \
    }

static RedisModuleCommandArg KeyOnly[] = {KEY_ARG, {0}};
static RedisModuleCommandArg IncrArgs[] = {
    KEY_ARG, INTEGER_ARG("amount", REDISMODULE_CMD_ARG_OPTIONAL), {0}};
static RedisModuleCommandArg SetArgs[] = {KEY_ARG, INTEGER_ARG("current", 0),
                                          INTEGER_ARG("increments", 0),
                                          INTEGER_ARG("decrements", 0), {0}};

typedef struct CounterCommand {
    const char *name;
    RedisModuleCmdFunc run;
    const char *flags;
    const char *summary;
    int arity; // negative: at least that many, command name included
    int access;
    RedisModuleCommandArg *args;
} CounterCommand;

static const CounterCommand Commands[] = {
    {"counter.incr", CounterIncrCommand, "write deny-oom fast",
     "Adds an amount, 1 by default, to a counter.", -2,
     REDISMODULE_CMD_KEY_RW | REDISMODULE_CMD_KEY_ACCESS | REDISMODULE_CMD_KEY_UPDATE, IncrArgs},
    {"counter.get", CounterGetCommand, "readonly fast", "Returns the value of a counter.", 2,
     REDISMODULE_CMD_KEY_RO | REDISMODULE_CMD_KEY_ACCESS, KeyOnly},
    {"counter.stats", CounterStatsCommand, "readonly fast",
     "Returns the value of a counter and the totals of its increments and decrements.", 2,
     REDISMODULE_CMD_KEY_RO | REDISMODULE_CMD_KEY_ACCESS, KeyOnly},
    {"counter.set", CounterSetCommand, "write deny-oom fast",
     "Sets the value and the totals of a counter.", 5,
     REDISMODULE_CMD_KEY_OW | REDISMODULE_CMD_KEY_UPDATE, SetArgs},
};

// Describes a command to COMMAND DOCS, from which redis-cli takes its hints.
static int DocumentCommand(RedisModuleCtx *ctx, const CounterCommand *command) {
    RedisModuleCommandKeySpec key_specs[] = {
        {
            .flags = command->access,
            .begin_search_type = REDISMODULE_KSPEC_BS_INDEX,
            .bs.index.pos = 1,
            .find_keys_type = REDISMODULE_KSPEC_FK_RANGE,
            .fk.range = {.lastkey = 0, .keystep = 1, .limit = 0},
        },
        {0},
    };
    RedisModuleCommandInfo info = {
        .version = REDISMODULE_COMMAND_INFO_VERSION,
        .summary = command->summary,
        .complexity = "O(1)",
        .since = "1.0.0",
        .arity = command->arity,
        .key_specs = key_specs,
        .args = command->args,
    };
    RedisModuleCommand *registered = RedisModule_GetCommand(ctx, command->name);
    return RedisModule_SetCommandInfo(registered, &info);
}

int RegisterCounterCommands(RedisModuleCtx *ctx) {
    for (size_t i = 0; i < sizeof(Commands) / sizeof(Commands[0]); i++) {
        const CounterCommand *command = &Commands[i];
        if (RedisModule_CreateCommand(ctx, command->name, command->run, command->flags, 1, 1, 1) ==
            REDISMODULE_ERR)
            return REDISMODULE_ERR;
        if (DocumentCommand(ctx, command) == REDISMODULE_ERR)
            return REDISMODULE_ERR;
    }
    return REDISMODULE_OK;
}
