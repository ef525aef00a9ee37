// ABI area "info": the module's own identity, its options, clocks and time accounting.

import type { Area } from '../table.ts';

export const info = {
  title: 'Module and time',
  doc: 'How a module introduces itself, and the clocks that it should use.',
  functions: {
    RedisModule_GetApi: {
      doc: 'Stores the table index of the function called `name` ("RedisModule_Alloc") at `target`. ERR for an unknown name, and `target` is left alone. RedisModule_Init of a stock header finds it through the first word of ctx.',
      params: [
        ['name', 'cstring'],
        ['target', 'out function'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_SetModuleAttribs: {
      doc: 'Gives the module its name and version. RedisModule_Init calls it; a second call is ignored.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'cstring'],
        ['ver', 'int'],
        ['apiver', 'int'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_IsModuleNameBusy: {
      doc: 'Returns 1 if a module of that name is loaded.',
      params: [['name', 'cstring']],
      result: 'int',
      since: '4.0.3',
    },
    RedisModule_Milliseconds: {
      doc: 'The UNIX time in milliseconds.',
      params: [],
      result: 'mstime',
      since: '4.0.0',
    },
    RedisModule_MonotonicMicroseconds: {
      doc: 'Microseconds since some point in the past; never goes backwards.',
      params: [],
      result: 'uint64',
      since: '7.0.0',
    },
    RedisModule_Microseconds: {
      doc: 'The UNIX time in microseconds.',
      params: [],
      result: 'ustime',
      since: '7.2.0',
    },
    RedisModule_CachedMicroseconds: {
      doc: 'The UNIX time in microseconds as it was when the command began: the same during one command.',
      params: [],
      result: 'ustime',
      since: '7.2.0',
    },
    RedisModule_BlockedClientMeasureTimeStart: {
      doc: 'Starts a stopwatch for work done on behalf of a blocked client; it ends in the statistics of the command.',
      params: [['bc', 'blocked']],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_BlockedClientMeasureTimeEnd: {
      doc: 'Stops the stopwatch and adds the time; ERR if it was not running. Pairs may repeat.',
      params: [['bc', 'blocked']],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_Yield: {
      doc: 'Says that a long command is alive, so that other clients may be told -BUSY with `busy_reply`. `flags` are REDISMODULE_YIELD_FLAG_*.',
      params: [
        ['ctx', 'ctx'],
        ['flags', 'int'],
        ['busy_reply', 'cstring?'],
      ],
      result: 'void',
      since: '7.0.0',
      differs: 'Does nothing: no other client runs while a guest is on the stack.',
    },
    RedisModule_SetModuleOptions: {
      doc: 'Declares what the module can handle: REDISMODULE_OPTIONS_*. Replaces what was set before.',
      params: [
        ['ctx', 'ctx'],
        ['options', 'int'],
      ],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_SignalModifiedKey: {
      doc: 'Marks a key as modified for WATCH and client tracking. Needed only with REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED; otherwise closing a key does it.',
      params: [
        ['ctx', 'ctx'],
        ['keyname', 'string'],
      ],
      result: 'status',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
