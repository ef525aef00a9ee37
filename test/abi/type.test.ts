import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe } from '../support/probe.ts';
import { loading, makeType, setValue, typeMethods } from '../support/probe-type.ts';

const OK = 0;
const ERR = 1;
const READ = C.REDISMODULE_READ;
const WRITE = C.REDISMODULE_WRITE;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

describe('CreateDataType', () => {
  const create = (name: string, encver: number, version = 5n) =>
    loading(probe, ({ ctx, api }) =>
      api.RedisModule_CreateDataType(
        ctx,
        probe.cstring(name),
        encver,
        typeMethods(probe, {}, version),
      ),
    );

  test('takes a name of 9 characters once', () => {
    expect(create('aZ09-_xyz', 1023)).not.toBe(0);
    expect(create('aZ09-_xyz', 0)).toBe(0);
  });

  test.each([
    ['short', 0, 5n],
    ['toolongname', 0, 5n],
    ['with spac', 0, 5n],
    ['ProbeType', 1024, 5n],
    ['ProbeType', -1, 5n],
    ['ProbeType', 0, 0n],
  ])('refuses %j, encoding %d, version %d', (name, encver, version) => {
    expect(create(name, encver, version)).toBe(0);
  });

  test('is for OnLoad only', () => {
    const type = probe.run(({ ctx, api }) =>
      api.RedisModule_CreateDataType(ctx, probe.cstring('ProbeType'), 0, typeMethods(probe, {})),
    );
    expect(type).toBe(0);
  });
});

describe('values', () => {
  test('are set, told and freed', () => {
    const freed: unknown[] = [];
    const type = makeType(probe, { free: (data) => void freed.push(data) });
    expect(setValue(probe, type, 'k', 4096)).toBe(OK);
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('k'), READ);
      expect(api.RedisModule_KeyType(key)).toBe(C.REDISMODULE_KEYTYPE_MODULE);
      expect(api.RedisModule_ModuleTypeGetType(key)).toBe(type);
      expect(api.RedisModule_ModuleTypeGetValue(key)).toBe(4096);
    });
    expect(probe.server.raw('TYPE', 'k')).toBe('+ProbeType\r\n');
    setValue(probe, type, 'k', 8192);
    expect(freed).toEqual([4096]);
    probe.server.raw('FLUSHALL');
    expect(freed).toEqual([4096, 8192]);
  });

  test('need a key that is open for writing', () => {
    const type = makeType(probe);
    setValue(probe, type, 'k', 4096);
    probe.run(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('k'), READ);
      expect(api.RedisModule_ModuleTypeSetValue(key, type, 8192)).toBe(ERR);
    });
  });

  test('a trap leaves the old value, and frees the new one', () => {
    const freed: unknown[] = [];
    const type = makeType(probe, { free: (data) => void freed.push(data) });
    setValue(probe, type, 'k', 4096);
    probe.trapOf(({ ctx, api }) => {
      const key = api.RedisModule_OpenKey(ctx, probe.string('k'), WRITE);
      api.RedisModule_ModuleTypeSetValue(key, type, 8192);
      api.RedisModule_Free(8);
    });
    expect(freed).toEqual([8192]);
    probe.server.raw('DEL', 'k');
    expect(freed).toEqual([8192, 4096]);
  });

  test('there is none for NULL, an empty key and other types', () => {
    probe.server.raw('SET', 's', 'v');
    probe.run(({ ctx, api }) => {
      const empty = api.RedisModule_OpenKey(ctx, probe.string('none'), WRITE);
      const text = api.RedisModule_OpenKey(ctx, probe.string('s'), READ);
      for (const key of [0, empty, text]) {
        expect(api.RedisModule_ModuleTypeGetType(key)).toBe(0);
        expect(api.RedisModule_ModuleTypeGetValue(key)).toBe(0);
      }
    });
  });

  test('a type that is none traps', () => {
    expect(
      probe.trapOf(({ ctx, api }) => {
        const key = api.RedisModule_OpenKey(ctx, probe.string('k'), WRITE);
        api.RedisModule_ModuleTypeSetValue(key, key, 1);
      }),
    ).toContain("argument 'mt'");
  });
});
