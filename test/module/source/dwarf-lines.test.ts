import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../../build/packages.mjs';
import { rewrite } from '../../../host/module/rewriter.ts';
import { type DebugSections, LineTable } from '../../../host/module/source/dwarf-lines.ts';

const NONE = new Uint8Array();

function u32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}

const text = (value: string): number[] => [...Buffer.from(`${value}\0`)];

/** line_base -3, line_range 12, opcode_base 13, as compilers choose them. */
const OPERANDS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

function unit(version: number, files: number[], program: number[]): Uint8Array {
  const header = [
    1, // minimum instruction length
    ...(version >= 4 ? [1] : []),
    1, // is_stmt
    0xfd,
    12,
    13,
    ...OPERANDS,
    ...files,
  ];
  const body = [
    version,
    0,
    ...(version === 5 ? [4, 0] : []),
    ...u32(header.length),
    ...header,
    ...program,
  ];
  return new Uint8Array([...u32(body.length), ...body]);
}

/** Folders and files, by string in place. */
const FILES_5 = [1, 1, 8, 1, ...text('/src'), 1, 1, 8, 2, ...text('main.c'), ...text('lib/a.c')];
const FILES_4 = [...text('/src'), 0, ...text('main.c'), 0, 0, 0, ...text('lib/a.c'), 1, 0, 0, 0];

const setAddress = (address: number): number[] => [0, 5, 2, ...u32(address)];
const END = [0, 1, 1];
/** Special opcode: forward by `operations`, `lines` lines down. */
const special = (operations: number, lines: number): number => 13 + operations * 12 + lines + 3;

function table(lines: Uint8Array, more: Partial<DebugSections> = {}): LineTable {
  return new LineTable({ lines, lineStrings: NONE, strings: NONE, ...more });
}

describe('a line table', () => {
  test.each([
    [5, FILES_5, 0, 1],
    [4, FILES_4, 1, 2],
    [3, FILES_4, 1, 2],
  ])('of version %i is read', (version, files, main, other) => {
    const program = [
      ...setAddress(100),
      4,
      main, // set_file
      special(0, 8), // 100: line 9
      special(5, 2), // 105: line 11
      2,
      20, // advance_pc
      3,
      0x7c, // advance_line -4
      1, // copy: 125: line 7
      4,
      other,
      8, // const_add_pc: 20 on
      9,
      5,
      0, // fixed_advance_pc: 5 on
      special(0, 1), // 150: line 8
      ...[2, 10],
      ...END, // 160
    ];
    const lines = table(unit(version, files, program));
    expect(lines.find(99)).toBeNull();
    expect(lines.find(100)).toEqual({ file: 'main.c', line: 9 });
    expect(lines.find(104)).toEqual({ file: 'main.c', line: 9 });
    expect(lines.find(105)).toEqual({ file: 'main.c', line: 11 });
    expect(lines.find(130)).toEqual({ file: 'main.c', line: 7 });
    expect(lines.find(159)).toEqual({ file: 'a.c', line: 8 });
    expect(lines.find(160)).toBeNull();
  });

  test('takes names from the string sections', () => {
    const files = [0, 0, 1, 1, 0x1f, 2, ...u32(2), ...u32(0xffff)];
    const program = [...setAddress(8), 4, 0, 1, 2, 4, ...END];
    const lineStrings = new Uint8Array([0, 0, ...text('x/y.c')]);
    expect(table(unit(5, files, program), { lineStrings }).find(9)).toEqual({
      file: 'y.c',
      line: 1,
    });
  });

  test('leaves out functions that the linker dropped', () => {
    for (const dropped of [0, 0xffffffff]) {
      const program = [
        ...setAddress(dropped),
        1,
        2,
        50,
        ...END,
        ...setAddress(10),
        1,
        2,
        5,
        ...END,
      ];
      const lines = table(unit(5, FILES_5, program));
      expect(lines.find(5)).toBeNull();
      expect(lines.find(12)).toEqual({ file: 'a.c', line: 1 });
    }
  });

  test('finds the functions of a module that clang made', () => {
    const { info } = rewrite(readFileSync(`${projectRoot}/build/out/c/counter.wasm`));
    const section = (name: string): Uint8Array => info.customSection(name) ?? NONE;
    const lines = table(section('.debug_line'), {
      lineStrings: section('.debug_line_str'),
      strings: section('.debug_str'),
    });
    const files = new Set<string>();
    for (let address = 0; address < 20_000; address += 5) {
      const found = lines.find(address);
      if (found !== null) files.add(found.file);
    }
    expect([...files]).toEqual(expect.arrayContaining(['counter_commands.c', 'counter_type.c']));
  });

  test('that is malformed yields what was read before it, and nothing throws', () => {
    const program = [...setAddress(100), 1, 2, 9, ...END];
    const good = unit(5, FILES_5, program);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bad = good.slice();
        bad[at] = byte;
        table(new Uint8Array([...good, ...bad.subarray(0, length)])).find(50);
        expect(table(new Uint8Array([...good, ...bad.subarray(0, 3)])).find(104)?.line).toBe(1);
      }),
    );
  });
});
