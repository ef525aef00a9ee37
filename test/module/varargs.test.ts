import { expect, test } from 'vitest';
import { GuestMemory } from '../../host/module/memory.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { VarArgs } from '../../host/module/varargs.ts';
import { call, runRewritten, wat } from './wat.ts';

// clang's layout of f(1, 2LL, 3, 4.5, &x, 6.0L, 7): offsets 0, 8, 16, 24, 32, 48, 64. The
// toolchain test checks it against clang itself.
const GUEST = `(module
  (import "host" "f" (func $f (param i32)))
  (memory 1)
  (func (export "run")
    (i32.store offset=1024 (i32.const 0) (i32.const 1))
    (i64.store offset=1032 (i32.const 0) (i64.const 2))
    (i32.store offset=1040 (i32.const 0) (i32.const -3))
    (f64.store offset=1048 (i32.const 0) (f64.const 4.5))
    (i32.store offset=1056 (i32.const 0) (i32.const -5))
    (i64.store offset=1072 (i32.const 0) (i64.const 0x11))
    (i64.store offset=1080 (i32.const 0) (i64.const 0x4001800000000000))
    (i32.store offset=1088 (i32.const 0) (i32.const 7))
    (call $f (i32.const 1024))))`;

test('reads each argument at its own alignment', () => {
  let read: unknown[] = [];
  const guest = runRewritten(wat(GUEST), {
    host: {
      f: (ptr: number) => {
        const args = new VarArgs(new GuestMemory(guest.memory), ptr);
        read = [
          args.i32(),
          args.i64(),
          args.i32(),
          args.f64(),
          args.u32(),
          args.longDouble(),
          args.i32(),
        ];
      },
    },
  });
  call(guest.exports, 'run');
  expect(read).toEqual([1, 2n, -3, 4.5, 2 ** 32 - 5, { low: 0x11n, high: 0x4001800000000000n }, 7]);
});

test('traps past the end of memory instead of wrapping to its start', () => {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
  const args = new VarArgs(memory, 65_532, 'list');
  expect(args.u32()).toBe(0);
  expect(() => args.u32()).toThrow("argument 'list'");
  for (const ptr of [-1, -4, -9, -16]) {
    expect(() => new VarArgs(memory, ptr).u64()).toThrow(ModuleTrap);
    expect(() => new VarArgs(memory, ptr).longDouble()).toThrow(ModuleTrap);
  }
});
