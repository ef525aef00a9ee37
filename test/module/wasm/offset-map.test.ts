import { expect, test } from 'vitest';
import { OffsetMap } from '../../../host/module/wasm/offset-map.ts';

test('each piece leads back to where it was copied from', () => {
  const map = new OffsetMap();
  map.add(10, 100);
  map.add(20, 110); // the same distance: one piece
  map.add(30, 50);
  map.add(31, 51);
  map.add(40, 70);
  expect([10, 25, 29, 30, 39, 40, 1000].map((at) => map.toOld(at))).toEqual([
    100, 115, 119, 50, 59, 70, 1030,
  ]);
});

test('before the first piece there is nothing', () => {
  const map = new OffsetMap();
  expect(map.toOld(5)).toBe(-1);
  map.add(10, 0);
  expect([map.toOld(9), map.toOld(10)]).toEqual([-1, 0]);
});

test('what was put in leads to what it stands before', () => {
  const map = new OffsetMap();
  map.add(10, 100);
  map.insert(20, 110);
  map.add(30, 110);
  expect([19, 20, 25, 29, 30, 31].map((at) => map.toOld(at))).toEqual([
    109, 110, 110, 110, 110, 111,
  ]);
});
