import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../host/module/code.ts';
import { nearest } from '../../host/module/nearest.ts';

describe('the nearest name', () => {
  test.each([
    ['RedisModule_Aloc', 'RedisModule_Alloc'],
    ['RedisModule_alloc', 'RedisModule_Alloc'],
    ['RedisModule_ReplyWithLonglong', 'RedisModule_ReplyWithLongLong'],
    ['RedisModule_CloseKeys', 'RedisModule_CloseKey'],
    ['RedisModule_HashGett', 'RedisModule_HashGet'],
  ])('to %s is %s', (wrong, right) => {
    expect(nearest(wrong, FUNCTIONS.keys())).toBe(right);
  });

  test.each(['', 'x', 'constructor', '__proto__', 'malloc'])('to %j is none', (name) => {
    expect(nearest(name, FUNCTIONS.keys())).toBe(null);
  });

  test('is the first of several that are equally near', () => {
    expect(nearest('abd', ['abx', 'aby'])).toBe('abx');
    expect(nearest('abc', [])).toBe(null);
  });

  test('is the name itself when it is known', () => {
    const names = [...FUNCTIONS.keys()];
    fc.assert(
      fc.property(fc.constantFrom(...names), (name) => nearest(name, names) === name),
      { numRuns: 20 },
    );
  });

  test('of a name of a megabyte is found at once', () => {
    expect(nearest('x'.repeat(1 << 20), FUNCTIONS.keys())).toBe(null);
  });
});
