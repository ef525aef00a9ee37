import { beforeEach, describe, expect, test } from 'vitest';
import { Probe, type ProbeApi } from '../support/probe.ts';

const OK = 0;
const ERR = 1;
/** binary128 of -0.1 as clang folds -0.1L. */
const MINUS_TENTH = [0x999999999999999an, 0xbffb999999999999n] as const;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** The text of the string that `make` makes. */
const made = (make: (api: ProbeApi, ctx: number) => number): string =>
  probe.run(({ ctx, api }) => probe.textOf(make(api, ctx)));

describe('creating', () => {
  test('from bytes, a printf format, another string', () => {
    expect(made((api, ctx) => api.RedisModule_CreateString(ctx, probe.cstring('a\0b'), 3))).toBe(
      'a\0b',
    );
    expect(made((api) => api.RedisModule_CreateString(0, 0, 3))).toBe('\0\0\0');
    const args = probe.varargs(-7, 'text');
    expect(
      made((api, ctx) => api.RedisModule_CreateStringPrintf(ctx, probe.cstring('%d %s'), args)),
    ).toBe('-7 text');
    const source = probe.string('source');
    expect(made((api, ctx) => api.RedisModule_CreateStringFromString(ctx, source))).toBe('source');
  });

  test('from numbers', () => {
    const min = -(2n ** 63n);
    expect(made((api, ctx) => api.RedisModule_CreateStringFromLongLong(ctx, min))).toBe(`${min}`);
    expect(made((api, ctx) => api.RedisModule_CreateStringFromULongLong(ctx, -1n))).toBe(
      '18446744073709551615',
    );
    expect(made((api, ctx) => api.RedisModule_CreateStringFromDouble(ctx, 0.1))).toBe('0.1');
    const longDouble = (human: number) =>
      made((api, ctx) => api.RedisModule_CreateStringFromLongDouble(ctx, ...MINUS_TENTH, human));
    expect(longDouble(1)).toBe('-0.1');
    expect(longDouble(0)).toBe('-0.1');
  });

  test('from a stream ID', () => {
    const id = probe.room(16);
    probe.m.memory.writeU64(id, 2n ** 64n - 1n);
    probe.m.memory.writeU64(id + 8, 5n);
    expect(made((api, ctx) => api.RedisModule_CreateStringFromStreamID(ctx, id))).toBe(
      '18446744073709551615-5',
    );
  });
});

describe('references', () => {
  const isAlive = (handle: number) => probe.m.handles.has(handle, 1);

  test('FreeString ends one, RetainString and HoldString add one', () => {
    const handle = probe.string('x');
    probe.run(({ ctx, api }) => {
      api.RedisModule_RetainString(ctx, handle);
      expect(api.RedisModule_HoldString(ctx, handle)).toBe(handle);
      api.RedisModule_FreeString(ctx, handle);
      api.RedisModule_FreeString(0, handle);
    });
    expect(isAlive(handle)).toBe(true);
    probe.run(({ api }) => api.RedisModule_FreeString(0, handle));
    expect(isAlive(handle)).toBe(false);
  });

  test('what was retained survives AutoMemory', () => {
    const handle = probe.run(({ ctx, api }) => {
      api.RedisModule_AutoMemory(ctx);
      const string = api.RedisModule_CreateString(ctx, probe.cstring('x'), 1);
      api.RedisModule_RetainString(ctx, string);
      return string;
    });
    expect(isAlive(handle)).toBe(true);
  });

  test('a string that is none, or was freed, traps', () => {
    expect(probe.trapOf(({ api }) => api.RedisModule_FreeString(0, 12345))).toContain(
      'RedisModule_FreeString',
    );
    const dead = probe.string('x');
    probe.run(({ api }) => api.RedisModule_FreeString(0, dead));
    expect(probe.trapOf(({ api }) => api.RedisModule_RetainString(0, dead))).toContain("'str'");
    expect(probe.trapOf(({ api }) => api.RedisModule_HoldString(0, 0))).toContain("'str'");
  });

  test('a handle of another kind traps', () => {
    expect(
      probe.trapOf(({ ctx, api }) =>
        api.RedisModule_StringPtrLen(api.RedisModule_CreateDict(ctx), 0),
      ),
    ).toContain('dict');
  });
});

describe('StringPtrLen', () => {
  test('gives one NUL-terminated copy for the life of the string', () => {
    const handle = probe.string('a\0b');
    probe.run(({ api }) => {
      const length = probe.room();
      const ptr = api.RedisModule_StringPtrLen(handle, length);
      expect(probe.u32(length)).toBe(3);
      expect(probe.bytes(ptr, 4)).toBe('a\0b\0');
      expect(api.RedisModule_StringPtrLen(handle, 0)).toBe(ptr);
    });
  });

  test('takes NULL for a string that says so', () => {
    probe.run(({ api }) => {
      const ptr = api.RedisModule_StringPtrLen(0, 0);
      expect(probe.m.memory.cstring(ptr)).toBe('(NULL string reply referenced in module)');
    });
  });
});

describe('parsing', () => {
  test.each([
    ['-9223372036854775808', OK, -(2n ** 63n)],
    ['9223372036854775808', ERR, 0n],
    [' 1', ERR, 0n],
    ['', ERR, 0n],
    ['1.0', ERR, 0n],
  ])('%j as a long long', (text, status, value) => {
    probe.run(({ api }) => {
      const out = probe.room();
      expect(api.RedisModule_StringToLongLong(probe.string(text), out)).toBe(status);
      expect(probe.m.memory.readI64(out)).toBe(value);
    });
  });

  test.each([
    ['18446744073709551615', OK, 2n ** 64n - 1n],
    ['18446744073709551616', ERR, 0n],
    ['-1', ERR, 0n],
  ])('%j as an unsigned long long', (text, status, value) => {
    probe.run(({ api }) => {
      const out = probe.room();
      expect(api.RedisModule_StringToULongLong(probe.string(text), out)).toBe(status);
      expect(probe.m.memory.readU64(out)).toBe(value);
    });
  });

  test.each([
    ['1e3', OK, 1000],
    ['-inf', OK, -Infinity],
    ['nan', ERR, 0],
    ['x', ERR, 0],
    ['1 ', ERR, 0],
  ])('%j as a double', (text, status, value) => {
    probe.run(({ api }) => {
      const out = probe.room();
      expect(api.RedisModule_StringToDouble(probe.string(text), out)).toBe(status);
      expect(probe.m.memory.readF64(out)).toBe(value);
    });
  });

  test('as a long double', () => {
    probe.run(({ api }) => {
      const out = probe.room(16);
      expect(api.RedisModule_StringToLongDouble(probe.string('-0.1'), out)).toBe(OK);
      const value = [probe.m.memory.readU64(out), probe.m.memory.readU64(out + 8)];
      expect(value).toEqual([0x999a000000000000n, MINUS_TENTH[1]]); // with x86's 64-bit mantissa
      expect(api.RedisModule_StringToLongDouble(probe.string('x'), out)).toBe(ERR);
    });
  });

  test('as a stream ID', () => {
    probe.run(({ api }) => {
      const out = probe.room(16);
      expect(api.RedisModule_StringToStreamID(probe.string('5-6'), out)).toBe(OK);
      expect(probe.m.memory.readU64(out)).toBe(5n);
      expect(probe.m.memory.readU64(out + 8)).toBe(6n);
      expect(api.RedisModule_StringToStreamID(probe.string('a-b'), out)).toBe(ERR);
    });
  });

  test('into memory that is none traps', () => {
    expect(
      probe.trapOf(({ api }) => api.RedisModule_StringToLongLong(probe.string('1'), -4)),
    ).toContain("argument 'll'");
  });
});

test('StringCompare orders bytes', () => {
  probe.run(({ api }) => {
    const compare = (a: string, b: string) =>
      Math.sign(api.RedisModule_StringCompare(probe.string(a), probe.string(b)));
    expect([compare('a', 'b'), compare('b', 'a'), compare('a', 'a')]).toEqual([-1, 1, 0]);
    expect([compare('a', 'aa'), compare('é', 'z')]).toEqual([-1, 1]);
  });
});

describe('StringAppendBuffer', () => {
  test('appends, and the copy in guest memory follows', () => {
    probe.run(({ ctx, api }) => {
      const handle = probe.string('a');
      api.RedisModule_StringPtrLen(handle, 0);
      expect(api.RedisModule_StringAppendBuffer(ctx, handle, probe.cstring('bc'), 2)).toBe(OK);
      expect(probe.m.memory.cstring(api.RedisModule_StringPtrLen(handle, 0))).toBe('abc');
    });
  });

  test('refuses a string that others refer to', () => {
    probe.run(({ ctx, api }) => {
      const handle = probe.string('a');
      api.RedisModule_RetainString(ctx, handle);
      expect(api.RedisModule_StringAppendBuffer(ctx, handle, probe.cstring('b'), 1)).toBe(ERR);
      expect(probe.textOf(handle)).toBe('a');
    });
  });
});

test('TrimStringAllocation changes no byte, and takes NULL', () => {
  probe.run(({ api }) => {
    const handle = probe.string('abc');
    api.RedisModule_TrimStringAllocation(handle);
    api.RedisModule_TrimStringAllocation(0);
    expect(probe.textOf(handle)).toBe('abc');
  });
});
