// ABI area "thread": contexts that outlive a callback. Guests have no threads; timers, promises and
// one-shot callbacks need such contexts all the same.

import type { Area } from '../table.ts';

export const thread = {
  title: 'Thread-safe contexts',
  doc: 'Guests run in one thread. A thread-safe context is one that the guest keeps until it frees it.',
  functions: {
    RedisModule_GetThreadSafeContext: {
      doc: 'A context for replying to a blocked client before it is unblocked, or with NULL a context without client. Free it with RedisModule_FreeThreadSafeContext.',
      params: [['bc', 'blocked?']],
      result: 'ctx',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_GetDetachedThreadSafeContext: {
      doc: 'A context without client that logs in the name of the module, for as long as the module lives.',
      params: [['ctx', 'ctx']],
      result: 'ctx',
      returns: 'own',
      since: '6.0.9',
    },
    RedisModule_FreeThreadSafeContext: {
      doc: 'Frees a context of this area.',
      params: [['ctx', 'ctx']],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_ThreadSafeContextLock: {
      doc: 'Begins a section that uses the keyspace through a context of this area.',
      params: [['ctx', 'ctx']],
      result: 'void',
      since: '4.0.0',
      differs: 'Never waits: nothing else runs.',
    },
    RedisModule_ThreadSafeContextTryLock: {
      doc: 'Like RedisModule_ThreadSafeContextLock; ERR with EBUSY if the lock is held, EINVAL if ctx is NULL.',
      params: [['ctx', 'ctx?']],
      result: 'status',
      since: '6.0.8',
      errno: ['EINVAL', 'EBUSY'],
    },
    RedisModule_ThreadSafeContextUnlock: {
      doc: 'Ends the section: post-notification jobs run, and what was replicated in it is propagated as one unit.',
      params: [['ctx', 'ctx']],
      result: 'void',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
