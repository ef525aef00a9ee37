// ABI area "evict": the age and frequency by which keys are evicted.

import type { Area } from '../table.ts';

export const evict = {
  title: 'Eviction',
  doc: 'LRU functions work unless maxmemory-policy counts frequencies, LFU functions only if it does.',
  functions: {
    RedisModule_SetLRU: {
      doc: 'Sets how long ago a key was used, in milliseconds. ERR for an empty key, a negative time, or under an LFU policy.',
      params: [
        ['key', 'key'],
        ['lru_idle', 'mstime'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_GetLRU: {
      doc: 'Stores how long ago a key was used, in milliseconds, or -1 under an LFU policy. ERR for an empty key.',
      params: [
        ['key', 'key'],
        ['lru_idle', 'out mstime'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_SetLFU: {
      doc: 'Sets the frequency of a key, 0 to 255. ERR for an empty key, a negative frequency, or under another policy.',
      params: [
        ['key', 'key'],
        ['lfu_freq', 'longlong'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_GetLFU: {
      doc: 'Stores the frequency of a key, or -1 under another policy. ERR for an empty key.',
      params: [
        ['key', 'key'],
        ['lfu_freq', 'out longlong'],
      ],
      result: 'status',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
