// ABI area "block": commands that answer later.

import type { Area } from '../table.ts';

const CTX_ONLY = [['ctx', 'ctx']] as const;
const BLOCK_ON_KEYS = [
  ['ctx', 'ctx'],
  ['reply_callback', 'fn Cmd?'],
  ['timeout_callback', 'fn Cmd?'],
  ['free_privdata', 'fn FreePrivData?'],
  ['timeout_ms', 'longlong'],
  ['keys', 'argv'],
  ['numkeys', 'int'],
  ['privdata', 'data'],
] as const;

export const block = {
  title: 'Blocking clients',
  doc: 'A blocked client is answered by RedisModule_UnblockClient, which runs its reply callback, or by its timeout. It may be unblocked from a timer, an event, a notification or another command. Inside MULTI or a script blocking is refused: the client gets an error, and the handle is still valid and must be aborted or unblocked.',
  functions: {
    RedisModule_BlockClient: {
      doc: 'Blocks the calling client. `timeout_ms` of 0 waits for ever. The callbacks may be NULL where they cannot be needed; `free_privdata` frees what RedisModule_UnblockClient was given.',
      params: [
        ['ctx', 'ctx'],
        ['reply_callback', 'fn Cmd?'],
        ['timeout_callback', 'fn Cmd?'],
        ['free_privdata', 'fn FreePrivData?'],
        ['timeout_ms', 'longlong'],
      ],
      result: 'blocked',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_BlockClientGetPrivateData: {
      doc: 'The private data of a blocked client.',
      params: [['blocked_client', 'blocked']],
      result: 'data?',
      returns: 'data',
      since: '7.2.0',
    },
    RedisModule_BlockClientSetPrivateData: {
      doc: 'Sets the private data of a blocked client.',
      params: [
        ['blocked_client', 'blocked'],
        ['private_data', 'data'],
      ],
      result: 'void',
      since: '7.2.0',
    },
    RedisModule_BlockClientOnKeys: {
      doc: "Blocks until one of the keys is signalled as ready. The reply callback runs then: returning ERR means that the key was not as hoped, and the client keeps waiting. Keys of Redis's own types are signalled by writes that add elements, module types by RedisModule_SignalKeyAsReady.",
      params: BLOCK_ON_KEYS,
      result: 'blocked',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_BlockClientOnKeysWithFlags: {
      doc: 'RedisModule_BlockClientOnKeys that with REDISMODULE_BLOCK_UNBLOCK_DELETED also wakes up when a key is deleted or changes its type.',
      params: [...BLOCK_ON_KEYS, ['flags', 'int']],
      result: 'blocked',
      returns: 'own',
      since: '7.2.0',
    },
    RedisModule_SignalKeyAsReady: {
      doc: 'Wakes the clients blocked on a key, one after the other, after the current command.',
      params: [
        ['ctx', 'ctx'],
        ['key', 'string'],
      ],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_UnblockClient: {
      doc: 'Ends the wait: the reply callback runs in the next turn of the event loop with `privdata`, if the client is still there. The handle is invalid afterwards. ERR for a client blocked on keys without a timeout callback.',
      params: [
        ['bc', 'blocked'],
        ['privdata', 'data'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_AbortBlock: {
      doc: 'Ends the wait without running any callback; the command that blocked has replied itself.',
      params: [['bc', 'blocked']],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_SetDisconnectCallback: {
      doc: 'Sets what runs when the client disconnects before it was unblocked. The handle must still be unblocked then.',
      params: [
        ['bc', 'blocked'],
        ['callback', 'fn Disconnect?'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_IsBlockedReplyRequest: {
      doc: 'Returns 1 in a reply callback.',
      params: CTX_ONLY,
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_IsBlockedTimeoutRequest: {
      doc: 'Returns 1 in a timeout callback.',
      params: CTX_ONLY,
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_GetBlockedClientPrivateData: {
      doc: 'In a reply callback: what RedisModule_UnblockClient, or the blocking on keys, was given.',
      params: CTX_ONLY,
      result: 'data?',
      returns: 'data',
      since: '4.0.0',
    },
    RedisModule_GetBlockedClientReadyKey: {
      doc: 'In the reply callback of a client blocked on keys: the key that was ready, else NULL.',
      params: CTX_ONLY,
      result: 'string?',
      returns: 'borrow',
      since: '6.0.0',
    },
    RedisModule_GetBlockedClientHandle: {
      doc: 'In a callback of a blocked client: its handle, to clean up what refers to it. Do not unblock it again.',
      params: CTX_ONLY,
      result: 'blocked?',
      returns: 'borrow',
      since: '5.0.0',
    },
    RedisModule_BlockedClientDisconnected: {
      doc: 'In the free callback: 1 if the client disconnected before it was answered.',
      params: CTX_ONLY,
      result: 'int',
      since: '5.0.0',
    },
  },
} as const satisfies Area;
