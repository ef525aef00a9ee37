// The counter type and its commands, shared by the modules `counter` and `mymodule`.

#ifndef COUNTER_H
#define COUNTER_H

#include "redismodule.h"

// All three stay in the range of a long long; the totals are never negative.
typedef struct CounterObject {
    long long current;
    long long increments; // sum of the positive amounts
    long long decrements; // sum of the negative amounts, as a positive number
} CounterObject;

// Set by RegisterCounterType, before any command can run.
extern RedisModuleType *CounterType;

// Allocates a counter at zero; freed by the type's free callback once a key holds it.
CounterObject *CreateCounter(void);

// Whether the totals could have come from counting; RDB files and clients may say otherwise.
int IsCounterValid(const CounterObject *counter);

// Registers type `counter--` and then COUNTER.*; to be called from OnLoad only.
int RegisterCounterType(RedisModuleCtx *ctx);
int RegisterCounterCommands(RedisModuleCtx *ctx);

#endif
