// ABI area "digest": DEBUG DIGEST of module values, and values to and from strings.

import type { Area } from '../table.ts';

export const digest = {
  title: 'Digest and serialisation',
  doc: 'A digest callback adds each piece in order. For an unordered collection call RedisModule_DigestEndSequence after each element.',
  functions: {
    RedisModule_DigestAddStringBuffer: {
      doc: 'Adds `len` bytes to the current element.',
      params: [
        ['md', 'digest'],
        ['ele', 'bytes'],
        ['len', 'size'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_DigestAddLongLong: {
      doc: 'Adds the decimal digits of an integer to the current element.',
      params: [
        ['md', 'digest'],
        ['ele', 'longlong'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_DigestEndSequence: {
      doc: 'Ends an element; the order of elements does not change the digest.',
      params: [['md', 'digest']],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_LoadDataTypeFromStringEncver: {
      doc: "Makes a value from bytes that RedisModule_SaveDataTypeToString made, telling rdb_load the encoding version. The value is the guest's. NULL if rdb_load fails or the type has none.",
      params: [
        ['str', 'const string'],
        ['mt', 'const type'],
        ['encver', 'int'],
      ],
      result: 'data?',
      returns: 'data',
      since: '7.0.0',
    },
    RedisModule_LoadDataTypeFromString: {
      doc: 'RedisModule_LoadDataTypeFromStringEncver with encoding version 0.',
      params: [
        ['str', 'const string'],
        ['mt', 'const type'],
      ],
      result: 'data?',
      returns: 'data',
      since: '6.0.0',
    },
    RedisModule_SaveDataTypeToString: {
      doc: 'Saves a value with rdb_save into a new string. NULL if that failed.',
      params: [
        ['ctx', 'ctx?'],
        ['data', 'data'],
        ['mt', 'const type'],
      ],
      result: 'string?',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_GetKeyNameFromDigest: {
      doc: 'The key whose value is digested.',
      params: [['dig', 'digest']],
      result: 'const string?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_GetDbIdFromDigest: {
      doc: 'The database of the key whose value is digested, or -1.',
      params: [['dig', 'digest']],
      result: 'int',
      since: '7.0.0',
    },
  },
} as const satisfies Area;
