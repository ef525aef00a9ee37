// ABI area "io": the key and database behind a stream or an open key.

import type { AreaImports } from '../../../abi/index.ts';
import type { Handle } from '../../../abi/kinds.ts';
import type { ByteString } from '../../lib/bytes.ts';
import type { ModuleInstance } from '../instance.ts';
import { ioOf } from '../io.ts';
import { openKey } from '../keys.ts';
import { ModuleString } from '../string.ts';
import { ModuleTrap } from '../trap.ts';

export function io(m: ModuleInstance): AreaImports<'io'> {
  const lend = (name: ByteString | undefined): Handle<'string'> | 0 => {
    const context = m.currentContext;
    if (name === undefined || context === null) return 0;
    return m.newCallString(ModuleString.of(name), context);
  };
  return {
    RedisModule_GetContextFromIO: (handle) => {
      ioOf(m, handle);
      const context = m.currentContext;
      if (context === null) throw new ModuleTrap('no call is under way', 'io');
      return context.ptr as Handle<'ctx'>; // a context's address is its handle
    },
    RedisModule_GetKeyNameFromIO: (handle) => lend(ioOf(m, handle).place?.key),
    RedisModule_GetKeyNameFromModuleKey: (key) =>
      key === 0 ? 0 : lend(openKey(m, key).name.toByteString()),
    RedisModule_GetDbIdFromModuleKey: (key) => (key === 0 ? -1 : openKey(m, key).db.index),
    RedisModule_GetDbIdFromIO: (handle) => ioOf(m, handle).place?.databaseIndex ?? -1,
  };
}
