import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitLength,
  decimalDigits,
  divideRound,
  doubleOfExact,
  exactOfDouble,
  fixedText,
  generalText,
  hexText,
  scaleRound,
  scientificText,
} from '../../host/module/exact-float.ts';

// The digits are compared with native printf in printf.test.ts; here with JavaScript's own.

test('a double is taken apart and put together without loss', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(doubleOfExact(exactOfDouble(value))).toBe(value);
    }),
  );
  expect(exactOfDouble(-5e-324)).toEqual({
    isNegative: true,
    kind: 'finite',
    mantissa: 1n,
    exponent: -1074,
  });
});

test('bitLength counts the bits', () => {
  expect([0n, 1n, 2n, 255n, 256n, 2n ** 100n].map(bitLength)).toEqual([0, 1, 2, 8, 9, 101]);
});

test('halves are rounded to even', () => {
  expect([1n, 2n, 3n, 5n, 7n].map((n) => divideRound(n, 2n))).toEqual([0n, 1n, 2n, 2n, 4n]);
  expect([1n, 3n, 5n, 6n].map((n) => scaleRound(n, -1))).toEqual([0n, 2n, 2n, 3n]);
  expect(scaleRound(3n, 4)).toBe(48n);
});

describe('decimal text', () => {
  const finite = fc.double({ noDefaultInfinity: true, noNaN: true });

  test('has the digits of toExponential where there is no tie', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const [digits = '', exponent] = Math.abs(value).toExponential(20).split('e');
        const own = decimalDigits(exactOfDouble(value), 21);
        expect(own).toEqual({ digits: digits.replace('.', ''), exponent: Number(exponent) });
      }),
    );
  });

  test('reads back as the same number with 17 digits', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const exact = exactOfDouble(value);
        expect(Number(scientificText(exact, 16))).toBe(Math.abs(value));
        expect(Number(generalText(exact, 17))).toBe(Math.abs(value));
      }),
    );
  });

  test('rounds ties to even where toFixed rounds up', () => {
    const fixed = (value: number, precision: number): string =>
      fixedText(exactOfDouble(value), precision);
    expect([fixed(0.5, 0), fixed(1.5, 0), fixed(2.5, 0), fixed(0.125, 2)]).toEqual([
      '0',
      '2',
      '2',
      '0.12',
    ]);
    expect(fixed(1e22, 0)).toBe('10000000000000000000000');
    expect(fixedText(exactOfDouble(3), 0, true)).toBe('3.');
  });

  test('grows a digit when rounding carries', () => {
    expect(fixedText(exactOfDouble(9.996), 2)).toBe('10.00');
    expect(scientificText(exactOfDouble(9.996), 2)).toBe('1.00e+01');
    expect(generalText(exactOfDouble(999_999.5), 6)).toBe('1e+06');
    expect(generalText(exactOfDouble(99_999.5), 6)).toBe('99999.5');
    expect(generalText(exactOfDouble(0.00009999), 2)).toBe('0.0001');
  });
});

test('hexadecimal text has the lead digit its layout asks for', () => {
  const one = exactOfDouble(1);
  expect(hexText(one, { leadBits: 1, minExponent: -1022 }, -1)).toBe('0x1p+0');
  expect(hexText(one, { leadBits: 4, minExponent: -16_385 }, -1)).toBe('0x8p-3');
  expect(hexText(exactOfDouble(15.9), { leadBits: 4, minExponent: -16_385 }, 0)).toBe('0x1p+4');
  expect(hexText(exactOfDouble(1.999), { leadBits: 1, minExponent: -1022 }, 0)).toBe('0x2p+0');
});
