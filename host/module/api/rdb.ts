// ABI area "rdb": the fields of a value in RDB files.

import type { AreaImports } from '../../../abi/index.ts';
import type { Handle, Ptr } from '../../../abi/kinds.ts';
import { byteString, bytesOf } from '../../lib/bytes.ts';
import type { ModuleInstance } from '../instance.ts';
import { ioOf } from '../io.ts';
import { formatBinary128, parseBinary128 } from '../long-double.ts';
import { ModuleString } from '../string.ts';

export function rdb(m: ModuleInstance): AreaImports<'rdb'> {
  const { memory } = m;
  return {
    RedisModule_IsIOError: (io) => (ioOf(m, io).isIoError ? 1 : 0),
    RedisModule_SaveUnsigned: (io, value) => ioOf(m, io).saver.saveUnsigned(value),
    RedisModule_LoadUnsigned: (io) => ioOf(m, io).load((loader) => loader.loadUnsigned()),
    RedisModule_SaveSigned: (io, value) => ioOf(m, io).saver.saveSigned(value),
    RedisModule_LoadSigned: (io) => ioOf(m, io).load((loader) => loader.loadSigned()),
    RedisModule_SaveString: (io, s) => ioOf(m, io).saver.saveString(m.string(s, 's').slice.view()),
    RedisModule_SaveStringBuffer: (io, str, len) =>
      ioOf(m, io).saver.saveString(memory.bytes(str, len, 'str')),
    RedisModule_LoadString: (io) => {
      const bytes = ioOf(m, io).load((loader) => loader.loadString());
      if (bytes === null) return 0;
      return m.newString(ModuleString.owning(bytes), null) as Handle<'string'>; // of that kind
    },
    RedisModule_LoadStringBuffer: (io, lenptr) => {
      const bytes = ioOf(m, io).load((loader) => loader.loadString());
      if (bytes === null) return 0;
      if (lenptr !== 0) memory.writeU32(lenptr, bytes.length, 'lenptr');
      const ptr = m.alloc(bytes.length);
      memory.copyIn(ptr, bytes);
      return ptr as Ptr<'bytes'>; // a block with these bytes
    },
    RedisModule_SaveDouble: (io, value) => ioOf(m, io).saver.saveDouble(value),
    RedisModule_LoadDouble: (io) => ioOf(m, io).load((loader) => loader.loadDouble()),
    RedisModule_SaveFloat: (io, value) => ioOf(m, io).saver.saveFloat(value),
    RedisModule_LoadFloat: (io) => ioOf(m, io).load((loader) => loader.loadFloat()),
    RedisModule_SaveLongDouble: (io, low, high) => {
      const text = bytesOf(formatBinary128({ low, high }));
      ioOf(m, io).saver.saveString(Buffer.from(text, 'latin1'));
    },
    RedisModule_LoadLongDouble: (result, io) => {
      const bytes = ioOf(m, io).load((loader) => loader.loadString());
      const value = bytes === null ? null : parseBinary128(byteString(bytes));
      memory.writeU64(result, value?.low ?? 0n, 'result');
      memory.writeU64(result + 8, value?.high ?? 0n, 'result');
    },
  };
}
