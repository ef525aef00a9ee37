// What AssemblyScript imports from "env": abort, trace and seed.

import { secureBytes } from '../lib/random.ts';
import type { ModuleInstance } from './instance.ts';
import { ModuleTrap } from './trap.ts';

export const ENV_MODULE = 'env';

export const ENV_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['abort', '(i32,i32,i32,i32)->()'],
  ['trace', '(i32,i32,f64,f64,f64,f64,f64)->()'],
  ['seed', '()->(f64)'],
]);

const TEXT_MAX_BYTES = 4096;

type EnvFunction = (...args: number[]) => number | undefined;

/** The functions for one instance. */
export function envImports(m: ModuleInstance): ReadonlyMap<string, EnvFunction> {
  return new Map<string, EnvFunction>([
    [
      'abort',
      (message = 0, file = 0, line = 0, column = 0) => {
        const place = file === 0 ? '' : ` at ${readString(m, file)}:${line}:${column}`;
        throw new ModuleTrap(
          `abort: ${message === 0 ? 'no message' : readString(m, message)}${place}`,
        );
      },
    ],
    [
      'trace',
      (message = 0, count = 0, ...values: number[]) => {
        const numbers = values.slice(0, Math.max(0, count)).join(', ');
        m.host.logFor(m, 'notice', `trace: ${readString(m, message)} ${numbers}`.trimEnd());
        return undefined;
      },
    ],
    ['seed', () => secureBytes(6).readUIntLE(0, 6)],
  ]);
}

/** An AssemblyScript string: UTF-16, its length in bytes in the 4 bytes before it. */
function readString(m: ModuleInstance, ptr: number): string {
  const length = Math.min(m.memory.readU32(ptr - 4), TEXT_MAX_BYTES);
  return m.memory.bytes(ptr, length).toString('utf16le');
}
