import { expect, test } from 'vitest';
import { WasmReader } from '../../../host/module/wasm/reader.ts';
import {
  makeFunctionType,
  readExternalKind,
  readGlobalType,
  readLimits,
  readReferenceType,
  readValueType,
  type ValueType,
  valueTypeCode,
} from '../../../host/module/wasm/types.ts';

const read = (...bytes: number[]): WasmReader => new WasmReader(Uint8Array.from(bytes));

test('value types have their codes', () => {
  const types: ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128', 'funcref', 'externref'];
  expect(types.map(valueTypeCode)).toEqual([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]);
  for (const type of types) expect(readValueType(read(valueTypeCode(type)))).toBe(type);
  expect(() => readValueType(read(0x60))).toThrow(/unknown value type 0x60/);
  expect(() => readValueType(read(0x69))).toThrow(/typed references \(GC or exnref\)/);
});

test('reference types are funcref and externref', () => {
  expect([readReferenceType(read(0x70)), readReferenceType(read(0x6f))]).toEqual([
    'funcref',
    'externref',
  ]);
  expect(() => readReferenceType(read(0x7f))).toThrow(/i32 is not a reference type/);
});

test('a signature is written as the ABI list writes it', () => {
  expect(makeFunctionType(['i32', 'i64'], ['f64']).signature).toBe('(i32,i64)->(f64)');
  expect(makeFunctionType([], []).signature).toBe('()->()');
});

test('limits have a minimum and perhaps a maximum', () => {
  expect(readLimits(read(0, 3), 'memory', 10)).toEqual({ min: 3, max: null });
  expect(readLimits(read(1, 3, 9), 'memory', 10)).toEqual({ min: 3, max: 9 });
  expect(() => readLimits(read(1, 3, 2), 'memory', 10)).toThrow(/maximum 2 below 3/);
  expect(() => readLimits(read(0, 11), 'table', 10)).toThrow(/table size: 11 is over the limit/);
  expect(() => readLimits(read(1, 0, 0x81, 0x80, 4), 'memory', 10)).toThrow(
    /memory maximum: 65537 is over the limit 65536/,
  );
  expect(() => readLimits(read(8, 1), 'memory', 10)).toThrow(/unknown limits flags 8/);
});

test('globals are mutable or not, kinds are known or refused', () => {
  expect(readGlobalType(read(0x7e, 1))).toEqual({ type: 'i64', mutable: true });
  expect(() => readGlobalType(read(0x7e, 2))).toThrow(/unknown mutability/);
  expect([0, 1, 2, 3, 4].map((code) => readExternalKind(read(code)))).toEqual([
    'function',
    'table',
    'memory',
    'global',
    'tag',
  ]);
  expect(() => readExternalKind(read(5))).toThrow(/unknown external kind 5/);
});
