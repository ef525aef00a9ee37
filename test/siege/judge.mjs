// V8 as the judge, in a process of its own: whatever a module does to it ends only this one.
// Gets `{ original, rewritten }[]`, answers with verdicts in the same order.

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--wasm-max-table-size=65536');
setFlagsFromString('--wasm-max-mem-pages=32768');
setFlagsFromString('--no-wasm-lazy-compilation');

/**
 * @typedef {{ original: Uint8Array, rewritten: Uint8Array | null }} Case
 * @typedef {{ isValid: boolean, failure: string | null, isClean: boolean }} Verdict
 */

/** @param {Case} item @returns {Verdict} */
function judge({ original, rewritten }) {
  const isValid = WebAssembly.validate(original);
  let failure = null;
  let isClean = true;
  if (rewritten !== null) {
    try {
      new WebAssembly.Module(rewritten);
    } catch (error) {
      isClean = error instanceof WebAssembly.CompileError;
      failure = String(error);
    }
  }
  return { isValid, failure, isClean };
}

process.on('message', (/** @type {Case[]} */ cases) => process.send?.(cases.map(judge)));
