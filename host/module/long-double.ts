// C's `long double` on wasm32, IEEE binary128: to and from numbers and the "%La" text in which
// RDB files hold it. (The 80-bit arithmetic of Redis's own commands is lib/long-double.ts.)

import { bytesOf } from '../lib/bytes.ts';
import { parseLongDouble } from '../lib/long-double.ts';
import {
  bitLength,
  doubleOfExact,
  type ExactFloat,
  exactOfDouble,
  fixedText,
  generalText,
  hexText,
  scaleRound,
} from './exact-float.ts';

/**
 * A binary128 as it crosses the ABI: two i64. Halves may be given signed (as wasm passes them)
 * or unsigned; functions here return them unsigned.
 *
 *     high: sign 1 | exponent 15 (bias 16383) | fraction 48      low: fraction 64
 */
export interface Binary128 {
  readonly low: bigint;
  readonly high: bigint;
}

const FRACTION_BITS = 112;
const FRACTION_MASK = (1n << 112n) - 1n;
const HIDDEN_BIT = 1n << 112n;
const MAX_BIASED = 0x7fff;
/** A value is mantissa * 2^(biased - BIAS), the mantissa taken as a whole number. */
const BIAS = 16_383 + FRACTION_BITS;
/** x86 writes its 64-bit mantissa with four bits before the point, down to this power. */
export const X87_LAYOUT = { leadBits: 4, minExponent: -16_385 } as const;

const HEX = /^([+-]?)0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i;
/** Redis gives numbers of this length up too. */
const TEXT_MAX_LENGTH = 5 * 1024;

/** Takes a binary128 apart without loss. */
export function exactOfBinary128(value: Binary128): ExactFloat {
  const bits = (BigInt.asUintN(64, value.high) << 64n) | BigInt.asUintN(64, value.low);
  const isNegative = bits >> 127n === 1n;
  const biased = Number((bits >> 112n) & 0x7fffn);
  const fraction = bits & FRACTION_MASK;
  if (biased === MAX_BIASED) {
    const kind = fraction === 0n ? 'infinite' : 'nan';
    return { isNegative, kind, mantissa: 0n, exponent: 0 };
  }
  const mantissa = biased === 0 ? fraction : fraction | HIDDEN_BIT;
  return { isNegative, kind: 'finite', mantissa, exponent: Math.max(biased, 1) - BIAS };
}

/** The nearest binary128, ties to even; too large a value becomes an infinity. */
export function binary128OfExact(value: ExactFloat): Binary128 {
  const sign = value.isNegative ? 1n << 127n : 0n;
  const infinity = BigInt(MAX_BIASED) << 112n;
  if (value.kind === 'nan') return split(sign | infinity | (1n << 111n));
  if (value.kind === 'infinite') return split(sign | infinity);
  if (value.mantissa === 0n) return split(sign);
  const top = bitLength(value.mantissa) + value.exponent;
  if (top > 16_384) return split(sign | infinity);
  if (top < -16_500) return split(sign);
  const biased = Math.max(top - 113 + BIAS, 1);
  const mantissa = scaleRound(value.mantissa, value.exponent - (biased - BIAS));
  // The hidden bit adds 1 to the exponent field; a carry out of rounding adds one more, which
  // is the right result, up to and including infinity.
  return split(sign | ((BigInt(biased - 1) << 112n) + mantissa));
}

/** The binary128 that equals `value`; always exact. */
export function binary128OfDouble(value: number): Binary128 {
  return binary128OfExact(exactOfDouble(value));
}

/** The nearest double. */
export function doubleOfBinary128(value: Binary128): number {
  return doubleOfExact(exactOfBinary128(value));
}

/**
 * The text Redis writes for a long double: `%La` as x86 prints it (0x8p-3 for 1), so that RDB
 * files are the same. Bits beyond x86's 64 are written too: nothing is lost on the way back.
 */
export function formatBinary128(value: Binary128): string {
  const exact = exactOfBinary128(value);
  const sign = exact.isNegative ? '-' : '';
  if (exact.kind === 'nan') return `${sign}nan`;
  if (exact.kind === 'infinite') return `${sign}inf`;
  return sign + hexText(exact, X87_LAYOUT, -1);
}

/**
 * Parses what `formatBinary128` or Redis wrote, and decimals (to the 64 bits Redis keeps).
 * @returns null for anything else, as for NaN and for numbers out of range.
 */
export function parseBinary128(text: string): Binary128 | null {
  if (text.length > TEXT_MAX_LENGTH) return null;
  const match = HEX.exec(text);
  if (match !== null) return parseHex(match);
  const parsed = parseLongDouble(bytesOf(text));
  if (parsed === null) return null;
  const { negative: isNegative, mantissa, exponent } = parsed;
  if (mantissa === null) {
    return binary128OfExact({ isNegative, kind: 'infinite', mantissa: 0n, exponent: 0 });
  }
  return binary128OfExact({ isNegative, kind: 'finite', mantissa, exponent });
}

function parseHex(match: RegExpExecArray): Binary128 | null {
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const shift = Number(power);
  const isNegative = sign === '-';
  if (mantissa === 0n) {
    return binary128OfExact({ isNegative, kind: 'finite', mantissa, exponent: 0 });
  }
  if (Math.abs(shift) > 100_000) return null;
  const exponent = shift - fraction.length * 4;
  const value = binary128OfExact({ isNegative, kind: 'finite', mantissa, exponent });
  const rounded = exactOfBinary128(value);
  const isInRange = rounded.kind === 'finite' && rounded.mantissa !== 0n;
  return isInRange ? value : null;
}

function split(bits: bigint): Binary128 {
  return { low: BigInt.asUintN(64, bits), high: BigInt.asUintN(64, bits >> 64n) };
}

const DECIMALS = 17;

/** As INCRBYFLOAT prints: 17 decimals without the zeros at the end. */
export function humanText(value: Binary128): string {
  return signedText(value, (exact) => {
    const fixed = fixedText(exact, DECIMALS);
    const text = fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
    return text === '0' ? null : text;
  });
}

/** With 17 significant digits. */
export function digitsText(value: Binary128): string {
  return signedText(value, (exact) => generalText(exact, DECIMALS));
}

/** @param textOf of the magnitude; null: zero without a sign */
function signedText(value: Binary128, textOf: (exact: ExactFloat) => string | null): string {
  const exact = exactOfBinary128(value);
  if (exact.kind === 'nan') return 'nan';
  const sign = exact.isNegative ? '-' : '';
  if (exact.kind === 'infinite') return `${sign}inf`;
  const text = textOf(exact);
  return text === null ? '0' : sign + text;
}
