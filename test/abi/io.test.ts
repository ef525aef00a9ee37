import { expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

test('an open key tells its name and database', async () => {
  const probe = await Probe.load();
  probe.run(({ ctx, api }) => {
    api.RedisModule_SelectDb(ctx, 2);
    const key = api.RedisModule_OpenKey(ctx, probe.string('k'), 2);
    expect(probe.textOf(api.RedisModule_GetKeyNameFromModuleKey(key))).toBe('k');
    expect(api.RedisModule_GetDbIdFromModuleKey(key)).toBe(2);
    expect(api.RedisModule_GetKeyNameFromModuleKey(0)).toBe(0);
    expect(api.RedisModule_GetDbIdFromModuleKey(0)).toBe(-1);
  });
});

test('a stream that is none traps', async () => {
  const probe = await Probe.load();
  for (const name of ['GetContextFromIO', 'GetKeyNameFromIO', 'GetDbIdFromIO'] as const) {
    expect(probe.trapOf(({ api }) => api[`RedisModule_${name}`](0))).toContain("argument 'io'");
  }
});
