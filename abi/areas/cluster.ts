// ABI area "cluster": the cluster bus and key slots.

import type { Area } from '../table.ts';

export const cluster = {
  title: 'Cluster',
  doc: 'Cluster mode is never on: the functions answer as Redis does then.',
  functions: {
    RedisModule_RegisterClusterMessageReceiver: {
      doc: 'Sets who receives messages of one type from other nodes. Does nothing outside cluster mode.',
      params: [
        ['ctx', 'ctx'],
        ['type', 'u8'],
        ['callback', 'fn ClusterMessage?'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_SendClusterMessage: {
      doc: 'Sends a message to a node, or to all if `target_id` is NULL. ERR outside cluster mode.',
      params: [
        ['ctx', 'ctx'],
        ['target_id', 'cstring?'],
        ['type', 'u8'],
        ['msg', 'bytes'],
        ['len', 'u32'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_GetClusterNodesList: {
      doc: 'The IDs of the known nodes, each of REDISMODULE_NODE_ID_LEN characters without a NUL, and their number. Free it with RedisModule_FreeClusterNodesList. NULL outside cluster mode.',
      params: [
        ['ctx', 'ctx'],
        ['numnodes', 'out size'],
      ],
      result: 'mutable cstrings?',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_FreeClusterNodesList: {
      doc: 'Frees the list of RedisModule_GetClusterNodesList; NULL is ignored.',
      params: [['ids', 'mutable cstrings?']],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_GetMyClusterID: {
      doc: 'The ID of this node without a NUL, or NULL outside cluster mode.',
      params: [],
      result: 'cstring?',
      returns: 'static',
      since: '5.0.0',
    },
    RedisModule_GetClusterSize: {
      doc: 'The number of known nodes; 0 outside cluster mode.',
      params: [],
      result: 'size',
      since: '5.0.0',
    },
    RedisModule_GetClusterNodeInfo: {
      doc: 'Stores address, master, port and REDISMODULE_NODE_* flags of a node; each pointer may be NULL. ERR for an unknown node.',
      params: [
        ['ctx', 'ctx'],
        ['id', 'cstring'],
        ['ip', 'buffer?'],
        ['master_id', 'buffer?'],
        ['port', 'out int?'],
        ['flags', 'out int?'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_SetClusterFlags: {
      doc: 'Turns failover or redirection off: REDISMODULE_CLUSTER_FLAG_*.',
      params: [
        ['ctx', 'ctx'],
        ['flags', 'uint64'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_ClusterKeySlot: {
      doc: 'The slot of a key, 0 to 16383; hash tags count. Works without cluster mode.',
      params: [['key', 'string']],
      result: 'uint',
      since: '7.4.0',
    },
    RedisModule_ClusterCanonicalKeyNameInSlot: {
      doc: 'A short text that hashes to a slot, to build keys that live there; NULL for an invalid slot.',
      params: [['slot', 'uint']],
      result: 'cstring?',
      returns: 'static',
      since: '7.4.0',
    },
  },
} as const satisfies Area;
