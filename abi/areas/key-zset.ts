// ABI area "key-zset": sorted set values and the range iterator that an open key carries.

import type { Area } from '../table.ts';

const SCORE_RANGE = [
  ['key', 'key'],
  ['min', 'double'],
  ['max', 'double'],
  ['minex', 'int'],
  ['maxex', 'int'],
] as const;
const LEX_RANGE = [
  ['key', 'key'],
  ['min', 'string'],
  ['max', 'string'],
] as const;
const KEY_ONLY = [['key', 'key']] as const;

export const keyZset = {
  title: 'Sorted set values',
  doc: 'A key carries one range iterator. Writing through the key stops it.',
  functions: {
    RedisModule_ZsetAdd: {
      doc: 'Adds an element or changes its score. `flagsptr` may be NULL; on entry it holds REDISMODULE_ZADD_XX, NX, GT, LT, on return ADDED, UPDATED or NOP. An empty key becomes a sorted set. ERR for another type, not open for writing, or a score that is not a number.',
      params: [
        ['key', 'key'],
        ['score', 'double'],
        ['ele', 'string'],
        ['flagsptr', 'inout int?'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetIncrby: {
      doc: 'Adds to the score of an element, which is created if missing, and stores the new score unless `newscore` is NULL. Flags and errors as for RedisModule_ZsetAdd.',
      params: [
        ['key', 'key'],
        ['score', 'double'],
        ['ele', 'string'],
        ['flagsptr', 'inout int?'],
        ['newscore', 'out double?'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetRem: {
      doc: 'Removes an element and stores 1 if it was there, else 0, unless `deleted` is NULL. An empty key is no error. ERR for another type or not open for writing.',
      params: [
        ['key', 'key'],
        ['ele', 'string'],
        ['deleted', 'out int?'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetScore: {
      doc: 'Stores the score of an element. ERR if it is missing, the key empty or of another type.',
      params: [
        ['key', 'key'],
        ['ele', 'string'],
        ['score', 'out double'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetRangeStop: {
      doc: 'Ends the iteration; also done by closing the key or starting another range.',
      params: KEY_ONLY,
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_ZsetRangeEndReached: {
      doc: 'Returns 1 when no element is left, or none was in the range.',
      params: KEY_ONLY,
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_ZsetFirstInScoreRange: {
      doc: 'Starts at the lowest score from `min` to `max`; `minex` and `maxex` exclude the ends. ERR if the key is no sorted set.',
      params: SCORE_RANGE,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetLastInScoreRange: {
      doc: 'Starts at the highest score from `min` to `max`; go on with RedisModule_ZsetRangePrev.',
      params: SCORE_RANGE,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetFirstInLexRange: {
      doc: 'Starts at the first element of a range by name, in the syntax of ZRANGEBYLEX: `[a`, `(a`, `-`, `+`. ERR if the key is no sorted set or the range is malformed.',
      params: LEX_RANGE,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetLastInLexRange: {
      doc: 'Starts at the last element of a range by name.',
      params: LEX_RANGE,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ZsetRangeCurrentElement: {
      doc: 'Returns the current element as a new string and stores its score unless `score` is NULL. NULL at the end.',
      params: [
        ['key', 'key'],
        ['score', 'out double?'],
      ],
      result: 'string?',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_ZsetRangeNext: {
      doc: 'Moves to the next higher element; returns 0 if that was the last.',
      params: KEY_ONLY,
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_ZsetRangePrev: {
      doc: 'Moves to the next lower element; returns 0 if that was the first.',
      params: KEY_ONLY,
      result: 'int',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
