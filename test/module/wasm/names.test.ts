import { expect, test } from 'vitest';
import { readFunctionNames, shiftNames } from '../../../host/module/wasm/names.ts';
import { WasmFormatError } from '../../../host/module/wasm/reader.ts';
import { leb } from '../wat.ts';

const label = (text: string): number[] => [...leb(Buffer.byteLength(text)), ...Buffer.from(text)];
const subsection = (id: number, ...content: number[]): number[] => [
  id,
  ...leb(content.length),
  ...content,
];
const map = (...entries: [number, number[]][]): number[] => [
  ...leb(entries.length),
  ...entries.flatMap(([index, rest]) => [...leb(index), ...rest]),
];

const NAMES = Uint8Array.from([
  ...subsection(0, ...label('module')),
  ...subsection(1, ...map([0, label('zero')], [3, label('drei €')], [127, label('last')])),
  ...subsection(2, ...map([3, map([0, label('a')], [1, label('b')])])),
  ...subsection(7, ...map([3, label('global')])),
]);

test('function names are read, other subsections skipped', () => {
  const names = readFunctionNames(NAMES, { start: 0, end: NAMES.length }, 3);
  expect([...names]).toEqual([
    [0, 'zero'],
    [3, 'drei €'],
    [127, 'last'],
  ]);
});

test('function indices move up in every subsection keyed by them, others stay', () => {
  const shifted = shiftNames(NAMES, { start: 0, end: NAMES.length }, 2, 1);
  expect([...shifted]).toEqual([
    ...subsection(0, ...label('module')),
    ...subsection(1, ...map([0, label('zero')], [4, label('drei €')], [128, label('last')])),
    ...subsection(2, ...map([4, map([0, label('a')], [1, label('b')])])),
    ...subsection(7, ...map([3, label('global')])),
  ]);
});

test('malformed sections are refused', () => {
  for (let end = 1; end < NAMES.length; end++) {
    const cut = NAMES.subarray(0, end);
    try {
      shiftNames(cut, { start: 0, end }, 0, 1);
    } catch (error) {
      expect(error).toBeInstanceOf(WasmFormatError);
    }
  }
  const lying = Uint8Array.from(subsection(1, ...leb(2 ** 31), 0));
  const read = (bytes: Uint8Array, functions: number) =>
    readFunctionNames(bytes, { start: 0, end: bytes.length }, functions);
  expect(() => read(lying, 2 ** 32)).toThrow(WasmFormatError);
  expect(() => read(NAMES, 2)).toThrow('name count: 3 is over the limit 2');
});

test('what a subsection claims does not reach into the next', () => {
  // Each of these would read all that follow it: quadratic for a section of megabytes.
  const empty = Uint8Array.from([...subsection(1, 3), ...subsection(1, ...map([0, label('a')]))]);
  const range = { start: 0, end: empty.length };
  expect(() => readFunctionNames(empty, range, 10)).toThrow('unexpected end');
  expect(() => shiftNames(empty, range, 0, 1)).toThrow('unexpected end');
});
