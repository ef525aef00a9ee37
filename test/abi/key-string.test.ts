import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const OK = 0;
const ERR = 1;
const READ = C.REDISMODULE_READ;
const WRITE = C.REDISMODULE_WRITE;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, name: string, mode: number) =>
  api.RedisModule_OpenKey(ctx, probe.string(name), mode);

describe('StringSet', () => {
  test('replaces a value of any type and drops the expire time', () => {
    probe.server.raw('RPUSH', 'k', 'a');
    probe.server.raw('EXPIRE', 'k', 100);
    probe.run((call) => {
      const key = open(call, 'k', WRITE);
      expect(call.api.RedisModule_StringSet(key, probe.string('v'))).toBe(OK);
    });
    expect(probe.server.raw('GET', 'k') + probe.server.raw('TTL', 'k')).toBe('$1\r\nv\r\n:-1\r\n');
  });

  test('needs a key that is open for writing', () => {
    probe.server.raw('SET', 'k', 'v');
    probe.run((call) => {
      const status = call.api.RedisModule_StringSet(open(call, 'k', READ), probe.string('x'));
      expect(status).toBe(ERR);
    });
  });

  test('is undone by a trap', () => {
    probe.trapOf((call) => {
      call.api.RedisModule_StringSet(open(call, 'k', WRITE), probe.string('x'));
      call.api.RedisModule_StringSet(0, probe.string('x'));
    });
    expect(probe.server.raw('GET', 'k')).toBe('$-1\r\n');
  });
});

describe('StringDMA', () => {
  test('writes are taken over by the next function and by CloseKey', () => {
    probe.server.raw('SET', 'k', 'hello');
    probe.run((call) => {
      const { api } = call;
      const key = open(call, 'k', READ | WRITE);
      const length = probe.room();
      const ptr = api.RedisModule_StringDMA(key, length, WRITE);
      expect(probe.bytes(ptr, probe.u32(length))).toBe('hello');
      probe.m.memory.writeU8(ptr, 0x4a);
      expect(api.RedisModule_ValueLength(key)).toBe(5);
      const again = api.RedisModule_StringDMA(key, length, WRITE);
      expect(probe.bytes(again, 5)).toBe('Jello');
      probe.m.memory.writeU8(again, 0x42);
      api.RedisModule_CloseKey(key);
    });
    expect(probe.server.raw('GET', 'k')).toBe('$5\r\nBello\r\n');
  });

  test('writes through a key for reading are lost', () => {
    probe.server.raw('SET', 'k', 'hello');
    probe.run((call) => {
      const ptr = call.api.RedisModule_StringDMA(open(call, 'k', READ), probe.room(), WRITE);
      probe.m.memory.writeU8(ptr, 0x4a);
    });
    expect(probe.server.raw('GET', 'k')).toBe('$5\r\nhello\r\n');
  });

  test('is empty for an empty key, and NULL for another type', () => {
    probe.server.raw('RPUSH', 'list', 'a');
    probe.run((call) => {
      const length = probe.room();
      const { api } = call;
      expect(api.RedisModule_StringDMA(open(call, 'none', WRITE), length, READ)).not.toBe(0);
      expect(probe.u32(length)).toBe(0);
      expect(api.RedisModule_StringDMA(open(call, 'list', READ), length, READ)).toBe(0);
    });
  });

  test('leaves no block behind', () => {
    probe.server.raw('SET', 'k', 'hello');
    const length = probe.room();
    const name = probe.string('k');
    probe.run(({ ctx, api }) => api.RedisModule_CloseKey(api.RedisModule_OpenKey(ctx, name, READ)));
    const before = probe.m.allocator.liveBlocks;
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, name, READ);
      api.RedisModule_StringDMA(key, length, READ);
      api.RedisModule_StringDMA(key, length, READ);
    });
    expect(probe.m.allocator.liveBlocks).toBe(before);
  });
});

describe('StringTruncate', () => {
  const truncate = (length: number, mode = READ | WRITE, name = 'k') =>
    probe.run((call) => call.api.RedisModule_StringTruncate(open(call, name, mode), length));

  test('cuts and extends with zero bytes', () => {
    probe.server.raw('SET', 'k', 'hello');
    expect(truncate(2)).toBe(OK);
    expect(probe.server.raw('GET', 'k')).toBe('$2\r\nhe\r\n');
    expect(truncate(4)).toBe(OK);
    expect(probe.server.raw('GET', 'k')).toBe('$4\r\nhe\0\0\r\n');
  });

  test('makes a string of an empty key, and leaves one of 0 bytes', () => {
    expect(truncate(0)).toBe(OK);
    expect(probe.server.raw('EXISTS', 'k')).toBe(':0\r\n');
    expect(truncate(3)).toBe(OK);
    expect(probe.server.raw('GET', 'k')).toBe('$3\r\n\0\0\0\r\n');
    expect(truncate(0)).toBe(OK);
    expect(probe.server.raw('GET', 'k')).toBe('$0\r\n\r\n');
  });

  test('is refused for other types, for reading and beyond 512 MB', () => {
    probe.server.raw('RPUSH', 'list', 'a');
    probe.server.raw('SET', 'k', 'v');
    expect(truncate(1, WRITE, 'list')).toBe(ERR);
    expect(truncate(1, READ)).toBe(ERR);
    expect(truncate(512 * 1024 * 1024 + 1)).toBe(ERR);
  });
});

describe('a buffer of StringDMA', () => {
  const writing = (between: (call: ProbeCall) => void): string => {
    probe.server.raw('SET', 'k', 'abc');
    probe.run((call) => {
      const key = open(call, 'k', READ | WRITE);
      const ptr = call.api.RedisModule_StringDMA(key, probe.room(), WRITE);
      probe.m.memory.writeU8(ptr, 0x21);
      between(call);
      call.api.RedisModule_CloseKey(key);
    });
    return probe.server.raw('GET', 'k');
  };

  test('is written back when the key is closed', () => {
    expect(writing(() => {})).toBe('$3\r\n!bc\r\n');
  });

  test('is not, when the key has got another string, type or nothing since', () => {
    const other = (call: ProbeCall): number => open(call, 'k', WRITE);
    expect(writing((call) => call.api.RedisModule_StringSet(other(call), probe.string('x')))).toBe(
      '$1\r\nx\r\n',
    );
    expect(writing((call) => call.api.RedisModule_DeleteKey(other(call)))).toBe('$-1\r\n');
    const push = (call: ProbeCall): void => {
      call.api.RedisModule_DeleteKey(other(call));
      call.api.RedisModule_ListPush(other(call), 0, probe.string('x'));
    };
    expect(writing(push)).toMatch(/^-WRONGTYPE/);
    expect(probe.server.raw('LRANGE', 'k', 0, -1)).toBe('*1\r\n$1\r\nx\r\n');
  });
});
