// The guest's functions as it names them to the host: by their index in its table.

import type { LoadedCode } from './code.ts';
import { isTrampoline } from './getapi.ts';
import { ModuleTrap } from './trap.ts';

export type GuestFunction = (...args: (number | bigint)[]) => number | bigint | undefined;

/** What a callback must be, and the ABI argument that names it. */
interface Wanted {
  readonly signature: string;
  readonly argument: string;
}

/** Functions found once are kept, with the signature they were found to have. */
export class GuestFunctions {
  readonly #code: LoadedCode;
  readonly #known = new Map<number, { call: GuestFunction; signature: string }>();

  constructor(code: LoadedCode) {
    this.#code = code;
  }

  /** The function at table index `index`; ModuleTrap if there is none of the signature. */
  resolve(
    table: WebAssembly.Table | null,
    index: number,
    { signature, argument }: Wanted,
  ): GuestFunction {
    const at = index >>> 0;
    const known = this.#known.get(at);
    if (known?.signature === signature) return known.call;
    if (table === null) throw new ModuleTrap('the module exports no function table', argument);
    if (at >= table.length) throw new ModuleTrap(`no function ${at} in the table`, argument);
    const found: unknown = table.get(at);
    if (typeof found !== 'function') throw new ModuleTrap(`table slot ${at} is empty`, argument);
    if (isTrampoline(found)) {
      throw new ModuleTrap(`function ${at} is one of the host's`, argument);
    }
    const actual = this.#code.signatureOf(found);
    if (actual !== null && actual !== signature) {
      throw new ModuleTrap(`function ${at} is ${actual}, not ${signature}`, argument);
    }
    const call = found as GuestFunction; // checked on the lines above
    this.#known.set(at, { call, signature });
    return call;
  }
}
