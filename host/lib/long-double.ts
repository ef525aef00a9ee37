// The 80-bit floats in which Redis computes INCRBYFLOAT and HINCRBYFLOAT, in exact bigint
// arithmetic: parse as strtold, add with one rounding, print as "%.17Lf" without zeros.

import type { ByteString } from './bytes.ts';
import { shiftRightHalfEven } from './number.ts';

/** Bits of the mantissa, and the weights (as powers of two) its last bit may have. */
const MANTISSA_BITS = 64;
const LOWEST_EXPONENT = -16445;
const HIGHEST_EXPONENT = 16320;

/** Redis copies the text into a buffer of this size; longer ones are no numbers. */
const MAX_TEXT_LENGTH = 5 * 1024 - 1;
/** Decimal exponents beyond this overflow or vanish whatever the digits (≤ MAX_TEXT_LENGTH). */
const DECIMAL_EXPONENT_LIMIT = 12_000;
const FRACTION_DIGITS = 17;
const FRACTION_SCALE = 10n ** BigInt(FRACTION_DIGITS);

/** `sign × mantissa × 2^exponent`; mantissa < 2^64. `mantissa` null stands for infinity. */
export interface LongDouble {
  readonly negative: boolean;
  readonly mantissa: bigint | null;
  readonly exponent: number;
}

const DECIMAL = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x(?:([0-9a-f]+)\.?([0-9a-f]*)|\.([0-9a-f]+))(?:p([+-]?\d+))?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

/**
 * Parses a number in strtold's grammar (decimal, hexadecimal, infinity), nothing around it.
 * @returns null when it is none, NaN, or a finite number that overflows or vanishes to zero.
 */
export function parseLongDouble(bytes: ByteString): LongDouble | null {
  if (bytes.length === 0 || bytes.length > MAX_TEXT_LENGTH) return null;
  const decimal = DECIMAL.exec(bytes);
  if (decimal !== null) return fromDecimal(decimal);
  const hexadecimal = HEXADECIMAL.exec(bytes);
  if (hexadecimal !== null) return fromHexadecimal(hexadecimal);
  const infinity = INFINITY.exec(bytes);
  if (infinity !== null) return { negative: infinity[1] === '-', mantissa: null, exponent: 0 };
  return null;
}

export function isInfinite(value: LongDouble): boolean {
  return value.mantissa === null;
}

/** The sum, rounded once. Null for inf + -inf, which is no number. */
export function addLongDouble(a: LongDouble, b: LongDouble): LongDouble | null {
  if (a.mantissa === null || b.mantissa === null) {
    if (a.mantissa === null && b.mantissa === null && a.negative !== b.negative) return null;
    return a.mantissa === null ? a : b;
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = signedAt(a, a.mantissa, exponent) + signedAt(b, b.mantissa, exponent);
  if (sum === 0n) return { negative: a.negative && b.negative, mantissa: 0n, exponent };
  return round(sum < 0n, sum < 0n ? -sum : sum, exponent);
}

/** A finite double as a LongDouble; exact. */
export function longDoubleOf(value: number): LongDouble {
  const negative = value < 0 || Object.is(value, -0);
  let mantissa = Math.abs(value);
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2; // exact: only the exponent changes
    exponent--;
  }
  return round(negative, BigInt(mantissa), exponent);
}

/** Prints up to 17 decimals without trailing zeros; never an exponent, never `-0`. */
export function formatLongDouble(value: LongDouble): string {
  if (value.mantissa === null) return value.negative ? '-inf' : 'inf';
  const scaled = value.mantissa * FRACTION_SCALE;
  const units =
    value.exponent >= 0
      ? scaled << BigInt(value.exponent)
      : shiftRightHalfEven(scaled, -value.exponent);
  const digits = units.toString().padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return value.negative && text !== '0' ? `-${text}` : text;
}

/** The exact signed integer of a finite value in units of 2^exponent (≤ the value's own). */
function signedAt(value: LongDouble, mantissa: bigint, exponent: number): bigint {
  const shifted = mantissa << BigInt(value.exponent - exponent);
  return value.negative ? -shifted : shifted;
}

function fromDecimal(match: RegExpExecArray): LongDouble | null {
  const negative = match[1] === '-';
  const fraction = match[3] ?? match[4] ?? '';
  const digits = BigInt((match[2] ?? '') + fraction);
  if (digits === 0n) return { negative, mantissa: 0n, exponent: 0 };
  const exponent = Number(match[5] ?? 0) - fraction.length;
  if (Math.abs(exponent) > DECIMAL_EXPONENT_LIMIT) return null;
  if (exponent >= 0) return finite(round(negative, digits * 10n ** BigInt(exponent), 0));
  return finite(roundQuotient(negative, digits, 10n ** BigInt(-exponent)));
}

function fromHexadecimal(match: RegExpExecArray): LongDouble | null {
  const negative = match[1] === '-';
  const fraction = match[3] ?? match[4] ?? '';
  const mantissa = BigInt(`0x${match[2] ?? ''}${fraction}`);
  if (mantissa === 0n) return { negative, mantissa, exponent: 0 };
  const exponent = Number(match[5] ?? 0) - 4 * fraction.length;
  if (Math.abs(exponent) > 4 * DECIMAL_EXPONENT_LIMIT) return null;
  return finite(round(negative, mantissa, exponent));
}

/** Refuses what strtold reports as out of range: infinity and zero from other digits. */
function finite(value: LongDouble): LongDouble | null {
  return value.mantissa === null || value.mantissa === 0n ? null : value;
}

/** numerator / denominator rounded to a LongDouble; both are positive. */
function roundQuotient(negative: boolean, numerator: bigint, denominator: bigint): LongDouble {
  // Enough quotient bits that a sticky bit below them decides every tie correctly.
  const shift = Math.max(0, MANTISSA_BITS + 2 - bitLength(numerator) + bitLength(denominator));
  const scaled = numerator << BigInt(shift);
  const quotient = scaled / denominator;
  const sticky = quotient * denominator === scaled ? 0n : 1n;
  return round(negative, (quotient << 1n) | sticky, -shift - 1);
}

/** magnitude × 2^exponent to the nearest LongDouble, ties to even, infinite on overflow. */
function round(negative: boolean, magnitude: bigint, exponent: number): LongDouble {
  const lowest = Math.max(bitLength(magnitude) + exponent - MANTISSA_BITS, LOWEST_EXPONENT);
  const drop = lowest - exponent;
  if (drop <= 0) return { negative, mantissa: magnitude, exponent };
  const mantissa = shiftRightHalfEven(magnitude, drop);
  const carried = bitLength(mantissa) > MANTISSA_BITS; // rounded up to 2^64
  if (lowest + (carried ? 1 : 0) > HIGHEST_EXPONENT)
    return { negative, mantissa: null, exponent: 0 };
  return carried
    ? { negative, mantissa: mantissa >> 1n, exponent: lowest + 1 }
    : { negative, mantissa, exponent: lowest };
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
