import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { PositionIndex } from '../../host/values/position-index.ts';

test('an index that overflows its first Map behaves like one Map', () => {
  const operations = fc.array(fc.tuple(fc.nat(30), fc.nat(100), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(operations, fc.constantFrom(3, 8, 1000), (list, shardMax) => {
      const index = new PositionIndex(shardMax);
      const model = new Map<string, number>();
      for (const [n, position, isDelete] of list) {
        const key = `k${n}` as ByteString;
        if (isDelete) {
          index.delete(key);
          model.delete(key);
        } else {
          index.set(key, position);
          model.set(key, position);
        }
      }
      for (let n = 0; n <= 30; n++) {
        expect(index.get(`k${n}` as ByteString)).toBe(model.get(`k${n}`) ?? -1);
      }
    }),
  );
});
