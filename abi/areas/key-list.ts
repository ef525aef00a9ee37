// ABI area "key-list": list values.

import type { Area } from '../table.ts';

export const keyList = {
  title: 'List values',
  doc: 'An index counts from 0 at the head, or from -1 at the tail. Walking a list with neighbouring indices costs O(1) a step. On failure errno is EINVAL (a NULL argument), ENOTSUP (another type, or an empty key where an element is asked for), EBADF (not opened so), EDOM (no such index).',
  functions: {
    RedisModule_ListPush: {
      doc: 'Adds an element at REDISMODULE_LIST_HEAD or TAIL; an empty key becomes a list. ERR with errno.',
      params: [
        ['kp', 'key?'],
        ['where', 'int'],
        ['ele', 'string?'],
      ],
      result: 'status',
      since: '4.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF'],
    },
    RedisModule_ListPop: {
      doc: 'Removes and returns an element from REDISMODULE_LIST_HEAD or TAIL; the last one deletes the key. NULL with errno.',
      params: [
        ['key', 'key?'],
        ['where', 'int'],
      ],
      result: 'string?',
      returns: 'own',
      since: '4.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF'],
    },
    RedisModule_ListGet: {
      doc: 'Returns the element at an index as a new string. NULL with errno.',
      params: [
        ['key', 'key?'],
        ['index', 'long'],
      ],
      result: 'string?',
      returns: 'own',
      since: '7.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM'],
    },
    RedisModule_ListSet: {
      doc: 'Replaces the element at an index. ERR with errno.',
      params: [
        ['key', 'key?'],
        ['index', 'long'],
        ['value', 'string?'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM'],
    },
    RedisModule_ListInsert: {
      doc: 'Inserts an element so that it has this index afterwards; -1 appends. An empty key becomes a list, for index 0 and -1. ERR with errno.',
      params: [
        ['key', 'key?'],
        ['index', 'long'],
        ['value', 'string?'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM'],
    },
    RedisModule_ListDelete: {
      doc: 'Removes the element at an index; the last one deletes the key. ERR with errno.',
      params: [
        ['key', 'key?'],
        ['index', 'long'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM'],
    },
  },
} as const satisfies Area;
