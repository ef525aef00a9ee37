// ABI area "aof": rewriting the append-only file.

import type { Area } from '../table.ts';

export const aof = {
  title: 'Append-only file',
  doc: 'Used in the aof_rewrite callback of a type.',
  functions: {
    RedisModule_EmitAOF: {
      doc: 'Writes a command in the language of RedisModule_Call. After a failure RedisModule_IsIOError is 1 and later calls do nothing; errno is EINVAL for an unknown command or a bad format.',
      params: [
        ['io', 'io'],
        ['cmdname', 'cstring'],
        ['fmt', 'cstring'],
        ['args', 'callargs'],
      ],
      result: 'void',
      since: '4.0.0',
      errno: ['EINVAL'],
    },
  },
} as const satisfies Area;
