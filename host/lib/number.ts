// Integers and doubles in Redis's text forms: what a client may write for a number and the
// exact bytes Redis prints for one. 80-bit floats (INCRBYFLOAT) live in long-double.ts.

import { type ByteString, byteString } from './bytes.ts';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

/** Digits of -9223372036854775808 / 9223372036854775807 and of 2^64-1. */
const INT64_DIGITS = 19;
const UINT64_DIGITS = 20;
const INT64_MAX_TEXT = '9223372036854775807';
const INT64_MIN_TEXT = '9223372036854775808'; // magnitude
const TWO_64 = 1n << 64n;
const UINT64_MAX = TWO_64 - 1n;

/** Integral doubles up to this magnitude are printed as exact integers, above as digits×10^k. */
const EXACT_INTEGER_MAX = 2 ** 62;

/**
 * Parses a strict decimal integer: no spaces, plus sign, leading zeros or `-0`.
 * @returns the number, or NaN when the text is no such integer or beyond ±(2^53-1); then
 *   `parseInt64` tells these two apart.
 */
export function parseInteger(buffer: Buffer, start: number, end: number): number {
  let i = start;
  const negative = i < end && buffer[i] === MINUS;
  if (negative) i++;
  const digits = end - i;
  if (digits <= 0 || digits > 16) return Number.NaN;
  const first = buffer[i] as number; // i < end
  if (first === ZERO) return digits === 1 && !negative ? 0 : Number.NaN;
  let value = 0;
  for (; i < end; i++) {
    const c = buffer[i] as number; // i < end
    if (c < ZERO || c > NINE) return Number.NaN;
    value = value * 10 + (c - ZERO);
  }
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN; // 16 digits stay below 2^54: exact enough
  return negative ? -value : value;
}

/** `parseInteger` for kept bytes. */
export function parseIntegerBytes(bytes: ByteString): number {
  if (!isInt64(bytes)) return Number.NaN;
  const value = Number(bytes);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Parses a strict decimal integer of the full signed 64-bit range; null when it is none. */
export function parseInt64(buffer: Buffer, start: number, end: number): bigint | null {
  if (end - start > INT64_DIGITS + 1) return null;
  return parseInt64Bytes(byteString(buffer, start, end));
}

/** `parseInt64` for kept bytes. */
export function parseInt64Bytes(bytes: ByteString): bigint | null {
  return isInt64(bytes) ? BigInt(bytes) : null;
}

/** Whether the bytes are the canonical decimal form of a signed 64-bit integer. */
export function isInt64(bytes: ByteString): boolean {
  const negative = bytes.charCodeAt(0) === MINUS;
  const start = negative ? 1 : 0;
  const digits = bytes.length - start;
  if (digits <= 0 || digits > INT64_DIGITS) return false;
  if (bytes.charCodeAt(start) === ZERO) return digits === 1 && !negative;
  for (let i = start; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (c < ZERO || c > NINE) return false;
  }
  if (digits < INT64_DIGITS) return true;
  return bytes.slice(start) <= (negative ? INT64_MIN_TEXT : INT64_MAX_TEXT);
}

/**
 * Parses an unsigned 64-bit integer the way stream ids and other counters are read: the strict
 * form, or else what C's strtoull takes (spaces in front, a sign, leading zeros; a minus sign
 * wraps around). A strict negative integer is refused.
 * @returns null when it is none of these.
 */
export function parseUint64(buffer: Buffer, start: number, end: number): bigint | null {
  const text = byteString(buffer, start, end);
  const strict = parseInt64Bytes(text);
  if (strict !== null) return strict < 0n ? null : strict;
  return unsignedText(text);
}

/**
 * Parses a SCAN cursor: what strtoul takes, except with spaces in front.
 * @returns null for an invalid cursor.
 */
export function parseCursor(buffer: Buffer, start: number, end: number): bigint | null {
  if (start < end && isSpace(buffer[start] as number)) return null; // start < end
  if (start === end) return 0n; // strtoul reads nothing and nothing is left over
  return unsignedText(byteString(buffer, start, end));
}

/** strtoull over a whole NUL-terminated text: null on no digits, on leftovers and on overflow. */
function unsignedText(text: string): bigint | null {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)(?:\0|$)/.exec(text);
  if (match === null) return null;
  const digits = (match[2] as string).replace(/^0+(?=\d)/, ''); // group 2 always takes part
  if (digits.length > UINT64_DIGITS) return null;
  const value = BigInt(digits);
  if (value > UINT64_MAX) return null;
  return match[1] === '-' && value !== 0n ? TWO_64 - value : value;
}

/**
 * Parses a score or another double argument: decimal or hexadecimal as C's strtod reads them,
 * `inf`/`infinity` with any sign and case. Spaces, NaN, and values that overflow or vanish to
 * zero are refused.
 * @returns NaN when refused.
 */
export function parseDouble(buffer: Buffer, start: number, end: number): number {
  const integer = parseInteger(buffer, start, end);
  if (!Number.isNaN(integer)) return integer;
  return parseDoubleBytes(byteString(buffer, start, end));
}

/** `parseDouble` for kept bytes. */
export function parseDoubleBytes(bytes: ByteString): number {
  const value = strtod(bytes);
  if (value === 0) return /[1-9a-f]/i.test(mantissaOf(bytes)) ? Number.NaN : value;
  if (value === Infinity || value === -Infinity) return isInfinityWord(bytes) ? value : Number.NaN;
  return value;
}

/**
 * Parses the number of a score range (after its parenthesis): as C's strtod on a C string, so
 * spaces in front, an empty text (0), bytes after a NUL and overflow to infinity are accepted.
 * @returns NaN when refused.
 */
export function parseRangeDouble(bytes: ByteString): number {
  const nul = bytes.indexOf('\0');
  const text = nul < 0 ? bytes : bytes.slice(0, nul);
  if (text.length === 0) return 0;
  return strtod(text.replace(/^[ \t\n\v\f\r]+/, ''));
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEXADECIMAL =
  /^([+-]?)0[xX](?:([0-9a-fA-F]+)\.?([0-9a-fA-F]*)|\.([0-9a-fA-F]+))(?:[pP]([+-]?\d+))?$/;
const INFINITY = /^[+-]?inf(?:inity)?$/i;

/** The value of a whole text in strtod's grammar, infinite on overflow; NaN when it is none. */
function strtod(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  if (isInfinityWord(text)) return text.charCodeAt(0) === MINUS ? -Infinity : Infinity;
  const hex = HEXADECIMAL.exec(text);
  if (hex === null) return Number.NaN;
  const fraction = hex[3] ?? hex[4] ?? '';
  const mantissa = BigInt(`0x${hex[2] ?? ''}${fraction}`);
  const magnitude = scaleToDouble(mantissa, Number(hex[5] ?? 0) - 4 * fraction.length);
  return hex[1] === '-' ? -magnitude : magnitude;
}

function isInfinityWord(text: string): boolean {
  const last = text.charCodeAt(text.length - 1) | 0x20;
  return (last === 0x66 || last === 0x79) && INFINITY.test(text); // ends in f or y
}

/** The digits that decide whether a number that came out as zero was zero as written. */
function mantissaOf(text: string): string {
  const hex = HEXADECIMAL.exec(text);
  if (hex !== null) return `${hex[2] ?? ''}${hex[3] ?? ''}${hex[4] ?? ''}`;
  return text.split(/e/i, 1)[0] as string; // split gives at least one part
}

/** mantissa × 2^exponent, rounded once to nearest even, also among the subnormals. */
function scaleToDouble(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const bits = mantissa.toString(2).length;
  const top = bits + exponent; // value < 2^top
  if (top > 1024) return Infinity;
  if (top < -1074) return 0;
  const lowest = Math.max(top - 53, -1074); // weight of the last bit that a double keeps
  const drop = lowest - exponent;
  const kept = drop > 0 ? shiftRightHalfEven(mantissa, drop) : mantissa << BigInt(-drop);
  // Two factors, because 2^lowest may be subnormal while the product is not; both are exact.
  const half = Math.trunc(lowest / 2);
  return Number(kept) * 2 ** half * 2 ** (lowest - half);
}

/** value / 2^count, rounded to nearest, ties to even. */
export function shiftRightHalfEven(value: bigint, count: number): bigint {
  const shift = BigInt(count);
  const quotient = value >> shift;
  const rest = value - (quotient << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/**
 * Prints a double as replies and score dumps show it: integers up to 2^62 in full, else the
 * shortest digits that read back the same, as plain decimals or with an exponent.
 *
 * Redis differs: it uses Grisu2, which for at most one arbitrary double in a thousand (never a
 * decimal of a few digits) finds other digits that read back the same but are longer or further
 * off; see "are shortest where Redis is not" in test/lib/number.test.ts.
 */
export function formatDouble(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e4) return String(value); // both layouts agree here
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (Number.isNaN(value)) return 'nan';
  if (magnitude === Infinity) return value < 0 ? '-inf' : 'inf';
  if (magnitude <= EXACT_INTEGER_MAX && Number.isInteger(value)) {
    return magnitude <= Number.MAX_SAFE_INTEGER ? String(value) : BigInt(value).toString();
  }
  return (value < 0 ? '-' : '') + layoutDigits(magnitude);
}

/**
 * Prints a double as C's "%.17g": 17 significant digits without trailing zeros, ties to even.
 * ZSCAN shows scores of large sorted sets so.
 */
export function formatDoubleG17(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatDouble(value);
  const [mantissa = '', exponentText = ''] = roundedTo17(Math.abs(value)).split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const sign = value < 0 ? '-' : '';
  if (exponent >= 17 || exponent < -4) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return sign + (fraction === '' ? whole : `${whole}.${fraction}`);
}

/** `toExponential(16)` with ties to even, where JavaScript takes the larger. */
function roundedTo17(magnitude: number): string {
  const up = magnitude.toExponential(16);
  const [mantissa = '', exponent = ''] = magnitude.toExponential(60).split('e');
  const isTie = /^50*$/.test(mantissa.slice(18)); // behind the point and 16 digits
  const kept = mantissa.slice(0, 18);
  return isTie && Number(kept.at(-1)) % 2 === 0 ? `${kept}e${exponent}` : up;
}

/** Lays out the shortest digits `d × 10^k`: plain for few zeros, else with an exponent. */
function layoutDigits(magnitude: number): string {
  const [mantissa = '', exponentText = ''] = magnitude.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  const k = exponent - digits.length + 1; // value = digits × 10^k
  if (k >= 0 && k < 8) return digits + '0'.repeat(k);
  if (k < 0 && (k > -7 || Math.abs(exponent) < 4)) {
    const point = digits.length + k;
    if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
    return `${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  const sign = exponent < 0 ? '-' : '+';
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits[0]}${fraction}e${sign}${Math.abs(exponent)}`;
}

function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 0x09 && c <= 0x0d);
}
