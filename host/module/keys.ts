// Closing keys: what was written through StringDMA is taken over, changes are signalled.

import { CONSTANTS } from '../../abi/constants.ts';
import type { ModuleInstance } from './instance.ts';
import type { OpenKey } from './open-key.ts';

const WRITE = CONSTANTS.REDISMODULE_WRITE;
const NO_IMPLICIT_SIGNAL = CONSTANTS.REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED;

/** Ends an open key: writes back, signals, frees what it held. */
export function closeKey(module: ModuleInstance, key: OpenKey): void {
  settleDma(module, key);
  if ((key.mode & WRITE) === 0) return;
  if ((module.options & NO_IMPLICIT_SIGNAL) !== 0) return;
  module.executor.keyspace.signalModified(key.db, key.name);
}

/** Copies back what the guest wrote into a StringDMA buffer, and frees the buffer. */
export function settleDma(module: ModuleInstance, key: OpenKey): void {
  const { dma } = key;
  if (dma === null) return;
  key.dma = null;
  if (dma.isWritable && dma.length > 0 && key.ref !== 0) {
    const bytes = module.memory.bytes(dma.ptr, dma.length);
    const current = key.db.stringOf(key.ref).view();
    if (!current.equals(bytes)) {
      const view = key.db.editString(key.name, dma.length, 0, dma.length);
      bytes.copy(view.buffer, view.start);
    }
  }
  module.allocator.free(dma.ptr);
}
