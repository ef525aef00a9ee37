import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WasmReader } from '../../../host/module/wasm/reader.ts';
import { u32Width, WasmWriter } from '../../../host/module/wasm/writer.ts';

test('numbers come back, in the width that was asked for', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 5 }), (value, width) => {
      const writer = new WasmWriter(1);
      writer.u32(value, width);
      expect(writer.pos).toBe(Math.max(width, u32Width(value)));
      expect(new WasmReader(writer.view()).u32('n')).toBe(value);
    }),
  );
});

test('a patched number leaves the rest as it is', () => {
  const writer = new WasmWriter();
  writer.u8(7);
  writer.u32(0, 5);
  writer.name('€');
  writer.patchU32(1, 300, 5);
  const reader = new WasmReader(writer.toBytes());
  expect([reader.u8('a'), reader.u32('b'), reader.name('c'), reader.atEnd]).toEqual([
    7,
    300,
    '€',
    true,
  ]);
});

test('ranges of any length are copied, and the buffer grows as needed', () => {
  const source = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
  const writer = new WasmWriter(16);
  writer.copy(source, 3, 20);
  writer.copy(source, 0, 1000);
  writer.copy(source, 5, 5);
  expect([...writer.toBytes()]).toEqual([...source.subarray(3, 20), ...source]);
  expect(writer.toBytes().buffer.byteLength).toBe(1017);
});
