// How OpenKey looks a key up, and what KeyType and ValueLength say of it.

import { CONSTANTS } from '../../abi/constants.ts';
import type { Database } from '../keyspace/database.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import {
  TYPE_HASH,
  TYPE_LIST,
  TYPE_MODULE,
  TYPE_SET,
  TYPE_STREAM,
  TYPE_STRING,
  TYPE_ZSET,
} from '../keyspace/record.ts';
import type { Ref } from '../keyspace/records.ts';
import type { Slice } from '../lib/slice.ts';
import type { OpenKey } from './open-key.ts';

const WRITE = CONSTANTS.REDISMODULE_WRITE;
const NOEXPIRE = CONSTANTS.REDISMODULE_OPEN_KEY_NOEXPIRE;
const NOEFFECTS = CONSTANTS.REDISMODULE_OPEN_KEY_NOEFFECTS;
/** Any of these and the look-up is not an ordinary access. */
const QUIET =
  CONSTANTS.REDISMODULE_OPEN_KEY_NOTOUCH |
  CONSTANTS.REDISMODULE_OPEN_KEY_NOSTATS |
  CONSTANTS.REDISMODULE_OPEN_KEY_NONOTIFY |
  NOEXPIRE |
  NOEFFECTS;

/** By record type. */
const KEY_TYPES: Readonly<Record<number, number>> = {
  [TYPE_STRING]: CONSTANTS.REDISMODULE_KEYTYPE_STRING,
  [TYPE_LIST]: CONSTANTS.REDISMODULE_KEYTYPE_LIST,
  [TYPE_HASH]: CONSTANTS.REDISMODULE_KEYTYPE_HASH,
  [TYPE_SET]: CONSTANTS.REDISMODULE_KEYTYPE_SET,
  [TYPE_ZSET]: CONSTANTS.REDISMODULE_KEYTYPE_ZSET,
  [TYPE_MODULE]: CONSTANTS.REDISMODULE_KEYTYPE_MODULE,
  [TYPE_STREAM]: CONSTANTS.REDISMODULE_KEYTYPE_STREAM,
};

/** The record for OpenKey with `mode`, or 0. */
export function lookupForModule(keyspace: Keyspace, db: Database, name: Slice, mode: number): Ref {
  if ((mode & QUIET) === 0) {
    return (mode & WRITE) !== 0 ? keyspace.lookupWrite(db, name) : keyspace.lookupRead(db, name);
  }
  if ((mode & (NOEXPIRE | NOEFFECTS)) !== 0) {
    const ref = db.find(name);
    return ref !== 0 && keyspace.isExpired(db, ref) && (mode & NOEXPIRE) === 0 ? 0 : ref;
  }
  const ref = keyspace.peek(db, name);
  if (ref !== 0 && (mode & WRITE) !== 0) keyspace.beforeChange(db, ref);
  return ref;
}

/** REDISMODULE_KEYTYPE_*. */
export function keyTypeOf(key: OpenKey): number {
  const { ref } = key;
  return ref === 0 ? 0 : (KEY_TYPES[key.db.typeOf(ref)] ?? 0);
}

/** Bytes of a string, elements of a collection; 0 for module values. */
export function valueLength(key: OpenKey): number {
  const { ref, db } = key;
  if (ref === 0) return 0;
  if (!db.isComplex(ref)) return db.stringLength(ref);
  const value = db.valueOf(ref) as { size?: number; length?: number };
  return value.size ?? value.length ?? 0;
}
