// The first eight bytes of a wasm binary, and the size of the whole.

import { SIZE_DIRECTIVES } from './limits.ts';
import { overLimit, WasmFormatError } from './reader.ts';

/** Throws WasmFormatError for what is too large, no wasm or of another version. */
export function checkHeader(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length > maxBytes) {
    throw overLimit('file size', bytes.length, maxBytes, 0, SIZE_DIRECTIVES.fileBytes);
  }
  if (bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46) {
    const hint = 'compile it for wasm32 instead';
    throw new WasmFormatError(`a native module (ELF), not WebAssembly: ${hint}`, 0);
  }
  const isWasm = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!isWasm) throw new WasmFormatError('not a WebAssembly binary', 0);
  if (bytes[4] !== 1 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] !== 0) {
    throw new WasmFormatError('unknown WebAssembly version', 4);
  }
}
