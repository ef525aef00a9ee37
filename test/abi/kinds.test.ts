// Kinds: spelling, wasm types, the meaning of `?`.

import { describe, expect, test } from 'vitest';
import { admitsNull, KINDS, type Kind, kindOf } from '../../abi/kinds.ts';

const kinds = Object.entries<Kind>(KINDS);

describe('kinds', () => {
  test('are i32 for everything that is an address, a handle or a table index', () => {
    const references = kinds.filter(([, k]) => ['handle', 'ptr', 'func'].includes(k.host));
    expect(references.filter(([, k]) => k.wasm.join() !== 'i32')).toEqual([]);
    expect(references.filter(([, k]) => k.of === '')).toEqual([]);
  });

  test('are bigint for the host exactly where they are i64', () => {
    const bigints = kinds.filter(([, k]) => k.host === 'bigint').map(([name]) => name);
    expect(kinds.filter(([, k]) => k.wasm.join() === 'i64').map(([name]) => name)).toEqual(bigints);
  });

  test('spell pointers with a space before the star', () => {
    expect(kinds.filter(([, k]) => /\*/.test(k.c) && !/ \*+$/.test(k.c))).toEqual([]);
  });

  test('have a meaning', () => {
    expect(kinds.filter(([, k]) => !/^.{3,}\.$/.test(k.doc))).toEqual([]);
  });

  test('admit NULL only with a question mark', () => {
    expect([admitsNull('key?'), admitsNull('key')]).toEqual([true, false]);
    expect(kindOf('key?')).toBe(kindOf('key'));
  });
});
