import { describe, expect, test } from 'vitest';
import { readWasm, SECTION } from '../../host/module/binary.ts';
import { WasmFormatError } from '../../host/module/wasm/reader.ts';
import { binary, leb, wat } from './wat.ts';

const NO_RESULT = [1, 1, 0x60, 0, 0];
const ONE_FUNCTION = [3, 1, 0];

/** A module with one function of the given body (locals and instructions). */
function withBody(...body: number[]): Uint8Array {
  return binary(NO_RESULT, ONE_FUNCTION, [10, 1].concat(leb(body.length), body));
}

function refusal(bytes: Uint8Array): WasmFormatError {
  try {
    readWasm(bytes);
  } catch (error) {
    if (error instanceof WasmFormatError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a module is read', () => {
  const module = readWasm(
    wat(`(module
      (import "a" "f" (func (param i64 f32) (result f64)))
      (import "a" "g" (global i32))
      (table 4 10 funcref) (memory 1 3)
      (global (mut i64) (i64.const 5))
      (func $run (export "run") (param i32) (local i32 i32) (drop (memory.grow (local.get 0))) (call $run (i32.const 0)))
      (start $begin) (func $begin)
      (elem (i32.const 2) $run $begin)
      (data (i32.const 0) "abc"))`),
  );

  test('with its types, imports and numbers', () => {
    expect(module.imports.map(({ module: from, name, kind }) => [from, name, kind])).toEqual([
      ['a', 'f', 'function'],
      ['a', 'g', 'global'],
    ]);
    expect(module.imports[0]?.type?.signature).toBe('(i64,f32)->(f64)');
    expect(module.functions.map((type) => module.types[type]?.signature)).toEqual([
      '(i64,f32)->(f64)',
      '(i32)->()',
      '()->()',
    ]);
    expect([module.importedFunctionCount, module.importedGlobalCount, module.start]).toEqual([
      1, 1, 2,
    ]);
    expect(module.globals).toEqual([
      { type: 'i32', mutable: false },
      { type: 'i64', mutable: true },
    ]);
  });

  test('with its memory, table and exports', () => {
    expect(module.memory).toEqual({ min: 1, max: 3 });
    expect(module.tables).toEqual([{ element: 'funcref', min: 4, max: 10 }]);
    expect(module.tableSegments).toEqual([{ offset: 2, functions: [1, 2] }]);
    expect(module.exports).toMatchObject([{ name: 'run', kind: 'function', index: 1 }]);
    expect(module.bytes[(module.exports[0]?.start ?? 0) + 1]).toBe('r'.charCodeAt(0));
  });

  test('with the places of the function indices outside of the code, in file order', () => {
    // export 1, start 2, elements 1 and 2
    expect(module.sites.map((site) => module.bytes[site])).toEqual([1, 2, 1, 2]);
    expect(module.sites).toEqual([...module.sites].sort((a, b) => a - b));
  });

  test('with its sections', () => {
    const ids = module.sections.filter(({ id }) => id !== SECTION.custom).map(({ id }) => id);
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(module.sections.at(-1)).toMatchObject({ name: 'name', end: module.bytes.length });
  });
});

test('legacy exceptions, SIMD and tail calls are walked', () => {
  const source = `(module (tag $t (param i32)) (memory 1)
    (func $f (result i32)
      (try (result i32) (do (throw $t (i32.const 3))) (catch $t) (catch_all (rethrow 0)))
      (try (do (try (do (call $g)) (delegate 0))) (catch_all)))
    (func $g (v128.store (i32.const 0) (v128.const i32x4 1 2 3 4))
      (drop (v128.load8_lane 3 (i32.const 0) (v128.load (i32.const 16)))) (return_call $g)))`;
  const module = readWasm(wat(source, false));
  expect(module.code.calls).toEqual([0, 1, 1, 1]); // segment, function; one segment a body
});

describe('is refused, with the byte offset:', () => {
  test.each([
    ['an empty file', Uint8Array.of(), 'not a WebAssembly binary', 0],
    ['a shared object', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), 'a native module (ELF)', 0],
    [
      'a version of the future',
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0),
      'unknown WebAssembly version',
      4,
    ],
    ['an unknown section', binary([14]), 'unknown section id 14', 8],
    ['a section twice', binary([1, 0], [1, 0]), 'type section: duplicate or out of order', 11],
    [
      'sections out of order',
      binary([3, 0], [1, 0]),
      'type section: duplicate or out of order',
      11,
    ],
    ['a section with bytes left over', binary([1, 0, 9]), 'section is longer than its content', 11],
    [
      'a section past the end',
      binary([1, 0]).subarray(0, 10),
      'section of 1 bytes reaches past',
      8,
    ],
    ['a function without a body', binary(NO_RESULT, ONE_FUNCTION), '1 functions but 0 bodies', 18],
    ['a type that does not exist', binary(NO_RESULT, [3, 1, 1]), 'no type 1', 17],
    ['a call of no function', withBody(0, 0x10, 1, 0x0b), 'no function 1', 24],
    ['an export of no function', binary([7, 1, 1, 0x61, 0, 0]), 'export: no function 0', 14],
    ['an export of no memory', binary([7, 1, 1, 0x61, 2, 0]), 'export: no memory 0', 14],
    [
      'an export twice',
      binary([5, 1, 0, 1], [7, 2, 1, 0x61, 2, 0, 1, 0x61, 2, 0]),
      "duplicate export 'a'",
      20,
    ],
    [
      'a start function with arguments',
      binary([1, 1, 0x60, 1, 0x7f, 0], ONE_FUNCTION, [8, 0]),
      'start function has type (i32)->()',
      21,
    ],
    ['a name that is not UTF-8', binary([0, 1, 0xff]), 'custom section name: not valid UTF-8', 11],
    ['a body that ends early', withBody(0, 0x01), 'instruction: unexpected end', 24],
    [
      'a body that goes on after its end',
      withBody(0, 0x0b, 0x0b),
      'function body continues after its end',
      24,
    ],
    ['a data count that lies', binary([12, 3]), 'data count 3 but 0 data segments', 11],
    [
      'eight tables',
      binary([4, 8, 0x70, 0, 1]),
      'tables: 8 is over the limit 1, which is fixed',
      10,
    ],
    [
      'a huge table',
      binary([4, 1, 0x70, 0, ...leb(10_000_000)]),
      'table size: 10000000 is over the limit 65536',
      13,
    ],
    [
      '4 GiB of memory',
      binary([5, 1, 0, ...leb(65_536)]),
      'memory size: 65536 is over the limit 32768',
      12,
    ],
    ['a shared memory', binary([5, 1, 3, 1, 2]), 'shared memory is not supported', 11],
    ['a 64-bit memory', binary([5, 1, 4, 1]), '64-bit memory is not supported', 11],
    ['two memories', binary([5, 2, 0, 1, 0, 1]), 'memories: 2 is over the limit 1', 10],
    [
      'an imported and an own memory',
      binary([2, 1, 1, 0x61, 1, 0x62, 2, 0, 1], [5, 1, 0, 1]),
      'several memories',
      21,
    ],
    ['a GC array type', binary([1, 1, 0x5e, 0x7f, 1]), 'GC types are not supported', 11],
    ['a GC reference', binary([1, 1, 0x60, 1, 0x64, 0]), 'typed references (GC or exnref)', 13],
    ['GC instructions', withBody(0, 0xfb, 0, 0, 0x0b), 'GC and typed references', 23],
    [
      'new exceptions',
      withBody(0, 0x1f, 0x40, 0, 0x0b, 0x0b),
      '-mllvm -wasm-use-legacy-eh=true',
      23,
    ],
    ['atomics', withBody(0, 0xfe, 3, 0, 0x0b), 'atomic instructions', 23],
    ['relaxed SIMD', withBody(0, 0xfd, 0x80, 2, 0x0b), 'relaxed SIMD', 23],
    ['a second memory in memory.size', withBody(0, 0x3f, 1, 0x1a, 0x0b), 'several memories', 24],
    [
      'a second memory in a load',
      withBody(0, 0x41, 0, 0x28, 0x42, 1, 0, 0x1a, 0x0b),
      'several memories',
      26,
    ],
    ['100k imports', binary([2, ...leb(100_000)]), 'imports: 100000 is over the limit 10000', 10],
    [
      'a 1 MB import name',
      binary([2, 1, ...leb(1_000_000)]),
      'import module length: 1000000 is over the limit',
      11,
    ],
  ])('%s', (_name, bytes, rule, offset) => {
    const error = refusal(bytes);
    expect(error.rule).toContain(rule);
    expect(error.offset).toBe(offset);
    expect(error.message).toBe(`${error.rule} (at byte ${offset}, 0x${offset.toString(16)})`);
  });
});

describe('what would take V8 long is refused:', () => {
  test('a file over 8 MiB', () => {
    expect(refusal(new Uint8Array(8 * 1024 * 1024 + 1)).rule).toBe(
      'file size: 8388609 is over the limit 8388608 set by module-max-file-bytes',
    );
  });

  test('300,000 functions', () => {
    const error = refusal(binary(NO_RESULT, [3, ...leb(300_000)]));
    expect(error.rule).toBe(
      'functions: 300000 is over the limit 50000 set by module-max-functions',
    );
  });

  test('a body over 1 MiB', () => {
    expect(refusal(binary(NO_RESULT, ONE_FUNCTION, [10, 1, ...leb(9_000_000)])).rule).toBe(
      'function body size: 9000000 is over the limit 1048576 set by module-max-function-bytes',
    );
  });

  test('blocks nested deeper than 1000', () => {
    const nested = (depth: number): Uint8Array => {
      const blocks = Array.from({ length: depth }, () => [0x02, 0x40]).flat();
      return withBody(0, ...blocks, ...blocks.slice(0, depth).map(() => 0x0b), 0x0b);
    };
    expect(readWasm(nested(999)).bodies.length).toBe(2);
    expect(refusal(nested(1000)).rule).toBe(
      'nested blocks: 1001 is over the limit 1000, which is fixed',
    );
  });

  test('50,001 locals in a function', () => {
    expect(refusal(withBody(1, ...leb(50_001), 0x7f, 0x0b)).rule).toBe(
      'locals in a function: 50001 is over the limit 50000, which is fixed',
    );
    expect(refusal(withBody(2, ...leb(50_000), 0x7f, 1, 0x7f, 0x0b)).rule).toContain('locals');
    expect(readWasm(withBody(1, ...leb(50_000), 0x7f, 0x0b)).bodies.length).toBe(2);
  });

  test('50,000 locals in each of many functions', () => {
    const body = [1, ...leb(50_000), 0x7f, 0x0b];
    const bodies = Array.from({ length: 101 }, () => [body.length, ...body]).flat();
    const types = Array.from({ length: 101 }, () => 0);
    const error = refusal(binary(NO_RESULT, [3, 101, ...types], [10, 101, ...bodies]));
    expect(error.rule).toBe(
      'locals in all functions: 5050000 is over the limit 5000000, which is fixed',
    );
  });

  test('br_tables with 65,000 targets, many times', () => {
    const table = [0x41, 0, 0x0e].concat(leb(65_000), new Array<number>(65_001).fill(0));
    const five = [0].concat(table, table, table, table, table, [0x0b]);
    const two = [0].concat(table, table, [0x0b]);
    const make = (body: number[]): Uint8Array =>
      binary(NO_RESULT, ONE_FUNCTION, [10, 1].concat(leb(body.length), body));
    expect(refusal(make(five)).rule).toBe(
      'br_table targets in all functions: 325000 is over the limit 262144, which is fixed',
    );
    expect(readWasm(make(two)).bodies.length).toBe(2);
    expect(refusal(withBody(0, 0x41, 0, 0x0e, ...leb(65_521))).rule).toContain('65520');
  });

  test('a thousand and one custom sections', () => {
    const many = Array.from({ length: 1001 }, () => [0, 1, 0x61]);
    expect(refusal(binary(...many)).rule).toBe(
      'custom sections: 1001 is over the limit 1000, which is fixed',
    );
  });
});

test.each([
  ['a block', [0x02, 5, 0x0b]],
  ['call_indirect', [0x41, 0, 0x11, 5, 0]],
])('the type of %s is one of the module: the rewriter adds others', (_title, code) => {
  const body = [0, ...code, 0x0b];
  const bytes = binary(NO_RESULT, ONE_FUNCTION, [10, 1, body.length, ...body]);
  expect(() => readWasm(bytes)).toThrow('no type 5');
});
