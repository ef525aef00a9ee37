import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewrite } from '../../host/module/rewriter.ts';
import { WasmFormatError } from '../../host/module/wasm/reader.ts';
import { binary, call, leb, runOriginal, runRewritten, wat } from './wat.ts';

const EVERYTHING = `(module
  (type $unary (func (param i32) (result i32)))
  (import "redismodule" "RedisModule_Alloc" (func $alloc (type $unary)))
  (import "redismodule" "RedisModule_Now" (func $now (param i64) (result i64)))
  (memory (export "memory") 2 20)
  (table (export "table") 8 funcref)
  (global $sp (mut i32) (i32.const 1000))
  (global $fixed i64 (i64.const 7))
  (global $total (mut f64) (f64.const 1.5))
  (global $fn (mut funcref) (ref.func $double))
  (global $v (mut v128) (v128.const i32x4 1 2 3 4))
  (elem (i32.const 1) $double $alloc)
  (elem $passive func $square $double)
  (elem (table 0) (i32.const 4) funcref (ref.func $square) (ref.null func))
  (elem declare func $square)
  (data (i32.const 16) "hello")
  (data $late "world")
  (start $begin)
  (func $begin (global.set $sp (i32.add (global.get $sp) (i32.const 24))))
  (func $double (export "double") (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $square (export "square") (type $unary) (i32.mul (local.get 0) (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "tail") (type $unary) (return_call $square (local.get 0)))
  (func (export "tailIndirect") (param i32) (result i32)
    (return_call_indirect (type $unary) (local.get 0) (i32.const 1)))
  (func (export "alloc") (type $unary) (call $alloc (local.get 0)))
  (func (export "now") (param i64) (result i64) (call $now (local.get 0)))
  (func (export "grow") (type $unary) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "sp") (result i32) (global.get $sp))
  (func (export "fill") (memory.init $late (i32.const 64) (i32.const 0) (i32.const 5))
    (memory.copy (i32.const 80) (i32.const 16) (i32.const 5))
    (memory.fill (i32.const 90) (i32.const 7) (i32.const 3)))
  (func (export "fromTable") (param i32) (result i32)
    (table.set (i32.const 7) (ref.func $square))
    (table.init $passive (i32.const 5) (i32.const 0) (i32.const 2))
    (call_indirect (type $unary) (local.get 0) (i32.const 7)))
  (func (export "pick") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10)))
      (return (i32.const 20))) (i32.const 30))
  (func (export "lanes") (param i32) (result i32)
    (i32x4.extract_lane 2 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
      (i32x4.splat (local.get 0)) (v128.const i32x4 1 2 3 4))))
  (func (export "sat") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
)`;

const IMPORTS = {
  redismodule: {
    RedisModule_Alloc: (size: number) => size + 1,
    RedisModule_Now: (value: bigint) => value * 3n,
  },
};

describe('a rewritten module', () => {
  test('behaves as the original', () => {
    const bytes = wat(EVERYTHING);
    const original = runOriginal(bytes, IMPORTS);
    const { exports } = runRewritten(bytes, IMPORTS);
    const calls: [string, ...unknown[]][] = [
      ['double', 21],
      ['square', 9],
      ['indirect', 1, 5],
      ['indirect', 2, 5],
      ['indirect', 4, 5],
      ['tail', 12],
      ['tailIndirect', 12],
      ['alloc', 64],
      ['now', 5n],
      ['size'],
      ['sp'],
      ['fill'],
      ['fromTable', 6],
      ['pick', 0],
      ['pick', 1],
      ['pick', 7],
      ['lanes', 77],
      ['sat', 1e99],
      ['grow', 3],
      ['size'],
      ['grow', 1000],
      ['grow', -1],
    ];
    const results = calls.map(([name, ...args]) => call(exports, name, ...args));
    expect(results).toEqual(calls.map(([name, ...args]) => call(original, name, ...args)));
    expect(results).toContain(1024);
  });

  test('has the same memory contents', () => {
    const bytes = wat(EVERYTHING);
    const original = runOriginal(bytes, IMPORTS);
    const { exports, memory } = runRewritten(bytes, IMPORTS);
    call(original, 'fill');
    call(exports, 'fill');
    const expected = (original.memory as WebAssembly.Memory).buffer;
    expect(Buffer.from(memory.buffer).equals(Buffer.from(expected))).toBe(true);
    expect(Buffer.from(memory.buffer, 64, 5).toString()).toBe('world');
  });

  test('exports the very memory that it imports', () => {
    const { exports, memory } = runRewritten(wat(EVERYTHING), IMPORTS);
    expect(exports.memory).toBe(memory);
  });

  test('asks the host for every memory.grow', () => {
    const guest = runRewritten(wat(EVERYTHING), IMPORTS, { maxPages: 5 });
    expect(call(guest.exports, 'grow', 3)).toBe(2);
    expect(call(guest.exports, 'grow', 1)).toBe(-1);
    expect(guest.grown).toEqual([3, 1]);
  });

  test('does not depend on the maximum of the memory it gets', () => {
    const { bytes, info } = rewrite(wat(EVERYTHING));
    const module = new WebAssembly.Module(bytes);
    expect(info.memory).toEqual({ min: 2, max: 20 });
    for (const maximum of [2, 3, 1000, undefined]) {
      const descriptor = maximum === undefined ? { initial: 2 } : { initial: 2, maximum };
      const memory = new WebAssembly.Memory(descriptor);
      const redcell = { memory, memory_grow: () => -1, refuel: () => 1e6, probe: () => {} };
      const instance = new WebAssembly.Instance(module, { ...IMPORTS, redcell });
      expect(call(instance.exports, 'size')).toBe(2);
    }
  });

  test('lets the host save and restore its mutable globals', () => {
    const { exports } = runRewritten(wat(EVERYTHING), IMPORTS);
    const { info } = rewrite(wat(EVERYTHING));
    expect(info.mutableGlobals).toEqual([
      { index: 0, exportName: 'redcell:global:0', type: 'i32' },
      { index: 2, exportName: 'redcell:global:2', type: 'f64' },
      { index: 3, exportName: 'redcell:global:3', type: 'funcref' },
    ]);
    const stackPointer = exports['redcell:global:0'] as WebAssembly.Global;
    expect(stackPointer.value).toBe(1024);
    stackPointer.value = 500;
    expect(call(exports, 'sp')).toBe(500);
  });

  test('leaves running the start function to the host', () => {
    const { bytes, info } = rewrite(wat(EVERYTHING));
    expect(info.hasStart).toBe(true);
    const memory = new WebAssembly.Memory({ initial: 2 });
    const redcell = { memory, memory_grow: () => -1, refuel: () => 1e6, probe: () => {} };
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, { ...IMPORTS, redcell });
    expect(call(exports, 'sp')).toBe(1000);
    call(exports, 'redcell:start');
    expect(call(exports, 'sp')).toBe(1024);
  });

  test('names functions in stack traces as the original does', () => {
    const { exports } = runRewritten(
      wat(`(module
      (import "env" "boom" (func $boom))
      (func $inner (call $boom))
      (func $outer (export "run") (call $inner)))`),
      {
        env: {
          boom: () => {
            throw new Error('boom');
          },
        },
      },
    );
    const error = catchError(() => call(exports, 'run')) as Error;
    expect(error.stack).toMatch(/inner .*wasm-function\[4\][\s\S]*outer .*wasm-function\[5\]/);
  });

  test('throws and catches legacy exceptions', () => {
    const bytes = wat(
      `(module (import "env" "id" (func $id (param i32) (result i32))) (tag $t (param i32))
        (func $throw (param i32) (throw $t (call $id (local.get 0))))
        (func (export "run") (param i32) (result i32)
          (try (result i32) (do (call $throw (local.get 0)) (i32.const 0))
            (catch $t (i32.add (i32.const 100))))))`,
    );
    const env = { id: (value: number) => value };
    expect(call(runRewritten(bytes, { env }).exports, 'run', 5)).toBe(105);
    expect(call(runOriginal(bytes, { env }), 'run', 5)).toBe(105);
  });

  test('gets a memory when it had none', () => {
    const { bytes, info } = rewrite(wat('(module (func (export "one") (result i32) i32.const 1))'));
    expect(info.memory).toEqual({ min: 1, max: null });
    expect(WebAssembly.validate(bytes)).toBe(true);
    const { exports } = runRewritten(
      wat('(module (func (export "one") (result i32) i32.const 1))'),
    );
    expect(call(exports, 'one')).toBe(1);
  });

  test('may be empty', () => {
    const { bytes, info } = rewrite(wat('(module)'));
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(info.exports).toEqual([]);
    expect(info.codeStart).toBe(0);
  });

  test('may import its memory from env.memory, in the midst of other imports', () => {
    const bytes = wat(`(module
      (import "env" "a" (func $a (result i32)))
      (import "env" "memory" (memory 3))
      (import "env" "b" (func $b (result i32)))
      (func (export "sum") (result i32)
        (i32.add (memory.size) (i32.add (call $a) (i32.mul (call $b) (memory.grow (i32.const 1)))))))`);
    const guest = runRewritten(bytes, { env: { a: () => 10, b: () => 100 } });
    expect(call(guest.exports, 'sum')).toBe(3 + 10 + 300);
    expect(rewrite(bytes).info.imports.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('keeps calls right where the index needs one more byte', () => {
    // Function 127 becomes 128, whose LEB128 is two bytes long; 16383 becomes 16384.
    for (const count of [126, 127, 128, 129, 200, 16_384]) {
      const functions = Array.from(
        { length: count },
        (_, i) => `(func (result i32) i32.const ${i})`,
      );
      const calls = [0, 126, 127, 128, 16_382, 16_383].filter((index) => index < count);
      const body = calls.map((index) => `call ${index} i32.add`).join(' ');
      const bytes = wat(`(module (memory 1) ${functions.join('')}
        (func (export "sum") (result i32) i32.const 0 ${body})
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))`);
      const { exports } = runRewritten(bytes);
      expect(call(exports, 'sum')).toBe(calls.reduce((a, b) => a + b, 0));
      expect(call(exports, 'grow')).toBe(1);
    }
  });
});

describe('what is told of a module', () => {
  const { info } = rewrite(wat(EVERYTHING));

  test('imports and exports carry their types', () => {
    const imports = info.imports.map((item) => [item.module, item.name, item.type?.signature]);
    expect(imports).toEqual([
      ['redismodule', 'RedisModule_Alloc', '(i32)->(i32)'],
      ['redismodule', 'RedisModule_Now', '(i64)->(i64)'],
    ]);
    const found = info.exports.find(({ name }) => name === 'indirect');
    expect(found).toMatchObject({ kind: 'function', type: { signature: '(i32,i32)->(i32)' } });
    expect(info.exports.find(({ name }) => name === 'table')).toMatchObject({ kind: 'table' });
  });

  test('functions are numbered as V8 shows them', () => {
    const { exports } = runRewritten(wat(EVERYTHING), IMPORTS);
    for (const item of info.exports) {
      if (item.kind !== 'function') continue;
      expect((exports[item.name] as () => void).name).toBe(String(item.index));
      expect(info.functionType(item.index)).toBe(item.type);
    }
    expect(info.functionName(2)).toBe('memory_grow');
    expect(info.functionName(1)).toBe('now');
    expect(info.functionName(3)).toBe('refuel');
    expect(info.functionName(6)).toBe('double');
    expect(info.functionType(1000)).toBeUndefined();
  });

  test('the type of what a table slot holds is known at run time from the function', () => {
    const { exports } = runRewritten(wat(EVERYTHING), IMPORTS);
    const inSlot = (exports.table as WebAssembly.Table).get(1) as () => void;
    expect(info.functionType(Number(inSlot.name))?.signature).toBe('(i32)->(i32)');
    expect(info.tableFunctionType(1)?.signature).toBe('(i32)->(i32)');
    expect(info.tableFunctionType(4)?.signature).toBe('(i32)->(i32)');
    expect(info.tableFunctionType(5)).toBeUndefined();
    expect(info.tableFunctionType(0)).toBeUndefined();
  });

  test('offsets of the new code lead back to the same instruction of the old', () => {
    const bytes = wat(EVERYTHING);
    const { bytes: rewritten, info: its } = rewrite(bytes);
    const constants = [...rewritten.keys()].filter((at) => {
      const isConst = rewritten[at] === 0x41 && rewritten[at + 1] === 30;
      return isConst && rewritten[at + 2] === 0x0b;
    });
    expect(constants.length).toBe(1);
    const old = its.mapOffset(constants[0] ?? 0);
    expect([...bytes.subarray(old, old + 3)]).toEqual([0x41, 30, 0x0b]);
    expect(old).toBeGreaterThan(its.codeStart);
  });

  test('a trap in the new code is found in the old', () => {
    const source = `(module (import "a" "b" (func $b)) (memory 1)
      (func (drop (memory.grow (i32.const 1))) (call 5))
      ${'(func nop) '.repeat(200)}
      (func (export "run") (drop (memory.grow (i32.const 2))) (call 199) (call $b) unreachable))`;
    const bytes = wat(source);
    const error = (run: () => unknown) => {
      const stack = (catchError(run) as Error).stack ?? '';
      return Number.parseInt(/:0x([0-9a-f]+)/.exec(stack)?.[1] ?? '', 16);
    };
    const imports = { a: { b: () => undefined } };
    const oldOffset = error(() => call(runOriginal(bytes, imports), 'run'));
    const newOffset = error(() => call(runRewritten(bytes, imports).exports, 'run'));
    expect(newOffset).not.toBe(oldOffset);
    expect(rewrite(bytes).info.mapOffset(newOffset)).toBe(oldOffset);
  });

  test('every trap of metered code is found in the old code, under the same names', () => {
    // Traps in the n-th round, so that each copy of a loop that is written several times has one.
    const bytes = wat(`(module (memory 1) (tag $t)
      (func $deep (param i32) (local i32)
        (loop $l
          (block $b (br_table $b $b (local.get 1)))
          (if (i32.eq (local.get 1) (local.get 0)) (then (unreachable)))
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br $l)))
      (func $outer (export "run") (param i32) (local i32)
        (memory.fill (i32.const 0) (i32.const 0) (local.get 0))
        (try (do (throw $t)) (catch_all))
        (loop $l (call $deep (local.get 0)) (br $l))))`);
    const metered = rewrite(bytes).info;
    const frames = (run: () => unknown): [string, number][] =>
      [
        ...((catchError(run) as Error).stack ?? '').matchAll(/at (\w+) \(wasm.*:0x([0-9a-f]+)/g),
      ].map(([, name = '', offset = '']) => [name, Number.parseInt(offset, 16)]);
    for (const round of [0, 1, 2, 3, 4, 5, 1000]) {
      const old = frames(() => call(runOriginal(bytes), 'run', round));
      const found = frames(() => call(runRewritten(bytes).exports, 'run', round));
      expect(old.length).toBe(2);
      expect(found.map(([name, offset]) => [name, metered.mapOffset(offset)])).toEqual(old);
    }
  });

  test('custom sections stay, apart from code metadata', () => {
    const custom = (name: string) => [0, name.length, ...Buffer.from(name), 1, 2, 3];
    const bytes = binary(
      custom('.debug_line'),
      custom('metadata.code.branch_hint'),
      [1, 0],
      custom('sourceMappingURL'),
    );
    const module = new WebAssembly.Module(rewrite(bytes).bytes);
    const sections = (name: string) => WebAssembly.Module.customSections(module, name);
    expect([...new Uint8Array(sections('.debug_line')[0] ?? new ArrayBuffer(0))]).toEqual([
      1, 2, 3,
    ]);
    expect(sections('sourceMappingURL').length).toBe(1);
    expect(sections('metadata.code.branch_hint').length).toBe(0);
  });

  test('a malformed name section is dropped', () => {
    const bytes = binary([0, 4, ...Buffer.from('name'), 1, 100, 1]);
    const { bytes: rewritten, info: its } = rewrite(bytes);
    expect(WebAssembly.Module.customSections(new WebAssembly.Module(rewritten), 'name')).toEqual(
      [],
    );
    expect(its.functionName(5)).toBeUndefined();
  });
});

describe('what is refused', () => {
  test.each([
    ['(module (import "redcell" "memory" (memory 1)))', "import module 'redcell' is reserved"],
    ['(module (import "x" "memory" (memory 1)))', "memory import 'x.memory': only env.memory"],
    ['(module (func (export "redcell:start")))', "export name 'redcell:start' is reserved"],
    ['(module (import "env" "memory" (memory 1 2 shared)))', 'shared memory is not supported'],
  ])('%s', (source, message) => {
    expect(() => rewrite(wat(source, false))).toThrow(message);
  });

  test('every truncation of a module, with a format error', () => {
    const bytes = wat(EVERYTHING);
    const ends = new Set<number>();
    for (let end = 0; end < bytes.length; end++) {
      try {
        const { bytes: rewritten } = rewrite(bytes.subarray(0, end));
        // Cut between sections it may still be a module; V8 has the last word.
        ends.add(end);
        if (WebAssembly.validate(rewritten)) {
          expect(WebAssembly.validate(bytes.slice(0, end) as Uint8Array<ArrayBuffer>)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(WasmFormatError);
      }
    }
    expect(ends.size).toBeLessThan(16);
  });

  test('a flipped byte is refused or gives what V8 can judge', () => {
    const bytes = wat(EVERYTHING);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = bytes.slice() as Uint8Array<ArrayBuffer>;
        broken[at] = (broken[at] as number) ^ flip;
        let rewritten: Uint8Array<ArrayBuffer>;
        try {
          rewritten = rewrite(broken).bytes;
        } catch (error) {
          expect(error).toBeInstanceOf(WasmFormatError);
          return;
        }
        // What was valid stays valid; what was invalid may not become valid, but for one harmless
        // case: exporting the start function declares it for ref.func.
        if (WebAssembly.validate(rewritten) === WebAssembly.validate(broken)) return;
        expect(WebAssembly.validate(rewritten)).toBe(true);
        const error = catchError(() => new WebAssembly.Module(broken)) as Error;
        expect(error.message).toContain('undeclared reference to function #2 ');
      }),
      { numRuns: 5000 },
    );
  });
});

test('rewriting is linear in the size', () => {
  const body = [0, ...Array.from({ length: 4000 }, () => [0x41, 1, 0x10, 0, 0x1a]).flat(), 0x0b];
  const make = (functions: number) => {
    const bodies = Array.from({ length: functions }, () => [...leb(body.length), ...body]).flat();
    const types = Array.from({ length: functions }, () => 0);
    const code = [10, functions].concat(bodies);
    return binary([1, 1, 0x60, 0, 1, 0x7f], [3, functions, ...types], code);
  };
  const time = (bytes: Uint8Array) => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      rewrite(bytes);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  const small = time(make(8));
  const large = time(make(64));
  expect(large / small).toBeLessThan(24); // 8 when exact; quadratic would be 64
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
