import { beforeEach, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const READ = CONSTANTS.REDISMODULE_READ;
const WRITE = CONSTANTS.REDISMODULE_WRITE;
const NX = CONSTANTS.REDISMODULE_HASH_NX;
const XX = CONSTANTS.REDISMODULE_HASH_XX;
const CFIELDS = CONSTANTS.REDISMODULE_HASH_CFIELDS;
const EXISTS = CONSTANTS.REDISMODULE_HASH_EXISTS;
const COUNT_ALL = CONSTANTS.REDISMODULE_HASH_COUNT_ALL;
const DELETE = CONSTANTS.REDISMODULE_HASH_DELETE;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, mode: number, name = 'h'): number =>
  api.RedisModule_OpenKey(ctx, probe.string(name), mode);

/** HashSet with C fields; a null value deletes. */
function set({ api }: ProbeCall, key: number, flags: number, ...pairs: (string | null)[]): number {
  const words = pairs.map((word, i) => {
    if (i % 2 === 0) return probe.cstring(word ?? '');
    return word === null ? DELETE : probe.string(word);
  });
  return api.RedisModule_HashSet(key, CFIELDS | flags, probe.varargs(...words, 0));
}

test('sets fields of an empty key and counts those that were there', () => {
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(set(call, key, 0, 'a', '1', 'b', '2')).toBe(0);
    expect(probe.errno).toBe(ERRNO.ENOENT);
    expect(set(call, key, 0, 'a', '3', 'c', '4')).toBe(1);
    expect(set(call, key, COUNT_ALL, 'a', '5', 'd', '6')).toBe(2);
  });
  expect(probe.server.raw('HGETALL', 'h')).toBe(
    '*8\r\n$1\r\na\r\n$1\r\n5\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n4\r\n$1\r\nd\r\n$1\r\n6\r\n',
  );
});

test('NX and XX leave other fields alone', () => {
  probe.server.raw('HSET', 'h', 'there', '1');
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(set(call, key, NX | COUNT_ALL, 'there', 'x', 'new', '2')).toBe(1);
    expect(set(call, key, XX, 'there', '3', 'newer', 'x')).toBe(1);
  });
  expect(probe.server.raw('HMGET', 'h', 'there', 'new', 'newer')).toBe(
    '*3\r\n$1\r\n3\r\n$1\r\n2\r\n$-1\r\n',
  );
});

test('deleting the last field deletes the key, and the key can be used on', () => {
  probe.server.raw('HSET', 'h', 'f', '1');
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(set(call, key, 0, 'f', null, 'missing', null)).toBe(1);
    expect(call.api.RedisModule_KeyType(key)).toBe(0);
    expect(set(call, key, COUNT_ALL, 'g', '2')).toBe(1);
  });
  expect(probe.server.raw('HGET', 'h', 'g')).toBe('$1\r\n2\r\n');
  expect(probe.server.raw('HLEN', 'h')).toBe(':1\r\n');
});

test('an empty key that gets no field stays empty', () => {
  probe.run((call) => expect(set(call, open(call, WRITE), XX, 'f', 'x')).toBe(0));
  expect(probe.server.raw('EXISTS', 'h')).toBe(':0\r\n');
});

test('strings serve as fields too', () => {
  probe.run((call) => {
    const args = probe.varargs(probe.string('field'), probe.string('value'), 0);
    call.api.RedisModule_HashSet(open(call, WRITE), 0, args);
  });
  expect(probe.server.raw('HGET', 'h', 'field')).toBe('$5\r\nvalue\r\n');
});

test('what cannot be set gives 0 and errno', () => {
  probe.server.raw('SET', 's', 'x');
  probe.server.raw('HSET', 'h', 'f', '1');
  probe.run((call) => {
    const attempt = (key: number, flags = 0) => {
      expect(set(call, key, flags, 'f', 'x')).toBe(0);
      return probe.errno;
    };
    expect(attempt(0)).toBe(ERRNO.EINVAL);
    expect(attempt(open(call, WRITE), 1 << 20)).toBe(ERRNO.EINVAL);
    expect(attempt(open(call, WRITE), EXISTS)).toBe(ERRNO.EINVAL);
    expect(attempt(open(call, WRITE, 's'))).toBe(ERRNO.ENOTSUP);
    expect(attempt(open(call, READ))).toBe(ERRNO.EBADF);
  });
  expect(probe.server.raw('HGET', 'h', 'f')).toBe('$1\r\n1\r\n');
});

test('gets values as new strings, NULL for those missing', () => {
  probe.server.raw('HSET', 'h', 'f', 'value');
  probe.run((call) => {
    const out = probe.room(8);
    const args = probe.varargs('f', out, 'missing', out + 4, 0);
    expect(call.api.RedisModule_HashGet(open(call, READ), CFIELDS, args)).toBe(0);
    expect(probe.textOf(probe.u32(out))).toBe('value');
    expect(probe.u32(out + 4)).toBe(0);
  });
});

test('EXISTS only tells whether fields are there; an empty key has none', () => {
  probe.server.raw('HSET', 'h', 'f', 'value');
  probe.run((call) => {
    const out = probe.room(8);
    const args = probe.varargs('f', out, 'missing', out + 4, 0);
    call.api.RedisModule_HashGet(open(call, READ), CFIELDS | EXISTS, args);
    expect([probe.u32(out), probe.u32(out + 4)]).toEqual([1, 0]);
    const empty = open(call, WRITE, 'nothing');
    expect(call.api.RedisModule_HashGet(empty, CFIELDS | EXISTS, args)).toBe(0);
    expect(probe.u32(out)).toBe(0);
    expect(call.api.RedisModule_HashGet(empty, CFIELDS, args)).toBe(0);
  });
});

test('HashGet refuses other types', () => {
  probe.server.raw('SET', 's', 'x');
  probe.run((call) => {
    const args = probe.varargs('f', probe.room(), 0);
    expect(call.api.RedisModule_HashGet(open(call, READ, 's'), CFIELDS, args)).toBe(1);
  });
});

test('a fault in the middle of the list changes nothing', () => {
  const message = probe.trapOf((call) => {
    const args = probe.varargs(probe.cstring('f'), probe.string('v'), probe.cstring('g'), 5, 0);
    call.api.RedisModule_HashSet(open(call, WRITE), CFIELDS, args);
  });
  expect(message).toContain('not a live string');
  expect(probe.server.raw('EXISTS', 'h')).toBe(':0\r\n');
});
