import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LzfCompressor, lzfDecompress, lzfMaxExpansion } from '../../host/rdb/lzf.ts';

const inputs = fc.oneof(
  fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.array(fc.constantFrom('ab', 'abc', 'xyzzy', '0', '\0'), { maxLength: 400 }))
    .map(([parts]) => Buffer.from(parts.join(''))),
  fc.integer({ min: 1, max: 20_000 }).map((count) => Buffer.alloc(count, 97)),
);

describe('LZF', () => {
  test('what is compressed expands to the same bytes, also with a table that has been used', () => {
    const compressor = new LzfCompressor();
    fc.assert(
      fc.property(inputs, (input) => {
        const output = Buffer.alloc(input.length + 64);
        const size = compressor.compress(input, 0, input.length, output, output.length);
        if (input.length === 0) return size === 0;
        const back = Buffer.alloc(input.length);
        expect(lzfDecompress(output, 0, size, back)).toBe(true);
        expect(back.equals(input)).toBe(true);
        return input.length <= lzfMaxExpansion(size);
      }),
      { numRuns: 500 },
    );
  });

  test('a part of a buffer is compressed without looking at the rest', () => {
    const input = Buffer.from('abcabcabcabc|abcabcabcabcabcabc|abcabc');
    const output = Buffer.alloc(64);
    const size = new LzfCompressor().compress(input, 13, 31, output, 64);
    const back = Buffer.alloc(18);
    expect(lzfDecompress(output, 0, size, back)).toBe(true);
    expect(back.toString()).toBe('abcabcabcabcabcabc');
  });

  test('bytes without repetition do not fit below their own size', () => {
    const input = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 97) & 255));
    expect(new LzfCompressor().compress(input, 0, 200, Buffer.alloc(200), 196)).toBe(0);
  });

  test('long repetitions become small', () => {
    const input = Buffer.alloc(100_000, 'abcdefgh');
    const output = Buffer.alloc(100_000);
    const size = new LzfCompressor().compress(input, 0, 100_000, output, 100_000);
    expect(size).toBeLessThan(1500);
  });

  test('damaged input is refused, never read or written out of bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 300 }), (bytes, size) => {
        const output = Buffer.alloc(size + 2, 0xee);
        lzfDecompress(Buffer.from(bytes), 0, bytes.length, output.subarray(1, size + 1));
        return output[0] === 0xee && output[size + 1] === 0xee;
      }),
      { numRuns: 2000 },
    );
  });

  test('a copy from before the beginning is refused', () => {
    expect(lzfDecompress(Buffer.from([0x20, 0x05]), 0, 2, Buffer.alloc(3))).toBe(false);
  });
});
