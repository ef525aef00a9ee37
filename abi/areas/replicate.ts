// ABI area "replicate": what a command sends to the append-only file and to replicas.

import type { Area } from '../table.ts';

export const replicate = {
  title: 'Replication',
  doc: 'A write command propagates either itself or the commands that have its effect. Several commands of one call are wrapped in MULTI and EXEC.',
  functions: {
    RedisModule_Replicate: {
      doc: 'Propagates a command after the current one succeeds, in the language of RedisModule_Call: `A` keeps it from the AOF, `R` from replicas. ERR for an unknown command or a bad format.',
      params: [
        ['ctx', 'ctx'],
        ['cmdname', 'cstring'],
        ['fmt', 'cstring'],
        ['args', 'callargs'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplicateVerbatim: {
      doc: 'Propagates the current command exactly as the client sent it. Right for commands that always do the same with the same arguments.',
      params: [['ctx', 'ctx']],
      result: 'status',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
