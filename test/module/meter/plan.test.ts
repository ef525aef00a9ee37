import { expect, test } from 'vitest';
import { readWasm } from '../../../host/module/binary.ts';
import { planMeter } from '../../../host/module/meter/plan.ts';
import { wat } from '../wat.ts';

/** By function: whether it charges on entry; and the units of all segments. */
function plan(functions: string): { charges: boolean[]; loops: number[] } {
  const { code, importedFunctionCount } = readWasm(
    wat(`(module (import "a" "b" (func $host)) (table 4 funcref) (type $t (func)) ${functions})`),
  );
  const { entryUnits, loopUnits } = planMeter(code, importedFunctionCount);
  return { charges: [...entryUnits].map((units) => units > 0), loops: [...loopUnits] };
}

test('straight functions are charged to their callers', () => {
  const { charges } = plan('(func $a) (func $b (call $a) (call $a)) (func $c (call $b))');
  expect(charges).toEqual([false, false, false]);
});

test('functions with loops charge', () => {
  expect(plan('(func (loop $l (br $l)))').charges).toEqual([true]);
});

test('one function of each circle of calls charges', () => {
  const { charges } = plan(`(func $a (call $b)) (func $b (call $c)) (func $c (call $a))
    (func $self (call $self)) (func $out (call $a) (call $self))`);
  expect(charges.slice(0, 3).filter(Boolean).length).toBe(1);
  expect(charges.slice(3)).toEqual([true, false]);
});

test('a circle through the table charges where an address is taken', () => {
  const { charges } = plan(`(elem (i32.const 0) $a) (func $a (call $b))
    (func $b (call_indirect (type $t) (i32.const 0)))`);
  expect(charges).toEqual([true, false]);
});

test('small functions behind the table do not charge', () => {
  expect(plan('(elem (i32.const 0) $a) (func $a nop)').charges).toEqual([false]);
});

test('dear functions charge', () => {
  expect(plan(`(func ${'nop '.repeat(2000)})`).charges).toEqual([true]);
  expect(plan(`(func ${'(call $host) '.repeat(20)})`).charges).toEqual([true]);
});

test('a loop is not charged for what a function charges that it calls in every round', () => {
  const callee = '(func $f (call $f))';
  expect(plan(`${callee} (func (loop $l (call $f) (br $l)))`).loops[2]).toBe(0);
  expect(plan(`${callee} (func (loop $l (br_if $l (i32.const 1)) (call $f)))`).loops[2]).not.toBe(
    0,
  );
  expect(
    plan(`${callee} (func (loop $l (block (br_if 0 (i32.const 1)) (call $f)) (br $l)))`).loops[2],
  ).not.toBe(0);
});

test('a known number of rounds is charged around the loop', () => {
  const loop = (end: number): string => `(func (local i32) (local.set 0 (i32.const 0))
    (loop $l (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
      (i32.const ${end})))))`;
  expect(plan(loop(100)).loops[1]).toBe(0);
  expect(plan(loop(100)).loops[0]).toBeGreaterThan(500);
  expect(plan(loop(60_000)).loops[1]).not.toBe(0);
});

test('50,000 calls deep the planner does not recurse', () => {
  const deep = Array.from({ length: 40_000 }, (_, i) => `(func $f${i + 1} (call $f${i}))`);
  expect(plan(`(func $f0) ${deep.join('')}`).charges.length).toBe(40_001);
});
