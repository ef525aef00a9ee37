import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WasmFormatError, WasmReader } from '../../../host/module/wasm/reader.ts';
import { leb } from '../wat.ts';

const read = (...bytes: number[]): WasmReader => new WasmReader(Uint8Array.from(bytes));

/** A signed LEB128. */
function sleb(value: bigint): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    const isLast = rest >> 6n === 0n || rest >> 6n === -1n;
    out.push(isLast ? byte : byte | 0x80);
    if (isLast) return out;
  }
}

describe('unsigned numbers', () => {
  test('of 32 bits come back as written', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        const reader = read(...leb(value), 9);
        expect(reader.u32('n')).toBe(value);
        expect(reader.u8('next')).toBe(9);
      }),
    );
  });

  test('may be padded to five bytes', () => {
    expect(read(0x81, 0x80, 0x80, 0x80, 0).u32('n')).toBe(1);
    expect(read(0xff, 0xff, 0xff, 0xff, 0x0f).u32('n')).toBe(0xffffffff);
  });

  test('are refused beyond 32 bits, five bytes, the end or a limit', () => {
    expect(() => read(0xff, 0xff, 0xff, 0xff, 0x1f).u32('n')).toThrow(/longer than 32 bits/);
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x80, 0).u32('n')).toThrow(/longer than 32 bits/);
    expect(() => read(0x80, 0x80).u32('n')).toThrow(/^n: unexpected end \(at byte 2, 0x2\)$/);
    expect(() => read(11).count('things', 10)).toThrow(/^things: 11 is over the limit 10/);
    expect(read(10).count('things', 10)).toBe(10);
  });
});

describe('signed numbers', () => {
  test('of 32 bits come back as written', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(read(...sleb(BigInt(value))).s32('n')).toBe(value);
        expect(read(...sleb(BigInt(value))).s33('n')).toBe(value);
      }),
    );
  });

  test('of 33 bits come back as written', () => {
    for (const value of [2 ** 32 - 1, -(2 ** 32), 2 ** 31, -(2 ** 31) - 1, -64, 0x40]) {
      expect(read(...sleb(BigInt(value))).s33('n')).toBe(value);
    }
  });

  test('of 64 bits are skipped to their end', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const reader = read(...sleb(value), 9);
        reader.skipS64('n');
        expect(reader.u8('next')).toBe(9);
      }),
    );
  });

  test('are refused when bits beyond their size disagree with the sign', () => {
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x08).s32('n')).toThrow(WasmFormatError);
    expect(() => read(0xff, 0xff, 0xff, 0xff, 0x0f).s32('n')).toThrow(WasmFormatError);
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x80).s32('n')).toThrow(WasmFormatError);
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x10).s33('n')).toThrow(WasmFormatError);
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x20).s33('n')).toThrow(WasmFormatError);
    const nine = new Array<number>(9).fill(0x80);
    expect(() => read(...nine, 0x01).skipS64('n')).toThrow(WasmFormatError);
    expect(() => read(...nine, 0x7f).skipS64('n')).not.toThrow();
    expect(read(0xff, 0xff, 0xff, 0xff, 0x7f).s32('n')).toBe(-1);
  });
});

describe('names', () => {
  test('are UTF-8 with a length', () => {
    const bytes = [...Buffer.from('naïve €')];
    expect(read(bytes.length, ...bytes).name('name')).toBe('naïve €');
    expect(read(3, 0x61, 0x62, 0x63, 0x64).name('name')).toBe('abc');
    expect(read(0).name('name')).toBe('');
  });

  test('are refused when malformed, too long or cut off', () => {
    expect(() => read(2, 0xc3, 0x28).name('name')).toThrow(/not valid UTF-8/);
    expect(() => read(3, 0xed, 0xa0, 0x80).name('name')).toThrow(/not valid UTF-8/);
    expect(() => read(3, 0x61, 0x62).name('name')).toThrow(/3 bytes reach past the end/);
    expect(() => read(0x81, 0x20).name('name')).toThrow(/4097 is over the limit 4096/);
  });
});

test('nothing is read past the end of the range', () => {
  const reader = new WasmReader(Uint8Array.of(1, 2, 3, 4), 1, 3);
  expect([reader.u8('a'), reader.u8('b'), reader.atEnd]).toEqual([2, 3, true]);
  expect(() => reader.u8('c')).toThrow(WasmFormatError);
  expect(() => reader.skip(1, 'd')).toThrow(WasmFormatError);
});
