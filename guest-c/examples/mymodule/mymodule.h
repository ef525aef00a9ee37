// What the files of mymodule share.

#ifndef MYMODULE_H
#define MYMODULE_H

#include "redismodule.h"

// commands.c
int HelloCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);
int MultiplyCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);
int SetCapsCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);
int GetCapsCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);

// waitfor.c
int WaitForCommand(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);
int RegisterWaitFor(RedisModuleCtx *ctx);

#endif
