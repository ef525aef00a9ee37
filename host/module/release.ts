// What letting go of a handle means, by kind.

import type { ModuleInstance } from './instance.ts';
import { closeKey } from './keys.ts';
import { KIND_KEY, KIND_NAMES } from './kinds.ts';
import type { OpenKey } from './open-key.ts';

/** Called when the handle of `object` has ended with its scope. */
export function releaseObject(module: ModuleInstance, kind: number, object: object): void {
  if (kind === KIND_KEY) closeKey(module, object as OpenKey); // handles of this kind are keys
}

/** Ends a handle of any kind but string, if it is still alive. */
export function releaseHandle(module: ModuleInstance, handle: number): void {
  for (let kind = 1; kind < KIND_NAMES.length; kind++) {
    if (!module.handles.has(handle, kind)) continue;
    releaseObject(module, kind, module.handles.release(handle, kind));
    return;
  }
}
