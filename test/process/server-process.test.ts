// CONFIG REWRITE of a server with modules: the file starts the same server again.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildGuest } from '../../build/guest.ts';
import { moduleOf } from '../examples/targets.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestServerProcess } from '../support/server-process.ts';

/** A module without data types, so that it can be unloaded, that has two options. */
const TUNED = `#include "redismodule.h"

static long long limit;
static RedisModuleString *label;

static long long GetLimit(const char *name, void *data) {
    REDISMODULE_NOT_USED(name);
    REDISMODULE_NOT_USED(data);
    return limit;
}

static int SetLimit(const char *name, long long value, void *data, RedisModuleString **err) {
    REDISMODULE_NOT_USED(name);
    REDISMODULE_NOT_USED(data);
    REDISMODULE_NOT_USED(err);
    limit = value;
    return REDISMODULE_OK;
}

static RedisModuleString *GetLabel(const char *name, void *data) {
    REDISMODULE_NOT_USED(name);
    REDISMODULE_NOT_USED(data);
    return label;
}

static int SetLabel(const char *name, RedisModuleString *value, void *data,
                    RedisModuleString **err) {
    REDISMODULE_NOT_USED(name);
    REDISMODULE_NOT_USED(data);
    REDISMODULE_NOT_USED(err);
    if (label != NULL)
        RedisModule_FreeString(NULL, label);
    RedisModule_RetainString(NULL, value);
    label = value;
    return REDISMODULE_OK;
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "tuned", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;
    if (RedisModule_RegisterNumericConfig(ctx, "limit", 1024, REDISMODULE_CONFIG_MEMORY, 0,
                                          1 << 30, GetLimit, SetLimit, NULL,
                                          NULL) == REDISMODULE_ERR ||
        RedisModule_RegisterStringConfig(ctx, "label", "none", 0, GetLabel, SetLabel, NULL,
                                         NULL) == REDISMODULE_ERR)
        return REDISMODULE_ERR;
    return RedisModule_LoadConfigs(ctx);
}
`;

const OK = '+OK\r\n';

async function folderWithModules(): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tuned.c'), TUNED);
  const out = join(folder, 'tuned.wasm');
  await buildGuest({ lang: 'c', sources: [join(folder, 'tuned.c')], out });
  copyFileSync(await moduleOf('c', 'config'), join(folder, 'config.wasm'));
  return folder;
}

/** The lines of the file that are about modules. */
function moduleLines(folder: string): string[] {
  const lines = readFileSync(join(folder, 'redis.conf'), 'latin1').split('\n');
  return lines.filter((line) => /^loadmodule|^tuned\./.test(line));
}

test('CONFIG REWRITE keeps modules and their options', { tags: ['slow'] }, async () => {
  const folder = await folderWithModules();
  const file = join(folder, 'redis.conf');
  writeFileSync(
    file,
    `# mine\nloadmodule config.wasm max_connections=7\nport 0\nunixsocket ${folder}/socket\n` +
      'enable-module-command yes\n',
  );
  const first = await TestServerProcess.start(folder, [file]);
  expect(first.raw('CONFIG', 'REWRITE')).toBe(OK);
  expect(moduleLines(folder)).toEqual(['loadmodule config.wasm max_connections=7']);

  first.raw('MULTI'); // where it is loaded at once
  first.raw('MODULE', 'LOADEX', 'tuned.wasm', 'CONFIG', 'tuned.limit', '2mb', 'ARGS', 'a b', 'c');
  expect(first.raw('EXEC')).toBe(`*1\r\n${OK}`);
  expect(first.raw('CONFIG', 'SET', 'tuned.label', 'say "hi"')).toBe(OK);
  expect(first.raw('CONFIG', 'REWRITE')).toBe(OK);
  expect(moduleLines(folder)).toEqual([
    'loadmodule config.wasm max_connections=7',
    'tuned.limit 2mb',
    'tuned.label "say \\"hi\\""',
    'loadmodule tuned.wasm "a b" c',
  ]);
  await first.stop();

  const second = await TestServerProcess.start(folder, [file]);
  expect(second.raw('CONFIG', 'GET', 'tuned.limit')).toContain('2097152');
  expect(second.raw('CONFIG', 'GET', 'tuned.label')).toContain('say "hi"');
  expect(second.raw('CONFIG.MAXCONN')).toBe(':7\r\n');
  expect(second.raw('MODULE', 'UNLOAD', 'config')).toBe(OK);
  expect(second.raw('MODULE', 'UNLOAD', 'tuned')).toBe(OK);
  expect(second.raw('CONFIG', 'REWRITE')).toBe(OK);
  expect(moduleLines(folder)).toEqual([]);
  expect(readFileSync(file, 'latin1')).toContain('\n# ??? tuned.limit 2mb\n');
  await second.stop();

  const third = await TestServerProcess.start(folder, [file]);
  expect(third.raw('MODULE', 'LIST')).toBe('*0\r\n');
  await third.stop();
});
