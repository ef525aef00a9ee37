import { describe, expect, test } from 'vitest';
import { ModuleLoadError } from '../../host/module/load-error.ts';
import { assemble } from '../../host/module/text-format.ts';

async function refusal(text: string): Promise<string> {
  const error: unknown = await assemble(Buffer.from(text)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModuleLoadError);
  return (error as Error).message;
}

describe('WebAssembly text', () => {
  test('becomes a binary with names and all the features that guests may use', async () => {
    const text = `(module
      (memory 1) (table 1 funcref) (global (mut i32) (i32.const 0))
      (func $named (result i32 i32) (i32.const 1) (i32.extend8_s (i32.const 255)))
      (func (drop (i32.trunc_sat_f64_s (f64.const 1))) (memory.fill (i32.const 0) (i32.const 0)
        (i32.const 8)) (drop (i8x16.splat (i32.const 1)))))`;
    const binary = await assemble(Buffer.from(text));
    expect(WebAssembly.validate(new Uint8Array(binary))).toBe(true);
    expect(binary.includes('named')).toBe(true);
  });

  test('may lie anywhere in a larger buffer, and hold any bytes', async () => {
    const text = '(module (import "m" "größe" (func)) (memory 1) (data (i32.const 0) "\\ff漢"))';
    const large = Buffer.alloc(5000, '(');
    const length = large.write(text, 100);
    const binary = await assemble(large.subarray(100, 100 + length));
    expect(binary.includes('größe')).toBe(true);
    expect(binary.includes(Buffer.from('\xff', 'latin1'))).toBe(true);
    expect(binary.includes('漢')).toBe(true);
  });

  test.each([
    ['(module', 'unexpected token "EOF"'],
    ['(module (func $f (call $g)))', 'undefined function variable "$g"'],
    ['(module (func (i32.const 1)))', 'type mismatch'],
    ['\0\0', 'unexpected char'],
  ])('%j is refused with the first complaint of the assembler', async (text, complaint) => {
    const message = await refusal(text);
    expect(message).toMatch(/^is not valid WebAssembly text: module\.wat:\d+:\d+: error: [^\n]+$/);
    expect(message).toContain(complaint);
  });

  test('that is wrong does not spoil what comes after it', async () => {
    await refusal('(module (func (result i32)))');
    expect((await assemble(Buffer.from('(module)'))).subarray(0, 4)).toEqual(Buffer.from('\0asm'));
  });
});
