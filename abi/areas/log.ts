// ABI area "log": the server log, assertions, latency samples.

import type { Area } from '../table.ts';

export const log = {
  title: 'Logging',
  doc: 'Lines carry the name of the module. Levels are "debug", "verbose", "notice" and "warning"; anything else counts as "verbose".',
  functions: {
    RedisModule_Log: {
      doc: 'Logs a line from a printf format. ctx may be NULL when none is at hand.',
      params: [
        ['ctx', 'ctx?'],
        ['level', 'cstring'],
        ['fmt', 'cstring'],
        ['args', 'printf'],
      ],
      result: 'void',
      since: '4.0.0',
      differs: 'Control characters are escaped, lines are cut at 4 KB and limited in rate.',
    },
    RedisModule_LogIOError: {
      doc: 'Logs a line about a stream, in the name of the type that is loaded or saved.',
      params: [
        ['io', 'io'],
        ['levelstr', 'cstring'],
        ['fmt', 'cstring'],
        ['args', 'printf'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule__Assert: {
      doc: 'Reports a failed assertion and does not return. Use the macro RedisModule_Assert.',
      params: [
        ['estr', 'cstring'],
        ['file', 'cstring'],
        ['line', 'int'],
      ],
      result: 'void',
      since: '6.0.0',
      differs: 'Traps the call; Redis ends the process.',
    },
    RedisModule_LatencyAddSample: {
      doc: 'Adds a latency in milliseconds to an event of LATENCY HISTORY; small ones are dropped as configured by latency-monitor-threshold.',
      params: [
        ['event', 'cstring'],
        ['latency', 'mstime'],
      ],
      result: 'void',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
