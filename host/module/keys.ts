// Open keys: finding them by handle, replacing what they hold, closing them.

import { CONSTANTS } from '../../abi/constants.ts';
import { TYPE_STRING } from '../keyspace/record.ts';
import type { Value } from '../values/ledger.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_KEY } from './kinds.ts';
import type { OpenKey } from './open-key.ts';

const WRITE = CONSTANTS.REDISMODULE_WRITE;
const NO_IMPLICIT_SIGNAL = CONSTANTS.REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED;

/** The open key behind a handle; bytes written through StringDMA are taken over first. */
export function openKey(m: ModuleInstance, handle: number, argument = 'key'): OpenKey {
  const key = m.handles.get(handle, KIND_KEY, argument) as OpenKey; // by its kind
  if (key.dma !== null) settleDma(m, key);
  return key;
}

export function isWritable(key: OpenKey): boolean {
  return (key.mode & WRITE) !== 0;
}

/**
 * In Redis a module does not overwrite a key: it deletes it and makes another. Only those who hear
 * of what happens can tell; called before anything is set.
 */
export function deleteForOthers(m: ModuleInstance, key: OpenKey): void {
  if (m.executor.keyspace.isHeard) deleteValue(m, key, false);
}

/** Puts a value in place of whatever the key holds; the expire time goes too. */
export function replaceValue(m: ModuleInstance, key: OpenKey, value: Value): void {
  deleteForOthers(m, key);
  m.executor.keyspace.put(key.db, key.name, value);
}

/** Deletes what the key holds; false when it was empty. */
export function deleteValue(m: ModuleInstance, key: OpenKey, isLazy: boolean): boolean {
  if (key.ref === 0) return false;
  m.executor.keyspace.remove(key.db, key.ref, key.name, isLazy);
  return true;
}

/** Ends an open key: writes back, signals, frees what it held. */
export function closeKey(m: ModuleInstance, key: OpenKey): void {
  settleDma(m, key);
  if (!isWritable(key) || (m.options & NO_IMPLICIT_SIGNAL) !== 0) return;
  m.executor.keyspace.signalModified(key.db, key.name);
}

/**
 * Copies back what the guest wrote into a StringDMA buffer, and frees the buffer. Nothing is copied
 * when the key holds something else by now: in Redis the buffer would be that of the old value.
 */
export function settleDma(m: ModuleInstance, key: OpenKey): void {
  const { dma } = key;
  if (dma === null) return;
  key.dma = null;
  const { ptr, original } = dma;
  if (original !== null && holds(key, original)) {
    const bytes = m.memory.bytes(ptr, original.length);
    if (!original.equals(bytes)) {
      const view = key.db.editString(key.name, original.length, 0, original.length);
      bytes.copy(view.buffer, view.start);
    }
  }
  m.allocator.free(ptr);
}

function holds({ db, ref }: OpenKey, bytes: Buffer): boolean {
  if (ref === 0 || bytes.length === 0 || db.typeOf(ref) !== TYPE_STRING) return false;
  return db.stringOf(ref).view().equals(bytes);
}
