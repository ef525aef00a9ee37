// Through the ABI, also:
// host/module/client-info.ts
// host/module/key-access.ts
// host/module/keys.ts
// host/module/open-key.ts
// host/module/context-flags.ts

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const OK = 0;
const ERR = 1;
const READ = C.REDISMODULE_READ;
const WRITE = C.REDISMODULE_WRITE;
const NO_EXPIRE = BigInt(C.REDISMODULE_NO_EXPIRE);

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, name: string, mode: number) =>
  api.RedisModule_OpenKey(ctx, probe.string(name), mode);

describe('databases', () => {
  test('SelectDb holds for the call and knows its bounds', () => {
    probe.run(({ ctx, api }) => {
      expect(api.RedisModule_SelectDb(ctx, 3)).toBe(OK);
      expect(api.RedisModule_GetSelectedDb(ctx)).toBe(3);
      expect(api.RedisModule_SelectDb(ctx, 16)).toBe(ERR);
      expect(api.RedisModule_SelectDb(ctx, -1)).toBe(ERR);
    });
    expect(probe.run(({ ctx, api }) => api.RedisModule_GetSelectedDb(ctx))).toBe(0);
  });

  test('DbSize, KeyExists and RandomKey look at the selected one', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run(({ ctx, api }) => {
      expect(api.RedisModule_DbSize(ctx)).toBe(1n);
      expect(api.RedisModule_KeyExists(ctx, probe.string('k'))).toBe(1);
      expect(api.RedisModule_KeyExists(ctx, probe.string('none'))).toBe(0);
      expect(probe.textOf(api.RedisModule_RandomKey(ctx))).toBe('k');
      api.RedisModule_SelectDb(ctx, 1);
      expect(api.RedisModule_RandomKey(ctx)).toBe(0);
    });
  });

  test('ResetDataset empties all', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run(({ api }) => api.RedisModule_ResetDataset(1, 0));
    expect(probe.server.raw('DBSIZE')).toBe(':0\r\n');
  });
});

describe('opening', () => {
  test('a missing key is NULL for reading and empty for writing', () => {
    probe.run((call) => {
      const { api } = call;
      expect(open(call, 'none', READ)).toBe(0);
      const key = open(call, 'none', READ | WRITE);
      expect(key).not.toBe(0);
      expect(api.RedisModule_KeyType(key)).toBe(C.REDISMODULE_KEYTYPE_EMPTY);
      expect(api.RedisModule_ValueLength(key)).toBe(0);
      api.RedisModule_CloseKey(key);
    });
  });

  test('NULL is an empty key for type, length and closing', () => {
    probe.run(({ api }) => {
      expect(api.RedisModule_KeyType(0)).toBe(0);
      expect(api.RedisModule_ValueLength(0)).toBe(0);
      api.RedisModule_CloseKey(0);
    });
  });

  test.each([
    ['string', ['SET', 'k', 'abc'], C.REDISMODULE_KEYTYPE_STRING, 3],
    ['list', ['RPUSH', 'k', 'a', 'b'], C.REDISMODULE_KEYTYPE_LIST, 2],
    ['hash', ['HSET', 'k', 'a', 'b'], C.REDISMODULE_KEYTYPE_HASH, 1],
    ['set', ['SADD', 'k', 'a', 'b'], C.REDISMODULE_KEYTYPE_SET, 2],
    ['zset', ['ZADD', 'k', '1', 'a'], C.REDISMODULE_KEYTYPE_ZSET, 1],
  ])('tells type and length of a %s', (_name, command, type, length) => {
    probe.server.raw(...command);
    probe.run((call) => {
      const key = open(call, 'k', READ);
      expect(call.api.RedisModule_KeyType(key)).toBe(type);
      expect(call.api.RedisModule_ValueLength(key)).toBe(length);
    });
  });

  test('keys that are left open are closed with the call', () => {
    const before = probe.m.handles.liveCount;
    probe.run(({ ctx, api }) => {
      const name = api.RedisModule_CreateString(ctx, probe.cstring('k'), 1);
      api.RedisModule_OpenKey(ctx, name, WRITE);
      api.RedisModule_FreeString(ctx, name);
    });
    expect(probe.m.handles.liveCount).toBe(before);
  });

  test('closing a key twice, or a string, traps', () => {
    const closeTwice = probe.trapOf((call) => {
      const key = open(call, 'k', WRITE);
      call.api.RedisModule_CloseKey(key);
      call.api.RedisModule_CloseKey(key);
    });
    expect(closeTwice).toContain("argument 'kp'");
    const string = probe.string('k');
    expect(probe.trapOf(({ api }) => api.RedisModule_CloseKey(string))).toContain('string');
  });

  test('all modes are known', () => {
    const all = probe.api.RedisModule_GetOpenKeyModesAll();
    expect(all & (READ | WRITE)).toBe(READ | WRITE);
    expect(all & C.REDISMODULE_OPEN_KEY_NOEFFECTS).not.toBe(0);
  });
});

describe('deleting', () => {
  test('needs a key that is open for writing', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run((call) => {
      expect(call.api.RedisModule_DeleteKey(open(call, 'k', READ))).toBe(ERR);
      expect(call.api.RedisModule_UnlinkKey(open(call, 'k', READ))).toBe(ERR);
      const key = open(call, 'k', WRITE);
      expect(call.api.RedisModule_DeleteKey(key)).toBe(OK);
      expect(call.api.RedisModule_KeyType(key)).toBe(0);
      expect(call.api.RedisModule_UnlinkKey(key)).toBe(OK); // it is empty already
    });
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
  });
});

describe('expire times', () => {
  test('are relative or absolute, and can be taken away', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run((call) => {
      const { api } = call;
      const key = open(call, 'k', READ | WRITE);
      expect(api.RedisModule_GetExpire(key)).toBe(NO_EXPIRE);
      expect(api.RedisModule_GetAbsExpire(key)).toBe(NO_EXPIRE);
      expect(api.RedisModule_SetExpire(key, 1500n)).toBe(OK);
      expect(api.RedisModule_GetExpire(key)).toBe(1500n);
      const at = api.RedisModule_GetAbsExpire(key);
      expect(at).toBe(api.RedisModule_Milliseconds() + 1500n);
      expect(api.RedisModule_SetAbsExpire(key, at + 1n)).toBe(OK);
      expect(api.RedisModule_GetExpire(key)).toBe(1501n);
      expect(api.RedisModule_SetExpire(key, NO_EXPIRE)).toBe(OK);
      expect(api.RedisModule_GetExpire(key)).toBe(NO_EXPIRE);
    });
  });

  test('are refused for reading, for empty keys and below 0', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run((call) => {
      const { api } = call;
      expect(api.RedisModule_SetExpire(open(call, 'k', READ), 1n)).toBe(ERR);
      expect(api.RedisModule_SetAbsExpire(open(call, 'k', READ), 1n)).toBe(ERR);
      const empty = open(call, 'none', WRITE);
      expect(api.RedisModule_SetExpire(empty, 1n)).toBe(ERR);
      expect(api.RedisModule_GetExpire(empty)).toBe(NO_EXPIRE);
      const key = open(call, 'k', WRITE);
      expect(api.RedisModule_SetExpire(key, -2n)).toBe(ERR);
      expect(api.RedisModule_SetAbsExpire(key, -2n)).toBe(ERR);
    });
  });

  test('a trap gives them back', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.trapOf((call) => {
      call.api.RedisModule_SetExpire(open(call, 'k', WRITE), 1n);
      call.api.RedisModule_Free(8);
    });
    expect(probe.server.raw('PTTL', 'k')).toBe(':-1\r\n');
  });
});

describe('clients', () => {
  test('are named, described and found by id', () => {
    const id = BigInt(probe.server.client.id);
    probe.run(({ ctx, api }) => {
      expect(api.RedisModule_GetClientId(ctx)).toBe(id);
      expect(api.RedisModule_GetClientNameById(ctx, id)).toBe(0);
      expect(api.RedisModule_SetClientNameById(id, probe.string('me'))).toBe(OK);
      expect(probe.textOf(api.RedisModule_GetClientNameById(ctx, id))).toBe('me');
      expect(probe.textOf(api.RedisModule_GetClientUserNameById(ctx, id))).toBe('default');
      const info = probe.room(80);
      expect(api.RedisModule_GetClientInfoById(info, id)).toBe(ERR); // no version
      probe.m.memory.writeU64(info, 1n);
      expect(api.RedisModule_GetClientInfoById(info, id)).toBe(OK);
      expect(probe.m.memory.readU64(info + 16)).toBe(id);
      expect(api.RedisModule_GetClientInfoById(0, id)).toBe(OK);
    });
  });

  test('that do not exist, and bad names, are refused with errno', () => {
    const id = BigInt(probe.server.client.id);
    probe.run(({ ctx, api }) => {
      expect(api.RedisModule_GetClientInfoById(0, 999n)).toBe(ERR);
      expect(api.RedisModule_GetClientNameById(ctx, 999n)).toBe(0);
      expect(api.RedisModule_GetClientUserNameById(ctx, 999n)).toBe(0);
      expect(probe.errno).toBe(ERRNO.ENOENT);
      expect(api.RedisModule_SetClientNameById(id, probe.string('a b'))).toBe(ERR);
      expect(probe.errno).toBe(ERRNO.EINVAL);
      expect(api.RedisModule_SetClientNameById(999n, probe.string('a'))).toBe(ERR);
      expect(probe.errno).toBe(ERRNO.ENOENT);
    });
  });
});

test('messages are published', () => {
  probe.server.raw('SUBSCRIBE', 'c');
  probe.run(({ ctx, api }) => {
    const [channel, message] = [probe.string('c'), probe.string('hi')];
    expect(api.RedisModule_PublishMessage(ctx, channel, message)).toBe(1);
    expect(api.RedisModule_PublishMessageShard(ctx, channel, message)).toBe(0);
  });
  expect(probe.server.takeReply()).toContain('$2\r\nhi\r\n');
});

test('context flags tell of the server without a ctx', () => {
  const flags = probe.run(({ api }) => api.RedisModule_GetContextFlags(0));
  expect(flags & C.REDISMODULE_CTX_FLAGS_MASTER).not.toBe(0);
});
