import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { decodeListpack, encodeListpack } from '../../host/rdb/listpack.ts';
import { elements } from '../support/values.ts';

const texts = (...items: string[]): ByteString[] => items as ByteString[];

describe('listpacks', () => {
  test('what is encoded decodes to the same elements', () => {
    const long = fc
      .integer({ min: 4090, max: 200_000 })
      .map((length) => 'y'.repeat(length) as ByteString);
    const items = fc.oneof({ weight: 20, arbitrary: elements }, { weight: 1, arbitrary: long });
    fc.assert(
      fc.property(fc.array(items, { maxLength: 40 }), (list) => {
        expect(decodeListpack(encodeListpack(list))).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });

  test('the bytes are those that redis-server 7.0.15 dumps', () => {
    const expected = '14000000050081610281620281630201010201ff';
    expect(encodeListpack(texts('a', 'b', 'c', '1', '2')).toString('hex')).toBe(expected);
  });

  test('the empty listpack is seven bytes', () => {
    const bytes = encodeListpack([]);
    expect(bytes.toString('hex')).toBe('070000000000ff');
    expect(decodeListpack(bytes)).toEqual([]);
  });

  test('more than 65534 elements are counted as unknown', () => {
    const list = texts(...Array.from({ length: 65_536 }, (_, i) => `${i % 10}`));
    const bytes = encodeListpack(list);
    expect(bytes.readUInt16LE(4)).toBe(65_535);
    expect(decodeListpack(bytes)).toEqual(list);
  });

  test('a wrong size, end mark, count or back length is noticed', () => {
    const good = encodeListpack(texts('hello', '12345', 'x'));
    for (const at of [0, 4, good.length - 1, good.length - 2, 12]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 1;
      expect(decodeListpack(bad), `byte ${at}`).toBeNull();
    }
    expect(decodeListpack(good.subarray(0, good.length - 1))).toBeNull();
    expect(decodeListpack(Buffer.alloc(3))).toBeNull();
  });

  test('damaged bytes give null or a list, never an exception', () => {
    fc.assert(
      fc.property(
        fc.array(elements, { maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
        (list, flips) => {
          const bytes = encodeListpack(list);
          for (const [at, value] of flips) bytes[at % bytes.length] = value;
          const decoded = decodeListpack(bytes);
          return decoded === null || Array.isArray(decoded);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
