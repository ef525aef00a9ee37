// ABI area "digest": DEBUG DIGEST of module values, and values as strings.

import type { AreaImports } from '../../../abi/index.ts';
import type { Handle, Ptr } from '../../../abi/kinds.ts';
import { FieldLoader, FieldSaver } from '../../rdb/module-io.ts';
import { RdbReader } from '../../rdb/reader.ts';
import { RdbWriter } from '../../rdb/writer.ts';
import { ModuleValue } from '../../values/module.ts';
import type { DataType, DigestState } from '../data-type.ts';
import type { ModuleInstance } from '../instance.ts';
import { KIND_DIGEST, KIND_TYPE } from '../kinds.ts';
import { ModuleString } from '../string.ts';

export function digest(m: ModuleInstance): AreaImports<'digest'> {
  const stateOf = (handle: number, argument = 'md'): DigestState =>
    m.handles.get(handle, KIND_DIGEST, argument) as DigestState; // by its kind
  const typeOf = (handle: number): DataType => m.handles.get(handle, KIND_TYPE, 'mt') as DataType; // by its kind
  const load = (str: number, mt: number, encver: number): Ptr<'data'> | 0 => {
    const reader = RdbReader.ofBuffer(m.string(str).slice.toBuffer());
    const value = typeOf(mt).load(new FieldLoader(reader), encver, null);
    return (value?.pointer ?? 0) as Ptr<'data'>; // the guest's own
  };
  return {
    RedisModule_DigestAddStringBuffer: (md, ele, len) =>
      stateOf(md).sink.addBytes(m.memory.byteString(ele, len, 'ele')),
    RedisModule_DigestAddLongLong: (md, ele) => stateOf(md).sink.addInteger(ele),
    RedisModule_DigestEndSequence: (md) => stateOf(md).sink.endSequence(),
    RedisModule_LoadDataTypeFromStringEncver: (str, mt, encver) => load(str, mt, encver),
    RedisModule_LoadDataTypeFromString: (str, mt) => load(str, mt, 0),
    RedisModule_SaveDataTypeToString: (ctx, data, mt) => {
      const writer = new RdbWriter();
      const value = new ModuleValue(typeOf(mt), data >>> 0, m.generation);
      if (!typeOf(mt).save(value, new FieldSaver(writer), null)) return 0;
      const string = ModuleString.owning(Buffer.from(writer.take()));
      return m.newString(string, m.contextOrNull(ctx)) as Handle<'string'>; // of that kind
    },
    RedisModule_GetKeyNameFromDigest: (dig) => {
      const context = m.currentContext;
      const { key } = stateOf(dig, 'dig').place;
      return context === null ? 0 : m.newCallString(ModuleString.of(key), context);
    },
    RedisModule_GetDbIdFromDigest: (dig) => stateOf(dig, 'dig').place.databaseIndex,
  };
}
