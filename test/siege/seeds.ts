// Honest modules to make hostile ones of: the examples in both languages, and small ones that use
// what compilers seldom do.

import { readFileSync } from 'node:fs';
import { buildGuest } from '../../build/guest.ts';
import { wat } from '../module/wat.ts';
import { guest } from '../support/guest.ts';

const EXAMPLES = ['config', 'counter', 'mymodule', 'ratelimit'];

const TEXTS: readonly string[] = [
  '(module)',
  '(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 1))))',
  `(module (import "env" "memory" (memory 1 2)) (import "redismodule" "RedisModule_Alloc"
      (func $alloc (param i32) (result i32)))
    (global $g (export "g") (mut i32) (i32.const 7)) (start $s)
    (func $s (global.set $g (call $alloc (i32.const 10))))
    (data (i32.const 8) "hello"))`,
  `(module (table (export "t") 8 16 funcref) (type $t (func (param i32) (result i32)))
    (elem (i32.const 1) $a $b) (elem declare func $a)
    (func $a (param i32) (result i32) (local.get 0))
    (func $b (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1)))
    (func (export "r") (result funcref) (ref.func $a)))`,
  `(module (memory 1) (func (export "v") (result v128)
      (i32x4.add (v128.load (i32.const 0)) (v128.const i32x4 1 2 3 4)))
    (func (v128.store8_lane 3 (i32.const 0) (v128.load32_zero (i32.const 16)))
      (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
        (v128.const i64x2 1 2) (f64x2.splat (f64.const 1.5))))))`,
  `(module (type $two (func (param i32 i64) (result i64 i32)))
    (func $swap (type $two) (local.get 1) (local.get 0))
    (func (export "f") (result i64 i32) (i32.const 1) (i64.const -5)
      (block (type $two) (call $swap) (drop) (drop) (i64.const 1) (i32.const 2))))`,
  `(module (memory 1) (data $d "passive") (table $t 4 funcref) (elem $e func $f)
    (func $f (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d)
      (memory.copy (i32.const 9) (i32.const 0) (i32.const 3))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
      (table.init $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)
      (table.copy (i32.const 1) (i32.const 0) (i32.const 1))
      (drop (table.grow $t (ref.null func) (i32.const 1))) (drop (table.size $t))
      (table.set $t (i32.const 0) (table.get $t (i32.const 1)))))`,
  `(module (func (export "f") (param i32 f32 f64) (result i32) (local i64)
    (loop $l (block $a (block $b (block $c
        (br_table $a $b $c $l (local.get 0))) (br_if $a (i32.eqz (local.get 0)))))
      (if (i32.lt_s (local.get 0) (i32.const 9))
        (then (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $l))
        (else (return (i32.trunc_sat_f64_u (local.get 2))))))
    (i64.extend16_s (local.get 3)) (i32.wrap_i64)
    (select (i32.const 1) (i32.const 2) (f32.gt (local.get 1) (f32.const 0.5))) (i32.or)))`,
  `(module (func $f (param i32) (result i32)
      (return_call $g (local.get 0) (i32.const 5)))
    (func $g (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1)))
    (export "f" (func $f)) (export "g" (func $g)))`,
  `(module (global i64 (i64.const 0x7fffffffffffffff)) (global (mut f64) (f64.const nan))
    (global externref (ref.null extern))
    (func (export "f") (result externref) (global.get 2))
    (func (result f64) (global.set 1 (f64.const -0)) (global.get 1)))`,
];

/** Legacy exceptions: the assembler writes them but does not check them. */
const UNCHECKED = `(module (tag $t (param i32)) (func $f (result i32)
    (try (result i32) (do (throw $t (i32.const 3))) (catch $t) (catch_all (rethrow 0))))
  (func (try (do (try (do (drop (call $f))) (delegate 0))) (catch_all))))`;

/** Twenty modules. Builds the examples if need be. */
export async function seedModules(): Promise<Uint8Array[]> {
  const seeds = [...TEXTS.map((text) => wat(text)), wat(UNCHECKED, false), guest()];
  for (const lang of ['c', 'as'] as const) {
    for (const name of EXAMPLES) seeds.push(readFileSync((await buildGuest({ lang, name })).out));
  }
  return seeds;
}
