import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { SeededRandom } from '../../host/lib/random.ts';
import { LargeOrder, SmallOrder, type ZsetOrder } from '../../host/values/zset-order.ts';

const SEED = Buffer.from('0123456789abcdef');
const steps = fc.array(
  fc.record({ member: fc.nat(30), score: fc.integer({ min: -3, max: 3 }), isRemove: fc.boolean() }),
  { maxLength: 100 },
);

function content(order: ZsetOrder): [string, number][] {
  const found: [string, number][] = [];
  order.forEach(0, order.size, false, (member, score) => found.push([member, score]));
  return found;
}

test('both bodies hold, order and count the same', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: -4, max: 4 }), fc.boolean(), (list, bound, inclusive) => {
      const orders: ZsetOrder[] = [new SmallOrder(), new LargeOrder(new SeededRandom(SEED))];
      for (const { member, score, isRemove } of list) {
        const key = `m${member}` as ByteString;
        for (const order of orders) {
          if (order.score(key) === undefined) order.add(key, score);
          else if (isRemove) order.remove(key);
          else order.rescore(key, score);
        }
      }
      const [small, large] = orders as [ZsetOrder, ZsetOrder];
      expect(content(large)).toEqual(content(small));
      expect(large.countBelow(bound, inclusive)).toBe(small.countBelow(bound, inclusive));
      for (const [member] of content(small)) {
        const key = member as ByteString;
        expect(large.rank(key)).toBe(small.rank(key));
      }
    }),
  );
});

test.each(['small', 'large'])('a %s body puts back what was removed and counts it', (kind) => {
  const order = kind === 'small' ? new SmallOrder() : new LargeOrder(new SeededRandom(SEED));
  for (let i = 0; i < 20; i++) order.add(`m${i}` as ByteString, i % 3);
  const before = { content: content(order), bytes: order.bytes };
  const removed = order.remove('m7' as ByteString);
  expect(order.bytes).toBe(before.bytes - (removed?.bytes ?? 0));
  expect(removed?.restore()).toBe(removed?.bytes);
  expect({ content: content(order), bytes: order.bytes }).toEqual(before);
  expect(order.remove('none' as ByteString)).toBeUndefined();
});
