// ABI area "rdb": reading and writing values in the callbacks of a type.

import type { Area } from '../table.ts';

export const rdb = {
  title: 'RDB values',
  doc: 'Each piece is stored with its kind, and must be loaded by the function that matches the one that saved it, in the same order. After a failed load every load gives 0, NULL or nothing: check RedisModule_IsIOError if REDISMODULE_OPTIONS_HANDLE_IO_ERRORS is set; otherwise the whole load is given up.',
  functions: {
    RedisModule_IsIOError: {
      doc: 'Returns 1 once any function for this stream has failed.',
      params: [['io', 'io']],
      result: 'int',
      since: '6.0.0',
    },
    RedisModule_SaveUnsigned: {
      doc: 'Saves an unsigned 64-bit integer in 1 to 9 bytes.',
      params: [
        ['io', 'io'],
        ['value', 'uint64'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadUnsigned: {
      doc: 'Loads what RedisModule_SaveUnsigned saved.',
      params: [['io', 'io']],
      result: 'uint64',
      since: '4.0.0',
    },
    RedisModule_SaveSigned: {
      doc: 'Saves a signed 64-bit integer; the same bytes as the unsigned form.',
      params: [
        ['io', 'io'],
        ['value', 'int64'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadSigned: {
      doc: 'Loads what RedisModule_SaveSigned saved.',
      params: [['io', 'io']],
      result: 'int64',
      since: '4.0.0',
    },
    RedisModule_SaveString: {
      doc: "Saves a string, which stays the guest's.",
      params: [
        ['io', 'io'],
        ['s', 'string'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_SaveStringBuffer: {
      doc: 'Saves `len` bytes; loads as a string or as a buffer.',
      params: [
        ['io', 'io'],
        ['str', 'bytes'],
        ['len', 'size'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadString: {
      doc: 'Loads a string, which the guest frees with RedisModule_FreeString. NULL after an error.',
      params: [['io', 'io']],
      result: 'string?',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_LoadStringBuffer: {
      doc: 'Loads bytes into a block that the guest frees with RedisModule_Free, and stores their number unless NULL. There is no NUL at the end. NULL after an error.',
      params: [
        ['io', 'io'],
        ['lenptr', 'out size?'],
      ],
      result: 'buffer?',
      returns: 'free',
      since: '4.0.0',
    },
    RedisModule_SaveDouble: {
      doc: 'Saves a double exactly.',
      params: [
        ['io', 'io'],
        ['value', 'double'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadDouble: {
      doc: 'Loads what RedisModule_SaveDouble saved.',
      params: [['io', 'io']],
      result: 'double',
      since: '4.0.0',
    },
    RedisModule_SaveFloat: {
      doc: 'Saves a float exactly.',
      params: [
        ['io', 'io'],
        ['value', 'float'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadFloat: {
      doc: 'Loads what RedisModule_SaveFloat saved.',
      params: [['io', 'io']],
      result: 'float',
      since: '4.0.0',
    },
    RedisModule_SaveLongDouble: {
      doc: 'Saves a long double as hexadecimal text, so that machines with other formats can load it.',
      params: [
        ['io', 'io'],
        ['value', 'longdouble'],
      ],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_LoadLongDouble: {
      doc: 'Loads what RedisModule_SaveLongDouble saved.',
      params: [['io', 'io']],
      result: 'longdouble',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
