// ABI area "eventloop": callbacks of the event loop.

import type { Area } from '../table.ts';

export const eventloop = {
  title: 'Event loop',
  doc: 'Guests have no file descriptors; one-shot callbacks work.',
  functions: {
    RedisModule_EventLoopAdd: {
      doc: 'Calls `func` when a descriptor is readable or writable (REDISMODULE_EVENTLOOP_*). ERR with ERANGE for an impossible descriptor, EINVAL for a bad mask or callback.',
      params: [
        ['fd', 'int'],
        ['mask', 'int'],
        ['func', 'fn EventLoop?'],
        ['user_data', 'data'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['ERANGE', 'EINVAL'],
      differs: 'Always ERR with ERANGE.',
    },
    RedisModule_EventLoopDel: {
      doc: 'Ends RedisModule_EventLoopAdd for some events. ERR with ERANGE or EINVAL.',
      params: [
        ['fd', 'int'],
        ['mask', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['ERANGE', 'EINVAL'],
      differs: 'Always ERR with ERANGE.',
    },
    RedisModule_EventLoopAddOneShot: {
      doc: 'Calls `func` once in the next turn of the event loop. ERR with EINVAL if it is NULL.',
      params: [
        ['func', 'fn EventLoopOneShot?'],
        ['user_data', 'data'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL'],
    },
  },
} as const satisfies Area;
