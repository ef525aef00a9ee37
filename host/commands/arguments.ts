// Numbers among the arguments: every parser here throws the error Redis answers with.

import {
  type CommandError,
  MUST_BE_POSITIVE,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  outOfRange,
  SYNTAX,
  TIMEOUT_NEGATIVE,
  TIMEOUT_NOT_A_FLOAT,
  TIMEOUT_OUT_OF_RANGE,
} from '../dispatch/errors.ts';
import { parseLongDouble } from '../lib/long-double.ts';
import { parseDouble, parseInt64, parseInteger, shiftRightHalfEven } from '../lib/number.ts';
import type { Slice } from '../lib/slice.ts';

export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

/** A signed 64-bit integer: a number while that is exact, else a bigint. */
export function int64Arg(slice: Slice, error: CommandError = NOT_AN_INTEGER): number | bigint {
  const small = parseInteger(slice.buffer, slice.start, slice.end);
  if (!Number.isNaN(small)) return small;
  const large = parseInt64(slice.buffer, slice.start, slice.end);
  if (large === null) throw error;
  return large;
}

/**
 * A signed 64-bit integer as the nearest double. Good for positions and counts, which are only
 * compared with sizes that memory can hold.
 */
export function integerArg(slice: Slice, error: CommandError = NOT_AN_INTEGER): number {
  return Number(int64Arg(slice, error));
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/** A C `int`. With an `error` that one tells whatever is wrong with it. */
export function int32Arg(slice: Slice, error?: CommandError): number {
  const value = int64Arg(slice, error);
  if (typeof value === 'number' && value >= INT32_MIN && value <= INT32_MAX) return value;
  throw error ?? outOfRange(BigInt(INT32_MIN), BigInt(INT32_MAX));
}

/** An integer from `min` on; one `error` for whatever is wrong with it. */
export function integerFromArg(slice: Slice, min: number, error: CommandError): number {
  const value = integerArg(slice, error);
  if (value < min) throw error;
  return value;
}

/** How many to pop or return: zero or more. */
export function countArg(slice: Slice): number {
  return integerFromArg(slice, 0, MUST_BE_POSITIVE);
}

/** A 64-bit integer that can be negated: a count or rank whose sign is a direction. */
export function signedCountArg(slice: Slice): number | bigint {
  const value = int64Arg(slice);
  if (value === INT64_MIN) throw outOfRange(-INT64_MAX, INT64_MAX);
  return value;
}

export function doubleArg(slice: Slice, error: CommandError = NOT_A_FLOAT): number {
  const value = parseDouble(slice.buffer, slice.start, slice.end);
  if (Number.isNaN(value)) throw error;
  return value;
}

/** A timeout in seconds, as milliseconds rounded up; 0: for ever. `nowMs` bounds it. */
export function timeoutArg(slice: Slice, nowMs: number): number {
  const seconds = parseLongDouble(slice.toByteString());
  if (seconds === null) throw TIMEOUT_NOT_A_FLOAT;
  const { negative, mantissa, exponent } = seconds;
  if (mantissa === null) throw negative ? TIMEOUT_NEGATIVE : TIMEOUT_OUT_OF_RANGE;
  const timeoutMs = thousandfoldUp(negative ? -mantissa : mantissa, exponent);
  if (timeoutMs < 0n) throw TIMEOUT_NEGATIVE;
  if (timeoutMs > INT64_MAX - BigInt(nowMs)) throw TIMEOUT_OUT_OF_RANGE;
  return Number(timeoutMs);
}

/**
 * mantissa × 2^exponent × 1000, first rounded to the 64 bits of Redis's long doubles (which makes
 * 0.1 s exactly 100 ms), then up to an integer.
 */
function thousandfoldUp(mantissa: bigint, exponent: number): bigint {
  const isNegative = mantissa < 0n;
  const exact = (isNegative ? -mantissa : mantissa) * 1000n;
  const surplus = Math.max(0, exact.toString(2).length - 64);
  const magnitude = surplus === 0 ? exact : shiftRightHalfEven(exact, surplus);
  const product = isNegative ? -magnitude : magnitude;
  const power = exponent + surplus;
  return power >= 0 ? product << BigInt(power) : -(-product >> BigInt(-power)); // >> rounds down
}

/** Which of two words an argument is; `first` for 0, `second` for 1. Throws SYNTAX. */
export function eitherArg(slice: Slice, first: string, second: string): 0 | 1 {
  if (slice.is(first)) return 0;
  if (slice.is(second)) return 1;
  throw SYNTAX;
}

/** A range [start, end) of positions. */
export interface Positions {
  readonly start: number;
  readonly end: number;
}

/** Inclusive positions, negative ones from the end, cut to what a value of `size` has. */
export function positionsOf(first: number, last: number, size: number): Positions {
  const start = Math.max(0, first < 0 ? first + size : first);
  const end = Math.min(size, (last < 0 ? last + size : last) + 1);
  return start < end ? { start, end } : { start: 0, end: 0 };
}
