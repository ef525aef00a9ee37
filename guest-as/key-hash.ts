// A key that holds a hash, or an empty one that is to become a hash: `key.hash.set(field, value)`.
//
// C passes fields and values as a list that ends with NULL; each function here passes one pair.

import { Handle } from './handle';
import {
  REDISMODULE_HASH_CFIELDS,
  REDISMODULE_HASH_COUNT_ALL,
  REDISMODULE_HASH_EXISTS,
  REDISMODULE_HASH_NONE,
  REDISMODULE_HASH_NX,
  RedisModule_HashGet,
  RedisModule_HashSet,
} from './redismodule';
import { cstring, scratch, scratchMark, scratchRelease } from './scratch';
import { OwnedString, RString } from './string';

/** What C calls REDISMODULE_HASH_DELETE: given as a value, it deletes the field. */
const DELETE: usize = 1;

@unmanaged
export class HashKey extends Handle {
  /** The field's value, yours to free; NULL if there is none. */
  get(field: RString): OwnedString {
    return changetype<OwnedString>(hashGet(this.handle, REDISMODULE_HASH_NONE, field.handle));
  }

  /** Like `get`, with the field's name as text. */
  getText(field: string): OwnedString {
    const mark = scratchMark();
    const value = hashGet(this.handle, REDISMODULE_HASH_CFIELDS, cstring(field));
    scratchRelease(mark);
    return changetype<OwnedString>(value);
  }

  has(field: RString): bool {
    return hashGet(this.handle, REDISMODULE_HASH_EXISTS, field.handle) !== 0;
  }

  /** Sets a field; 1 if it was added or changed, 0 on failure. */
  set(field: RString, value: RString): i32 {
    return hashSet(this.handle, REDISMODULE_HASH_COUNT_ALL, field.handle, value.handle);
  }

  /** Like `set`, with the field's name as text. */
  setText(field: string, value: RString): i32 {
    const mark = scratchMark();
    const flags = REDISMODULE_HASH_COUNT_ALL | REDISMODULE_HASH_CFIELDS;
    const changed = hashSet(this.handle, flags, cstring(field), value.handle);
    scratchRelease(mark);
    return changed;
  }

  /** Sets a field that does not exist yet; 1 if it was added. */
  add(field: RString, value: RString): i32 {
    const flags = REDISMODULE_HASH_COUNT_ALL | REDISMODULE_HASH_NX;
    return hashSet(this.handle, flags, field.handle, value.handle);
  }

  /** Deletes a field; 1 if it existed. */
  delete(field: RString): i32 {
    return hashSet(this.handle, REDISMODULE_HASH_COUNT_ALL, field.handle, DELETE);
  }
}

function hashGet(key: usize, flags: i32, field: usize): usize {
  if (key === 0) return 0;
  const mark = scratchMark();
  const out = scratch(4);
  store<usize>(out, 0);
  const list = scratch(12);
  store<usize>(list, field);
  store<usize>(list, out, 4);
  store<usize>(list, 0, 8);
  RedisModule_HashGet(key, flags, list);
  const value = load<usize>(out);
  scratchRelease(mark);
  return value;
}

function hashSet(key: usize, flags: i32, field: usize, value: usize): i32 {
  const mark = scratchMark();
  const list = scratch(12);
  store<usize>(list, field);
  store<usize>(list, value, 4);
  store<usize>(list, 0, 8);
  const changed = RedisModule_HashSet(key, flags, list);
  scratchRelease(mark);
  return changed;
}
