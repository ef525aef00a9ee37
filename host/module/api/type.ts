// ABI area "type": data types of modules and their values.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr } from '../../../abi/kinds.ts';
import { TYPE_MODULE } from '../../keyspace/record.ts';
import { ModuleValue } from '../../values/module.ts';
import { DataType } from '../data-type.ts';
import type { ModuleInstance } from '../instance.ts';
import { openKey, replaceValue } from '../keys.ts';
import { KIND_TYPE } from '../kinds.ts';
import type { OpenKey } from '../open-key.ts';
import { refuse } from '../registry.ts';

const NAME = /^[A-Za-z0-9_-]{9}$/;
const ENCVER_MAX = 1023;
const WRITE = CONSTANTS.REDISMODULE_WRITE;

export function type(m: ModuleInstance): AreaImports<'type'> {
  /** The type of the key's value, of whatever module; undefined if it is no module's. */
  const typeOf = (key: OpenKey): DataType | undefined => {
    const { ref, db } = key;
    if (ref === 0 || db.typeOf(ref) !== TYPE_MODULE) return undefined;
    return m.host.typeByTag(db.moduleTagOf(ref));
  };
  return {
    RedisModule_CreateDataType: (_ctx, namePtr, encver, methods) => {
      const name = m.memory.cstring(namePtr, 'name');
      const isFree = !m.host.typesByName.has(name);
      const version = m.memory.readU64(methods, 'typemethods');
      const isValid = NAME.test(name) && encver >= 0 && encver <= ENCVER_MAX && version > 0n;
      if (!m.isLoading || !isFree || !isValid) {
        refuse(m, `the data type '${name}': ${isFree ? 'not allowed' : 'name is taken'}`);
        return 0;
      }
      const made = new DataType(m, name, encver, methods);
      made.handle = m.handles.createRetained(KIND_TYPE, made);
      m.registry.types.push(made);
      m.host.typesByName.set(name, made);
      return made.handle as Handle<'type'>; // just made of that kind
    },
    RedisModule_ModuleTypeSetValue: (keyHandle, mt, value) => {
      const key = openKey(m, keyHandle);
      const made = m.handles.get(mt, KIND_TYPE, 'mt') as DataType; // by its kind
      if ((key.mode & WRITE) === 0 || key.zsetIterator !== null) return ERR;
      replaceValue(m, key, new ModuleValue(made, value >>> 0, m.generation));
      return OK;
    },
    RedisModule_ModuleTypeGetType: (keyHandle) => {
      if (keyHandle === 0) return 0;
      const found = typeOf(openKey(m, keyHandle));
      if (found === undefined) return 0;
      // A type of another module has no handle here; its own handle would mean something else.
      return found.module === m ? (found.handle as Handle<'type'>) : FOREIGN_TYPE; // its own
    },
    RedisModule_ModuleTypeGetValue: (keyHandle) => {
      if (keyHandle === 0) return 0;
      const key = openKey(m, keyHandle);
      // A tag is one type of one instance: no other's pointer reaches the guest.
      if (typeOf(key)?.module !== m) return 0;
      return key.db.modulePointerOf(key.ref) as Ptr<'data'>; // set by this guest
    },
  };
}

/** Not NULL and equal to no type of this module: what another module's type looks like. */
const FOREIGN_TYPE = -1 as unknown as Handle<'type'>;
