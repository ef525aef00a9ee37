import { beforeEach, expect, test } from 'vitest';
import { CONSTANTS } from '../../abi/constants.ts';
import { ERRNO } from '../../abi/exports.ts';
import { Probe, type ProbeCall } from '../support/probe.ts';

const READ = CONSTANTS.REDISMODULE_READ;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

const open = ({ ctx, api }: ProbeCall, name: string): number =>
  api.RedisModule_OpenKey(ctx, probe.string(name), READ);

test('Scan shows every key once it is through, opened for reading', () => {
  for (let i = 0; i < 100; i++) probe.server.raw('RPUSH', `key:${i}`, 'x', 'y');
  const seen = new Set<string>();
  const liveBefore = probe.m.handles.liveCount;
  probe.run(({ ctx, api }) => {
    const fn = probe.callback('RedisModuleScanCB', (shownCtx, name, key, data) => {
      expect([shownCtx, data]).toEqual([ctx, 42]);
      expect(api.RedisModule_ValueLength(Number(key))).toBe(2);
      seen.add(probe.textOf(Number(name)));
    });
    const cursor = api.RedisModule_ScanCursorCreate();
    while (api.RedisModule_Scan(ctx, cursor, fn, 42) === 1);
    expect(probe.errno).toBe(0);
    expect(api.RedisModule_Scan(ctx, cursor, fn, 42)).toBe(0);
    expect(probe.errno).toBe(ERRNO.ENOENT);
    api.RedisModule_ScanCursorDestroy(cursor);
  });
  expect(seen.size).toBe(100);
  expect(probe.m.handles.liveCount).toBe(liveBefore);
});

test('keys may be deleted while they are scanned, and names retained', () => {
  for (let i = 0; i < 50; i++) probe.server.raw('SET', `key:${i}`, 'x');
  const kept: number[] = [];
  probe.run(({ ctx, api }) => {
    const fn = probe.callback('RedisModuleScanCB', (_ctx, name) => {
      api.RedisModule_RetainString(0, Number(name));
      kept.push(Number(name));
      api.RedisModule_Call(
        ctx,
        probe.cstring('DEL'),
        probe.cstring('s'),
        probe.varargs(Number(name)),
      );
    });
    const cursor = api.RedisModule_ScanCursorCreate();
    while (api.RedisModule_Scan(ctx, cursor, fn, 0) === 1);
    expect(new Set(kept.map((name) => probe.textOf(name))).size).toBe(50);
  });
  expect(probe.server.raw('DBSIZE')).toBe(':0\r\n');
});

test('a cursor that is put back starts again', () => {
  probe.server.raw('SET', 'k', 'x');
  probe.run(({ ctx, api }) => {
    let count = 0;
    const fn = probe.callback('RedisModuleScanCB', () => void count++);
    const cursor = api.RedisModule_ScanCursorCreate();
    while (api.RedisModule_Scan(ctx, cursor, fn, 0) === 1);
    api.RedisModule_ScanCursorRestart(cursor);
    while (api.RedisModule_Scan(ctx, cursor, fn, 0) === 1);
    expect(count).toBe(2);
  });
});

/** All elements that ScanKey shows, as text, and how many steps it took. */
function scanKey(call: ProbeCall, name: string): { found: string[]; steps: number } {
  const { api } = call;
  const found: string[] = [];
  const key = open(call, name);
  const fn = probe.callback('RedisModuleScanKeyCB', (shown, field, value, data) => {
    expect([shown, data]).toEqual([key, 7]);
    const text = Number(value) === 0 ? '' : `=${probe.textOf(Number(value))}`;
    found.push(probe.textOf(Number(field)) + text);
  });
  const cursor = api.RedisModule_ScanCursorCreate();
  let steps = 1;
  while (api.RedisModule_ScanKey(key, cursor, fn, 7) === 1) steps++;
  expect(probe.errno).toBe(0);
  expect(api.RedisModule_ScanKey(key, cursor, fn, 7)).toBe(0);
  expect(probe.errno).toBe(ERRNO.ENOENT);
  return { found, steps };
}

test('ScanKey shows small collections whole', () => {
  probe.server.raw('HSET', 'h', 'f', 'v', 'g', 'w');
  probe.server.raw('SADD', 's', 'a', 'b');
  probe.server.raw('ZADD', 'z', '1.5', 'm', '3.1', 'n');
  probe.run((call) => {
    expect(scanKey(call, 'h')).toEqual({ found: ['f=v', 'g=w'], steps: 1 });
    expect(scanKey(call, 's')).toEqual({ found: ['a', 'b'], steps: 1 });
    expect(scanKey(call, 'z')).toEqual({ found: ['m=1.5', 'n=3.1'], steps: 1 });
  });
});

test('ScanKey goes through large ones in steps; scores have 17 digits there', () => {
  for (let i = 0; i < 600; i++) {
    probe.server.raw('HSET', 'h', `f${i}`, i);
    probe.server.raw('SADD', 's', `m${i}`);
    probe.server.raw('ZADD', 'z', 3.1, `m${i}`);
  }
  probe.run((call) => {
    for (const name of ['h', 's', 'z']) {
      const { found, steps } = scanKey(call, name);
      expect(new Set(found).size).toBe(600);
      expect(steps).toBeGreaterThan(10);
    }
    expect(scanKey(call, 'z').found[0]).toMatch(/=3\.1000000000000001$/);
  });
});

test('NULL, empty keys and other types give EINVAL', () => {
  probe.server.raw('SET', 'str', 'x');
  probe.server.raw('RPUSH', 'list', 'x');
  probe.run((call) => {
    const { api, ctx } = call;
    const cursor = api.RedisModule_ScanCursorCreate();
    const fn = probe.callback('RedisModuleScanKeyCB', () => {});
    const empty = api.RedisModule_OpenKey(ctx, probe.string('empty'), CONSTANTS.REDISMODULE_WRITE);
    for (const key of [0, empty, open(call, 'str'), open(call, 'list')]) {
      probe.m.clearErrno();
      expect(api.RedisModule_ScanKey(key, cursor, fn, 0)).toBe(0);
      expect(probe.errno).toBe(ERRNO.EINVAL);
    }
  });
});

test('a callback of another signature is a fault of the guest', () => {
  const message = probe.trapOf(({ ctx, api }) => {
    const fn = probe.callback('RedisModuleTimerProc', () => {});
    api.RedisModule_Scan(ctx, api.RedisModule_ScanCursorCreate(), fn, 0);
  });
  expect(message).toContain("argument 'fn'");
});
