// The parts of the C header that do not come from a table: includes, attributes, RedisModule_Init.

export const HEADER_PROLOGUE = `#ifndef REDISMODULE_H
#define REDISMODULE_H

/* Module authors rely on these coming along. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef REDISMODULE_ATTR_UNUSED
#define REDISMODULE_ATTR_UNUSED __attribute__((unused))
#endif

/* Lets the compiler check printf formats. */
#ifndef REDISMODULE_ATTR_PRINTF
#define REDISMODULE_ATTR_PRINTF(idx, cnt) __attribute__((format(printf, idx, cnt)))
#endif

/* Natively every file that includes this header defines the function pointers; weak definitions
 * become one. A project may choose otherwise with REDISMODULE_API (such as \`extern\`) or
 * REDISMODULE_ATTR. */
#ifndef REDISMODULE_API
#define REDISMODULE_API
#endif
#ifndef REDISMODULE_ATTR
#define REDISMODULE_ATTR __attribute__((weak))
#endif

#ifdef __wasm__
/* Imports are never NULL. Authors compare the pointers of the native build with NULL to learn what
 * the server supports; the same source must not warn here. */
#pragma clang diagnostic ignored "-Wtautological-pointer-compare"
#pragma clang diagnostic ignored "-Wpointer-bool-conversion"

/* The host reads these structs at fixed offsets. */
#ifdef __cplusplus
#define REDISMODULE_LAYOUT(cond, what) static_assert(cond, "layout of " what)
#else
#define REDISMODULE_LAYOUT(cond, what) _Static_assert(cond, "layout of " what)
#endif
#endif

/* True if the server has a function. */
#define RMAPI_FUNC_SUPPORTED(func) ((func) != NULL)
`;

export const INIT_WASM = `/* Introduces the module; the first call of RedisModule_OnLoad. */
static int REDISMODULE_ATTR_UNUSED RedisModule_Init(RedisModuleCtx *ctx, const char *name, int ver,
                                                    int apiver) {
    if (RedisModule_IsModuleNameBusy(name)) return REDISMODULE_ERR;
    RedisModule_SetModuleAttribs(ctx, name, ver, apiver);
    return REDISMODULE_OK;
}

/* A failed assertion ends the call as a trap. */
#define RedisModule_Assert(_e) \\
    ((_e) ? (void)0 : (RedisModule__Assert(#_e, __FILE__, __LINE__), __builtin_trap()))`;

export const INIT_NATIVE = `/* Introduces the module; the first call of RedisModule_OnLoad. Fills in the function pointers; those
 * that the server does not have stay NULL. */
static int REDISMODULE_ATTR_UNUSED RedisModule_Init(RedisModuleCtx *ctx, const char *name, int ver,
                                                    int apiver) {
    static const struct {
        const char *name;
        void *target;
    } functions[] = {
@ENTRIES@
    };
    void *get_api = *(void **)ctx; /* the server stores it in the first word */
    size_t i;
    RedisModule_GetApi = (int (*)(const char *, void *))get_api;
    for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        RedisModule_GetApi(functions[i].name, functions[i].target);
    }
    if (RedisModule_IsModuleNameBusy && RedisModule_IsModuleNameBusy(name)) return REDISMODULE_ERR;
    RedisModule_SetModuleAttribs(ctx, name, ver, apiver);
    return REDISMODULE_OK;
}

/* A failed assertion ends the server. */
#define RedisModule_Assert(_e) \\
    ((_e) ? (void)0 : (RedisModule__Assert(#_e, __FILE__, __LINE__), abort()))`;

export const HEADER_EPILOGUE = `
/* What a module defines. Declared here so that C++ gives them C names. */
int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc);
int RedisModule_OnUnload(RedisModuleCtx *ctx);

#define REDISMODULE_CLIENTINFO_INITIALIZER_V1 {.version = 1}
#define RedisModule_IsAOFClient(id) ((id) == UINT64_MAX)

#ifdef __cplusplus
}
#endif
#endif /* REDISMODULE_H */
`;
