import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { ByteSet } from '../../host/values/byte-set.ts';

const key = (n: number) => `k${n}` as ByteString;

function filled(count: number): ByteSet {
  const set = new ByteSet();
  for (let i = 0; i < count; i++) set.append(key(i));
  return set;
}

function expectConsistent(set: ByteSet): void {
  set.keys.forEach((each, at) => {
    expect(set.find(each)).toBe(at);
  });
}

/** Keys to toggle, enough to cross the threshold of the index both ways. */
const toggles = fc.array(fc.nat(40), { maxLength: 200 });

describe('a byte set', () => {
  test('knows the position of each key in both modes and around the index', () => {
    fc.assert(
      fc.property(toggles, fc.boolean(), (numbers, ordered) => {
        const set = new ByteSet();
        let model: ByteString[] = [];
        for (const n of numbers) {
          const at = set.find(key(n));
          if (at < 0) {
            set.append(key(n));
            model.push(key(n));
          } else {
            set.removeAt(at, ordered);
            model = model.filter((each) => each !== key(n));
          }
        }
        expectConsistent(set);
        if (ordered) expect(set.keys).toEqual(model);
        else expect([...set.keys].sort()).toEqual([...model].sort());
      }),
    );
  });

  test('puts a removed key back to its exact place', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.boolean(),
        (size, pick, ordered) => {
          const set = filled(size);
          set.find(key(0)); // makes the index of a large one
          const at = pick % size;
          const before = [...set.keys];
          set.removeAt(at, ordered);
          set.insertAt(at, before[at] as ByteString, ordered);
          expect(set.keys).toEqual(before);
          expectConsistent(set);
        },
      ),
    );
  });

  test('a scan returns every key that stays, whatever comes and goes between its steps', () => {
    const changes = fc.array(fc.record({ toggle: fc.nat(80), isStep: fc.boolean() }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 7 }), fc.boolean(), (list, count, ordered) => {
        const set = filled(40);
        const stays = new Set(set.keys);
        const seen = new Set<ByteString>();
        const step = (from: number) =>
          set.scan(from, count, (at) => seen.add(set.keys[at] as ByteString));
        let cursor = step(0);
        for (const { toggle, isStep } of list) {
          if (cursor === 0) break;
          if (isStep) {
            cursor = step(cursor);
            continue;
          }
          const at = set.find(key(toggle));
          if (at < 0) {
            set.append(key(toggle));
          } else {
            set.removeAt(at, ordered);
            stays.delete(key(toggle));
          }
        }
        while (cursor !== 0) cursor = step(cursor);
        for (const each of stays) expect(seen).toContain(each);
      }),
    );
  });

  test('a scan of an unchanged set visits each key once, and bad cursors start over', () => {
    const set = filled(25);
    const seen: ByteString[] = [];
    let cursor = 0;
    do cursor = set.scan(cursor, 10, (at) => seen.push(set.keys[at] as ByteString));
    while (cursor !== 0);
    expect([...seen].sort()).toEqual([...set.keys].sort());
    expect(set.scan(99, 10, () => {})).toBe(15);
    expect(new ByteSet().scan(0, 10, () => {})).toBe(0);
  });
});
