// ABI area "key-hash": hash values; both functions read NULL-terminated argument lists.

import type { Area } from '../table.ts';

export const keyHash = {
  title: 'Hash values',
  doc: 'Fields and values follow as variable arguments and end with a NULL field. A field is a `RedisModuleString *`, or a C string with REDISMODULE_HASH_CFIELDS.',
  functions: {
    RedisModule_HashSet: {
      doc: 'Sets pairs of field and value (`RedisModuleString *`); the value REDISMODULE_HASH_DELETE deletes the field, and the key with its last one. NX and XX restrict to missing or existing fields. Returns how many fields existed and were changed or deleted; with REDISMODULE_HASH_COUNT_ALL added ones count too. 0 sets errno: EINVAL (NULL key, unknown flags), ENOTSUP (another type), EBADF (not open for writing), ENOENT (nothing counted).',
      params: [
        ['key', 'key?'],
        ['flags', 'int'],
        ['args', 'hashset'],
      ],
      result: 'int',
      since: '4.0.0',
      errno: ['EINVAL', 'ENOTSUP', 'EBADF', 'ENOENT'],
    },
    RedisModule_HashGet: {
      doc: "Stores values into pairs of field and `RedisModuleString **`; NULL for a missing field. The strings are new and the guest's. With REDISMODULE_HASH_EXISTS the pairs are field and `int *`, which get 1 or 0. An empty key has no fields. ERR for another type.",
      params: [
        ['key', 'key'],
        ['flags', 'int'],
        ['args', 'hashget'],
      ],
      result: 'status',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
