import { describe, expect, test } from 'vitest';
import { readWasm } from '../../../host/module/binary.ts';
import { CompileCost, type CostContext } from '../../../host/module/wasm/compile-cost.ts';
import { InstructionWalker } from '../../../host/module/wasm/instructions.ts';
import { WasmFormatError, WasmReader } from '../../../host/module/wasm/reader.ts';
import { makeFunctionType } from '../../../host/module/wasm/types.ts';
import { binary, leb } from '../wat.ts';

const I32 = 0x7f;
const TWO_TO_THREE = makeFunctionType(['i32', 'i32'], ['i32', 'i32', 'i32']);
const CONTEXT: CostContext = { types: [TWO_TO_THREE], functions: [0], tags: [0] };

/** Counts a body without its locals; every height is that after an instruction. */
function count(locals: number, ...body: number[]): { cost: CompileCost; heights: number[] } {
  const walker = new InstructionWalker(new WasmReader(Uint8Array.from(body)));
  const cost = new CompileCost(CONTEXT, body.length);
  const heights: number[] = [];
  walker.reset();
  cost.begin(locals);
  while (walker.next()) {
    cost.add(walker);
    heights.push(cost.height);
  }
  return { cost, heights };
}

describe('the operand stack', () => {
  test.each([
    ['constants and a sum', [0x41, 1, 0x41, 2, 0x6a, 0x1a, 0x0b], [1, 2, 1, 0, 0]],
    ['a call', [0x41, 1, 0x41, 2, 0x10, 0, 0x0b], [1, 2, 3, 3]],
    ['an indirect call', [0x41, 1, 0x41, 2, 0x41, 0, 0x11, 0, 0, 0x0b], [1, 2, 3, 3, 3]],
    ['a block with a result', [0x02, I32, 0x41, 1, 0x0b, 0x1a, 0x0b], [0, 1, 1, 0, 0]],
    [
      'if and else',
      [0x41, 1, 0x04, I32, 0x41, 1, 0x05, 0x41, 2, 0x0b, 0x0b],
      [1, 0, 1, 0, 1, 1, 1],
    ],
    ['what a block takes', [0x41, 1, 0x41, 2, 0x02, 0, 0x1a, 0x0b, 0x0b], [1, 2, 2, 1, 3, 3]],
    ['what cannot be reached', [0x41, 1, 0x02, 0x40, 0x0c, 0, 0x0b, 0x0b], [1, 1, 1, 1, 1]],
    ['a catch', [0x06, 0x40, 0x07, 0, 0x1a, 0x1a, 0x19, 0x0b, 0x0b], [0, 2, 1, 0, 0, 0, 0]],
    [
      'vectors',
      [0x41, 0, 0xfd, 0, 0, 0, 0x41, 0, 0xfd, 23, 1, 0xfd, 99, 0x1a, 0x0b],
      [1, 1, 2, 1, 1, 0, 0],
    ],
    ['memory.copy', [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0, 0x0b], [1, 2, 3, 0, 0]],
  ])('%s', (_name, body, heights) => {
    expect(count(0, ...body).heights).toEqual(heights);
  });
});

describe('a branch carries', () => {
  test('all locals and operands', () => {
    // Three of them: br_if and two ends.
    const body = [0x41, 1, 0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b, 0x0b];
    expect(count(10, ...body).cost.carried).toBe(11 + 12 + 11 + 11);
  });

  test('them to each target of a table', () => {
    const body = [0x41, 0, 0x0e, ...leb(5), 0, 0, 0, 0, 0, 0, 0x0b];
    expect(count(10, ...body).cost.carried).toBe(11 + 11 * 5 + 10);
  });

  test('them out of a call in a try', () => {
    const call = [0x41, 1, 0x41, 2, 0x10, 0];
    expect(count(10, ...call, 0x0b).cost.carried).toBe(100 + 5 * 8 + 13);
    expect(count(10, 0x06, 0x40, ...call, 0x19, 0x0b, 0x0b).cost.carried).toBe(
      10 + (100 + 5 * 8 + 12) + 13 + 10 + 10,
    );
  });

  test('nothing less than nothing where it cannot be reached', () => {
    const drops = new Array<number>(1000).fill(0x1a);
    expect(count(0, 0x0c, 0, ...drops, 0x0d, 0, 0x0b).cost.carried).toBe(0);
  });
});

test('an assignment counts once for each loop around it', () => {
  const set = [0x20, 0, 0x21, 0];
  const inner = [0x03, 0x40, ...set, 0x02, 0x40, ...set, 0x0b, 0x0b];
  expect(count(1, ...set, 0x03, 0x40, ...set, ...inner, 0x0b, 0x0b).cost.assigned).toBe(1 + 2 + 2);
});

/** A module with `copies` functions of this body. */
function module(locals: number, body: readonly number[], copies = 1): Uint8Array {
  const content = [1, ...leb(locals), I32, ...body, 0x0b];
  const one = [...leb(content.length), ...content];
  const code = Buffer.concat([
    Buffer.from(leb(copies)),
    ...Array.from({ length: copies }, () => Buffer.from(one)),
  ]);
  const types = Array.from({ length: copies }, () => 0);
  return binary([1, 1, 0x60, 0, 0], [3, ...leb(copies), ...types], [10, ...code]);
}

function refusal(bytes: Uint8Array): string {
  try {
    readWasm(bytes);
  } catch (error) {
    if (error instanceof WasmFormatError) return error.message;
    throw error;
  }
  return 'accepted';
}

const repeat = (count: number, part: readonly number[]): number[] =>
  Array.from({ length: count }, () => part).flat();

describe('what small files would cost V8 is refused:', () => {
  test('9 KB, 50,000 locals and 1000 ifs: 6 s at the first call', () => {
    const body = repeat(1000, [0x20, 0, 0x04, 0x40, 0x20, 1, 0x21, 2, 0x0b]);
    expect(refusal(module(50_000, body))).toBe(
      'branches of a function times its locals and operands: 8000080 is over the limit 8000000, ' +
        'which is fixed (at byte 748, 0x2ec)',
    );
    expect(refusal(module(3_000, body))).toBe('accepted');
  });

  test('1 MB, 450,000 calls: 1 GB when it is optimized', () => {
    const calls = repeat(450_000, [0x10, 0]);
    expect(refusal(module(0, calls))).toMatch(
      /^branches of a function times its locals and operands: 8000100 is over the limit 8000000/,
    );
  });

  test('8 KB, 1000 calls with 1000 results: 2.7 s and 47 MB', () => {
    const results = [...leb(1000), ...repeat(1000, [I32])];
    const types = [3, 0x60, 0, 0, 0x60, 0, ...results, 0x60, ...results, 0];
    const main = [0, ...repeat(1000, [0x10, 1, 0x10, 2]), 0x0b];
    const source = [0, ...repeat(1000, [0x41, 0]), 0x0b];
    const code = [main, source, [0, 0x0b]].flatMap((body) => [...leb(body.length), ...body]);
    const bytes = binary([1, ...types], [3, 3, 0, 1, 2], [10, 3, ...code]);
    expect(refusal(bytes)).toMatch(/^branches of a function times its locals and operands: /);
  });

  test('18 KB, 2000 locals assigned in 900 nested loops: 1 GB when it is optimized', () => {
    const assignments = Array.from({ length: 2000 }, (_, i) => [0x20, 0, 0x21, ...leb(i)]).flat();
    const loops = [...repeat(900, [0x03, 0x40]), ...assignments, ...repeat(900, [0x0b])];
    expect(refusal(module(2000, loops))).toMatch(
      /^assignments to locals, times the loops around them: 256500 is over the limit 256000, which/,
    );
  });

  test('the same spread over many functions', () => {
    const body = repeat(1000, [0x20, 0, 0x04, 0x40, 0x20, 1, 0x21, 2, 0x0b]);
    expect(refusal(module(3_000, body, 4))).toMatch(
      /^branches times locals and operands in all functions: /,
    );
    const loops = [...repeat(500, [0x03, 0x40]), ...repeat(500, [0x20, 0, 0x21, 0])];
    expect(refusal(module(1, [...loops, ...repeat(500, [0x0b])], 9))).toMatch(
      /^assignments to locals in all functions, times the loops around them: /,
    );
  });
});
