// Through the ABI, also: host/module/io.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe, type ProbeApi } from '../support/probe.ts';
import { makeType, setValue } from '../support/probe-type.ts';

const DATA = 4096;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** Saves with `save` and gives the bytes to `load`; returns the value that was loaded. */
function roundTrip(
  save: (api: ProbeApi, io: number) => void,
  load: (api: ProbeApi, io: number) => number,
): number {
  const type = makeType(probe, {
    rdb_save: (io) => save(probe.api, Number(io)),
    rdb_load: (io) => load(probe.api, Number(io)),
  });
  return probe.run(({ ctx, api }) => {
    const bytes = api.RedisModule_SaveDataTypeToString(ctx, DATA, type);
    expect(bytes).not.toBe(0);
    return api.RedisModule_LoadDataTypeFromStringEncver(bytes, type, 1);
  });
}

test('what was saved is loaded', () => {
  const loaded: unknown[] = [];
  const value = roundTrip(
    (api, io) => {
      api.RedisModule_SaveUnsigned(io, -1n);
      api.RedisModule_SaveSigned(io, -5n);
      api.RedisModule_SaveString(io, probe.string('text'));
      api.RedisModule_SaveStringBuffer(io, probe.cstring('a\0b'), 3);
      api.RedisModule_SaveDouble(io, -0.1);
      api.RedisModule_SaveFloat(io, 0.5);
      api.RedisModule_SaveLongDouble(io, 0n, 0x3fff800000000000n);
    },
    (api, io) => {
      loaded.push(BigInt.asUintN(64, api.RedisModule_LoadUnsigned(io)));
      loaded.push(api.RedisModule_LoadSigned(io));
      loaded.push(probe.textOf(api.RedisModule_LoadString(io)));
      const length = probe.room();
      const ptr = api.RedisModule_LoadStringBuffer(io, length);
      loaded.push(probe.bytes(ptr, probe.u32(length)));
      loaded.push(api.RedisModule_LoadDouble(io), api.RedisModule_LoadFloat(io));
      const long = probe.room(16);
      api.RedisModule_LoadLongDouble(long, io);
      loaded.push(probe.m.memory.readU64(long + 8));
      expect(api.RedisModule_IsIOError(io)).toBe(0);
      return DATA + 16;
    },
  );
  expect(value).toBe(DATA + 16);
  expect(loaded).toEqual([2n ** 64n - 1n, -5n, 'text', 'a\0b', -0.1, 0.5, 0x3fff800000000000n]);
});

describe('data of another kind', () => {
  const load = (api: ProbeApi, io: number): number => {
    expect(api.RedisModule_LoadString(io)).toBe(0);
    expect(api.RedisModule_IsIOError(io)).toBe(1);
    expect(api.RedisModule_LoadUnsigned(io)).toBe(0n);
    return 0;
  };

  test('ends the callback of a module that does not handle errors', () => {
    expect(roundTrip((api, io) => api.RedisModule_SaveUnsigned(io, 1n), load)).toBe(0);
    expect(probe.server.logLines.join('\n')).toContain('the stored data of type ProbeType');
  });

  test('is an error that a module may handle', () => {
    const option = C.REDISMODULE_OPTIONS_HANDLE_IO_ERRORS;
    probe.run(({ ctx, api }) => api.RedisModule_SetModuleOptions(ctx, option));
    expect(roundTrip((api, io) => api.RedisModule_SaveUnsigned(io, 1n), load)).toBe(0);
    expect(probe.server.logLines.join('\n')).not.toContain('trapped');
  });
});

test('a type without the callbacks cannot be saved or loaded', () => {
  const type = makeType(probe);
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_SaveDataTypeToString(ctx, DATA, type)).toBe(0);
    expect(api.RedisModule_LoadDataTypeFromString(probe.string('x'), type)).toBe(0);
  });
});

test('a stream is for one direction, and a handle of another kind is none', () => {
  const type = makeType(probe, {
    rdb_save: (io) => void probe.api.RedisModule_LoadUnsigned(Number(io)),
  });
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_SaveDataTypeToString(ctx, DATA, type)).toBe(0);
  });
  expect(probe.server.logLines.join('\n')).toContain('this stream is not for loading');
  const string = probe.string('x');
  expect(probe.trapOf(({ api }) => api.RedisModule_SaveUnsigned(string, 1n))).toContain(
    "argument 'io'",
  );
  expect(probe.trapOf(({ api }) => api.RedisModule_IsIOError(0))).toContain("argument 'io'");
});

test('a callback knows key, database and type of what it saves', () => {
  const facts: unknown[] = [];
  const type = makeType(probe, {
    rdb_save: (handle) => {
      const { api } = probe;
      const io = Number(handle);
      facts.push(probe.textOf(api.RedisModule_GetKeyNameFromIO(io)));
      facts.push(api.RedisModule_GetDbIdFromIO(io));
      expect(api.RedisModule_GetContextFromIO(io)).not.toBe(0);
      const [level, format] = [probe.cstring('warning'), probe.cstring('n=%d')];
      api.RedisModule_LogIOError(io, level, format, probe.varargs(3));
      api.RedisModule_SaveUnsigned(io, 1n);
    },
  });
  setValue(probe, type, 'k', DATA);
  probe.server.raw('DUMP', 'k');
  expect(facts).toEqual(['k', 0]);
  expect(probe.server.logLines.join('\n')).toContain('<probe> ProbeType: n=3');
});
