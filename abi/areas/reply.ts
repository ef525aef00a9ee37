// ABI area "reply": what a command answers.

import type { Area } from '../table.ts';

const CTX_ONLY = [['ctx', 'ctx']] as const;
const CTX_LEN = [
  ['ctx', 'ctx'],
  ['len', 'long'],
] as const;
const CTX_BYTES = [
  ['ctx', 'ctx'],
  ['buf', 'bytes'],
  ['len', 'size'],
] as const;

export const reply = {
  title: 'Replies',
  doc: 'A command sends exactly one reply, which may be a nested collection. RESP2 clients get the nearest RESP2 form. All functions return REDISMODULE_OK, so `return RedisModule_ReplyWith...` ends a command. Texts are copied. In a context without a client (notification, timer) replies are dropped.',
  functions: {
    RedisModule_WrongArity: {
      doc: 'Replies with the error for a wrong number of arguments, naming the command.',
      params: CTX_ONLY,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithLongLong: {
      doc: 'Replies with an integer.',
      params: [
        ['ctx', 'ctx'],
        ['ll', 'longlong'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithError: {
      doc: 'Replies with an error. The text starts with its code ("ERR ..."); line breaks in it become spaces.',
      params: [
        ['ctx', 'ctx'],
        ['err', 'cstring'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithErrorFormat: {
      doc: 'Replies with an error from a printf format, which starts with the code.',
      params: [
        ['ctx', 'ctx'],
        ['fmt', 'cstring'],
        ['args', 'printf'],
      ],
      result: 'status',
      since: '7.2.0',
    },
    RedisModule_ReplyWithSimpleString: {
      doc: 'Replies with a status line such as OK; line breaks become spaces.',
      params: [
        ['ctx', 'ctx'],
        ['msg', 'cstring'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithArray: {
      doc: 'Starts an array of `len` replies, which must follow. REDISMODULE_POSTPONED_LEN leaves the length open until RedisModule_ReplySetArrayLength.',
      params: CTX_LEN,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithMap: {
      doc: 'Starts a map of `len` pairs, or of open length: two replies for each follow. An array of twice the length in RESP2.',
      params: CTX_LEN,
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithSet: {
      doc: 'Starts a set of `len` replies, or of open length. An array in RESP2.',
      params: CTX_LEN,
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithAttribute: {
      doc: 'Starts `len` pairs of attributes, before the reply that they describe. ERR, and nothing is sent, in RESP2: then do not send the pairs either.',
      params: CTX_LEN,
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithNullArray: {
      doc: 'Replies with a null array; null in RESP3.',
      params: CTX_ONLY,
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_ReplyWithEmptyArray: {
      doc: 'Replies with an array without elements.',
      params: CTX_ONLY,
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_ReplySetArrayLength: {
      doc: 'Closes the innermost open array and states its length. Does nothing but log if none is open.',
      params: CTX_LEN,
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_ReplySetMapLength: {
      doc: 'Closes the innermost open map; `len` counts pairs.',
      params: CTX_LEN,
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_ReplySetSetLength: {
      doc: 'Closes the innermost open set.',
      params: CTX_LEN,
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_ReplySetAttributeLength: {
      doc: 'Closes the innermost open attribute; `len` counts pairs. Only after a call of RedisModule_ReplyWithAttribute that returned OK.',
      params: CTX_LEN,
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_ReplyWithStringBuffer: {
      doc: 'Replies with `len` bytes as a bulk string.',
      params: CTX_BYTES,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithCString: {
      doc: 'Replies with a NUL-terminated string as a bulk string.',
      params: [
        ['ctx', 'ctx'],
        ['buf', 'cstring'],
      ],
      result: 'status',
      since: '5.0.6',
    },
    RedisModule_ReplyWithString: {
      doc: "Replies with a string as a bulk string; the string stays the guest's.",
      params: [
        ['ctx', 'ctx'],
        ['str', 'string'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithEmptyString: {
      doc: 'Replies with a bulk string of no bytes.',
      params: CTX_ONLY,
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_ReplyWithVerbatimStringType: {
      doc: 'Replies with bytes to show as they are; `ext` names their format in three letters, such as "txt" or "mkd".',
      params: [
        ['ctx', 'ctx'],
        ['buf', 'bytes'],
        ['len', 'size'],
        ['ext', 'cstring'],
      ],
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithVerbatimString: {
      doc: 'Replies with text to show as it is: format "txt".',
      params: CTX_BYTES,
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_ReplyWithNull: {
      doc: 'Replies with null; a null bulk string in RESP2.',
      params: CTX_ONLY,
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithBool: {
      doc: 'Replies with true or false; 1 or 0 in RESP2.',
      params: [
        ['ctx', 'ctx'],
        ['b', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithCallReply: {
      doc: "Passes on the reply of RedisModule_Call, which stays the guest's. ERR, and nothing is sent, if a RESP3 reply would go to a RESP2 client; flag 0 of Call avoids that.",
      params: [
        ['ctx', 'ctx'],
        ['reply', 'reply'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithDouble: {
      doc: 'Replies with a double; a bulk string in RESP2.',
      params: [
        ['ctx', 'ctx'],
        ['d', 'double'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ReplyWithBigNumber: {
      doc: 'Replies with an integer of any size, given as decimal digits that are not checked; a bulk string in RESP2.',
      params: [
        ['ctx', 'ctx'],
        ['bignum', 'bytes'],
        ['len', 'size'],
      ],
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_ReplyWithLongDouble: {
      doc: 'Replies with a long double as a bulk string, in the form of INCRBYFLOAT.',
      params: [
        ['ctx', 'ctx'],
        ['ld', 'longdouble'],
      ],
      result: 'status',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
