import { beforeEach, describe, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

const TOO_MUCH = 0x7fff_0000;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

test('blocks are aligned to 16 bytes, also those of 0 bytes', () => {
  probe.run(({ api }) => {
    const [a, b] = [api.RedisModule_Alloc(0), api.RedisModule_TryAlloc(1)];
    expect([a % 16, b % 16]).toEqual([0, 0]);
    expect(a).not.toBe(0);
    expect(a).not.toBe(b);
    api.RedisModule_Free(a);
    api.RedisModule_Free(b);
  });
});

test('Calloc gives zero bytes', () => {
  probe.run(({ api }) => {
    const dirty = api.RedisModule_Alloc(64);
    probe.m.memory.fill(dirty, 64, 0xff);
    api.RedisModule_Free(dirty);
    for (const ptr of [api.RedisModule_Calloc(4, 16), api.RedisModule_TryCalloc(4, 16)]) {
      expect(probe.bytes(ptr, 64)).toBe('\0'.repeat(64));
    }
  });
});

describe('beyond the limit', () => {
  test.each([
    ['RedisModule_Alloc', (p: Probe) => p.api.RedisModule_Alloc(TOO_MUCH)],
    ['RedisModule_Calloc', (p: Probe) => p.api.RedisModule_Calloc(0x10000, 0x10001)],
    ['RedisModule_Realloc', (p: Probe) => p.api.RedisModule_Realloc(0, TOO_MUCH)],
  ])('%s traps', (name, call) => {
    expect(probe.trapOf(() => call(probe))).toMatch(new RegExp(`${name}.*does not fit`));
  });

  test('the functions that try return NULL', () => {
    probe.run(({ api }) => {
      const block = api.RedisModule_Alloc(8);
      expect(api.RedisModule_TryAlloc(TOO_MUCH)).toBe(0);
      expect(api.RedisModule_TryCalloc(0x10000, 0x10001)).toBe(0);
      expect(api.RedisModule_TryRealloc(block, TOO_MUCH)).toBe(0);
      api.RedisModule_Free(block); // still there
    });
  });
});

test('Realloc keeps the content, allocates for NULL and frees for 0 bytes', () => {
  probe.run(({ api }) => {
    const { allocator } = probe.m;
    const before = allocator.liveBlocks;
    const small = api.RedisModule_Realloc(0, 5);
    probe.m.memory.copyIn(small, Buffer.from('12345'));
    const large = api.RedisModule_TryRealloc(small, 5000);
    expect(probe.bytes(large, 5)).toBe('12345');
    expect(api.RedisModule_Realloc(large, 0)).toBe(0);
    expect(allocator.liveBlocks).toBe(before);
  });
});

describe('Free', () => {
  test('ignores NULL', () => {
    expect(probe.trapOf(({ api }) => api.RedisModule_Free(0))).toBe('');
  });

  test('traps for a block that was freed and for what is no block', () => {
    expect(
      probe.trapOf(({ api }) => {
        const block = api.RedisModule_Alloc(8);
        api.RedisModule_Free(block);
        api.RedisModule_Free(block);
      }),
    ).toContain('RedisModule_Free');
    expect(probe.trapOf(({ api }) => api.RedisModule_Free(24))).toContain('0x00000018');
  });
});

test('Strdup copies up to the NUL, and traps outside of memory', () => {
  probe.run(({ api }) => {
    const copy = api.RedisModule_Strdup(probe.cstring('text'));
    expect(probe.bytes(copy, 5)).toBe('text\0');
  });
  expect(probe.trapOf(({ api }) => api.RedisModule_Strdup(-1))).toContain("argument 'str'");
});

test('blocks of the pool end with the call', () => {
  const { allocator } = probe.m;
  const before = allocator.liveBlocks;
  probe.run(({ ctx, api }) => {
    expect(api.RedisModule_PoolAlloc(ctx, 0)).toBe(0);
    expect(api.RedisModule_PoolAlloc(ctx, 10)).not.toBe(0);
    expect(api.RedisModule_PoolAlloc(ctx, 10)).not.toBe(0);
    expect(allocator.liveBlocks).toBe(before + 2);
  });
  expect(allocator.liveBlocks).toBe(before);
});

test('AutoMemory frees what the call made', () => {
  const { handles } = probe.m;
  const before = handles.liveCount;
  const kept = probe.run(({ ctx, api }) => {
    const own = api.RedisModule_CreateString(ctx, probe.cstring('own'), 3);
    api.RedisModule_AutoMemory(ctx);
    api.RedisModule_CreateString(ctx, probe.cstring('auto'), 4);
    api.RedisModule_CreateDict(ctx);
    api.RedisModule_FreeString(ctx, api.RedisModule_CreateString(ctx, probe.cstring('x'), 1));
    return own;
  });
  expect(probe.textOf(kept)).toBe('own');
  expect(handles.liveCount).toBe(before + 1);
});

test('a ctx that is none traps', () => {
  expect(probe.trapOf(({ api }) => api.RedisModule_AutoMemory(0))).toContain("argument 'ctx'");
  expect(probe.trapOf(({ api }) => api.RedisModule_PoolAlloc(8, 8))).toContain("argument 'ctx'");
});
