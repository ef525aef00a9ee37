// Callbacks are checked when they are registered, whatever was found at their index before.

import { describe, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

describe('a table index', () => {
  test('that was one type of callback is not another', async () => {
    const probe = await Probe.load();
    const timer = probe.callback('RedisModuleTimerProc', () => {});
    const scan = probe.callback('RedisModuleScanCB', () => {});
    const use = (fn: number): string =>
      probe.trapOf(({ ctx, api }) => {
        const cursor = api.RedisModule_ScanCursorCreate();
        api.RedisModule_Scan(ctx, cursor, fn, 0);
      });
    expect(probe.trapOf(({ ctx, api }) => api.RedisModule_CreateTimer(ctx, 1n, timer, 0))).toBe('');
    expect(use(scan)).toBe('');
    expect(use(timer)).toMatch(
      /Scan: argument 'fn': function \d+ is \(i32,i32\)->\(\), not \(i32,i32,i32,i32\)->\(\)/,
    );
  });

  test("of one of the host's own functions is none", async () => {
    const probe = await Probe.load();
    const out = probe.room();
    const trap = probe.trapOf(({ ctx, api }) => {
      api.RedisModule_GetApi(probe.cstring('RedisModule_DbSize'), out);
      api.RedisModule_CreateTimer(ctx, 1n, probe.u32(out), 0);
    });
    expect(trap).toMatch(/CreateTimer: argument 'callback': function \d+ is one of the host's/);
  });
});
