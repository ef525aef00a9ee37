// Through the ABI, also: host/module/key-values.ts.

import { beforeEach, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const READ = CONSTANTS.REDISMODULE_READ;
const WRITE = CONSTANTS.REDISMODULE_WRITE;
const HEAD = CONSTANTS.REDISMODULE_LIST_HEAD;
const TAIL = CONSTANTS.REDISMODULE_LIST_TAIL;
const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, mode: number, name = 'l'): number =>
  api.RedisModule_OpenKey(ctx, probe.string(name), mode);

/** The list as words. */
const elements = (): string =>
  probe.server
    .raw('LRANGE', 'l', 0, -1)
    .split('\r\n')
    .filter((line) => /^[^*$]/.test(line))
    .join(' ');

test('pushes to both ends, making the list', () => {
  probe.run((call) => {
    const { api } = call;
    const key = open(call, WRITE);
    expect(api.RedisModule_ListPush(key, TAIL, probe.string('b'))).toBe(OK);
    expect(api.RedisModule_ListPush(key, HEAD, probe.string('a'))).toBe(OK);
    expect(api.RedisModule_ListPush(key, TAIL, probe.string('c'))).toBe(OK);
  });
  expect(elements()).toBe('a b c');
});

test('pushing wakes those who wait for the list', () => {
  const waiter = probe.server.instance.createClient();
  expect(probe.server.rawAs(waiter, 'BLPOP', 'l', 0)).toBe('');
  probe.run((call) => call.api.RedisModule_ListPush(open(call, WRITE), TAIL, probe.string('x')));
  expect(probe.server.takeReply(waiter)).toBe('*2\r\n$1\r\nl\r\n$1\r\nx\r\n');
});

test('pops from both ends; the last one deletes the key', () => {
  probe.server.raw('RPUSH', 'l', 'a', 'b', 'c');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, READ | WRITE);
    expect(probe.textOf(api.RedisModule_ListPop(key, HEAD))).toBe('a');
    expect(probe.textOf(api.RedisModule_ListPop(key, TAIL))).toBe('c');
    expect(probe.textOf(api.RedisModule_ListPop(key, HEAD))).toBe('b');
    expect(api.RedisModule_ListPop(key, HEAD)).toBe(0);
    expect(probe.errno).toBe(ERRNO.ENOTSUP);
  });
  expect(probe.server.raw('EXISTS', 'l')).toBe(':0\r\n');
});

test('gets and replaces by index from either end', () => {
  probe.server.raw('RPUSH', 'l', 'a', 'b', 'c');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, READ | WRITE);
    expect(probe.textOf(api.RedisModule_ListGet(key, 1))).toBe('b');
    expect(probe.textOf(api.RedisModule_ListGet(key, -1))).toBe('c');
    expect(api.RedisModule_ListSet(key, -3, probe.string('x'))).toBe(OK);
    expect(api.RedisModule_ListGet(key, 3)).toBe(0);
    expect(probe.errno).toBe(ERRNO.EDOM);
    expect(api.RedisModule_ListSet(key, -4, probe.string('x'))).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EDOM);
  });
  expect(elements()).toBe('x b c');
});

test('inserts so that the element has the index afterwards', () => {
  probe.run((call) => {
    const { api } = call;
    const key = open(call, WRITE);
    const insert = (index: number, text: string) =>
      api.RedisModule_ListInsert(key, index, probe.string(text));
    expect(insert(1, 'no')).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.ENOTSUP);
    expect(insert(0, 'b')).toBe(OK); // b
    expect(insert(-1, 'd')).toBe(OK); // b d
    expect(insert(0, 'a')).toBe(OK); // a b d
    expect(insert(2, 'c')).toBe(OK); // a b c d
    expect(insert(-2, 'C')).toBe(OK); // a b c C d
    expect(insert(-6, 'A')).toBe(OK); // A a b c C d
    expect(insert(6, 'e')).toBe(OK); // … e
    expect(insert(9, 'no')).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EDOM);
  });
  expect(elements()).toBe('A a b c C d e');
});

test('deletes by index; the last one deletes the key', () => {
  probe.server.raw('RPUSH', 'l', 'a', 'b');
  probe.run((call) => {
    const { api } = call;
    const key = open(call, WRITE);
    expect(api.RedisModule_ListDelete(key, -1)).toBe(OK);
    expect(api.RedisModule_ListDelete(key, 1)).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.EDOM);
    expect(api.RedisModule_ListDelete(key, 0)).toBe(OK);
    expect(api.RedisModule_ListDelete(key, 0)).toBe(ERR);
    expect(probe.errno).toBe(ERRNO.ENOTSUP);
  });
  expect(probe.server.raw('EXISTS', 'l')).toBe(':0\r\n');
});

test('NULL, other types and keys opened otherwise are errors with errno', () => {
  probe.server.raw('SET', 's', 'x');
  probe.server.raw('RPUSH', 'l', 'a');
  probe.run((call) => {
    const { api } = call;
    const x = probe.string('x');
    const errnoOf = (result: number, failure: number) => {
      expect(result).toBe(failure);
      return probe.errno;
    };
    const all = (key: number): number[] => [
      errnoOf(api.RedisModule_ListPush(key, HEAD, x), ERR),
      errnoOf(api.RedisModule_ListPop(key, HEAD), 0),
      errnoOf(api.RedisModule_ListSet(key, 0, x), ERR),
      errnoOf(api.RedisModule_ListInsert(key, 0, x), ERR),
      errnoOf(api.RedisModule_ListDelete(key, 0), ERR),
    ];
    expect(new Set(all(0))).toEqual(new Set([ERRNO.EINVAL]));
    expect(new Set(all(open(call, WRITE, 's')))).toEqual(new Set([ERRNO.ENOTSUP]));
    expect(new Set(all(open(call, READ)))).toEqual(new Set([ERRNO.EBADF]));
    expect(errnoOf(api.RedisModule_ListGet(0, 0), 0)).toBe(ERRNO.EINVAL);
    expect(errnoOf(api.RedisModule_ListGet(open(call, READ, 's'), 0), 0)).toBe(ERRNO.ENOTSUP);
    expect(errnoOf(api.RedisModule_ListGet(open(call, WRITE), 0), 0)).toBe(ERRNO.EBADF);
    const key = open(call, WRITE);
    expect(errnoOf(api.RedisModule_ListPush(key, HEAD, 0), ERR)).toBe(ERRNO.EINVAL);
    expect(errnoOf(api.RedisModule_ListSet(key, 0, 0), ERR)).toBe(ERRNO.EINVAL);
    expect(errnoOf(api.RedisModule_ListInsert(key, 0, 0), ERR)).toBe(ERRNO.EINVAL);
  });
  expect(elements()).toBe('a');
});

test('what a trapped guest did to a list is undone', () => {
  probe.server.raw('RPUSH', 'l', 'a', 'b');
  probe.trapOf((call) => {
    const key = open(call, WRITE);
    call.api.RedisModule_ListPop(key, HEAD);
    call.api.RedisModule_ListInsert(key, 1, probe.string('x'));
    call.api.RedisModule_ListPush(key, HEAD, 1);
  });
  expect(elements()).toBe('a b');
});
