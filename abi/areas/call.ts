// ABI area "call": running commands and reading their replies.

import type { Area } from '../table.ts';

const REPLY = [['reply', 'reply']] as const;
const REPLY_LEN = [
  ['reply', 'reply'],
  ['len', 'out size?'],
] as const;
const REPLY_INDEX = [
  ['reply', 'reply'],
  ['idx', 'size'],
] as const;
const REPLY_PAIR = [
  ['reply', 'reply'],
  ['idx', 'size'],
  ['key', 'out reply?'],
  ['val', 'out reply?'],
] as const;

export const call = {
  title: 'Calling commands',
  doc: "The format of a call: `c` C string, `s` `RedisModuleString *`, `b` buffer and size_t, `l` long long, `v` `RedisModuleString **` and size_t. Flags: `!` propagate, `A` not to the AOF, `R` not to replicas, `3` RESP3 reply, `0` the protocol of the client, `C` check the ACL of the context's user, `S` script rules, `W` refuse writes, `M` refuse when out of memory, `E` errors as replies, `D` dry run, `K` may block. Cast every argument for `l` to long long: an int is read as garbage.",
  functions: {
    RedisModule_FreeCallReply: {
      doc: 'Frees a reply with all its parts. Only for what RedisModule_Call returned: parts are ignored.',
      params: REPLY,
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_CallReplyType: {
      doc: 'The type of a reply: REDISMODULE_REPLY_*; UNKNOWN for NULL.',
      params: [['reply', 'reply?']],
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_CallReplyLength: {
      doc: 'Bytes of a string or error, elements of a collection, pairs of a map; 0 for others.',
      params: REPLY,
      result: 'size',
      since: '4.0.0',
    },
    RedisModule_CallReplyArrayElement: {
      doc: 'Element `idx` of an array, or NULL.',
      params: REPLY_INDEX,
      result: 'reply?',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_CallReplyInteger: {
      doc: 'The value of an integer reply; LLONG_MIN for other types.',
      params: REPLY,
      result: 'longlong',
      since: '4.0.0',
    },
    RedisModule_CallReplyDouble: {
      doc: 'The value of a double reply; LLONG_MIN for other types.',
      params: REPLY,
      result: 'double',
      since: '7.0.0',
    },
    RedisModule_CallReplyBigNumber: {
      doc: 'The digits of a big number, not NUL-terminated, and their count; NULL for other types.',
      params: REPLY_LEN,
      result: 'cstring?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_CallReplyVerbatim: {
      doc: 'The bytes of a verbatim string, their number, and the address of its three format letters, which are not NUL-terminated; NULL for other types.',
      params: [
        ['reply', 'reply'],
        ['len', 'out size?'],
        ['format', 'out cstring?'],
      ],
      result: 'cstring?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_CallReplyBool: {
      doc: '1 or 0 for a boolean reply; INT_MIN for other types.',
      params: REPLY,
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_CallReplySetElement: {
      doc: 'Element `idx` of a set, or NULL.',
      params: REPLY_INDEX,
      result: 'reply?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_CallReplyMapElement: {
      doc: 'Stores pair `idx` of a map; either pointer may be NULL. ERR if there is none.',
      params: REPLY_PAIR,
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_CallReplyAttribute: {
      doc: 'The attribute of a reply, or NULL if it has none.',
      params: REPLY,
      result: 'reply?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_CallReplyAttributeElement: {
      doc: 'Stores pair `idx` of an attribute. ERR if there is none.',
      params: REPLY_PAIR,
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_CallReplyPromiseSetUnblockHandler: {
      doc: 'Says who gets the reply when a call made with the flag K blocked and gave a promise. Set it before the command returns.',
      params: [
        ['reply', 'reply'],
        ['on_unblock', 'fn Unblocked'],
        ['private_data', 'data'],
      ],
      result: 'void',
      since: '7.2.0',
    },
    RedisModule_CallReplyPromiseAbort: {
      doc: 'Gives up a blocked call; its handler will not run. Stores the private data of the handler unless NULL. ERR if it was answered already.',
      params: [
        ['reply', 'reply'],
        ['private_data', 'out data?'],
      ],
      result: 'status',
      since: '7.2.0',
    },
    RedisModule_CallReplyStringPtr: {
      doc: 'The bytes of a string or error, not NUL-terminated, and their number; NULL for other types. Valid until the reply is freed.',
      params: REPLY_LEN,
      result: 'cstring?',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_CreateStringFromCallReply: {
      doc: 'A new string from a string, error or integer reply; NULL for other types.',
      params: REPLY,
      result: 'string?',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_SetContextUser: {
      doc: 'Sets the user that calls with the flag C are checked for; NULL goes back to the user of the client. A user of a client must not be freed before the context.',
      params: [
        ['ctx', 'ctx'],
        ['user', 'const user?'],
      ],
      result: 'void',
      since: '7.0.6',
    },
    RedisModule_Call: {
      doc: 'Runs a command and returns its reply, which the guest frees. NULL with errno when it did not run: EBADF bad format, EINVAL wrong number of arguments, ENOENT unknown command, EPERM a key of another cluster node, EROFS and ENETDOWN cluster state, ENOTSUP no user for C, EACCES denied by the ACL, or SHUTDOWN, DEBUG, MODULE LOAD and UNLOAD, which modules may not call, ENOSPC write refused by W or out of memory, ESPIPE forbidden in scripts. With the flag E these become error replies.',
      params: [
        ['ctx', 'ctx'],
        ['cmdname', 'cstring'],
        ['fmt', 'cstring'],
        ['args', 'callargs'],
      ],
      result: 'reply?',
      returns: 'own',
      since: '4.0.0',
      errno: [
        'EBADF',
        'EINVAL',
        'ENOENT',
        'EPERM',
        'EROFS',
        'ENETDOWN',
        'ENOTSUP',
        'EACCES',
        'ENOSPC',
        'ESPIPE',
      ],
    },
    RedisModule_CallReplyProto: {
      doc: 'The reply in protocol bytes and their number.',
      params: REPLY_LEN,
      result: 'cstring',
      returns: 'borrow',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
