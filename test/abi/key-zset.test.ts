// Through the ABI, also: host/module/zset-iterator.ts.

import { beforeEach, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const READ = CONSTANTS.REDISMODULE_READ;
const WRITE = CONSTANTS.REDISMODULE_WRITE;
const { REDISMODULE_ZADD_XX: XX, REDISMODULE_ZADD_NX: NX } = CONSTANTS;
const { REDISMODULE_ZADD_GT: GT, REDISMODULE_ZADD_LT: LT } = CONSTANTS;
const { REDISMODULE_ZADD_ADDED: ADDED, REDISMODULE_ZADD_UPDATED: UPDATED } = CONSTANTS;
const NOP = CONSTANTS.REDISMODULE_ZADD_NOP;
const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, mode: number, name = 'z'): number =>
  api.RedisModule_OpenKey(ctx, probe.string(name), mode);

/** Adds with flags; the flags that came back, or -1 for an error. */
function add({ api }: ProbeCall, key: number, score: number, member: string, flags = 0): number {
  const ptr = probe.room();
  probe.m.memory.writeU32(ptr, flags);
  const status = api.RedisModule_ZsetAdd(key, score, probe.string(member), ptr);
  return status === OK ? probe.u32(ptr) : -1;
}

const scoreOf = (member: string): string => probe.server.raw('ZSCORE', 'z', member);

test('adds to an empty key, updates, and says which', () => {
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(add(call, key, 1, 'a')).toBe(ADDED);
    expect(add(call, key, 2, 'a')).toBe(UPDATED);
    expect(add(call, key, 2, 'a')).toBe(0); // the same score: neither, as in Redis
    expect(call.api.RedisModule_ZsetAdd(key, 3, probe.string('b'), 0)).toBe(OK);
  });
  expect(scoreOf('a')).toBe('$1\r\n2\r\n');
  expect(scoreOf('b')).toBe('$1\r\n3\r\n');
});

test('XX, NX, GT and LT keep an element as it was', () => {
  probe.server.raw('ZADD', 'z', 5, 'a');
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(add(call, key, 1, 'new', XX)).toBe(NOP);
    expect(add(call, key, 1, 'a', NX)).toBe(NOP);
    expect(add(call, key, 4, 'a', GT)).toBe(NOP);
    expect(add(call, key, 6, 'a', LT)).toBe(NOP);
    expect(add(call, key, 6, 'a', GT)).toBe(UPDATED);
  });
  expect(scoreOf('a')).toBe('$1\r\n6\r\n');
  expect(scoreOf('new')).toBe('$-1\r\n');
});

test('an empty key that gets no element stays empty', () => {
  probe.run((call) => {
    const key = open(call, WRITE);
    expect(add(call, key, 1, 'a', XX)).toBe(NOP);
    expect(add(call, key, Number.NaN, 'a')).toBe(-1);
  });
  expect(probe.server.raw('EXISTS', 'z')).toBe(':0\r\n');
});

test('increments, and refuses sums that are no number', () => {
  probe.run((call) => {
    const { api } = call;
    const key = open(call, WRITE);
    const out = probe.room(8);
    const score = () => probe.m.memory.readF64(out);
    const incrby = (by: number, flags = 0) =>
      api.RedisModule_ZsetIncrby(key, by, probe.string('a'), flags, out);
    expect(incrby(2.5)).toBe(OK);
    expect(incrby(2)).toBe(OK);
    expect(score()).toBe(4.5);
    expect(incrby(Number.POSITIVE_INFINITY)).toBe(OK);
    expect(incrby(Number.NEGATIVE_INFINITY)).toBe(ERR);
    expect(score()).toBe(Number.POSITIVE_INFINITY);
  });
  expect(scoreOf('a')).toBe('$3\r\ninf\r\n');
});

test('removes, and deletes the key with its last element', () => {
  probe.server.raw('ZADD', 'z', 1, 'a');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, WRITE);
    const deleted = probe.room();
    expect(api.RedisModule_ZsetRem(key, probe.string('x'), deleted)).toBe(OK);
    expect(probe.u32(deleted)).toBe(0);
    expect(api.RedisModule_ZsetRem(key, probe.string('a'), deleted)).toBe(OK);
    expect(probe.u32(deleted)).toBe(1);
    expect(api.RedisModule_ZsetRem(key, probe.string('a'), 0)).toBe(OK);
  });
  expect(probe.server.raw('EXISTS', 'z')).toBe(':0\r\n');
});

test('other types and keys that are not open for writing are refused', () => {
  probe.server.raw('SET', 's', 'x');
  probe.server.raw('ZADD', 'z', 1, 'a');
  probe.run((call) => {
    const { api } = call;
    for (const key of [open(call, WRITE, 's'), open(call, READ)]) {
      expect(add(call, key, 1, 'a')).toBe(-1);
      expect(api.RedisModule_ZsetIncrby(key, 1, probe.string('a'), 0, 0)).toBe(ERR);
      expect(api.RedisModule_ZsetRem(key, probe.string('a'), 0)).toBe(ERR);
    }
    const out = probe.room();
    const score = (key: number, member: string) =>
      api.RedisModule_ZsetScore(key, probe.string(member), out);
    expect(score(open(call, READ, 's'), 'a')).toBe(ERR);
    expect(score(open(call, READ), 'missing')).toBe(ERR);
    expect(score(open(call, WRITE, 'empty'), 'a')).toBe(ERR);
    expect(score(open(call, READ), 'a')).toBe(OK);
    expect(probe.m.memory.readF64(out)).toBe(1);
    expect(api.RedisModule_ZsetFirstInScoreRange(open(call, READ, 's'), 0, 1, 0, 0)).toBe(ERR);
  });
});

/** What a walk through the range of an open key finds. */
function walk({ api }: ProbeCall, key: number, step: 'Next' | 'Prev'): string[] {
  const found: string[] = [];
  const out = probe.room(8);
  while (api.RedisModule_ZsetRangeEndReached(key) === 0) {
    const member = api.RedisModule_ZsetRangeCurrentElement(key, out);
    found.push(`${probe.textOf(member)}=${probe.m.memory.readF64(out)}`);
    const moved = api[`RedisModule_ZsetRange${step}`](key);
    expect(moved).toBe(api.RedisModule_ZsetRangeEndReached(key) === 0 ? 1 : 0);
  }
  return found;
}

test.each(['small', 'large'])('ranges by score of a %s set, both ways', (size) => {
  probe.server.raw('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c', 4, 'd');
  if (size === 'large') probe.server.raw('ZADD', 'z', 100, 'x'.repeat(100));
  probe.run((call) => {
    const { api } = call;
    const key = open(call, READ);
    const first = (...range: [number, number, number, number]) => {
      expect(api.RedisModule_ZsetFirstInScoreRange(key, ...range)).toBe(OK);
      return walk(call, key, 'Next');
    };
    expect(first(2, 3, 0, 0)).toEqual(['b=2', 'c=3']);
    expect(first(2, 4, 1, 1)).toEqual(['c=3']);
    expect(first(5, 6, 0, 0)).toEqual([]);
    expect(api.RedisModule_ZsetLastInScoreRange(key, -Infinity, 3, 0, 0)).toBe(OK);
    expect(walk(call, key, 'Prev')).toEqual(['c=3', 'b=2', 'a=1']);
  });
});

test('ranges by name, and refuses malformed ones', () => {
  probe.server.raw('ZADD', 'z', 0, 'a', 0, 'b', 0, 'c', 0, 'd');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, READ);
    const first = (min: string, max: string) =>
      api.RedisModule_ZsetFirstInLexRange(key, probe.string(min), probe.string(max));
    expect(first('[b', '(d')).toBe(OK);
    expect(walk(call, key, 'Next')).toEqual(['b=0', 'c=0']);
    expect(api.RedisModule_ZsetLastInLexRange(key, probe.string('-'), probe.string('+'))).toBe(OK);
    expect(walk(call, key, 'Prev')).toEqual(['d=0', 'c=0', 'b=0', 'a=0']);
    for (const bad of ['b', '', '-x', '+x']) expect(first(bad, '+')).toBe(ERR);
    expect(api.RedisModule_ZsetRangeEndReached(key)).toBe(1);
  });
});

test('an iterator that was stopped, written over or never started has ended', () => {
  probe.server.raw('ZADD', 'z', 1, 'a', 2, 'b');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, READ | WRITE);
    const hasEnded = () => {
      expect(api.RedisModule_ZsetRangeEndReached(key)).toBe(1);
      expect(api.RedisModule_ZsetRangeCurrentElement(key, 0)).toBe(0);
      expect(api.RedisModule_ZsetRangeNext(key)).toBe(0);
      expect(api.RedisModule_ZsetRangePrev(key)).toBe(0);
    };
    hasEnded();
    api.RedisModule_ZsetFirstInScoreRange(key, 0, 9, 0, 0);
    api.RedisModule_ZsetRangeStop(key);
    hasEnded();
    api.RedisModule_ZsetFirstInScoreRange(key, 0, 9, 0, 0);
    add(call, key, 5, 'c');
    hasEnded();
  });
});

test('a set that was replaced under the iterator is not walked on', () => {
  probe.server.raw('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c');
  probe.run((call) => {
    const { api, ctx } = call;
    const key = open(call, READ);
    api.RedisModule_ZsetLastInScoreRange(key, 0, 9, 0, 0);
    api.RedisModule_Call(
      ctx,
      probe.cstring('ZREM'),
      probe.cstring('ccc'),
      probe.varargs('z', 'b', 'c'),
    );
    expect(api.RedisModule_ZsetRangeCurrentElement(key, 0)).toBe(0);
    expect(api.RedisModule_ZsetRangePrev(key)).toBe(0);
    api.RedisModule_Call(ctx, probe.cstring('DEL'), probe.cstring('c'), probe.varargs('z'));
    expect(api.RedisModule_ZsetRangeEndReached(key)).toBe(1);
  });
});
