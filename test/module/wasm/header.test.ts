import { describe, expect, test } from 'vitest';
import { checkHeader } from '../../../host/module/wasm/header.ts';

const WASM = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function check(...bytes: number[]): void {
  checkHeader(Uint8Array.from(bytes), 100);
}

describe('the header of a module', () => {
  test('is that of WebAssembly 1', () => {
    expect(() => check(...WASM, 5)).not.toThrow();
    expect(() => check(...WASM.slice(0, 4), 2, 0, 0, 0)).toThrow('unknown WebAssembly version');
    expect(() => check(...WASM.slice(0, 7))).toThrow('unknown WebAssembly version');
    expect(() => check(1, 2, 3, 4)).toThrow('not a WebAssembly binary');
    expect(() => check()).toThrow('not a WebAssembly binary');
    expect(() => check(0x7f, 0x45, 0x4c, 0x46)).toThrow('a native module (ELF)');
  });

  test('begins a file that is not too large', () => {
    expect(() => check(...WASM, ...new Array(93).fill(0))).toThrow(
      'file size: 101 is over the limit 100 set by module-max-file-bytes (at byte 0, 0x0)',
    );
  });
});
