import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  type LongDouble,
  longDoubleOf,
  parseLongDouble,
} from '../../host/lib/long-double.ts';
import { hasRedis, startOracle } from './redis-oracle.ts';

const parse = (text: string) => parseLongDouble(text as ByteString);

/** What INCRBYFLOAT would store, or null when a text is no number or the sum is not finite. */
function sum(a: string, b: string): string | null {
  const left = parse(a);
  const right = parse(b);
  const total = left && right && addLongDouble(left, right);
  return total === null || isInfinite(total) ? null : formatLongDouble(total);
}

describe('long doubles', () => {
  test('add decimals without the noise of doubles', () => {
    expect(sum('10.5', '0.1')).toBe('10.6');
    expect(sum('3.0e3', '200')).toBe('3200');
    expect(sum('0.1', '0.2')).toBe('0.3');
    expect(sum('5.0e3', '-5000')).toBe('0');
  });

  test('print neither exponents nor minus zero', () => {
    expect(sum('1e30', '0')).toBe('1000000000000000000024696061952');
    expect(sum('-1e-30', '0')).toBe('0');
    expect(sum('-0', '-0')).toBe('0');
  });

  test('reach far beyond doubles and refuse what they cannot hold', () => {
    expect(sum('1e4932', '0')).toHaveLength(4933);
    expect(parse('1.2e4932')).toBeNull();
    expect(parse('1e-4951')).toBeNull();
    expect(parse('4e-4951')).not.toBeNull();
    expect(sum('1.1e4932', '1.1e4932')).toBeNull();
    expect(parse('0e999999999')).toMatchObject({ mantissa: 0n });
  });

  test('know infinity but no difference of infinities', () => {
    expect(isInfinite(parse('-inf') as LongDouble)).toBe(true);
    expect(addLongDouble(parse('inf') as LongDouble, parse('-inf') as LongDouble)).toBeNull();
    expect(sum('inf', '1')).toBeNull();
  });

  test('refuse anything around a number', () => {
    for (const text of ['', ' 1', '1 ', '1\0', 'nan', '0x', '1e', '.', '1'.repeat(5120)]) {
      expect(parse(text)).toBeNull();
    }
  });

  test('take doubles exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const { negative, mantissa, exponent } = longDoubleOf(value);
        const half = Math.trunc(exponent / 2);
        const magnitude = Number(mantissa) * 2 ** half * 2 ** (exponent - half);
        expect(Object.is(negative ? -magnitude : magnitude, value)).toBe(true);
      }),
    );
  });
});

const numberTexts = fc.oneof(
  fc.double({ noNaN: true }).map(String),
  fc.double({ min: -1000, max: 1000, noNaN: true }).map(String),
  fc.tuple(fc.integer(), fc.nat(1e9)).map(([whole, part]) => `${whole}.${part}`),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => `${m}e${e}`),
  fc.tuple(fc.nat(1e6), fc.integer({ min: -4970, max: 4940 })).map(([m, e]) => `${m}e${e}`),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((n) => `${n}.5`),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.integer({ min: -16500, max: 16400 }))
    .map(([m, e]) => `0x${m.toString(16)}p${e}`),
  fc.constantFrom('inf', '-inf', '-0', '0x1.8', '1e', '+5', ' 5', '5 ', 'nan', '0x.8p-1'),
);

describe.skipIf(!hasRedis)('against redis-server', () => {
  test('INCRBYFLOAT stores the same bytes', async () => {
    const redis = await startOracle();
    try {
      await fc.assert(
        fc.asyncProperty(numberTexts, numberTexts, async (a, b) => {
          await redis.call('SET', 'k', a);
          const reply = await redis.call('INCRBYFLOAT', 'k', b);
          const ours = sum(a, b);
          if (ours === null) expect(reply).toMatch(/^!/);
          else expect(reply).toBe(ours);
        }),
        { numRuns: 3000 },
      );
    } finally {
      await redis.close();
    }
  });
});
