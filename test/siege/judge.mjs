// V8 as the judge, in a process of its own: whatever a module does to it ends only this one.
// Gets `{ original, rewritten }[]`, answers with verdicts in the same order.

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--wasm-max-table-size=65536');
setFlagsFromString('--wasm-max-mem-pages=32768');
setFlagsFromString('--no-wasm-lazy-compilation');

/**
 * @typedef {{ original: Uint8Array, rewritten: Uint8Array | null }} Case
 * @typedef {{ isValid: boolean, reason: string, failure: string | null, isClean: boolean }} Verdict
 * `isValid`: the original is, else `reason` says why not. `failure`: why the rewritten one is not,
 * and whether by a CompileError.
 */

/** @param {Case} item @returns {Verdict} */
function judge({ original, rewritten }) {
  const isValid = WebAssembly.validate(original);
  const reason = isValid ? '' : String(errorOf(original));
  let failure = null;
  let isClean = true;
  if (rewritten !== null) {
    const error = errorOf(rewritten);
    isClean = error === null || error instanceof WebAssembly.CompileError;
    failure = error === null ? null : String(error);
  }
  return { isValid, reason, failure, isClean };
}

/** @param {Uint8Array} bytes @returns {unknown} */
function errorOf(bytes) {
  try {
    new WebAssembly.Module(bytes);
    return null;
  } catch (error) {
    return error;
  }
}

process.on('message', (/** @type {Case[]} */ cases) => process.send?.(cases.map(judge)));
