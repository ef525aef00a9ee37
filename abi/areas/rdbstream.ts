// ABI area "rdbstream": loading and saving RDB files.

import type { Area } from '../table.ts';

export const rdbstream = {
  title: 'RDB files',
  doc: 'File names are taken relative to the data directory of the server and cannot leave it.',
  functions: {
    RedisModule_RdbStreamCreateFromFile: {
      doc: 'Names a file for RedisModule_RdbLoad or RedisModule_RdbSave. Free it with RedisModule_RdbStreamFree.',
      params: [['filename', 'cstring']],
      result: 'rdbStream',
      returns: 'own',
      since: '7.2.0',
    },
    RedisModule_RdbStreamFree: {
      doc: 'Frees a stream.',
      params: [['stream', 'rdbStream']],
      result: 'void',
      since: '7.2.0',
    },
    RedisModule_RdbLoad: {
      doc: 'Replaces all data by that of a file. `flags` must be 0. ERR with errno: EINVAL for a NULL stream or flags, ENOTSUP on a replica, ENOENT if there is no such file, EIO if it is broken.',
      params: [
        ['ctx', 'ctx'],
        ['stream', 'rdbStream?'],
        ['flags', 'int'],
      ],
      result: 'status',
      since: '7.2.0',
      errno: ['EINVAL', 'ENOTSUP', 'ENOENT', 'EIO'],
    },
    RedisModule_RdbSave: {
      doc: 'Saves all data to a file. `flags` must be 0. ERR with errno: EINVAL for a NULL stream or flags, else that of the file system.',
      params: [
        ['ctx', 'ctx'],
        ['stream', 'rdbStream?'],
        ['flags', 'int'],
      ],
      result: 'status',
      since: '7.2.0',
      errno: ['EINVAL', 'EACCES', 'EIO', 'ENOSPC'],
    },
  },
} as const satisfies Area;
