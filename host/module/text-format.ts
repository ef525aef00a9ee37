// WebAssembly text to binary, so that MODULE LOAD takes .wat files: for trying things out. The
// assembler is loaded when the first one comes. It runs on the main thread: 1 s for 10 MB.

import { ModuleLoadError } from './load-error.ts';
import { quotable } from './printable.ts';

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  multi_value: true,
  bulk_memory: true,
  reference_types: true,
  tail_call: true,
};

/** The binary of a text. Rejects with ModuleLoadError, whose message is the assembler's. */
export async function assemble(text: Buffer): Promise<Buffer> {
  const { default: loadWabt } = await import('wabt');
  const wabt = await loadWabt();
  try {
    // A copy: wabt takes all of the buffer behind a view.
    const module = wabt.parseWat('module.wat', new Uint8Array(text), FEATURES);
    try {
      module.validate();
      return Buffer.from(module.toBinary({ write_debug_names: true }).buffer);
    } finally {
      module.destroy();
    }
  } catch (error) {
    throw new ModuleLoadError(`is not valid WebAssembly text: ${summary(error)}`);
  }
}

/** The assembler's first complaint; it shows the line of text behind each. */
function summary(error: unknown): string {
  const text = String(error instanceof Error ? error.message : error);
  const first = text.split('\n').find((line) => line.includes(': error: ')) ?? text;
  return quotable(first.trim());
}
