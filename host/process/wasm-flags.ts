// How V8 compiles and limits WebAssembly, for the whole process: what the checks of a module's
// file cannot know, because tables and memories also grow while it runs.

import { setFlagsFromString } from 'node:v8';
import { WASM_MEMORY_MAX_PAGES, WASM_TABLE_MAX_SLOTS } from '../module/wasm/limits.ts';

/** To be called before anything is compiled. All of them may be set at run time. */
export function limitWebAssembly(): void {
  // Tables of 10 million slots, V8's own limit, end the process after some dozen of them.
  setFlagsFromString(`--wasm-max-table-size=${WASM_TABLE_MAX_SLOTS}`);
  setFlagsFromString(`--wasm-max-mem-pages=${WASM_MEMORY_MAX_PAGES}`);
  // Else functions are compiled when they are first called: on the main thread, where one call of
  // 9 KB of code can take 0.8 seconds. Now it is WebAssembly.compile's threads that do it.
  setFlagsFromString('--no-wasm-lazy-compilation');
}
