import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { Dict } from '../../host/module/dict.ts';
import { DictIterator } from '../../host/module/dict-iterator.ts';

const bytes = (text: string): ByteString => text as ByteString;

/** A dict with the numbers from 0 to `count` as keys of five digits, each its own value. */
function numbered(count: number): Dict {
  const dict = new Dict();
  for (let i = 0; i < count; i++) dict.set(numberKey(i), i, false);
  return dict;
}

const numberKey = (i: number): ByteString => bytes(String(i).padStart(5, '0'));

function keysFrom(iterator: DictIterator, isForward: boolean): string[] {
  const keys: string[] = [];
  while (iterator.step(isForward)) keys.push(iterator.key);
  return keys;
}

describe('a dict', () => {
  test('orders keys as memcmp does, a prefix first', () => {
    const dict = new Dict();
    for (const key of ['b', '', 'ab', '\xff', 'a', 'B']) dict.set(bytes(key), 1, false);
    const iterator = new DictIterator(dict);
    iterator.seek('^', bytes(''));
    expect(keysFrom(iterator, true)).toEqual(['', 'B', 'a', 'ab', 'b', '\xff']);
  });

  test('behaves as a map under any operations', () => {
    const key = fc.nat(400).map(numberKey);
    const operation = fc.tuple(fc.constantFrom('set', 'replace', 'delete', 'get'), key, fc.nat());
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 2000, size: 'max' }), (operations) => {
        const dict = new Dict();
        const model = new Map<string, number>();
        for (const [name, key, value] of operations) {
          const former = model.get(key);
          if (name === 'get') expect(dict.get(key)).toBe(former);
          else if (name === 'delete') {
            expect(dict.delete(key)).toBe(former);
            model.delete(key);
          } else {
            expect(dict.set(key, value, name === 'replace')).toBe(former === undefined);
            if (name === 'replace' || former === undefined) model.set(key, value);
          }
        }
        expect(dict.size).toBe(model.size);
        const iterator = new DictIterator(dict);
        iterator.seek('^', bytes(''));
        expect(keysFrom(iterator, true)).toEqual([...model.keys()].sort());
        iterator.seek('$', bytes(''));
        expect(keysFrom(iterator, false)).toEqual([...model.keys()].sort().reverse());
      }),
      { numRuns: 30 },
    );
  });

  test('forgets the bytes of deleted keys', () => {
    const dict = numbered(1000);
    const full = dict.memoryBytes;
    for (let i = 0; i < 1000; i++) dict.delete(numberKey(i));
    expect(dict.size).toBe(0);
    expect(dict.memoryBytes).toBeLessThan(full / 10);
  });
});

describe('an iterator', () => {
  test('is placed by each operator, next to keys that are there or not', () => {
    const operators = fc.constantFrom('^', '$', '==', '>', '>=', '<', '<=');
    const present = fc.uniqueArray(fc.nat(600), { maxLength: 500, size: 'max' });
    fc.assert(
      fc.property(present, operators, fc.nat(620), (numbers, operator, target) => {
        const dict = new Dict();
        for (const number of numbers) dict.set(numberKey(number), number, false);
        const sorted = numbers.toSorted((a, b) => a - b);
        const found = {
          '^': sorted[0],
          $: sorted.at(-1),
          '==': sorted.find((n) => n === target),
          '>': sorted.find((n) => n > target),
          '>=': sorted.find((n) => n >= target),
          '<': sorted.findLast((n) => n < target),
          '<=': sorted.findLast((n) => n <= target),
        }[operator];
        const iterator = new DictIterator(dict);
        expect(iterator.seek(operator, numberKey(target))).toBe(true);
        expect(iterator.step(true) ? iterator.value : undefined).toBe(found);
        if (found === undefined) return;
        const next = iterator.step(true) ? iterator.value : undefined;
        expect(next).toBe(sorted[sorted.indexOf(found) + 1]);
      }),
    );
  });

  test('gives the key it was placed on first, in either direction', () => {
    const iterator = new DictIterator(numbered(10));
    iterator.seek('>=', numberKey(5));
    expect(keysFrom(iterator, false)).toHaveLength(6);
    iterator.seek('>=', numberKey(5));
    expect(keysFrom(iterator, true)).toHaveLength(5);
  });

  test('that has come to an end stays there until it is placed anew', () => {
    const iterator = new DictIterator(numbered(2));
    iterator.seek('$', bytes(''));
    expect(keysFrom(iterator, true)).toEqual(['00001']);
    expect(iterator.step(false)).toBe(false);
    expect(iterator.compare('==', numberKey(1))).toBe(false);
    iterator.seek('^', bytes(''));
    expect(iterator.step(true)).toBe(true);
  });

  test('finds nothing with an unknown operator', () => {
    const iterator = new DictIterator(numbered(2));
    expect(iterator.seek('!', bytes(''))).toBe(false);
    expect(iterator.step(true)).toBe(false);
  });

  test('goes on behind its key when the dict changes under it', () => {
    const dict = numbered(500);
    const iterator = new DictIterator(dict);
    iterator.seek('^', bytes(''));
    const seen: number[] = [];
    while (iterator.step(true)) {
      seen.push(iterator.value);
      dict.delete(iterator.key);
      if (iterator.value === 100) dict.set(bytes('00100x'), 1000, false);
    }
    expect(seen).toHaveLength(501);
    expect(seen[101]).toBe(1000);
    expect(dict.size).toBe(0);
  });

  test('compares its key', () => {
    const iterator = new DictIterator(numbered(10));
    iterator.seek('==', numberKey(5));
    const holds = (operator: string, other: number) => iterator.compare(operator, numberKey(other));
    expect([holds('==', 5), holds('==', 6)]).toEqual([true, false]);
    expect([holds('>', 4), holds('>', 5), holds('>=', 5)]).toEqual([true, false, true]);
    expect([holds('<', 6), holds('<', 5), holds('<=', 5)]).toEqual([true, false, true]);
    expect(holds('=', 5)).toBe(false);
  });
});
