// ABI area "scan": walking the keyspace and the elements of a key.

import type { Area } from '../table.ts';

export const scan = {
  title: 'Scanning',
  doc: 'A scan returns everything that is there from start to end, maybe twice, and whatever else comes and goes perhaps. The callback may use other keys, but not change the one that is scanned.',
  functions: {
    RedisModule_ScanCursorCreate: {
      doc: 'Makes a cursor at the start; free it with RedisModule_ScanCursorDestroy.',
      params: [],
      result: 'cursor',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_ScanCursorRestart: {
      doc: 'Puts a cursor back to the start.',
      params: [['cursor', 'cursor']],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_ScanCursorDestroy: {
      doc: 'Frees a cursor.',
      params: [['cursor', 'cursor']],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_Scan: {
      doc: 'Calls `fn` for some keys of the selected database and moves the cursor. 1 if there may be more, 0 at the end; 0 with ENOENT if it had ended before.',
      params: [
        ['ctx', 'ctx'],
        ['cursor', 'cursor'],
        ['fn', 'fn Scan'],
        ['privdata', 'data'],
      ],
      result: 'int',
      since: '6.0.0',
      errno: ['ENOENT'],
    },
    RedisModule_ScanKey: {
      doc: 'Calls `fn` for some elements of a hash, set or sorted set and moves the cursor. 1 if there may be more, 0 at the end; 0 with EINVAL for NULL and other types, ENOENT if it had ended before.',
      params: [
        ['key', 'key?'],
        ['cursor', 'cursor'],
        ['fn', 'fn ScanKey'],
        ['privdata', 'data'],
      ],
      result: 'int',
      since: '6.0.0',
      errno: ['EINVAL', 'ENOENT'],
    },
  },
} as const satisfies Area;
