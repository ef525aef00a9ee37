import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { ByteMap } from '../../host/values/byte-map.ts';

const key = (n: number) => `k${n}` as ByteString;

test('values stay with their keys through removals and their inverses', () => {
  const operations = fc.array(fc.tuple(fc.nat(40), fc.nat(2)), { maxLength: 200 });
  fc.assert(
    fc.property(operations, fc.boolean(), (list, ordered) => {
      const map = new ByteMap<number>();
      const model = new Map<ByteString, number>();
      list.forEach(([n, kind], round) => {
        const at = map.find(key(n));
        if (at < 0) {
          map.append(key(n), round);
          model.set(key(n), round);
        } else if (kind === 0) {
          map.replaceAt(at, round);
          model.set(key(n), round);
        } else {
          const before = { keys: [...map.keys], values: [...map.values] };
          map.removeAt(at, ordered);
          map.insertAt(at, key(n), before.values[at] as number, ordered);
          expect({ keys: map.keys, values: map.values }).toEqual(before);
          map.removeAt(at, ordered);
          model.delete(key(n));
        }
      });
      expect(map.size).toBe(model.size);
      for (const [each, value] of model) expect(map.get(each)).toBe(value);
      expect(map.get(key(99))).toBeUndefined();
    }),
  );
});

test('a scan gives positions of keys and values', () => {
  const map = new ByteMap<number>();
  for (let i = 0; i < 5; i++) map.append(key(i), i);
  const seen: [string, number][] = [];
  const next = map.scan(0, 2, (at) =>
    seen.push([map.keys[at] as string, map.values[at] as number]),
  );
  expect(seen).toEqual([
    ['k4', 4],
    ['k3', 3],
  ]);
  expect(next).toBe(3);
});
