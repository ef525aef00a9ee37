// ABI area "key-string": string values.

import type { Area } from '../table.ts';

export const keyString = {
  title: 'String values',
  doc: 'Reading and writing the value of a key of type string.',
  functions: {
    RedisModule_StringSet: {
      doc: "Replaces the value, whatever its type, and drops the expiry. The value may share the string, which stays the guest's. ERR if not open for writing or an iterator is active.",
      params: [
        ['key', 'key'],
        ['str', 'string'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_StringDMA: {
      doc: 'Returns the bytes of a string value and their number. With REDISMODULE_WRITE the guest may change them in place until the next function for this key or RedisModule_CloseKey. An empty key gives no bytes; NULL for other types. An address is invalid after any write to the key.',
      params: [
        ['key', 'key'],
        ['len', 'out size'],
        ['mode', 'int'],
      ],
      result: 'buffer?',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_StringTruncate: {
      doc: 'Cuts the value, or extends it with zero bytes; an empty key becomes a string. ERR for other types, if not open for writing, or above 512 MB.',
      params: [
        ['key', 'key'],
        ['newlen', 'size'],
      ],
      result: 'status',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
