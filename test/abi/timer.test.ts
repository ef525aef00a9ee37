// Through the ABI, also: host/module/callbacks.ts.

import { beforeEach, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;
const DATA = 4096;

let probe: Probe;
let fired: number[];

beforeEach(async () => {
  probe = await Probe.load();
  fired = [];
});

function create(periodMs: bigint, action: (ctx: number) => void = () => {}): bigint {
  const callback = probe.callback('RedisModuleTimerProc', (ctx, data) => {
    fired.push(Number(data));
    action(Number(ctx));
  });
  return probe.run(({ ctx, api }) => api.RedisModule_CreateTimer(ctx, periodMs, callback, DATA));
}

test('a timer fires once, when its time has come', () => {
  expect(create(100n)).not.toBe(0n);
  probe.server.advance(99);
  expect(fired).toEqual([]);
  probe.server.advance(1000);
  expect(fired).toEqual([DATA]);
});

test('its callback may write, as one unit', () => {
  create(1n, (ctx) => {
    const name = probe.string('k');
    probe.api.RedisModule_StringSet(probe.api.RedisModule_OpenKey(ctx, name, 2), name);
  });
  probe.server.advance(1);
  expect(probe.server.raw('GET', 'k')).toBe('$1\r\nk\r\n');
});

test('a timer tells its data and what is left', () => {
  const id = create(100n);
  probe.server.advance(40);
  probe.run(({ ctx, api }) => {
    const [left, data] = [probe.room(), probe.room()];
    expect(api.RedisModule_GetTimerInfo(ctx, id, left, data)).toBe(OK);
    expect([probe.m.memory.readU64(left), probe.u32(data)]).toEqual([60n, DATA]);
    expect(api.RedisModule_GetTimerInfo(ctx, id, 0, 0)).toBe(OK);
    expect(api.RedisModule_GetTimerInfo(ctx, 999n, left, data)).toBe(ERR);
  });
});

test('a stopped timer does not fire, and is gone', () => {
  const id = create(100n);
  probe.run(({ ctx, api }) => {
    const data = probe.room();
    expect(api.RedisModule_StopTimer(ctx, id, data)).toBe(OK);
    expect(probe.u32(data)).toBe(DATA);
    expect(api.RedisModule_StopTimer(ctx, id, 0)).toBe(ERR);
  });
  probe.server.advance(1000);
  expect(fired).toEqual([]);
});

test('a trap in a timer is logged', () => {
  create(1n, () => probe.api.RedisModule_Free(8));
  probe.server.advance(1);
  expect(probe.server.logLines.join('\n')).toContain('trapped in a timer');
});

test('a callback that is none traps', () => {
  expect(probe.trapOf(({ ctx, api }) => api.RedisModule_CreateTimer(ctx, 1n, 0, 0))).toContain(
    "argument 'callback'",
  );
});
