// Binary floating point as exact integers, and its text as C prints it: every digit, rounded
// half to even. printf and long double share it; JavaScript's toFixed rounds ties upwards.

import { shiftRightHalfEven } from '../lib/number.ts';

/** `(-1)^sign * mantissa * 2^exponent`, or an infinity or NaN. */
export interface ExactFloat {
  readonly isNegative: boolean;
  readonly kind: 'finite' | 'infinite' | 'nan';
  readonly mantissa: bigint;
  readonly exponent: number;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Takes a double apart without loss. */
export function exactOfDouble(value: number): ExactFloat {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const isNegative = bits >> 63n === 1n;
  if (biased === 0x7ff) {
    const kind = fraction === 0n ? 'infinite' : 'nan';
    return { isNegative, kind, mantissa: 0n, exponent: 0 };
  }
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  return { isNegative, kind: 'finite', mantissa, exponent: Math.max(biased, 1) - 1075 };
}

/** The double nearest to a finite `value`, ties to even; overflow gives an infinity. */
export function doubleOfExact(value: ExactFloat): number {
  const sign = value.isNegative ? -1 : 1;
  if (value.kind === 'nan') return Number.NaN;
  if (value.kind === 'infinite') return sign * Number.POSITIVE_INFINITY;
  if (value.mantissa === 0n) return sign * 0;
  // Keep the 53 bits a double holds, fewer where it is subnormal.
  const top = bitLength(value.mantissa) + value.exponent; // value < 2^top
  if (top > 1024) return sign * Number.POSITIVE_INFINITY;
  if (top < -1080) return sign * 0;
  const lowest = Math.max(top - 53, -1074);
  const kept = Number(scaleRound(value.mantissa, value.exponent - lowest));
  // Two steps, as 2^lowest alone may be too small for a double where the product is not.
  const half = Math.trunc(lowest / 2);
  return sign * kept * 2 ** half * 2 ** (lowest - half);
}

/** Number of bits of a non-negative integer. O(bits). */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)));
}

/** `value * 2^shift` rounded half to even. */
export function scaleRound(value: bigint, shift: number): bigint {
  if (shift >= 0) return value << BigInt(shift);
  return shiftRightHalfEven(value, -shift);
}

/** `numerator / denominator` rounded half to even; both are not negative. */
export function divideRound(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator - quotient * denominator) * 2n;
  if (twice < denominator || (twice === denominator && (quotient & 1n) === 0n)) return quotient;
  return quotient + 1n;
}

/** `%.{precision}f` of the magnitude. */
export function fixedText(value: ExactFloat, precision: number, keepPoint = false): string {
  const scaled = scaleDecimal(value, precision)
    .toString()
    .padStart(precision + 1, '0');
  const whole = scaled.slice(0, scaled.length - precision);
  if (precision === 0) return keepPoint ? `${whole}.` : whole;
  return `${whole}.${scaled.slice(scaled.length - precision)}`;
}

/** The `digits` leading decimal digits of a finite value and the power of ten of the first. */
export interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** Rounds the magnitude to `count` (at least 1) decimal digits. */
export function decimalDigits(value: ExactFloat, count: number): Decimal {
  if (value.mantissa === 0n) return { digits: '0'.repeat(count), exponent: 0 };
  // log10 from the bit length is right or one too small (0.30103 is log10 of 2).
  const bits = bitLength(value.mantissa) + value.exponent;
  let exponent = Math.floor((bits - 1) * 0.3010299956639812);
  for (;;) {
    const digits = scaleDecimal(value, count - 1 - exponent).toString();
    if (digits.length === count) return { digits, exponent };
    exponent += digits.length > count ? 1 : -1;
  }
}

/** `%.{precision}e` of the magnitude. */
export function scientificText(value: ExactFloat, precision: number, keepPoint = false): string {
  const { digits, exponent } = decimalDigits(value, precision + 1);
  const point = precision > 0 || keepPoint ? '.' : '';
  const sign = exponent < 0 ? '-' : '+';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${point}${digits.slice(1)}e${sign}${power}`;
}

/** `%.{precision}g` of the magnitude; `keepZeros` is the flag `#`. */
export function generalText(value: ExactFloat, precision: number, keepZeros = false): string {
  const count = Math.max(precision, 1);
  const { exponent } = decimalDigits(value, count);
  if (exponent < -4 || exponent >= count) {
    const text = scientificText(value, count - 1, keepZeros);
    if (keepZeros) return text;
    const at = text.indexOf('e');
    return trimZeros(text.slice(0, at)) + text.slice(at);
  }
  const text = fixedText(value, count - 1 - exponent, keepZeros);
  return keepZeros ? text : trimZeros(text);
}

/**
 * `%a` of the magnitude with `leadBits` bits before the point: 1 as glibc prints a double, 4 as
 * it prints the 64-bit mantissa of x86's long double. A precision of -1 means "as needed".
 */
export function hexText(
  value: ExactFloat,
  layout: { readonly leadBits: number; readonly minExponent: number },
  precision: number,
  keepPoint = false,
): string {
  if (value.mantissa === 0n) {
    const zeros = Math.max(precision, 0);
    return `0x0${zeros > 0 || keepPoint ? '.' : ''}${'0'.repeat(zeros)}p+0`;
  }
  const length = bitLength(value.mantissa);
  const top = length + value.exponent; // 2^(top-1) <= value < 2^top
  let power = Math.max(top - layout.leadBits, layout.minExponent);
  const needed = Math.max(0, Math.ceil((power - lowestBit(value)) / 4));
  const digits = precision < 0 ? needed : precision;
  let scaled = scaleRound(value.mantissa, value.exponent - power + digits * 4);
  if (bitLength(scaled) > digits * 4 + layout.leadBits && layout.leadBits === 4) {
    scaled >>= 4n; // rounded up to 0x10: glibc prints 0x1 and a larger power
    power += 4;
  }
  const hex = scaled.toString(16).padStart(digits + 1, '0');
  const lead = hex.slice(0, hex.length - digits);
  const point = digits > 0 || keepPoint ? '.' : '';
  return `0x${lead}${point}${hex.slice(hex.length - digits)}p${power < 0 ? '-' : '+'}${Math.abs(power)}`;
}

/** The power of two of the lowest bit set. */
function lowestBit(value: ExactFloat): number {
  const { mantissa, exponent } = value;
  return exponent + bitLength(mantissa & -mantissa) - 1;
}

/** The magnitude times ten to the `power`, rounded half to even. */
function scaleDecimal(value: ExactFloat, power: number): bigint {
  const { mantissa, exponent } = value;
  let numerator = mantissa;
  let denominator = 1n;
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  return divideRound(numerator, denominator);
}

function trimZeros(text: string): string {
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text[end - 1] === '0') end--;
  if (text[end - 1] === '.') end--;
  return text.slice(0, end);
}
