import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { decodeIntset, encodeIntset } from '../../host/rdb/intset.ts';

const texts = (values: readonly bigint[]): ByteString[] => values.map((v) => `${v}` as ByteString);

describe('intsets', () => {
  test('what is encoded decodes to the same members', () => {
    const members = fc.uniqueArray(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), {
      minLength: 1,
      maxLength: 30,
    });
    const small = fc.uniqueArray(fc.bigInt({ min: -40_000n, max: 40_000n }), { minLength: 1 });
    fc.assert(
      fc.property(fc.oneof(members, small), (values) => {
        const sorted = texts(values.sort((a, b) => (a < b ? -1 : 1)));
        expect(decodeIntset(encodeIntset(sorted))).toEqual(sorted);
      }),
    );
  });

  test.each([
    [-32768n, 2],
    [32768n, 4],
    [-2147483649n, 8],
  ])('%s needs %i bytes', (value, width) => {
    expect(encodeIntset(texts([value])).readUInt32LE(0)).toBe(width);
  });

  test('a wrong width or count, disorder and repetition are noticed', () => {
    const good = encodeIntset(texts([1n, 2n, 3n]));
    const with3 = Buffer.from(good);
    with3.writeUInt32LE(3, 0);
    expect(decodeIntset(with3)).toBeNull();
    const withCount = Buffer.from(good);
    withCount.writeUInt32LE(4, 4);
    expect(decodeIntset(withCount)).toBeNull();
    expect(decodeIntset(encodeIntset(texts([2n, 1n])))).toBeNull();
    expect(decodeIntset(encodeIntset(texts([1n, 1n])))).toBeNull();
    expect(decodeIntset(Buffer.alloc(4))).toBeNull();
  });
});
