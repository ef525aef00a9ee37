// ABI area "key-stream": stream values and the iterator that an open key carries.

import type { Area } from '../table.ts';

const KEY_ONLY = [['key', 'key?']] as const;

export const keyStream = {
  title: 'Stream values',
  doc: 'A key carries one stream iterator: start it, take an ID, then the fields of that entry, then the next ID. On failure errno is EINVAL (a NULL or bad argument), ENOTSUP (another type), EBADF (not open for writing, or no iterator), and what the function adds.',
  functions: {
    RedisModule_StreamAdd: {
      doc: 'Appends an entry of `numfields` pairs in `argv` (field, value, field, ...). With REDISMODULE_STREAM_ADD_AUTOID the ID is chosen, and stored unless `id` is NULL; else `id` gives it. An empty key becomes a stream. ERR with errno: EDOM the ID is 0-0 or not above the last, EFBIG no ID is left, ERANGE the entry is too large.',
      params: [
        ['key', 'key?'],
        ['flags', 'int'],
        ['id', 'struct StreamID?'],
        ['argv', 'argv?'],
        ['numfields', 'int64'],
      ],
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM', 'EFBIG', 'ERANGE'],
    },
    RedisModule_StreamDelete: {
      doc: 'Deletes an entry. ERR with errno: ENOENT if there is none.',
      params: [
        ['key', 'key?'],
        ['id', 'struct StreamID?'],
      ],
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'ENOENT'],
    },
    RedisModule_StreamIteratorStart: {
      doc: 'Starts an iteration from `start` to `end`, NULL being the first and last entry; REDISMODULE_STREAM_ITERATOR_EXCLUSIVE leaves them out, REVERSE turns round. ERR with errno: EBADF an iterator is active, EDOM the range is empty by its ends.',
      params: [
        ['key', 'key?'],
        ['flags', 'int'],
        ['start', 'struct StreamID?'],
        ['end', 'struct StreamID?'],
      ],
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'EDOM'],
    },
    RedisModule_StreamIteratorStop: {
      doc: 'Ends the iteration. ERR with errno.',
      params: KEY_ONLY,
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF'],
    },
    RedisModule_StreamIteratorNextID: {
      doc: 'Moves to the next entry and stores its ID and number of fields; either pointer may be NULL. ERR with errno: ENOENT at the end.',
      params: [
        ['key', 'key?'],
        ['id', 'struct StreamID?'],
        ['numfields', 'out long?'],
      ],
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'ENOENT'],
    },
    RedisModule_StreamIteratorNextField: {
      doc: "Stores the next field and value of the entry as new strings, which are the guest's. ERR with errno: ENOENT when the entry has no more.",
      params: [
        ['key', 'key?'],
        ['field_ptr', 'out string?'],
        ['value_ptr', 'out string?'],
      ],
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'ENOENT'],
    },
    RedisModule_StreamIteratorDelete: {
      doc: 'Deletes the entry that RedisModule_StreamIteratorNextID gave. ERR with errno: ENOENT if there is no current entry.',
      params: KEY_ONLY,
      result: 'status',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'ENOENT'],
    },
    RedisModule_StreamTrimByLength: {
      doc: 'Deletes the oldest entries until `length` are left and returns how many; with REDISMODULE_STREAM_TRIM_APPROX maybe fewer. -1 with errno.',
      params: [
        ['key', 'key?'],
        ['flags', 'int'],
        ['length', 'longlong'],
      ],
      result: 'longlong',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF'],
    },
    RedisModule_StreamTrimByID: {
      doc: 'Deletes the entries below an ID and returns how many; with REDISMODULE_STREAM_TRIM_APPROX maybe fewer. -1 with errno.',
      params: [
        ['key', 'key?'],
        ['flags', 'int'],
        ['id', 'struct StreamID?'],
      ],
      result: 'longlong',
      since: '6.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF'],
    },
  },
} as const satisfies Area;
