// ABI area "thread": contexts that outlive a callback. There is one thread, so the lock is free
// whenever a guest can ask for it.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK } from '../../../abi/kinds.ts';
import { blockedClient } from '../blocked-client.ts';
import type { ModuleInstance } from '../instance.ts';

export function thread(m: ModuleInstance): AreaImports<'thread'> {
  let isLocked = false;
  const unlock = (): void => {
    isLocked = false;
    m.executor.finish();
  };
  return {
    RedisModule_GetThreadSafeContext: (bc) => {
      const blocked = bc === 0 ? null : blockedClient(m, bc);
      const client = blocked?.client ?? null;
      const db = blocked?.db ?? m.host.client.db;
      const context = m.openLasting('thread', client, db);
      context.blocked = blocked;
      context.reply = client?.writer ?? null;
      return context.ptr as Handle<'ctx'>; // a context's address is its handle
    },
    RedisModule_GetDetachedThreadSafeContext: (ctx) => {
      m.context(ctx);
      return m.openLasting('thread', null, m.host.client.db).ptr as Handle<'ctx'>; // its address
    },
    RedisModule_FreeThreadSafeContext: (ctx) => {
      m.closeLasting(m.context(ctx));
    },
    RedisModule_ThreadSafeContextLock: () => {
      isLocked = true;
    },
    RedisModule_ThreadSafeContextTryLock: (ctx) => {
      if (ctx === 0 || isLocked) {
        m.setErrno(ctx === 0 ? 'EINVAL' : 'EBUSY');
        return ERR;
      }
      isLocked = true;
      return OK;
    },
    RedisModule_ThreadSafeContextUnlock: () => unlock(),
  };
}
