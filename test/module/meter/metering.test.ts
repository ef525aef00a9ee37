// Metered code does what the original does, and cannot run for ever.
// Also: host/module/meter/body-writer.ts, host/module/meter/cost.ts, host/module/meter/facts.ts,
// host/module/meter/helpers.ts and host/module/additions.ts.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewrite } from '../../../host/module/rewriter.ts';
import { WasmFormatError } from '../../../host/module/wasm/reader.ts';
import { buildWorkloads, instantiate, WORKLOADS } from '../../bench/meter.ts';
import { call, type Exports, runOriginal, runRewritten, wat } from '../wat.ts';

class OutOfFuel extends Error {}

const endless = (): number => 1_000_000;

/** Gives `slices` times 100,000 units. */
function fuel(slices: number): () => number {
  let left = slices;
  return () => {
    if (left-- <= 0) throw new OutOfFuel();
    return 100_000;
  };
}

/** What a call returns, or why it does not. */
function outcome(exports: Exports, name: string, ...args: unknown[]): unknown {
  try {
    return call(exports, name, ...args);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return error.message;
    throw error;
  }
}

describe('metered code gives the same results:', () => {
  const cases: [string, string, number[]][] = [
    [
      'nested loops and branches out of them',
      `(local i32 i32)
       (block $out (loop $a (loop $b
         (br_if $out (i32.gt_u (local.get 1) (i32.const 1000)))
         (local.set 1 (i32.add (local.get 1) (local.get 2)))
         (local.set 2 (i32.add (local.get 2) (i32.const 1)))
         (br_if $b (i32.lt_u (local.get 2) (local.get 0))))
         (local.set 2 (i32.const 0)) (br $a)))
       (local.get 1)`,
      [2, 7, 100],
    ],
    [
      'br_table to loops, blocks and the body itself',
      `(local i32 i32)
       (loop $a
         (block $b (loop $c (block $d
           (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 5)) (local.get 0)))
           (local.set 2 (i32.add (local.get 2) (i32.const 1)))
           (if (i32.gt_u (local.get 2) (i32.const 50)) (then (return (local.get 1))))
           (br_table $a $b $c $d (i32.rem_u (i32.add (local.get 1) (local.get 2)) (i32.const 4))))
           (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br $c)))
         (local.set 1 (i32.xor (local.get 1) (i32.const 77)))
         (br $a))
       (local.get 1)`,
      [0, 1, 2, 3, 99],
    ],
    [
      'branches to the label of the body',
      `(local i32)
       (loop $l
         (local.set 1 (i32.add (local.get 1) (i32.const 3)))
         (br_if 1 (local.get 1) (i32.gt_u (local.get 1) (local.get 0)))
         drop (br $l)) (i32.const 9)`,
      [0, 10, 500],
    ],
    [
      'loops with results',
      `(local i32)
       (i32.add (i32.const 1) (loop $l (result i32)
         (local.set 1 (i32.add (local.get 1) (local.get 0)))
         (br_if $l (i32.lt_u (local.get 1) (i32.const 100)))
         (i32.mul (local.get 1) (i32.const 2))))`,
      [1, 3, 200],
    ],
    [
      'loops with parameters',
      `(local i32)
       (i32.const 1) (i32.const 2)
       (loop $l (param i32 i32) (result i32 i32)
         i32.add (local.tee 1 (i32.add (local.get 0))) (i32.mul (local.get 1) (i32.const 3))
         (br_if $l (i32.lt_u (local.get 1) (i32.const 3000))))
       i32.xor`,
      [1, 50],
    ],
    [
      'exceptions caught and thrown again in loops',
      `(local i32)
       (loop $l
         (try (do (try (do (local.set 1 (i32.add (local.get 1) (local.get 0)))
             (if (i32.and (local.get 1) (i32.const 1)) (then (throw $t (local.get 1)))))
           (catch $t (local.set 1 (i32.add (i32.const 1))) (rethrow 0))))
           (catch_all (local.set 1 (i32.add (local.get 1) (i32.const 2)))))
         (br_if $l (i32.lt_u (local.get 1) (i32.const 400))))
       (local.get 1)`,
      [1, 2, 3],
    ],
    [
      'delegate',
      `(local i32)
       (try $o (do (loop $l
         (try (do (local.set 1 (i32.add (local.get 1) (local.get 0)))
           (if (i32.gt_u (local.get 1) (i32.const 60)) (then (throw $t (local.get 1)))))
           (delegate $o))
         (br $l)))
         (catch $t (return (i32.mul (i32.const 3)))))
       (i32.const 1)`,
      [1, 7],
    ],
    [
      'bulk instructions of any length',
      `(memory.fill (i32.const 0) (i32.const 7) (local.get 0))
       (memory.copy (i32.const 5000) (i32.const 0) (local.get 0))
       (memory.init $d (i32.const 30000) (i32.const 0) (i32.const 5))
       (table.fill (i32.const 0) (ref.func $even) (i32.and (local.get 0) (i32.const 7)))
       (i32.add (i32.load (i32.const 5000)) (i32.load (i32.const 30001)))`,
      [0, 3, 4000, 25000, -1],
    ],
    [
      'a known number of rounds',
      `(local i32 i32)
       (local.set 1 (i32.const -64))
       (loop $l
         (local.set 2 (i32.add (i32.mul (local.get 2) (i32.const 3)) (local.get 0)))
         (br_if $l (local.tee 1 (i32.add (local.get 1) (i32.const 4)))))
       (local.set 1 (i32.const 0))
       (loop $l
         (local.set 2 (i32.xor (local.get 2) (local.get 1)))
         (br_if $l (i32.ne (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 10))))
       (local.get 2)`,
      [1, 5],
    ],
  ];

  test.each(cases)('%s', (_, body, args) => {
    const bytes = wat(`(module (memory 1) (tag $t (param i32)) (table 8 funcref)
      (data $d "world") (elem declare func $even)
      (func $even (param i32) (result i32) (local.get 0))
      (func (export "run") (param i32) (result i32) ${body}))`);
    const [plain, metered] = [runOriginal(bytes), runRewritten(bytes, {}, { refuel: endless })];
    for (const arg of args) {
      expect(outcome(metered.exports, 'run', arg)).toBe(outcome(plain, 'run', arg));
    }
  });

  test('several results, tail calls, and imported functions in a table', () => {
    const bytes = wat(`(module
      (import "env" "twice" (func $twice (param i32) (result i32)))
      (type $unary (func (param i32) (result i32)))
      (table (export "table") 4 funcref) (elem (i32.const 0) $twice $odd)
      (export "imported" (func $twice))
      (func (export "pair") (param i32) (result i32 i64) (local i32)
        (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 2)))
          (if (i32.gt_u (local.get 1) (local.get 0))
            (then (return (local.get 1) (i64.const 5)))) (br $l)) (i32.const 1) (i64.const 2))
      (func $even (export "even") (type $unary)
        (if (result i32) (local.get 0)
          (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
      (func $odd (type $unary)
        (if (result i32) (local.get 0)
          (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
      (func (export "tail") (type $unary) (local i32)
        (loop $l (br_if $l (i32.lt_u
          (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))
        (return_call_indirect (type $unary) (local.get 1) (i32.const 1)))
      (func (export "indirect") (type $unary)
        (call_indirect (type $unary) (local.get 0) (i32.const 0))))`);
    const env = { twice: (n: number) => n * 2 };
    const plain = runOriginal(bytes, { env });
    const { exports } = runRewritten(bytes, { env }, { refuel: endless });
    const calls: [string, number][] = [
      ['pair', 7],
      ['even', 100_000],
      ['even', 7],
      ['tail', 12],
      ['indirect', 21],
      ['imported', 4],
    ];
    for (const [name, arg] of calls)
      expect(call(exports, name, arg)).toEqual(call(plain, name, arg));
    const inTable = (exports.table as WebAssembly.Table).get(0) as (n: number) => number;
    expect(inTable(8)).toBe(16);
  });

  test('programs made at random', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1000)), fc.nat(50), (numbers, arg) => {
        const bytes = wat(randomModule(numbers));
        const plain = runOriginal(bytes);
        const metered = runRewritten(bytes, {}, { refuel: endless }).exports;
        expect(outcome(metered, 'run', arg)).toBe(outcome(plain, 'run', arg));
      }),
      { numRuns: 300 },
    );
  });

  test('what a compiler makes of seven workloads', { timeout: 60_000 }, async () => {
    const bytes = await buildWorkloads();
    const [plain, metered] = [instantiate(bytes, false), instantiate(bytes, true)];
    for (const name of Object.keys(WORKLOADS) as (keyof typeof WORKLOADS)[]) {
      expect([name, metered[name](2)]).toEqual([name, plain[name](2)]);
    }
  });
});

/** Loops that end by a counter, and whatever else may stand in them. */
function randomModule(numbers: Iterable<number>): string {
  const stream = numbers[Symbol.iterator]();
  const next = (below: number): number => (stream.next().value as number) % below; // endless
  let loops = 0;
  const value = (depth: number): string => {
    const kinds = ['(local.get 0)', '(local.get 1)', `(i32.const ${next(100)})`];
    if (depth > 2 || next(2) === 0) return kinds[next(3)] as string; // below their number
    const op = ['add', 'mul', 'xor', 'sub', 'lt_u', 'and'][next(6)];
    return `(i32.${op} ${value(depth + 1)} ${value(depth + 1)})`;
  };
  const statement = (depth: number): string => {
    const set = `(local.set 1 ${value(0)})`;
    if (depth > 4) return set;
    const some = (): string =>
      Array.from({ length: 1 + next(3) }, () => statement(depth + 1)).join(' ');
    switch (next(8)) {
      case 0:
      case 1: {
        if (loops > 6) return set;
        const counter = 2 + loops++;
        const end = `(br_if 0 (i32.lt_u (local.tee ${counter} (i32.add (local.get ${counter})
          (i32.const 1))) (i32.const ${2 + next(12)})))`;
        return `(loop ${some()} ${next(3) === 0 ? `(br_if 0 (i32.const 0))` : ''} ${end})`;
      }
      case 2:
        return `(block ${some()} (br_if 0 ${value(0)}) ${some()})`;
      case 3:
        return `(if ${value(0)} (then ${some()}) (else ${some()}))`;
      case 4:
        return `(try (do ${some()} (if ${value(1)} (then (throw $t)))) (catch_all ${some()}))`;
      case 5:
        return `(local.set 1 (call $f${next(3)} ${value(0)}))`;
      case 6:
        return `(block (block (br_table 0 1 ${value(1)})) ${set})`;
      default:
        return set;
    }
  };
  const functions = [0, 1, 2].map((index) => {
    loops = 0;
    // Calls go to functions of lower numbers only, so that everything ends.
    const body = statement(2).replaceAll(/\(call \$f\d/g, `(call $g${index}`);
    return `(func $g${index} (param i32) (result i32) (i32.add (local.get 0) (i32.const ${index})))
      (func $f${index} (param i32) (result i32) (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
        ${body} (local.get 1))`;
  });
  loops = 0;
  const main = Array.from({ length: 3 }, () => statement(0)).join('\n');
  return `(module (tag $t) ${functions.join('\n')}
    (func (export "run") (param i32) (result i32) (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
      ${main} (local.get 1)))`;
}

describe('fuel stops', () => {
  const endlessBodies: [string, string, string?][] = [
    ['a loop', '(loop $l (br $l))'],
    ['a loop of a loop', '(loop $a (loop $b (br_if $b (i32.const 0))) (br $a))'],
    ['a loop with parameters', '(i32.const 1) (loop $l (param i32) (br $l (i32.const 2)))'],
    ['a loop in a handler', '(try (do (throw $t)) (catch_all (loop $l (br $l))))'],
    ['a loop with catch_all inside', '(loop $l (try (do (call $spin)) (catch_all)) (br $l))'],
    [
      'handlers around handlers',
      `(loop $a (try (do (loop $b (try (do (loop $c (br $c))) (catch_all)) (br $b)))
        (catch_all)) (br $a))`,
    ],
    ['catching again and again', '(loop $l (try (do (throw $t)) (catch $t)) (br $l))'],
    ['recursion that catches', '(call $catching (i32.const 40))'],
    ['a loop of host calls', '(loop $l (call $host) (br $l))'],
    ['a tail call', '(return_call $tail)'],
    ['an indirect tail call', '(return_call_indirect (i32.const 0))'],
    ['straight functions, two by two, forty deep', '(call $p40)'],
    [
      'bulk instructions',
      '(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 60000)) (br $l))',
    ],
    [
      'a counter that never meets its end',
      `(local i32) (local.set 0 (i32.const 1)) (loop $l
        (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 2))) (i32.const 10))))`,
    ],
    [
      'a counter that is set back',
      `(local i32) (local.set 0 (i32.const 0)) (loop $l (local.set 0 (i32.const 0))
        (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10))))`,
    ],
    [
      'a counter that an outer loop spoils',
      `(local i32) (local.set 0 (i32.const 0)) (loop $o (loop $l
        (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 3))) (i32.const 9))))
        (br $o))`,
    ],
    [
      'a loop that calls what charges, but not in every round',
      '(loop $l (br_if $l (i32.const 1)) (call $spin))',
    ],
  ];
  const pairs = Array.from(
    { length: 40 },
    (_, i) => `(func $p${i + 1} (call $p${i}) (call $p${i}))`,
  ).join('\n');

  test.each(endlessBodies)('%s', (_, body) => {
    const bytes = wat(`(module (import "env" "host" (func $host)) (memory 1) (tag $t)
      (table 1 funcref) (elem (i32.const 0) $indirect)
      (func $p0) ${pairs}
      (func $spin (loop $l (br $l)))
      (func $tail (return_call $tail))
      (func $indirect (return_call_indirect (i32.const 0)))
      (func $catching (param i32)
        (if (i32.eqz (local.get 0)) (then (call $spin)))
        (try (do (call $catching (i32.sub (local.get 0) (i32.const 1))))
          (catch_all (call $catching (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "run") ${body}))`);
    const { exports } = runRewritten(bytes, { env: { host: () => {} } }, { refuel: fuel(20) });
    let stopped: unknown;
    try {
      call(exports, 'run');
    } catch (error) {
      stopped = error;
    }
    expect(stopped).toBeInstanceOf(OutOfFuel);
  });

  test('all that comes after, until there is more', () => {
    const bytes = wat('(module (func (export "run") (loop $l (br $l))) (func (export "ok")))');
    let units = 0;
    const { exports } = runRewritten(
      bytes,
      {},
      {
        refuel: () => {
          if (units === 0) throw new OutOfFuel();
          return units;
        },
      },
    );
    expect(() => call(exports, 'run')).toThrow(OutOfFuel);
    expect(() => call(exports, 'run')).toThrow(OutOfFuel);
    units = 1000;
    expect(call(exports, 'ok')).toBeUndefined();
  });

  test('at the same place each time', () => {
    const bytes = wat(`(module (global $n (export "n") (mut i32) (i32.const 0))
      (func $f (param i32) (if (local.get 0) (then
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (call $f (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "run") (local i32) (loop $l
        (call $f (i32.const 7))
        (local.set 0 (i32.const 0))
        (loop $m (br_if $m (i32.lt_u
          (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (global.get $n))))
        (br $l))))`);
    const run = (slices: number): number => {
      const { exports } = runRewritten(bytes, {}, { refuel: fuel(slices) });
      expect(() => call(exports, 'run')).toThrow(OutOfFuel);
      return (exports.n as WebAssembly.Global).value as number;
    };
    expect(run(10)).toBe(run(10));
    expect(run(20)).toBeGreaterThan(run(10));
  });
});

describe('the meter is out of reach:', () => {
  test.each([
    ['its global', '(global.set 1 (i32.const 1))', 'no global 1'],
    ['its locals', '(loop $l (local.set 1 (i32.const 0)) (br $l))', 'no local 1'],
    ['its functions', '(call 3)', 'no function 3'],
  ])('%s', (_, body, message) => {
    const bytes = wat(
      `(module (global (mut i32) (i32.const 0)) (func (param i32) ${body}))`,
      false,
    );
    expect(() => rewrite(bytes)).toThrow(WasmFormatError);
    expect(() => rewrite(bytes)).toThrow(message);
  });
});
