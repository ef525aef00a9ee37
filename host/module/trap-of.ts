// What a call into a guest ended with, as a ModuleTrap.

import { ModuleTrap } from './trap.ts';

/** Whatever stopped the guest, as a trap. Errors of the host itself are passed on. */
export function asTrap(error: unknown): ModuleTrap {
  if (error instanceof ModuleTrap) return error.inFunction(abiFunctionIn(error));
  if (error instanceof WebAssembly.RuntimeError) return new ModuleTrap(error.message);
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return new ModuleTrap('stack overflow: recursion too deep');
  }
  if (error instanceof WebAssembly.Exception) return new ModuleTrap('uncaught exception');
  throw error;
}

/** The ABI function in which a trap was raised: the stack names it, so calls need no wrapper. */
function abiFunctionIn(error: Error): string {
  for (const line of error.stack?.split('\n') ?? []) {
    if (!FRAME.test(line)) continue;
    if (line.includes('wasm://')) return ''; // the guest itself
    const name = /RedisModule_\w+/.exec(line);
    if (name !== null) return name[0];
  }
  return '';
}

const FRAME = /^ +at /;
