// One C source with RedisModule_SetCommandInfo, in redcell and natively in redis-server: COMMAND
// tells the same of its commands.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGuest } from '../../build/guest.ts';
import { hasOracle, Oracle, type RawClient } from '../support/oracle.ts';
import { Served } from '../support/served.ts';

const SOURCE = `#include "redismodule.h"
#include <errno.h>

static int Run(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    return RedisModule_ReplyWithLongLong(ctx, argc);
}

static const RedisModuleCommandInfo full = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .summary = "Does what it does.",
    .complexity = "O(N)",
    .since = "1.2.3",
    .history = (RedisModuleCommandHistoryEntry[]){{"1.3.0", "Does more."},
                                                  {"1.4.0", "Does less."},
                                                  {0}},
    .tips = "nondeterministic_output request_policy:all_shards",
    .arity = -4,
    .key_specs =
        (RedisModuleCommandKeySpec[]){
            {.notes = "Read.",
             .flags = REDISMODULE_CMD_KEY_RO | REDISMODULE_CMD_KEY_ACCESS,
             .begin_search_type = REDISMODULE_KSPEC_BS_INDEX,
             .bs.index.pos = 1,
             .find_keys_type = REDISMODULE_KSPEC_FK_RANGE,
             .fk.range = {0, 1, 0}},
            {.flags = REDISMODULE_CMD_KEY_RW | REDISMODULE_CMD_KEY_UPDATE,
             .begin_search_type = REDISMODULE_KSPEC_BS_KEYWORD,
             .bs.keyword = {.keyword = "KEYS", .startfrom = 1},
             .find_keys_type = REDISMODULE_KSPEC_FK_KEYNUM,
             .fk.keynum = {0, 1, 1}},
            {0}},
    .args =
        (RedisModuleCommandArg[]){
            {.name = "key", .type = REDISMODULE_ARG_TYPE_KEY, .key_spec_index = 0},
            {.name = "when",
             .type = REDISMODULE_ARG_TYPE_ONEOF,
             .flags = REDISMODULE_CMD_ARG_OPTIONAL,
             .subargs =
                 (RedisModuleCommandArg[]){
                     {.name = "now", .type = REDISMODULE_ARG_TYPE_PURE_TOKEN, .token = "NOW"},
                     {.name = "at",
                      .type = REDISMODULE_ARG_TYPE_UNIX_TIME,
                      .token = "AT",
                      .since = "1.3.0",
                      .summary = "A time."},
                     {0}}},
            {.name = "pair",
             .type = REDISMODULE_ARG_TYPE_BLOCK,
             .flags = REDISMODULE_CMD_ARG_MULTIPLE | REDISMODULE_CMD_ARG_MULTIPLE_TOKEN,
             .token = "PAIR",
             .subargs =
                 (RedisModuleCommandArg[]){
                     {.name = "x", .type = REDISMODULE_ARG_TYPE_DOUBLE},
                     {.name = "y", .type = REDISMODULE_ARG_TYPE_INTEGER},
                     {0}}},
            {.name = "keys", .type = REDISMODULE_ARG_TYPE_STRING, .token = "KEYS"},
            {.name = "glob",
             .type = REDISMODULE_ARG_TYPE_PATTERN,
             .deprecated_since = "1.4.0"},
            {0}}};

static const RedisModuleCommandInfo keyless = {
    .version = REDISMODULE_COMMAND_INFO_VERSION, .summary = "Has no keys.", .arity = 2};

/* A pure token without its word. */
static const RedisModuleCommandInfo wrong = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .args = (RedisModuleCommandArg[]){{.name = "a", .type = REDISMODULE_ARG_TYPE_PURE_TOKEN},
                                      {0}}};

/* A key that says it has no key spec. */
static const RedisModuleCommandInfo keyed = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .args = (RedisModuleCommandArg[]){
        {.name = "a", .type = REDISMODULE_ARG_TYPE_KEY, .key_spec_index = -1}, {0}}};

/* A key spec for what is no key. */
static const RedisModuleCommandInfo unkeyed = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .args = (RedisModuleCommandArg[]){
        {.name = "a", .type = REDISMODULE_ARG_TYPE_STRING, .key_spec_index = 3}, {0}}};

static const RedisModuleCommandInfo blockless = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .args = (RedisModuleCommandArg[]){{.name = "a", .type = REDISMODULE_ARG_TYPE_BLOCK}, {0}}};

static const RedisModuleCommandInfo unnoted = {
    .version = REDISMODULE_COMMAND_INFO_VERSION,
    .history = (RedisModuleCommandHistoryEntry[]){{"1.0", NULL}, {0}}};

static char results[16];

static int Results(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    return RedisModule_ReplyWithSimpleString(ctx, results);
}

/* Whether it is accepted: 'k', or why not. */
static char Try(RedisModuleCtx *ctx, const char *name, const RedisModuleCommandInfo *info) {
    errno = 0;
    if (RedisModule_SetCommandInfo(RedisModule_GetCommand(ctx, name), info) == REDISMODULE_OK)
        return 'k';
    return errno == EINVAL ? 'i' : errno == EEXIST ? 'e' : '?';
}

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    REDISMODULE_NOT_USED(argc);
    if (RedisModule_Init(ctx, "info", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;
    if (RedisModule_CreateCommand(ctx, "info.full", Run, "write deny-oom fast", 1, 1, 1) ||
        RedisModule_CreateCommand(ctx, "info.keyless", Run, "readonly", 0, 0, 0) ||
        RedisModule_CreateCommand(ctx, "info.plain", Run, "write", 2, -1, 2) ||
        RedisModule_CreateCommand(ctx, "info.results", Results, "", 0, 0, 0) ||
        RedisModule_CreateCommand(ctx, "info.box", NULL, "", 0, 0, 0))
        return REDISMODULE_ERR;
    RedisModuleCommand *box = RedisModule_GetCommand(ctx, "info.box");
    if (RedisModule_CreateSubcommand(box, "read", Run, "readonly", 2, 2, 1) ||
        RedisModule_CreateSubcommand(box, "write", Run, "write", 2, 2, 1))
        return REDISMODULE_ERR;
    char *at = results;
    *at++ = Try(ctx, "info.plain", &wrong);
    *at++ = Try(ctx, "info.plain", &keyed);
    *at++ = Try(ctx, "info.plain", &unkeyed);
    *at++ = Try(ctx, "info.plain", &blockless);
    *at++ = Try(ctx, "info.plain", &unnoted);
    *at++ = Try(ctx, "info.full", &full);
    *at++ = Try(ctx, "info.full", &full);
    *at++ = Try(ctx, "info.keyless", &keyless);
    *at++ = Try(ctx, "info.box|read", &keyless);
    return REDISMODULE_OK;
}
`;

interface Target {
  readonly client: RawClient;
  stop(): Promise<void>;
}

describe('RedisModule_SetCommandInfo', { tags: ['slow'] }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'redcell-command-info-'));
  let redcell: Target;
  let redis: Target | null = null;

  beforeAll(async () => {
    const source = join(folder, 'info.c');
    writeFileSync(source, SOURCE);
    const { out } = await buildGuest({
      lang: 'c',
      sources: [source],
      out: join(folder, 'info.wasm'),
    });
    const served = await Served.start();
    const { modules } = served.instance;
    modules.load(await modules.prepare(out), out, []);
    redcell = { client: await served.client(), stop: () => served.stop() };
    if (!hasOracle) return;
    const native = join(folder, 'info.so');
    await buildGuest({ lang: 'native', sources: [source], out: native });
    copyFileSync(native, join(folder, 'native.so'));
    const oracle = await Oracle.start('--loadmodule', native);
    redis = { client: await oracle.client(), stop: () => oracle.stop() };
  });

  afterAll(async () => {
    for (const target of [redcell, redis]) {
      target?.client.close();
      await target?.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('is refused with errno when it contradicts itself, or comes twice', async () => {
    expect(await redcell.client.call('info.results')).toBe('+iiiiikekk\r\n');
  });

  test('decides the arity', async () => {
    expect(await redcell.client.call('info.full', 'a')).toMatch(/^-ERR wrong number of arguments/);
    expect(await redcell.client.call('info.full', 'a', 'b', 'c')).toBe(':4\r\n');
    expect(await redcell.client.call('info.keyless')).toMatch(/^-ERR wrong number of arguments/);
  });

  test
    .skipIf(!hasOracle)
    .each([
      ['info.results'],
      ['command', 'info', 'info.full'],
      ['command', 'info', 'info.keyless', 'info.plain', 'info.none'],
      ['command', 'info', 'info.box'],
      ['command', 'info', 'info.box|read'],
      ['command', 'docs', 'info.full'],
      ['command', 'docs', 'info.keyless'],
      ['command', 'docs', 'info.plain'],
      ['command', 'docs', 'info.box'],
      ['command', 'list', 'filterby', 'module', 'info'],
      ['command', 'getkeys', 'info.full', 'k', 'x', 'KEYS', '2', 'a', 'b'],
      ['command', 'getkeysandflags', 'info.full', 'k', 'x', 'KEYS', '2', 'a', 'b'],
      ['command', 'getkeys', 'info.plain', 'x', 'k1', 'y', 'k2', 'z'],
      ['command', 'getkeys', 'info.keyless', 'x'],
      ['command', 'getkeys', 'info.box', 'write', 'k'],
      ['info.box'],
      ['info.box', 'none', 'x'],
      ['info.box', 'read'],
    ])('gives redis-server’s reply to %s %s %s', async (...words) => {
    const ours = tree(await redcell.client.call(...words));
    const theirs = tree((await redis?.client.call(...words)) ?? '');
    expect(ours).toEqual(theirs);
  });
});

/** A RESP2 reply as nested arrays. Commands come in no order: they are sorted. */
function tree(bytes: string): unknown {
  let at = 0;
  const read = (): unknown => {
    const end = bytes.indexOf('\r\n', at);
    const line = bytes.slice(at, end);
    at = end + 2;
    const length = Number(line.slice(1));
    if (line[0] === '$') {
      at += length < 0 ? 0 : length + 2;
      return length < 0 ? null : bytes.slice(at - length - 2, at - 2);
    }
    if (line[0] !== '*') return line;
    return sorted(Array.from({ length: Math.max(0, length) }, read));
  };
  return read();
}

function sorted(list: unknown[]): unknown[] {
  const isName = (item: unknown): boolean => typeof item === 'string' && item.startsWith('info.');
  const pairs = list.flatMap((item, i) => (i % 2 === 0 ? [[item, list[i + 1]]] : []));
  const isMap = list.length > 2 && pairs.every(([name, value]) => isName(name) && !isName(value));
  if (isMap) return pairs.sort();
  const isList = list.every((item) => isName(Array.isArray(item) ? item[0] : item));
  return isList ? list.sort() : list;
}
