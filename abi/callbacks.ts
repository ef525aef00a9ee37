// Types of the functions that a guest hands to the host by table index. The host checks the wasm
// signature when one is registered. Keys are the typedef names of the C header.

import type { KindRef, ParamSpec } from './kinds.ts';

/** A callback type. */
export interface CallbackSpec {
  /** When it runs, what it may do and what its result means. */
  readonly doc: string;
  readonly params: readonly ParamSpec[];
  readonly result: KindRef;
}

export const CALLBACKS = {
  RedisModuleCmdFunc: {
    doc: 'Runs a command, or answers or times out a blocked client. argv belongs to the host and is valid during the call; retain what you keep. Return REDISMODULE_OK.',
    params: [
      ['ctx', 'ctx'],
      ['argv', 'argv'],
      ['argc', 'int'],
    ],
    result: 'int',
  },
  RedisModuleDisconnectFunc: {
    doc: 'Runs when a blocked client disconnects. The client still has to be unblocked or aborted.',
    params: [
      ['ctx', 'ctx'],
      ['bc', 'blocked'],
    ],
    result: 'void',
  },
  RedisModuleFreePrivDataFunc: {
    doc: 'Frees the private data of a blocked client once it was answered.',
    params: [
      ['ctx', 'ctx'],
      ['privdata', 'data'],
    ],
    result: 'void',
  },
  RedisModuleFreeDataFunc: {
    doc: 'Frees private data; no context is given.',
    params: [['privdata', 'data']],
    result: 'void',
  },
  RedisModuleNotificationFunc: {
    doc: 'Runs for each keyspace event subscribed to. It may read, but must write through a post-notification job. The result is ignored.',
    params: [
      ['ctx', 'ctx'],
      ['type', 'int'],
      ['event', 'cstring'],
      ['key', 'string'],
    ],
    result: 'int',
  },
  RedisModulePostNotificationJobFunc: {
    doc: 'Runs after the command that caused a notification, in the same unit of propagation; it may write.',
    params: [
      ['ctx', 'ctx'],
      ['pd', 'data'],
    ],
    result: 'void',
  },
  RedisModuleTypeLoadFunc: {
    doc: 'Reads a value from RDB and returns it, or NULL if it cannot.',
    params: [
      ['rdb', 'io'],
      ['encver', 'int'],
    ],
    result: 'data?',
  },
  RedisModuleTypeSaveFunc: {
    doc: 'Writes a value to RDB.',
    params: [
      ['rdb', 'io'],
      ['value', 'data'],
    ],
    result: 'void',
  },
  RedisModuleTypeAuxLoadFunc: {
    doc: 'Reads data of the module outside the keyspace. `when` is REDISMODULE_AUX_BEFORE_RDB or AFTER_RDB. Return a status.',
    params: [
      ['rdb', 'io'],
      ['encver', 'int'],
      ['when', 'int'],
    ],
    result: 'int',
  },
  RedisModuleTypeAuxSaveFunc: {
    doc: 'Writes data of the module outside the keyspace, before or after the keys.',
    params: [
      ['rdb', 'io'],
      ['when', 'int'],
    ],
    result: 'void',
  },
  RedisModuleTypeRewriteFunc: {
    doc: 'Emits the commands that recreate a value, with RedisModule_EmitAOF.',
    params: [
      ['aof', 'io'],
      ['key', 'string'],
      ['value', 'data'],
    ],
    result: 'void',
  },
  RedisModuleTypeMemUsageFunc: {
    doc: 'Returns the bytes that a value uses.',
    params: [['value', 'const data']],
    result: 'size',
  },
  RedisModuleTypeMemUsageFunc2: {
    doc: 'Returns the bytes that a value uses, looking at about sample_size parts; 0 means all.',
    params: [
      ['ctx', 'optCtx'],
      ['value', 'const data'],
      ['sample_size', 'size'],
    ],
    result: 'size',
  },
  RedisModuleTypeDigestFunc: {
    doc: 'Feeds a value to DEBUG DIGEST.',
    params: [
      ['digest', 'digest'],
      ['value', 'data'],
    ],
    result: 'void',
  },
  RedisModuleTypeFreeFunc: {
    doc: 'Frees a value.',
    params: [['value', 'data']],
    result: 'void',
  },
  RedisModuleTypeFreeEffortFunc: {
    doc: 'Returns how many steps freeing takes; large values are freed lazily, 0 means always lazily.',
    params: [
      ['key', 'string?'],
      ['value', 'const data'],
    ],
    result: 'size',
  },
  RedisModuleTypeFreeEffortFunc2: {
    doc: 'As RedisModuleTypeFreeEffortFunc, with the database.',
    params: [
      ['ctx', 'optCtx'],
      ['value', 'const data'],
    ],
    result: 'size',
  },
  RedisModuleTypeUnlinkFunc: {
    doc: 'Tells that a key left the keyspace, before its value is freed, possibly later.',
    params: [
      ['key', 'string'],
      ['value', 'const data'],
    ],
    result: 'void',
  },
  RedisModuleTypeUnlinkFunc2: {
    doc: 'As RedisModuleTypeUnlinkFunc, with the database.',
    params: [
      ['ctx', 'optCtx'],
      ['value', 'const data'],
    ],
    result: 'void',
  },
  RedisModuleTypeCopyFunc: {
    doc: 'Returns a deep copy of a value for COPY, or NULL if it cannot.',
    params: [
      ['fromkey', 'string'],
      ['tokey', 'string'],
      ['value', 'const data'],
    ],
    result: 'data?',
  },
  RedisModuleTypeCopyFunc2: {
    doc: 'As RedisModuleTypeCopyFunc, with both databases.',
    params: [
      ['ctx', 'optCtx'],
      ['value', 'const data'],
    ],
    result: 'data?',
  },
  RedisModuleTypeDefragFunc: {
    doc: 'Moves a value; stores its new address. Returns 0 when done, 1 to be called again. redcell never calls it.',
    params: [
      ['ctx', 'defrag'],
      ['key', 'string'],
      ['value', 'out data'],
    ],
    result: 'int',
  },
  RedisModuleClusterMessageReceiver: {
    doc: 'Receives a cluster bus message.',
    params: [
      ['ctx', 'ctx'],
      ['sender_id', 'cstring'],
      ['type', 'u8'],
      ['payload', 'ubytes'],
      ['len', 'u32'],
    ],
    result: 'void',
  },
  RedisModuleTimerProc: {
    doc: 'Runs when a timer fires; the timer is gone by then.',
    params: [
      ['ctx', 'ctx'],
      ['data', 'data'],
    ],
    result: 'void',
  },
  RedisModuleCommandFilterFunc: {
    doc: 'Sees and may change the arguments of every command before it is looked up.',
    params: [['filter', 'filterCtx']],
    result: 'void',
  },
  RedisModuleForkDoneHandler: {
    doc: 'Tells how a forked child ended.',
    params: [
      ['exitcode', 'int'],
      ['bysignal', 'int'],
      ['user_data', 'data'],
    ],
    result: 'void',
  },
  RedisModuleInfoFunc: {
    doc: 'Adds the sections of the module to INFO.',
    params: [
      ['ctx', 'infoCtx'],
      ['for_crash_report', 'int'],
    ],
    result: 'void',
  },
  RedisModuleScanCB: {
    doc: 'Gets one key of a keyspace scan. `key` is open for reading when that was possible, else NULL; do not close it.',
    params: [
      ['ctx', 'ctx'],
      ['keyname', 'string'],
      ['key', 'key?'],
      ['privdata', 'data'],
    ],
    result: 'void',
  },
  RedisModuleScanKeyCB: {
    doc: 'Gets one element of a key scan: `value` is NULL for sets, the score for sorted sets.',
    params: [
      ['key', 'key'],
      ['field', 'string'],
      ['value', 'string?'],
      ['privdata', 'data'],
    ],
    result: 'void',
  },
  RedisModuleUserChangedFunc: {
    doc: 'Tells that a client that the module authenticated changed its user, or went away.',
    params: [
      ['client_id', 'uint64'],
      ['privdata', 'data'],
    ],
    result: 'void',
  },
  RedisModuleDefragFunc: {
    doc: 'Defragments data of the module outside the keyspace. redcell never calls it.',
    params: [['ctx', 'defrag']],
    result: 'void',
  },
  RedisModuleEventLoopFunc: {
    doc: 'Tells that a file descriptor is ready. redcell never calls it.',
    params: [
      ['fd', 'int'],
      ['user_data', 'data'],
      ['mask', 'int'],
    ],
    result: 'void',
  },
  RedisModuleEventLoopOneShotFunc: {
    doc: 'Runs once in the next turn of the event loop.',
    params: [['user_data', 'data']],
    result: 'void',
  },
  RedisModuleEventCallback: {
    doc: 'Runs for a server event. `data` points to the struct that the event documents, or is NULL; it is valid during the call.',
    params: [
      ['ctx', 'ctx'],
      ['eid', 'value Event'],
      ['subevent', 'uint64'],
      ['data', 'data'],
    ],
    result: 'void',
  },
  RedisModuleOnUnblocked: {
    doc: 'Gets the reply of a blocking call made with the flag K. The reply is owned by the callback.',
    params: [
      ['ctx', 'ctx'],
      ['reply', 'reply'],
      ['private_data', 'data'],
    ],
    result: 'void',
  },
  RedisModuleAuthCallback: {
    doc: 'Decides on AUTH or HELLO AUTH: returns REDISMODULE_AUTH_HANDLED or NOT_HANDLED, and may store an error text.',
    params: [
      ['ctx', 'ctx'],
      ['username', 'string'],
      ['password', 'string'],
      ['err', 'out string'],
    ],
    result: 'int',
  },
  RedisModuleConfigGetStringFunc: {
    doc: 'Returns the value of a string option; the module keeps owning it.',
    params: [
      ['name', 'cstring'],
      ['privdata', 'data'],
    ],
    result: 'string',
  },
  RedisModuleConfigGetNumericFunc: {
    doc: 'Returns the value of a number option.',
    params: [
      ['name', 'cstring'],
      ['privdata', 'data'],
    ],
    result: 'longlong',
  },
  RedisModuleConfigGetBoolFunc: {
    doc: 'Returns the value of a yes/no option.',
    params: [
      ['name', 'cstring'],
      ['privdata', 'data'],
    ],
    result: 'int',
  },
  RedisModuleConfigGetEnumFunc: {
    doc: 'Returns the value of an enum option.',
    params: [
      ['name', 'cstring'],
      ['privdata', 'data'],
    ],
    result: 'int',
  },
  RedisModuleConfigSetStringFunc: {
    doc: 'Sets a string option; retain `val` to keep it. Returns a status and may store an error text.',
    params: [
      ['name', 'cstring'],
      ['val', 'string'],
      ['privdata', 'data'],
      ['err', 'out string'],
    ],
    result: 'status',
  },
  RedisModuleConfigSetNumericFunc: {
    doc: 'Sets a number option. Returns a status and may store an error text.',
    params: [
      ['name', 'cstring'],
      ['val', 'longlong'],
      ['privdata', 'data'],
      ['err', 'out string'],
    ],
    result: 'status',
  },
  RedisModuleConfigSetBoolFunc: {
    doc: 'Sets a yes/no option. Returns a status and may store an error text.',
    params: [
      ['name', 'cstring'],
      ['val', 'int'],
      ['privdata', 'data'],
      ['err', 'out string'],
    ],
    result: 'status',
  },
  RedisModuleConfigSetEnumFunc: {
    doc: 'Sets an enum option. Returns a status and may store an error text.',
    params: [
      ['name', 'cstring'],
      ['val', 'int'],
      ['privdata', 'data'],
      ['err', 'out string'],
    ],
    result: 'status',
  },
  RedisModuleConfigApplyFunc: {
    doc: 'Runs once after a CONFIG SET that changed options with this function; ERR undoes them.',
    params: [
      ['ctx', 'ctx'],
      ['privdata', 'data'],
      ['err', 'out string'],
    ],
    result: 'status',
  },
} as const satisfies Readonly<Record<`RedisModule${string}`, CallbackSpec>>;

export type CallbackName = keyof typeof CALLBACKS;
