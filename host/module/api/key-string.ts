// ABI area "key-string": the value of a string key.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Ptr } from '../../../abi/kinds.ts';
import { FLAG_RAW, TYPE_STRING } from '../../keyspace/record.ts';
import { Slice } from '../../lib/slice.ts';
import type { ModuleInstance } from '../instance.ts';
import { deleteForOthers, isWritable, openKey } from '../keys.ts';
import type { OpenKey } from '../open-key.ts';

const WRITE = CONSTANTS.REDISMODULE_WRITE;
const STRING_MAX_BYTES = 512 * 1024 * 1024;
const EMPTY = new Slice();

export function keyString(m: ModuleInstance): AreaImports<'key-string'> {
  const { keyspace } = m.executor;
  const isString = (key: OpenKey): boolean => key.db.typeOf(key.ref) === TYPE_STRING;
  return {
    RedisModule_StringSet: (keyHandle, str) => {
      const key = openKey(m, keyHandle);
      const value = m.string(str);
      if (!isWritable(key) || key.zsetIterator !== null) return ERR;
      deleteForOthers(m, key);
      keyspace.setString(key.db, key.name, value.slice);
      return OK;
    },
    RedisModule_StringDMA: (keyHandle, len, mode) => {
      const key = openKey(m, keyHandle);
      if (key.ref !== 0 && !isString(key)) return 0 as Ptr<'bytes'>; // NULL: not a string
      const isForWriting = (mode & WRITE) !== 0 && isWritable(key);
      const view = key.ref === 0 ? EMPTY : key.db.stringOf(key.ref, new Slice());
      const { length } = view;
      const ptr = m.alloc(length + 1);
      m.memory.copyIn(ptr, view.buffer, view.start, view.end);
      m.memory.writeU8(ptr + length, 0);
      key.dma = { ptr, original: isForWriting ? view.toBuffer() : null };
      m.memory.writeU32(len, length, 'len');
      return ptr as Ptr<'bytes'>; // a block with `length` bytes
    },
    RedisModule_StringTruncate: (keyHandle, newlen) => {
      const key = openKey(m, keyHandle);
      const length = newlen >>> 0;
      if (!isWritable(key) || length > STRING_MAX_BYTES) return ERR;
      if (key.ref !== 0 && !isString(key)) return ERR;
      m.fuel.chargeBytes(length);
      if (key.ref === 0) {
        if (length > 0)
          keyspace.setStringAs(key.db, key.name, new Slice(Buffer.alloc(length)), FLAG_RAW);
      } else {
        key.db.editString(key.name, length, length, key.db.stringLength(key.ref));
      }
      return OK;
    },
  };
}
