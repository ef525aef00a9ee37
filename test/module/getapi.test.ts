// Modules in C that find every function through GetApi, as Redis's own header does: they import
// nothing, and the server calls them through their table alone.

import { beforeAll, describe, expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import { type LoadedCode, loadCode } from '../../host/module/code.ts';
import { compileWasm } from '../abi/native.ts';
import { type GuestOptions, guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';
import { wat } from './wat.ts';

/** What the header of a real module does, for the few functions used here. */
const HEADER = `#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
typedef struct RedisModuleCtx RedisModuleCtx;
typedef struct RedisModuleString RedisModuleString;
typedef struct RedisModuleKey RedisModuleKey;
typedef struct RedisModuleIO RedisModuleIO;
typedef struct RedisModuleType RedisModuleType;
typedef struct RedisModuleCallReply RedisModuleCallReply;
typedef int (*RedisModuleCmdFunc)(RedisModuleCtx *, RedisModuleString **, int);
typedef struct {
    uint64_t version;
    void *(*rdb_load)(RedisModuleIO *, int);
    void (*rdb_save)(RedisModuleIO *, void *);
    void *aof_rewrite, *mem_usage, *digest;
    void (*free)(void *);
    void *unused[16];
} RedisModuleTypeMethods;
#define API(result, name, ...) static result (*RedisModule_##name)(__VA_ARGS__)
API(int, GetApi, const char *, void *);
API(void, SetModuleAttribs, RedisModuleCtx *, const char *, int, int);
API(int, IsModuleNameBusy, const char *);
API(int, CreateCommand, RedisModuleCtx *, const char *, RedisModuleCmdFunc, const char *, int, int,
    int);
API(int, WrongArity, RedisModuleCtx *);
API(int, ReplyWithLongLong, RedisModuleCtx *, long long);
API(int, ReplyWithDouble, RedisModuleCtx *, double);
API(int, ReplyWithError, RedisModuleCtx *, const char *);
API(int, ReplyWithString, RedisModuleCtx *, RedisModuleString *);
API(int, ReplyWithCallReply, RedisModuleCtx *, RedisModuleCallReply *);
API(int, StringToLongLong, const RedisModuleString *, long long *);
API(RedisModuleString *, CreateStringPrintf, RedisModuleCtx *, const char *, ...);
API(void, FreeString, RedisModuleCtx *, RedisModuleString *);
API(void, FreeCallReply, RedisModuleCallReply *);
API(RedisModuleCallReply *, Call, RedisModuleCtx *, const char *, const char *, ...);
API(void *, Calloc, size_t, size_t);
API(void, Free, void *);
API(RedisModuleKey *, OpenKey, RedisModuleCtx *, RedisModuleString *, int);
API(void, CloseKey, RedisModuleKey *);
API(int, KeyType, RedisModuleKey *);
API(RedisModuleType *, ModuleTypeGetType, RedisModuleKey *);
API(void *, ModuleTypeGetValue, RedisModuleKey *);
API(int, ModuleTypeSetValue, RedisModuleKey *, RedisModuleType *, void *);
API(RedisModuleType *, CreateDataType, RedisModuleCtx *, const char *, int,
    RedisModuleTypeMethods *);
API(void, SaveUnsigned, RedisModuleIO *, uint64_t);
API(uint64_t, LoadUnsigned, RedisModuleIO *);
API(int, ReplicateVerbatim, RedisModuleCtx *);
API(int, NoSuchFunction, RedisModuleCtx *);
#define FIND(name) RedisModule_GetApi("RedisModule_" #name, (void *)&RedisModule_##name)
static int missing;
static int Init(RedisModuleCtx *ctx, const char *name, int version) {
    RedisModule_GetApi = (int (*)(const char *, void *))((void **)ctx)[0];
    FIND(SetModuleAttribs); FIND(IsModuleNameBusy); FIND(CreateCommand); FIND(WrongArity);
    FIND(ReplyWithLongLong); FIND(ReplyWithDouble); FIND(ReplyWithError); FIND(ReplyWithString);
    FIND(ReplyWithCallReply); FIND(StringToLongLong); FIND(CreateStringPrintf); FIND(FreeString);
    FIND(FreeCallReply); FIND(Call); FIND(Calloc); FIND(Free); FIND(OpenKey); FIND(CloseKey);
    FIND(KeyType); FIND(ModuleTypeGetType); FIND(ModuleTypeGetValue); FIND(ModuleTypeSetValue);
    FIND(CreateDataType); FIND(SaveUnsigned); FIND(LoadUnsigned); FIND(ReplicateVerbatim);
    missing = FIND(NoSuchFunction);
    if (RedisModule_IsModuleNameBusy(name)) return 1;
    RedisModule_SetModuleAttribs(ctx, name, version, 1);
    return 0;
}
`;

const SOURCE = `#include "redismodule.h"
static RedisModuleType *type;
static void *Load(RedisModuleIO *io, int encver) {
    (void)encver;
    long long *value = RedisModule_Calloc(1, sizeof *value);
    *value = (long long)RedisModule_LoadUnsigned(io);
    return value;
}
static void Save(RedisModuleIO *io, void *value) {
    RedisModule_SaveUnsigned(io, (uint64_t) * (long long *)value);
}
static void Release(void *value) { RedisModule_Free(value); }
static int Incr(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    long long by = 1;
    if (argc != 2 && argc != 3) return RedisModule_WrongArity(ctx);
    if (argc == 3 && RedisModule_StringToLongLong(argv[2], &by))
        return RedisModule_ReplyWithError(ctx, "ERR value is not an integer");
    RedisModuleKey *key = RedisModule_OpenKey(ctx, argv[1], 3);
    if (RedisModule_KeyType(key) && RedisModule_ModuleTypeGetType(key) != type)
        return RedisModule_ReplyWithError(ctx, "WRONGTYPE another type");
    long long *value = RedisModule_ModuleTypeGetValue(key);
    if (!value) {
        value = RedisModule_Calloc(1, sizeof *value);
        RedisModule_ModuleTypeSetValue(key, type, value);
    }
    *value += by;
    RedisModule_ReplicateVerbatim(ctx);
    return RedisModule_ReplyWithLongLong(ctx, *value);
}
static int Text(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv;
    RedisModuleString *text = RedisModule_CreateStringPrintf(
        ctx, "%d %lld %.2f %s %zu", argc, -5000000000LL, 2.5, "text", sizeof(void *));
    RedisModule_ReplyWithString(ctx, text);
    RedisModule_FreeString(ctx, text);
    return 0;
}
static int Append(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argc;
    RedisModuleCallReply *reply =
        RedisModule_Call(ctx, "APPEND", "sc", argv[1], "!");
    RedisModule_ReplyWithCallReply(ctx, reply);
    RedisModule_FreeCallReply(reply);
    return 0;
}
static int Double(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv, (void)argc;
    return RedisModule_ReplyWithDouble(ctx, 0.5);
}
static int Missing(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv, (void)argc;
    return RedisModule_ReplyWithLongLong(ctx, missing * 10 + (RedisModule_NoSuchFunction == NULL));
}
int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv, (void)argc;
    if (Init(ctx, "stock", 1)) return 1;
    RedisModuleTypeMethods methods = {
        .version = 1, .rdb_load = Load, .rdb_save = Save, .free = Release};
    type = RedisModule_CreateDataType(ctx, "stock-typ", 0, &methods);
    return !type || RedisModule_CreateCommand(ctx, "stock.incr", Incr, "write", 1, 1, 1) ||
           RedisModule_CreateCommand(ctx, "stock.text", Text, "", 0, 0, 0) ||
           RedisModule_CreateCommand(ctx, "stock.append", Append, "write", 1, 1, 1) ||
           RedisModule_CreateCommand(ctx, "stock.double", Double, "", 0, 0, 0) ||
           RedisModule_CreateCommand(ctx, "stock.missing", Missing, "", 0, 0, 0);
}
`;

const FLAGS = ['-std=gnu11', '-O1', '-Wl,--export-table', '-Wl,--growable-table'];

describe('a C module that imports nothing', { tags: ['slow'] }, () => {
  let code: LoadedCode;
  let server: TestInstance;

  beforeAll(async () => {
    code = await loadCode(Buffer.from(await compileWasm({ 'stock.c': SOURCE }, FLAGS, HEADER)));
    server = new TestInstance();
    server.instance.modules.load(code, 'stock.wasm', []);
  });

  test('has no function of the ABI among its imports', () => {
    expect(code.info.imports.filter(({ module }) => module === 'redismodule')).toEqual([]);
  });

  test('runs its commands and has a type of its own', () => {
    expect(server.raw('stock.incr', 'k')).toBe(':1\r\n');
    expect(server.raw('stock.incr', 'k', 41)).toBe(':42\r\n');
    expect(server.raw('stock.incr', 'k', 'x')).toBe('-ERR value is not an integer\r\n');
    expect(server.raw('stock.incr')).toMatch(/^-ERR wrong number of arguments/);
    expect(server.raw('TYPE', 'k')).toBe('+stock-typ\r\n');
    server.raw('SET', 's', 'x');
    expect(server.raw('stock.incr', 's')).toBe('-WRONGTYPE another type\r\n');
    expect(server.takeEffects().at(0)).toEqual(['stock.incr', 'k']);
  });

  test('saves and loads its values, and frees them', () => {
    server.raw('stock.incr', 'a', '7');
    const dump = server.raw('DUMP', 'a');
    const payload = dump.slice(dump.indexOf('\r\n') + 2, -2);
    const { modules } = server.instance.modules;
    const allocator = modules.get('stock')?.instance.allocator;
    const live = allocator?.liveBlocks ?? 0;
    server.raw('DEL', 'a');
    expect(allocator?.liveBlocks).toBe(live - 1);
    server.instance.dispatcher.dispatch(server.client, Argv.of('RESTORE', 'a', '0', payload));
    expect(server.takeReply()).toBe('+OK\r\n');
    expect(server.raw('stock.incr', 'a')).toBe(':8\r\n');
  });

  test('lets the host format its text', () => {
    expect(server.raw('stock.text')).toBe('$25\r\n1 -5000000000 2.50 text 4\r\n');
  });

  test('passes variable arguments to Call, and doubles', () => {
    server.raw('SET', 't', 'hi');
    expect(server.raw('stock.append', 't')).toBe(':3\r\n');
    expect(server.raw('GET', 't')).toBe('$3\r\nhi!\r\n');
    expect(server.raw('stock.double')).toBe('$3\r\n0.5\r\n');
  });

  test('finds NULL and REDISMODULE_ERR for what there is not', () => {
    expect(server.raw('stock.missing')).toBe(':11\r\n');
  });

  test('runs in two instances at a time', () => {
    const other = new TestInstance();
    other.instance.modules.load(code, 'stock.wasm', []);
    other.raw('stock.incr', 'mine', '5');
    expect(server.raw('EXISTS', 'mine')).toBe(':0\r\n');
    expect(other.raw('stock.incr', 'mine')).toBe(':6\r\n');
  });
});

describe('a table that cannot grow', () => {
  const fixed = '(table $t (export "__indirect_function_table") 2 2 funcref)';
  const load = async (bytes: Uint8Array): Promise<void> => {
    const server = new TestInstance();
    server.instance.modules.load(await loadCode(Buffer.from(bytes)), 'x.wasm', []);
  };

  test('is refused, with the remedy, where GetApi is the only way', async () => {
    const bytes = wat(`(module (memory (export "memory") 1) ${fixed}
      (func (export "RedisModule_OnLoad") (param i32 i32 i32) (result i32) (i32.const 0)))`);
    await expect(load(bytes)).rejects.toThrow(
      'its function table cannot grow: link it with -Wl,--growable-table',
    );
  });

  test('does not matter to a module that imports what it calls', async () => {
    await expect(load(guest({ table: fixed }))).resolves.toBeUndefined();
  });

  test('traps when such a module asks GetApi all the same', async () => {
    const options: GuestOptions = {
      table: fixed,
      uses: ['GetApi'],
      strings: { 1100: 'RedisModule_Alloc', 1200: 'RedisModule_Nothing' },
      onLoad: `(if (i32.ne (call $GetApi (i32.const 1200) (i32.const 2000)) (i32.const 1))
          (then (return (i32.const 1))))
        (drop (call $GetApi (i32.const 1100) (i32.const 2000)))`,
    };
    await expect(load(guest(options))).rejects.toThrow(
      'trapped while loading: RedisModule_GetApi: its function table cannot grow',
    );
  });
});

test('a function is put into the table once, however often it is looked up', async () => {
  const look = '(drop (call $GetApi (i32.const 1100) (i32.const 2000)))';
  const bytes = guest({
    uses: ['GetApi'],
    strings: { 1100: 'RedisModule_Alloc' },
    onLoad: look.repeat(5),
  });
  const { instance } = new TestInstance().instance.modules.load(await loadCode(bytes), 'x', []);
  expect(instance.table?.length).toBe(8 + 2); // GetApi itself and Alloc
  expect(instance.memory.readU32(2000)).toBe(9);
});
