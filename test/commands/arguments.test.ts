import { describe, expect, test } from 'vitest';
import {
  countArg,
  int64Arg,
  integerArg,
  positionsOf,
  signedCountArg,
  timeoutArg,
} from '../../host/commands/arguments.ts';
import { Slice } from '../../host/lib/slice.ts';

const NOW_MS = 1_700_000_000_000;

function timeout(text: string): number {
  return timeoutArg(Slice.of(text), NOW_MS);
}

describe('numbers among the arguments', () => {
  test('64-bit integers are exact', () => {
    expect(int64Arg(Slice.of('42'))).toBe(42);
    expect(int64Arg(Slice.of('9223372036854775807'))).toBe(9223372036854775807n);
    expect(integerArg(Slice.of('-9223372036854775808'))).toBe(-(2 ** 63));
    for (const text of ['', 'x', '1.0', '+1', '01', ' 1', '9223372036854775808']) {
      expect(() => int64Arg(Slice.of(text))).toThrow('value is not an integer or out of range');
    }
  });

  test('counts are not negative and have one error', () => {
    expect(countArg(Slice.of('0'))).toBe(0);
    expect(() => countArg(Slice.of('-1'))).toThrow('ERR value is out of range, must be positive');
    expect(() => countArg(Slice.of('x'))).toThrow('ERR value is out of range, must be positive');
  });

  test('signed counts can be negated', () => {
    expect(signedCountArg(Slice.of('-9223372036854775807'))).toBe(-9223372036854775807n);
    expect(() => signedCountArg(Slice.of('-9223372036854775808'))).toThrow('value must between');
  });

  test('timeouts are milliseconds, rounded up', () => {
    expect(timeout('0')).toBe(0);
    expect(timeout('1')).toBe(1000);
    expect(timeout('0.1')).toBe(100); // not 101, though 0.1 is a little more as a float
    expect(timeout('0.001')).toBe(1);
    expect(timeout('0.0001')).toBe(1);
    expect(timeout('1.0001')).toBe(1001);
    expect(timeout('0x10')).toBe(16000);
    expect(timeout('1e6')).toBe(1e9);
    expect(timeout('-0.001')).toBe(0); // a little more than -1 ms, rounded up, as in Redis
  });

  test('timeouts have three errors', () => {
    expect(() => timeout('x')).toThrow('ERR timeout is not a float or out of range');
    expect(() => timeout('-1')).toThrow('ERR timeout is negative');
    expect(() => timeout('-0.002')).toThrow('ERR timeout is negative');
    expect(() => timeout('-inf')).toThrow('ERR timeout is negative');
    expect(() => timeout('-1e30')).toThrow('ERR timeout is negative');
    expect(() => timeout('1e30')).toThrow('ERR timeout is out of range');
    expect(() => timeout('9223370336854775.9')).toThrow('ERR timeout is out of range');
  });

  test('positions count from the end when negative and are cut to the size', () => {
    expect(positionsOf(0, -1, 5)).toEqual({ start: 0, end: 5 });
    expect(positionsOf(-3, -2, 5)).toEqual({ start: 2, end: 4 });
    expect(positionsOf(-100, 100, 5)).toEqual({ start: 0, end: 5 });
    expect(positionsOf(5, 9, 5)).toEqual({ start: 0, end: 0 });
    expect(positionsOf(3, 1, 5)).toEqual({ start: 0, end: 0 });
    expect(positionsOf(-(2 ** 63), 2 ** 63, 5)).toEqual({ start: 0, end: 5 });
  });
});
