import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Binary128,
  binary128OfDouble,
  binary128OfExact,
  doubleOfBinary128,
  exactOfBinary128,
  formatBinary128,
  parseBinary128,
} from '../../host/module/long-double.ts';
import { hasGcc, nativePrintf, type PrintfCase } from './native-printf.ts';

const ONE: Binary128 = { low: 0n, high: 0x3fff000000000000n };

const bits128 = fc.record({
  low: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  high: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});

describe('binary128', () => {
  test('has the layout of the IEEE format', () => {
    expect(binary128OfDouble(1)).toEqual(ONE);
    expect(binary128OfDouble(-2)).toEqual({
      low: 0n,
      high: 0xc000000000000000n,
    });
    expect(binary128OfDouble(0.1)).toEqual({ low: 0xa000000000000000n, high: 0x3ffb999999999999n });
    expect(binary128OfDouble(Number.POSITIVE_INFINITY)).toEqual({ low: 0n, high: 0x7fffn << 48n });
  });

  test.each([0, -0, 1, -1.5, 0.1, 5e-324, 2.3e-308, Number.MAX_VALUE, Number.NaN])(
    'holds the double %d without loss',
    (value) => {
      expect(doubleOfBinary128(binary128OfDouble(value))).toBe(value);
    },
  );

  test('every double goes there and back', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(doubleOfBinary128(binary128OfDouble(value))).toBe(value);
      }),
    );
  });

  test('may come with signed halves', () => {
    fc.assert(
      fc.property(bits128, ({ low, high }) => {
        const signed = { low: BigInt.asIntN(64, low), high: BigInt.asIntN(64, high) };
        expect(exactOfBinary128(signed)).toEqual(exactOfBinary128({ low, high }));
      }),
    );
  });

  test('rounds to the nearest double, ties to even', () => {
    const make = (mantissa: bigint, exponent: number): number =>
      doubleOfBinary128(
        binary128OfExact({ isNegative: false, kind: 'finite', mantissa, exponent }),
      );
    expect(make((1n << 54n) + 1n, 0)).toBe(2 ** 54);
    expect(make((1n << 54n) + 2n, 0)).toBe(2 ** 54);
    expect(make((1n << 54n) + 3n, 0)).toBe(2 ** 54 + 4);
    expect(make((1n << 54n) + 6n, 0)).toBe(2 ** 54 + 8);
    expect(make((1n << 60n) - 1n, 1024 - 60)).toBe(Number.POSITIVE_INFINITY);
    expect(make(1n, -1075)).toBe(0);
    expect(make(3n, -1076)).toBe(5e-324);
    expect(make(1n, -16_000)).toBe(0);
    expect(make(1n, 5000)).toBe(Number.POSITIVE_INFINITY);
  });

  test('any bits survive being taken apart and put together', () => {
    fc.assert(
      fc.property(bits128, (value) => {
        const exact = exactOfBinary128(value);
        fc.pre(exact.kind !== 'nan');
        expect(binary128OfExact(exact)).toEqual(value);
      }),
    );
  });
});

describe('the text in RDB files', () => {
  test('is what x86 writes', () => {
    expect(formatBinary128(ONE)).toBe('0x8p-3');
    expect(formatBinary128(binary128OfDouble(-0))).toBe('-0x0p+0');
    expect(formatBinary128(binary128OfDouble(Number.NEGATIVE_INFINITY))).toBe('-inf');
    expect(formatBinary128(binary128OfDouble(Number.NaN))).toBe('nan');
    expect(formatBinary128(binary128OfDouble(-123.456))).toBe('-0xf.6e978d4fdf3b8p+3');
  });

  test.skipIf(!hasGcc())('equals native %La for 64-bit mantissas', () => {
    const values: { mantissa: bigint; exponent: number; isNegative: boolean }[] = [];
    let state = 0x9e3779b97f4a7c15n;
    for (let i = 0; i < 600; i++) {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
      const exponent = Number(state % 32_000n) - 16_400;
      values.push({ mantissa: state >> BigInt(i % 64), exponent, isNegative: i % 2 === 0 });
    }
    const inRange = values.filter(({ mantissa, exponent }) => {
      const lowest = mantissa.toString(2).replace(/0+$/, '').length;
      const zeros = mantissa.toString(2).length - lowest;
      return exponent + zeros >= -16_445 && exponent + mantissa.toString(2).length <= 16_384;
    });
    const cases = inRange.map((value): PrintfCase => {
      return { format: '%La', args: [{ kind: 'longDouble', ...value }] };
    });
    const texts = inRange.map((v) => formatBinary128(binary128OfExact({ kind: 'finite', ...v })));
    expect(texts).toEqual(nativePrintf(cases));
    expect(texts.length).toBeGreaterThan(400);
  });

  test('gives back every finite value, all 113 bits', () => {
    fc.assert(
      fc.property(bits128, (value) => {
        fc.pre(exactOfBinary128(value).kind === 'finite');
        expect(parseBinary128(formatBinary128(value))).toEqual(value);
      }),
    );
    expect(parseBinary128('inf')).toEqual(binary128OfDouble(Number.POSITIVE_INFINITY));
    expect(parseBinary128('-inf')).toEqual(binary128OfDouble(Number.NEGATIVE_INFINITY));
  });

  test.each([
    ['0x1.8p+1', 3],
    ['0X1.8P1', 3],
    ['0x.8', 0.5],
    ['0xap-1', 5],
    ['-0x0p+0', -0],
    ['3.25', 3.25],
    ['-1e3', -1000],
    ['+7', 7],
  ])('may be written %s', (text, value) => {
    expect(parseBinary128(text)).toEqual(binary128OfDouble(value));
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '0x',
    '0x.',
    '0xp1',
    'nan',
    'abc',
    '1e',
    '0x1p',
    '0x1p99999',
    '0x1p-99999',
    '1e9999',
    `0x1p${'9'.repeat(50)}`,
    '1'.repeat(6000),
  ])('is not %j', (text) => {
    expect(parseBinary128(text)).toBeNull();
  });
});
