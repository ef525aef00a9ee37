// Data types whose values are ordinary AssemblyScript objects.
//
// The host keeps such a value as a number and calls back with it. The collector cannot see that,
// so a value is pinned from the moment the host gets it until the host frees it.

import { Context } from './context';
import { Status } from './handle';
import { AofWriter, Digest, RdbReader, RdbWriter } from './io';
import { Key } from './key';
import {
  REDISMODULE_ERR,
  REDISMODULE_OK,
  REDISMODULE_TYPE_METHOD_VERSION,
  RedisModule_CreateDataType,
  RedisModule_ModuleTypeGetValue,
  RedisModule_ModuleTypeSetValue,
  RedisModuleTypeMethods as TypeMethods,
} from './redismodule';
import { cstring, scratch, scratchMark, scratchRelease } from './scratch';
import { RString } from './string';

/** What a class must have to be a data type; its constructor takes no arguments. */
export interface ModuleValue {
  /** Writes this value to RDB. */
  save(rdb: RdbWriter): void;

  /** Fills this new object from RDB; false if that version (`encver`) is not known. */
  load(rdb: RdbReader, encver: i32): bool;

  /** Writes the command that recreates this value. */
  rewrite(aof: AofWriter, key: RString): void;
}

// A class may also have any of these. What it lacks the host does without.
//
//   memoryBytes(): usize             for MEMORY USAGE
//   digest(digest: Digest): void     for DEBUG DIGEST
//   copy(): T                        for COPY, which answers an error without it
//   freeEffort(): usize              above 64, lazy freeing happens later
//   dispose(): void                  the key is gone: free what the collector does not know

/** `const counters = new ModuleType<Counter>('counter--', 0);` at the top of a file. */
export class ModuleType<T extends ModuleValue> {
  /** The host's number for this type; 0 before `register`. */
  handle: usize = 0;

  /**
   * @param name exactly nine letters, digits, `-` or `_`, as TYPE and RDB files show it.
   * @param encver version of what `save` writes, 0 to 1023.
   */
  constructor(readonly name: string, readonly encver: i32) {}

  /** Call this in RedisModule_OnLoad. */
  register(ctx: Context): Status {
    const mark = scratchMark();
    const methods = scratch(TypeMethods.SIZE);
    memory.fill(methods, 0, TypeMethods.SIZE);
    describe<T>(methods);
    this.handle = RedisModule_CreateDataType(
      ctx.handle, cstring(this.name), this.encver, methods,
    );
    scratchRelease(mark);
    return this.handle === 0 ? REDISMODULE_ERR : REDISMODULE_OK;
  }

  /** True if the key holds a value of this type. */
  matches(key: Key): bool {
    return key.moduleType === this.handle;
  }

  /** The key's value, null if it holds none of this type. Changing the object changes the key. */
  get(key: Key): T | null {
    if (!this.matches(key)) return null;
    return changetype<T>(RedisModule_ModuleTypeGetValue(key.handle));
  }

  /** Puts a new object into a key that is open for writing. One object, one key. */
  set(key: Key, value: T): Status {
    const ptr = __pin(changetype<usize>(value));
    const status = RedisModule_ModuleTypeSetValue(key.handle, this.handle, ptr);
    if (status !== REDISMODULE_OK) __unpin(ptr);
    return status;
  }
}

/** Fills in the functions of T. They are written here because they need to know T. */
function describe<T extends ModuleValue>(methods: usize): void {
  store<u64>(methods, REDISMODULE_TYPE_METHOD_VERSION, TypeMethods.version);
  const load = (rdb: RdbReader, encver: i32): usize => {
    const value = instantiate<T>();
    return value.load(rdb, encver) ? __pin(changetype<usize>(value)) : 0;
  };
  const save = (rdb: RdbWriter, value: usize): void => changetype<T>(value).save(rdb);
  const rewrite = (aof: AofWriter, key: RString, value: usize): void =>
    changetype<T>(value).rewrite(aof, key);
  const free = (ptr: usize): void => {
    if (isDefined(changetype<T>(ptr).dispose)) changetype<T>(ptr).dispose();
    __unpin(ptr);
  };
  store<i32>(methods, load.index, TypeMethods.rdb_load);
  store<i32>(methods, save.index, TypeMethods.rdb_save);
  store<i32>(methods, rewrite.index, TypeMethods.aof_rewrite);
  store<i32>(methods, free.index, TypeMethods.free);
  describeOptional<T>(methods);
}

function describeOptional<T extends ModuleValue>(methods: usize): void {
  if (isDefined(changetype<T>(0).memoryBytes)) {
    const memoryBytes = (value: usize): usize => changetype<T>(value).memoryBytes();
    store<i32>(methods, memoryBytes.index, TypeMethods.mem_usage);
  }
  if (isDefined(changetype<T>(0).digest)) {
    const digest = (digest: Digest, value: usize): void => changetype<T>(value).digest(digest);
    store<i32>(methods, digest.index, TypeMethods.digest);
  }
  if (isDefined(changetype<T>(0).freeEffort)) {
    const effort = (_key: RString, value: usize): usize => changetype<T>(value).freeEffort();
    store<i32>(methods, effort.index, TypeMethods.free_effort);
  }
  if (isDefined(changetype<T>(0).copy)) {
    const copy = (_from: RString, _to: RString, value: usize): usize =>
      __pin(changetype<usize>(changetype<T>(value).copy()));
    store<i32>(methods, copy.index, TypeMethods.copy);
  }
}
