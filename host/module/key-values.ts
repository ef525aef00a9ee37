// What the type-specific key functions share: finding the value an open key holds, making one
// for an empty key, deleting the key with its last element, and whose automatic memory it is.

import type { Handle } from '../../abi/kinds.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Value, ValueType } from '../values/ledger.ts';
import type { ModuleInstance } from './instance.ts';
import type { OpenKey } from './open-key.ts';
import { ModuleString } from './string.ts';

/** The key holds a value of another type. */
export const OTHER_TYPE = 'other type';

/** The value of type `type`; null when the key is empty. */
export function valueAt<V extends Value>(
  key: OpenKey,
  type: ValueType,
): V | null | typeof OTHER_TYPE {
  const { ref, db } = key;
  if (ref === 0) return null;
  if (!db.isComplex(ref)) return OTHER_TYPE;
  const value = db.valueOf(ref);
  return value.type === type ? (value as V) : OTHER_TYPE; // each ValueType has one class
}

/** Says that the value at a key is going to change through it. */
export function beforeChange(m: ModuleInstance, key: OpenKey): void {
  key.zsetIterator = null; // its ranks would not be right any more
  if (key.ref !== 0) m.executor.keyspace.beforeChange(key.db, key.ref);
}

/** Puts a value made for an empty key into the keyspace, or takes away one that has become empty. */
export function settleValue(m: ModuleInstance, key: OpenKey, value: Value, size: number): void {
  const { keyspace } = m.executor;
  if (value.ledger === null) {
    if (size > 0) keyspace.add(key.db, key.name, value);
  } else if (size === 0) {
    keyspace.remove(key.db, key.ref, key.name);
  }
}

/** A new string for the guest; AutoMemory of the key's context frees it. */
export function stringFor(m: ModuleInstance, key: OpenKey, bytes: ByteString): Handle<'string'> {
  const context = m.context(key.contextPtr);
  m.quota.need(bytes.length, 'a string');
  return m.newString(ModuleString.of(bytes), context) as Handle<'string'>; // of that kind
}
