// An opened key. What depends on the type of its value is in views: `key.hash.get(field)`.

import { Handle, Status } from './handle';
import { HashKey } from './key-hash';
import { ListKey } from './key-list';
import { StringKey } from './key-string';
import { ZsetKey } from './key-zset';
import {
  REDISMODULE_KEYTYPE_EMPTY,
  REDISMODULE_NO_EXPIRE,
  RedisModule_CloseKey,
  RedisModule_DeleteKey,
  RedisModule_GetAbsExpire,
  RedisModule_GetExpire,
  RedisModule_GetKeyNameFromModuleKey,
  RedisModule_KeyType,
  RedisModule_ModuleTypeGetType,
  RedisModule_SetAbsExpire,
  RedisModule_SetExpire,
  RedisModule_UnlinkKey,
  RedisModule_ValueLength,
} from './redismodule';
import { RString } from './string';

/**
 * Yours: call `close`; what is left open is closed when the command returns. A missing key that
 * was opened for reading is NULL: it reads as empty, also through the views, and is not to be
 * written.
 */
@unmanaged
export class Key extends Handle {
  /** One of REDISMODULE_KEYTYPE_…. */
  get type(): i32 {
    return RedisModule_KeyType(this.handle);
  }

  get isEmpty(): bool {
    return this.type === REDISMODULE_KEYTYPE_EMPTY;
  }

  /** Bytes of a string, elements of other types, 0 of an empty key. */
  get length(): i32 {
    return <i32>RedisModule_ValueLength(this.handle);
  }

  /** The key's name, borrowed from the key; NULL for a NULL key. */
  get name(): RString {
    return changetype<RString>(RedisModule_GetKeyNameFromModuleKey(this.handle));
  }

  /** Which data type of a module the value has; 0 if none. See `ModuleType.get`. */
  get moduleType(): usize {
    return RedisModule_ModuleTypeGetType(this.handle);
  }

  get string(): StringKey {
    return changetype<StringKey>(this);
  }

  get hash(): HashKey {
    return changetype<HashKey>(this);
  }

  get list(): ListKey {
    return changetype<ListKey>(this);
  }

  get zset(): ZsetKey {
    return changetype<ZsetKey>(this);
  }

  /** Milliseconds to live, or REDISMODULE_NO_EXPIRE. */
  get expireMs(): i64 {
    return this.isNull ? REDISMODULE_NO_EXPIRE : RedisModule_GetExpire(this.handle);
  }

  /** Sets the time to live; REDISMODULE_NO_EXPIRE removes it. Fails on an empty key. */
  setExpireMs(ms: i64): Status {
    return RedisModule_SetExpire(this.handle, ms);
  }

  /** When it expires in milliseconds since 1970, or REDISMODULE_NO_EXPIRE. */
  get expireAtMs(): i64 {
    return this.isNull ? REDISMODULE_NO_EXPIRE : RedisModule_GetAbsExpire(this.handle);
  }

  /** Sets when it expires; REDISMODULE_NO_EXPIRE removes it. Fails on an empty key. */
  setExpireAtMs(ms: i64): Status {
    return RedisModule_SetAbsExpire(this.handle, ms);
  }

  /** Removes the value. Fails unless the key is open for writing. */
  delete(): Status {
    return RedisModule_DeleteKey(this.handle);
  }

  /** Removes the value and frees it later. Fails unless the key is open for writing. */
  unlink(): Status {
    return RedisModule_UnlinkKey(this.handle);
  }

  close(): void {
    RedisModule_CloseKey(this.handle);
  }
}
