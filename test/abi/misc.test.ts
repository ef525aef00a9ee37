import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';
import { makeType, setValue } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;
const WRITE = C.REDISMODULE_WRITE;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

test('the server tells what it knows', () => {
  const { api } = probe;
  expect(api.RedisModule_GetServerVersion()).toBe(0x00070204);
  expect(api.RedisModule_GetTypeMethodVersion()).toBe(5);
  expect(api.RedisModule_GetContextFlagsAll() & C.REDISMODULE_CTX_FLAGS_MASTER).not.toBe(0);
  expect(api.RedisModule_GetModuleOptionsAll() & 1).toBe(1);
  const classes = api.RedisModule_GetKeyspaceNotificationFlagsAll();
  expect(classes & C.REDISMODULE_NOTIFY_MODULE).not.toBe(0);
});

describe('ModuleTypeReplaceValue', () => {
  const replace = (type: number, data: number, old: number) => (call: ProbeCall) => {
    const key = call.api.RedisModule_OpenKey(call.ctx, probe.string('k'), WRITE);
    return call.api.RedisModule_ModuleTypeReplaceValue(key, type, data, old);
  };

  test('gives the old value back to the guest and keeps the expire time', () => {
    const freed: unknown[] = [];
    const type = makeType(probe, { free: (data) => void freed.push(data) });
    setValue(probe, type, 'k', 4096);
    probe.server.raw('EXPIRE', 'k', 100);
    const old = probe.room();
    expect(probe.run(replace(type, 8192, old))).toBe(OK);
    expect(probe.u32(old)).toBe(4096);
    expect(freed).toEqual([]);
    expect(probe.server.raw('TTL', 'k')).toBe(':100\r\n');
    expect(probe.run(replace(type, 512, 0))).toBe(OK);
    probe.server.raw('DEL', 'k');
    expect(freed).toEqual([512]);
  });

  test('is undone by a trap: then the value is freed with its key again', () => {
    const freed: unknown[] = [];
    const type = makeType(probe, { free: (data) => void freed.push(data) });
    setValue(probe, type, 'k', 4096);
    probe.trapOf((call) => {
      replace(type, 8192, 0)(call);
      call.api.RedisModule_Free(8);
    });
    expect(freed).toEqual([8192]);
    probe.server.raw('DEL', 'k');
    expect(freed).toEqual([8192, 4096]);
  });

  test('refuses empty keys, other types and keys for reading', () => {
    const type = makeType(probe);
    expect(probe.run(replace(type, 1, 0))).toBe(ERR);
    probe.server.raw('SET', 'k', 'v');
    expect(probe.run(replace(type, 1, 0))).toBe(ERR);
    setValue(probe, type, 'k', 4096);
    const other = makeType(probe, {}, 'OtherType');
    expect(probe.run(replace(other, 1, 0))).toBe(ERR);
  });
});

describe('keys of a command line', () => {
  const argv = (...words: string[]) => probe.varargs(...words.map((word) => probe.string(word)));

  test('are told with their flags', () => {
    probe.run(({ ctx, api }) => {
      const [count, flags] = [probe.room(), probe.room()];
      const line = argv('MSET', 'a', '1', 'b', '2');
      const keys = api.RedisModule_GetCommandKeysWithFlags(ctx, line, 5, count, flags);
      expect(probe.u32(count)).toBe(2);
      expect([probe.u32(keys), probe.u32(keys + 4)]).toEqual([1, 3]);
      const access = probe.u32(probe.u32(flags));
      expect(access & C.REDISMODULE_CMD_KEY_OW).toBe(C.REDISMODULE_CMD_KEY_OW);
      api.RedisModule_Free(keys);
      api.RedisModule_Free(probe.u32(flags));
    });
  });

  test('are NULL with errno for unknown commands and wrong arity', () => {
    probe.run(({ ctx, api }) => {
      const count = probe.room();
      expect(api.RedisModule_GetCommandKeys(ctx, argv('NOPE'), 1, count)).toBe(0);
      expect(probe.errno).toBe(ERRNO.ENOENT);
      expect(api.RedisModule_GetCommandKeys(ctx, argv('GET'), 1, count)).toBe(0);
      expect(probe.errno).toBe(ERRNO.EINVAL);
    });
  });
});

test('there is no current command outside of one', () => {
  expect(probe.run(({ ctx, api }) => api.RedisModule_GetCurrentCommandName(ctx))).toBe(0);
});

test('random bytes fill what they are asked to fill', () => {
  probe.run(({ api }) => {
    const room = probe.room(32);
    api.RedisModule_GetRandomHexChars(room, 7);
    expect(probe.bytes(room, 8)).toMatch(/^[0-9a-f]{7}\0$/);
    api.RedisModule_GetRandomBytes(room, 16);
    expect(probe.bytes(room + 16, 16)).toBe('\0'.repeat(16));
  });
  expect(probe.trapOf(({ api }) => api.RedisModule_GetRandomBytes(-8, 16))).not.toBe('');
});

test('sizes of blocks, strings and dictionaries', () => {
  probe.run(({ ctx, api }) => {
    const block = api.RedisModule_Alloc(100);
    expect(api.RedisModule_MallocUsableSize(block)).toBeGreaterThanOrEqual(100);
    expect(api.RedisModule_MallocSize(block)).toBeGreaterThanOrEqual(100);
    expect([api.RedisModule_MallocSize(0), api.RedisModule_MallocUsableSize(0)]).toEqual([0, 0]);
    expect(api.RedisModule_MallocSizeString(probe.string('abc'))).toBeGreaterThan(3);
    expect(api.RedisModule_MallocSizeDict(api.RedisModule_CreateDict(ctx))).toBeGreaterThan(0);
  });
});

test('the memory ratio is 0 without a limit', () => {
  expect(probe.api.RedisModule_GetUsedMemoryRatio()).toBe(0);
  probe.server.raw('CONFIG', 'SET', 'maxmemory', '1000gb');
  expect(probe.api.RedisModule_GetUsedMemoryRatio()).toBeGreaterThan(0);
});
