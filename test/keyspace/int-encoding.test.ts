import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCanonicalInt64 } from '../../host/keyspace/int-encoding.ts';
import { Slice } from '../../host/lib/slice.ts';

/** Judges a text that has digits before and behind it in its buffer. */
function isInteger(text: string): boolean {
  const buffer = Buffer.from(`-9${text}9`, 'latin1');
  return isCanonicalInt64(new Slice(buffer, 2, buffer.length - 1));
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

describe('strings that are integers', () => {
  test('are those of 64 bits as they print', () => {
    const values = fc.oneof(
      fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
      fc.bigInt({ min: -100n, max: 100n }),
      fc.constantFrom(0n, INT64_MIN, INT64_MAX, 10n ** 18n, -(10n ** 18n)),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(isInteger(String(value))).toBe(true);
      }),
    );
  });

  test('are not those beyond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 21n }), (distance) => {
        expect(isInteger(String(INT64_MAX + distance))).toBe(false);
        expect(isInteger(String(INT64_MIN - distance))).toBe(false);
      }),
    );
  });

  test('are nothing else', () => {
    const near = fc.string({ unit: fc.constantFrom(...'0123456789-+. e\0'), maxLength: 21 });
    fc.assert(
      fc.property(near, (text) => {
        const isPrinted = /^-?\d+$/.test(text) && String(BigInt(text)) === text;
        const fits = isPrinted && BigInt(text) >= INT64_MIN && BigInt(text) <= INT64_MAX;
        expect(isInteger(text)).toBe(fits);
      }),
    );
  });

  test.each(['', '-', '-0', '00', '01', '-01', '+1', ' 1', '1 ', '1.0', '1e3'])(
    '%j is none',
    (text) => {
      expect(isInteger(text)).toBe(false);
    },
  );
});
