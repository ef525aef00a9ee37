import { beforeEach, expect, test } from 'vitest';
import { CONSTANTS as C } from '../../abi/constants.ts';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
  probe.server.raw('SET', 'k', 'v');
});

/** Runs with the key open for reading and writing. */
const withKey = (name: string, run: (key: number) => void): void =>
  probe.run(({ ctx, api }) =>
    run(api.RedisModule_OpenKey(ctx, probe.string(name), C.REDISMODULE_WRITE)),
  );

const read = (ask: (out: number) => number): [status: number, value: bigint] => {
  const out = probe.room();
  return [ask(out), probe.m.memory.readI64(out)];
};

test('idle times are set and read in whole seconds', () => {
  withKey('k', (key) => {
    expect(probe.api.RedisModule_SetLRU(key, 5000n)).toBe(OK);
    expect(read((out) => probe.api.RedisModule_GetLRU(key, out))).toEqual([OK, 5000n]);
    expect(probe.api.RedisModule_SetLRU(key, -1n)).toBe(ERR);
  });
});

test('frequencies need an LFU policy, idle times another', () => {
  withKey('k', (key) => {
    expect(probe.api.RedisModule_SetLFU(key, 5n)).toBe(ERR);
    expect(read((out) => probe.api.RedisModule_GetLFU(key, out))).toEqual([OK, -1n]);
  });
  probe.server.raw('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
  withKey('k', (key) => {
    expect(probe.api.RedisModule_SetLFU(key, 200n)).toBe(OK);
    expect(read((out) => probe.api.RedisModule_GetLFU(key, out))).toEqual([OK, 200n]);
    expect(probe.api.RedisModule_SetLFU(key, 256n)).toBe(ERR);
    expect(probe.api.RedisModule_SetLRU(key, 5n)).toBe(ERR);
    expect(read((out) => probe.api.RedisModule_GetLRU(key, out))).toEqual([OK, -1n]);
  });
});

test('an empty key has neither', () => {
  withKey('none', (key) => {
    expect(probe.api.RedisModule_SetLRU(key, 5n)).toBe(ERR);
    expect(probe.api.RedisModule_SetLFU(key, 5n)).toBe(ERR);
    expect(read((out) => probe.api.RedisModule_GetLRU(key, out))[0]).toBe(ERR);
    expect(read((out) => probe.api.RedisModule_GetLFU(key, out))[0]).toBe(ERR);
  });
});
