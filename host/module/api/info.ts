// ABI area "info": the module's identity and options, and the time.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import { blockedClient } from '../blocked-client.ts';
import { getApi } from '../getapi.ts';
import type { ModuleInstance } from '../instance.ts';
import { refuse } from '../registry.ts';

export function info(m: ModuleInstance): AreaImports<'info'> {
  const { clock, keyspace } = m.executor;
  const microseconds = (ms: number): bigint => BigInt(Math.floor(ms * 1000));
  return {
    RedisModule_GetApi: (name, target) => getApi(m, m.memory.cstring(name, 'name'), target),
    RedisModule_SetModuleAttribs: (_ctx, name, ver) => {
      if (m.name !== '') return;
      m.name = m.memory.cstring(name, 'name');
      m.version = ver;
    },
    RedisModule_IsModuleNameBusy: (namePtr) => {
      const name = m.memory.cstring(namePtr, 'name');
      if (!m.host.modules.has(name)) return 0;
      refuse(m, `the name '${name}', which a loaded module has`);
      return 1;
    },
    RedisModule_Milliseconds: () => BigInt(Math.floor(clock.nowMs())),
    RedisModule_MonotonicMicroseconds: () => microseconds(clock.monotonicMs()),
    RedisModule_Microseconds: () => microseconds(clock.nowMs()),
    RedisModule_CachedMicroseconds: () => BigInt(keyspace.nowMs) * 1000n,
    RedisModule_BlockedClientMeasureTimeStart: (bc) => {
      blockedClient(m, bc).startMeasuring(clock.monotonicMs());
      return OK;
    },
    RedisModule_BlockedClientMeasureTimeEnd: (bc) =>
      blockedClient(m, bc).stopMeasuring(clock.monotonicMs()) ? OK : ERR,
    // Nothing else can run while a guest's frame is on the stack: there is nobody to yield to.
    RedisModule_Yield: () => {},
    RedisModule_SetModuleOptions: (_ctx, options) => {
      m.options = options;
    },
    RedisModule_SignalModifiedKey: (ctx, keyname) => {
      const { db } = m.context(ctx);
      const { slice } = m.string(keyname, 'keyname');
      if (db !== null) keyspace.signalModified(db, slice);
      return OK;
    },
  };
}
