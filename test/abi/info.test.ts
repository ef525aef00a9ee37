import { beforeEach, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

test('a module is named once', () => {
  probe.run(({ ctx, api }) => api.RedisModule_SetModuleAttribs(ctx, probe.cstring('x'), 9, 1));
  expect([probe.m.name, probe.m.version]).toEqual(['probe', 1]);
});

test('names of modules are busy', () => {
  const isBusy = (name: string) => probe.api.RedisModule_IsModuleNameBusy(probe.cstring(name));
  expect([isBusy('probe'), isBusy('other')]).toEqual([1, 0]);
});

test('the clocks go on, the cached one stands still during a call', () => {
  probe.run(({ api }) => {
    const before = [
      api.RedisModule_Milliseconds(),
      api.RedisModule_Microseconds(),
      api.RedisModule_MonotonicMicroseconds(),
      api.RedisModule_CachedMicroseconds(),
    ];
    probe.server.clock.advance(5);
    expect(api.RedisModule_Milliseconds()).toBe((before[0] as bigint) + 5n);
    expect(api.RedisModule_Microseconds()).toBe((before[1] as bigint) + 5000n);
    expect(api.RedisModule_MonotonicMicroseconds()).toBe((before[2] as bigint) + 5000n);
    expect(api.RedisModule_CachedMicroseconds()).toBe(before[3]);
  });
});

test('SignalModifiedKey breaks what watches the key', () => {
  probe.server.raw('WATCH', 'k');
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_SignalModifiedKey(ctx, probe.string('k'))).toBe(0);
  });
  probe.server.raw('MULTI');
  expect(probe.server.raw('EXEC')).toBe('*-1\r\n');
});

test('a blocked client that is none cannot be measured', () => {
  for (const name of ['Start', 'End'] as const) {
    expect(
      probe.trapOf(({ api }) => api[`RedisModule_BlockedClientMeasureTime${name}`](0)),
    ).toContain('RedisModule_BlockedClientMeasureTime');
  }
});
