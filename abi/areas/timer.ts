// ABI area "timer": callbacks after some time.

import type { Area } from '../table.ts';

export const timer = {
  title: 'Timers',
  doc: 'A timer fires once. Timers end with the module.',
  functions: {
    RedisModule_CreateTimer: {
      doc: 'Runs `callback` with `data` after `period` milliseconds, or a little later. Returns an ID, never 0.',
      params: [
        ['ctx', 'ctx'],
        ['period', 'mstime'],
        ['callback', 'fn Timer'],
        ['data', 'data'],
      ],
      result: 'timer',
      since: '5.0.0',
    },
    RedisModule_StopTimer: {
      doc: 'Stops a timer of this module and stores its data unless `data` is NULL. ERR if there is none, or it has fired.',
      params: [
        ['ctx', 'ctx'],
        ['id', 'timer'],
        ['data', 'out data?'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_GetTimerInfo: {
      doc: 'Stores the milliseconds left and the data of a timer of this module; either pointer may be NULL. ERR if there is none.',
      params: [
        ['ctx', 'ctx'],
        ['id', 'timer'],
        ['remaining', 'out uint64?'],
        ['data', 'out data?'],
      ],
      result: 'status',
      since: '5.0.0',
    },
  },
} as const satisfies Area;
