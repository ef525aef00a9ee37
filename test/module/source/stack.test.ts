import { expect, test } from 'vitest';
import { wasmFrames } from '../../../host/module/source/stack.ts';

test('the frames of the innermost call into a guest are found', () => {
  const stack = `RuntimeError: unreachable
    at raise (file:///host/module/trap.js:3:7)
    at inner (wasm://wasm/8d6a3e12:wasm-function[39]:0x4bd)
    at wasm://wasm/8d6a3e12:wasm-function[7]:0x10
    at ModuleInstance.runCommand (file:///host/module/instance.js:300:7)
    at outer (wasm://wasm/aaaaaaaa:wasm-function[1]:0x99)`;
  expect(wasmFrames(stack)).toEqual([
    { functionIndex: 39, offset: 0x4bd },
    { functionIndex: 7, offset: 0x10 },
  ]);
});

test('the frame of the stack probe is none of the guest', () => {
  const stack = `RangeError: Maximum call stack size exceeded
    at wasm://wasm/00000001:wasm-function[0]:0x4
    at deep (wasm://wasm/8d6a3e12:wasm-function[5]:0x20)
    at deep (wasm://wasm/8d6a3e12:wasm-function[5]:0x20)`;
  expect(wasmFrames(stack).map((frame) => frame.functionIndex)).toEqual([5, 5]);
});

test('an error without a guest has none', () => {
  expect(wasmFrames(new Error('wasm-function[1]:0x1').stack ?? '')).toEqual([]);
  expect(wasmFrames('')).toEqual([]);
});
