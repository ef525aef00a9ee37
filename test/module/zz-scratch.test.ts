import { expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';
import { STRUCTS } from '../../abi/structs.ts';
import { offsetsOf } from '../../host/module/structs.ts';
import { ModuleTrap } from '../../host/module/trap.ts';

test('drain', async () => {
  const probe = await Probe.load();
  const freed: number[] = [];
  const T = offsetsOf('RedisModuleTypeMethods');
  const free = probe.callback('RedisModuleTypeFreeFunc', (v) => { freed.push(Number(v)); });
  const methods = probe.room(STRUCTS.RedisModuleTypeMethods.size);
  probe.m.memory.writeU64(methods, 1n);
  probe.m.memory.writeU32(methods + T.free, free);
  probe.m.isLoading = true;
  const type = probe.run(({ ctx, api }) => api.RedisModule_CreateDataType(ctx, probe.cstring('probetype'), 0, methods));
  probe.m.isLoading = false;
  expect(type).not.toBe(0);
  const set = (ctx: number, key: string, value: number) => {
    const k = probe.api.RedisModule_OpenKey(ctx, probe.string(key), 3);
    probe.api.RedisModule_ModuleTypeSetValue(k, type, value);
    probe.api.RedisModule_CloseKey(k);
  };
  probe.run(({ ctx }) => { set(ctx, 'a', 101); set(ctx, 'b', 102); set(ctx, 'c', 103); });
  expect(freed).toEqual([]);
  probe.run(({ ctx, api }) => {
    for (const name of ['a', 'b', 'c']) {
      const k = api.RedisModule_OpenKey(ctx, probe.string(name), 3);
      api.RedisModule_DeleteKey(k);
      api.RedisModule_CloseKey(k);
    }
  });
  console.log('freed', freed);
  freed.length = 0;
  try { probe.run(({ ctx }) => { set(ctx, 'x', 201); throw new ModuleTrap('boo'); }); } catch (e) { console.log(String(e)); }
  console.log('freed after trap', freed);
});
