// Callbacks by the name of their C typedef: resolved and checked when a guest registers them.

import { CALLBACKS, type CallbackName } from '../../abi/callbacks.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import type { ModuleInstance } from './instance.ts';

export type Callback = (...args: (number | bigint)[]) => number | bigint | undefined;

const SIGNATURES = new Map<CallbackName, string>(
  (Object.keys(CALLBACKS) as CallbackName[]).map((name) => {
    const { params, result } = CALLBACKS[name];
    return [name, signatureText(wasmSignature(params, result))];
  }),
);

/** The guest's function at table index `index`, which must be of callback type `type`. */
export function callbackOf(
  m: ModuleInstance,
  type: CallbackName,
  index: number,
  argument: string,
): Callback {
  return m.callback(index, SIGNATURES.get(type) as string, argument); // all types are in the map
}

/** The same for an index that may be 0. */
export function callbackOrNull(
  m: ModuleInstance,
  type: CallbackName,
  index: number,
  argument: string,
): Callback | null {
  return index === 0 ? null : callbackOf(m, type, index, argument);
}
