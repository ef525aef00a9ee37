// ABI area "key": clients, databases, opening keys, expiry; what works for keys of any type.

import type { Area } from '../table.ts';

export const key = {
  title: 'Keys and databases',
  doc: 'Keys are opened, used and closed within one callback; those left open are closed when it returns.',
  functions: {
    RedisModule_GetClientId: {
      doc: 'The ID of the calling client, never reused. 0 outside a command; UINT64_MAX while the append-only file is loaded.',
      params: [['ctx', 'ctx']],
      result: 'ulonglong',
      since: '4.0.0',
    },
    RedisModule_GetClientUserNameById: {
      doc: 'The name of the ACL user of a client. NULL with ENOENT if there is no such client, ENOTSUP if it has no user.',
      params: [
        ['ctx', 'ctx?'],
        ['id', 'uint64'],
      ],
      result: 'string?',
      returns: 'own',
      since: '6.2.1',
      errno: ['ENOENT', 'ENOTSUP'],
    },
    RedisModule_GetClientInfoById: {
      doc: 'Fills a RedisModuleClientInfo whose `version` the guest has set to REDISMODULE_CLIENTINFO_VERSION. NULL only asks whether the client exists. ERR if it does not, or the version is unknown.',
      params: [
        ['ci', 'struct ClientInfo?'],
        ['id', 'uint64'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_GetClientNameById: {
      doc: 'The name that a client gave itself, or NULL if it has none or does not exist.',
      params: [
        ['ctx', 'ctx?'],
        ['id', 'uint64'],
      ],
      result: 'string?',
      returns: 'own',
      since: '7.0.3',
    },
    RedisModule_SetClientNameById: {
      doc: 'Names a client, as CLIENT SETNAME does. ERR with ENOENT if there is no such client, EINVAL if the name has forbidden characters.',
      params: [
        ['id', 'uint64'],
        ['name', 'string?'],
      ],
      result: 'status',
      since: '7.0.3',
      errno: ['ENOENT', 'EINVAL'],
    },
    RedisModule_PublishMessage: {
      doc: 'Publishes a message and returns the number of clients that got it.',
      params: [
        ['ctx', 'ctx'],
        ['channel', 'string'],
        ['message', 'string'],
      ],
      result: 'int',
      since: '6.0.0',
    },
    RedisModule_PublishMessageShard: {
      doc: 'Publishes a message to a shard channel and returns the number of clients that got it.',
      params: [
        ['ctx', 'ctx'],
        ['channel', 'string'],
        ['message', 'string'],
      ],
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_GetSelectedDb: {
      doc: 'The number of the selected database.',
      params: [['ctx', 'ctx']],
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_GetContextFlags: {
      doc: 'What is known about the call and the server: bits REDISMODULE_CTX_FLAGS_*. NULL gives the bits of the server only.',
      params: [['ctx', 'ctx?']],
      result: 'int',
      since: '4.0.3',
    },
    RedisModule_AvoidReplicaTraffic: {
      doc: 'Returns 1 while writes are paused for a failover or CLIENT PAUSE; the module should not write on its own then.',
      params: [],
      result: 'int',
      since: '6.0.0',
    },
    RedisModule_SelectDb: {
      doc: 'Selects a database for this callback; the client gets its own back afterwards. ERR if the number is out of range.',
      params: [
        ['ctx', 'ctx'],
        ['newid', 'int'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_KeyExists: {
      doc: 'Returns 1 if a key exists, without opening it, counting a hit or touching its age.',
      params: [
        ['ctx', 'ctx'],
        ['keyname', 'string'],
      ],
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_OpenKey: {
      doc: 'Opens a key with REDISMODULE_READ, WRITE and REDISMODULE_OPEN_KEY_* bits. A missing key gives an empty key for writing, and NULL for reading: RedisModule_KeyType, RedisModule_ValueLength and RedisModule_CloseKey take that for an empty key; most other functions trap.',
      params: [
        ['ctx', 'ctx'],
        ['keyname', 'string'],
        ['mode', 'int'],
      ],
      result: 'key?',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_GetOpenKeyModesAll: {
      doc: 'All mode bits that RedisModule_OpenKey knows.',
      params: [],
      result: 'int',
      since: '7.2.0',
    },
    RedisModule_CloseKey: {
      doc: 'Closes a key and signals its change if it was open for writing; NULL is ignored. Addresses from RedisModule_StringDMA become invalid.',
      params: [['kp', 'key?']],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_KeyType: {
      doc: 'The type of the value: REDISMODULE_KEYTYPE_*; EMPTY for NULL and for keys without value.',
      params: [['kp', 'key?']],
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_ValueLength: {
      doc: 'Bytes of a string, elements of a collection, fields of a hash; 0 for NULL, empty keys and module types.',
      params: [['kp', 'key?']],
      result: 'size',
      since: '4.0.0',
    },
    RedisModule_DeleteKey: {
      doc: 'Deletes the value; the key stays open and empty. ERR if the key is not open for writing.',
      params: [['key', 'key']],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_UnlinkKey: {
      doc: 'Like RedisModule_DeleteKey, but large values are freed later. ERR if the key is not open for writing.',
      params: [['key', 'key']],
      result: 'status',
      since: '4.0.7',
    },
    RedisModule_GetExpire: {
      doc: 'Milliseconds the key still has to live, at least 0; REDISMODULE_NO_EXPIRE without expiry or value.',
      params: [['key', 'key']],
      result: 'mstime',
      since: '4.0.0',
    },
    RedisModule_SetExpire: {
      doc: 'Lets the key expire in `expire` milliseconds; REDISMODULE_NO_EXPIRE removes the expiry. ERR if not open for writing, empty, or negative.',
      params: [
        ['key', 'key'],
        ['expire', 'mstime'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_GetAbsExpire: {
      doc: 'The UNIX time in milliseconds at which the key expires; REDISMODULE_NO_EXPIRE without expiry or value.',
      params: [['key', 'key']],
      result: 'mstime',
      since: '6.2.2',
    },
    RedisModule_SetAbsExpire: {
      doc: 'Lets the key expire at a UNIX time in milliseconds; REDISMODULE_NO_EXPIRE removes the expiry. ERR as for RedisModule_SetExpire.',
      params: [
        ['key', 'key'],
        ['expire', 'mstime'],
      ],
      result: 'status',
      since: '6.2.2',
    },
    RedisModule_ResetDataset: {
      doc: 'Empties all databases as FLUSHALL does. `restart_aof` starts the append-only file anew; `is_async` frees in the background.',
      params: [
        ['restart_aof', 'int'],
        ['is_async', 'int'],
      ],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_DbSize: {
      doc: 'The number of keys in the selected database.',
      params: [['ctx', 'ctx']],
      result: 'ulonglong',
      since: '6.0.0',
    },
    RedisModule_RandomKey: {
      doc: 'The name of a random key of the selected database, or NULL if it is empty.',
      params: [['ctx', 'ctx']],
      result: 'string?',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_GetKeyNameFromOptCtx: {
      doc: 'The key that a type callback is about; the source of a copy.',
      params: [['ctx', 'optCtx']],
      result: 'const string?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_GetToKeyNameFromOptCtx: {
      doc: 'The target key of a copy callback; NULL in other callbacks.',
      params: [['ctx', 'optCtx']],
      result: 'const string?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_GetDbIdFromOptCtx: {
      doc: 'The database that a type callback is about, or -1 if unknown.',
      params: [['ctx', 'optCtx']],
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_GetToDbIdFromOptCtx: {
      doc: 'The target database of a copy callback, or -1.',
      params: [['ctx', 'optCtx']],
      result: 'int',
      since: '7.0.0',
    },
  },
} as const satisfies Area;
