import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteStringCache } from '../../host/lib/byte-strings.ts';
import { byteString } from '../../host/lib/bytes.ts';

describe('a cache of byte strings', () => {
  test('gives the bytes asked for, whatever was asked for before', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 50 });
    const cache = new ByteStringCache();
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 60 }), (list) => {
        for (const each of [...list, ...list]) {
          const buffer = Buffer.from([1, 2, ...each, 3]);
          const end = 2 + each.length;
          expect(cache.get(buffer, 2, end)).toBe(byteString(buffer, 2, end));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps a string that shares its place with another no longer than needed', () => {
    const cache = new ByteStringCache();
    // First, middle and last byte and the length are alike.
    for (const word of ['abcde', 'axcye', 'abcde']) {
      expect(cache.get(Buffer.from(word), 0, 5)).toBe(word);
    }
  });
});
