import { describe, expect, test } from 'vitest';
import { InstructionWalker, OP } from '../../../host/module/wasm/instructions.ts';
import { WasmFormatError, WasmReader } from '../../../host/module/wasm/reader.ts';

interface Seen {
  opcode: number;
  start: number;
  end: number;
  index: number;
}

function walk(...bytes: number[]): Seen[] {
  const reader = new WasmReader(Uint8Array.from(bytes));
  const walker = new InstructionWalker(reader);
  const seen: Seen[] = [];
  walker.reset();
  while (walker.next()) {
    const { opcode, start, end, index } = walker;
    seen.push({ opcode, start, end, index });
  }
  expect(reader.atEnd).toBe(true);
  return seen;
}

/** Each encoding form: bytes of one instruction. */
const FORMS: [string, number[]][] = [
  ['nop', [0x01]],
  ['i32.add', [0x6a]],
  ['i64.extend32_s', [0xc4]],
  ['br_if', [0x0d, 0]],
  ['br_table', [0x0e, 2, 0, 0, 0]],
  ['call', [0x10, 0x85, 0x80, 0x80, 0x80, 0]],
  ['call_indirect', [0x11, 1, 0]],
  ['return_call', [0x12, 3]],
  ['return_call_indirect', [0x13, 1, 0]],
  ['throw', [0x08, 0]],
  ['rethrow', [0x09, 0]],
  ['select with a type', [0x1c, 1, 0x7f]],
  ['local.get', [0x20, 0x80, 1]],
  ['table.set', [0x26, 0]],
  ['i64.load', [0x29, 3, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['memory.size', [0x3f, 0]],
  ['memory.grow, padded', [0x40, 0x80, 0]],
  ['i32.const', [0x41, 0x80, 0x80, 0x80, 0x80, 0x78]],
  ['i64.const', [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
  ['f32.const', [0x43, 0x0b, 0x0b, 0x0b, 0x0b]],
  ['f64.const', [0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b]],
  ['ref.null', [0xd0, 0x70]],
  ['ref.is_null', [0xd1]],
  ['ref.func', [0xd2, 7]],
  ['i32.trunc_sat_f32_s', [0xfc, 0]],
  ['i32.trunc_sat_f32_s, padded', [0xfc, 0x80, 0]],
  ['memory.init', [0xfc, 8, 1, 0]],
  ['data.drop', [0xfc, 9, 1]],
  ['memory.copy', [0xfc, 10, 0, 0]],
  ['memory.fill', [0xfc, 11, 0]],
  ['table.init', [0xfc, 12, 1, 0]],
  ['elem.drop', [0xfc, 13, 1]],
  ['table.copy', [0xfc, 14, 0, 0]],
  ['table.grow', [0xfc, 15, 0]],
  ['table.fill', [0xfc, 17, 0]],
  ['v128.load', [0xfd, 0, 4, 16]],
  ['v128.const', [0xfd, 12, ...new Array<number>(16).fill(0x0b)]],
  ['i8x16.shuffle', [0xfd, 13, ...new Array<number>(16).fill(1)]],
  ['i8x16.extract_lane_s', [0xfd, 21, 3]],
  ['v128.load8_lane', [0xfd, 84, 0, 0, 3]],
  ['v128.load32_zero', [0xfd, 92, 2, 0]],
  ['f64x2.convert_low_i32x4_u', [0xfd, 0xff, 1]],
];

describe('an instruction ends where it should:', () => {
  test.each(FORMS)('%s', (_name, bytes) => {
    const seen = walk(0x01, ...bytes, 0x01, 0x0b);
    expect(seen.map(({ start }) => start)).toEqual([0, 1, 1 + bytes.length, 2 + bytes.length]);
  });

  test.each(FORMS)('%s, and is refused when cut short', (_name, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => walk(...bytes.slice(0, length))).toThrow(WasmFormatError);
    }
  });
});

test('immediates are given with their places', () => {
  const reader = new WasmReader(Uint8Array.of(0x10, 0x85, 1, 0xfc, 8, 9, 0, 0x41, 0x7f, 0x0b));
  const walker = new InstructionWalker(reader);
  walker.reset();
  walker.next();
  expect([walker.opcode, walker.index, walker.indexStart, walker.indexEnd]).toEqual([
    OP.call,
    133,
    1,
    3,
  ]);
  walker.next();
  expect([walker.opcode, walker.index, walker.indexStart]).toEqual([OP.memoryInit, 9, 5]);
  walker.next();
  expect([walker.opcode, walker.index]).toEqual([OP.i32Const, -1]);
  expect([walker.next(), walker.opcode, walker.depth]).toEqual([true, OP.end, 0]);
  expect(walker.next()).toBe(false);
});

test('blocks open and close levels, also by delegate', () => {
  const depths: number[] = [];
  // block loop if else end end end; try try delegate 0 catch_all end; end
  const bytes = [
    2, 0x40, 3, 0x7f, 4, 0, 5, 0x0b, 0x0b, 0x0b, 6, 0x40, 6, 0x40, 0x18, 0, 0x19, 0x0b, 0x0b,
  ];
  const walker = new InstructionWalker(new WasmReader(Uint8Array.from(bytes)));
  walker.reset();
  while (walker.next()) depths.push(walker.depth);
  expect(depths).toEqual([2, 3, 4, 4, 3, 2, 1, 2, 3, 2, 2, 1, 0]);
});

test('every opcode is either walked or refused, none is guessed', () => {
  const refused: number[] = [];
  for (let opcode = 0; opcode < 256; opcode++) {
    if (opcode === 0xfc || opcode === 0xfd) continue;
    const bytes = Uint8Array.of(opcode, ...new Array<number>(20).fill(0x01));
    const walker = new InstructionWalker(new WasmReader(bytes));
    walker.reset();
    try {
      walker.next();
    } catch (error) {
      expect(error).toBeInstanceOf(WasmFormatError);
      if ((error as Error).message.match(/unknown instr|GC|exnref|atomic/)) refused.push(opcode);
    }
  }
  const gaps = [0x0a, 0x14, 0x15, 0x16, 0x17, 0x1d, 0x1e, 0x1f, 0x27];
  for (let opcode = 0xc5; opcode < 256; opcode++) {
    if (![0xd0, 0xd1, 0xd2, 0xfc, 0xfd].includes(opcode)) gaps.push(opcode);
  }
  expect(refused).toEqual(gaps);
});

test('SIMD opcodes are those V8 knows', () => {
  // One function of the opcode in dead code: V8 names those that it does not know.
  for (let sub = 0; sub < 256; sub++) {
    const immediate = [12, 13].includes(sub) ? new Array<number>(16).fill(0) : [];
    const memarg = sub <= 11 || (sub >= 84 && sub <= 93) ? [0, 0] : [];
    const lane = (sub >= 21 && sub <= 34) || (sub >= 84 && sub <= 91) ? [0] : [];
    const code = [0x00, 0xfd, ...(sub < 128 ? [sub] : [sub, 1]), ...immediate, ...memarg, ...lane];
    let isWalked = true;
    try {
      walk(...code, 0x1a, 0x0b);
    } catch {
      isWalked = false; // compared with V8's judgement below
    }
    const isKnown = [[], [0x1a]].some((tail) => {
      const body = [0, ...code, ...tail, 0x0b];
      const bytes = [
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1,
      ];
      return WebAssembly.validate(
        Uint8Array.from([...bytes, 10, body.length + 2, 1, body.length, ...body]),
      );
    });
    expect([sub, isWalked]).toEqual([sub, isKnown]);
  }
});
