// ABI area "string": reference-counted byte strings.

import type { Area } from '../table.ts';

export const string = {
  title: 'Strings',
  doc: 'Strings are binary safe. A string that a function creates belongs to the guest until RedisModule_FreeString, or until the callback returns if RedisModule_AutoMemory is on. Created with ctx NULL, it never is automatic. Arguments (argv) belong to the host: retain what must outlive the call.',
  functions: {
    RedisModule_CreateString: {
      doc: 'Makes a string from `len` bytes at `ptr`, which are copied. NULL as `ptr` gives `len` zero bytes.',
      params: [
        ['ctx', 'ctx?'],
        ['ptr', 'bytes?'],
        ['len', 'size'],
      ],
      result: 'string',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_CreateStringPrintf: {
      doc: 'Makes a string from a printf format. The host formats: every C99 conversion works except %n, which traps.',
      params: [
        ['ctx', 'ctx?'],
        ['fmt', 'cstring'],
        ['args', 'printf'],
      ],
      result: 'string',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_CreateStringFromLongLong: {
      doc: 'Makes a string with the decimal digits of a signed integer.',
      params: [
        ['ctx', 'ctx?'],
        ['ll', 'longlong'],
      ],
      result: 'string',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_CreateStringFromULongLong: {
      doc: 'Makes a string with the decimal digits of an unsigned integer.',
      params: [
        ['ctx', 'ctx?'],
        ['ull', 'ulonglong'],
      ],
      result: 'string',
      returns: 'own',
      since: '7.0.3',
    },
    RedisModule_CreateStringFromDouble: {
      doc: 'Makes a string from a double: the shortest digits that read back as the same number.',
      params: [
        ['ctx', 'ctx?'],
        ['d', 'double'],
      ],
      result: 'string',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_CreateStringFromLongDouble: {
      doc: 'Makes a string from a long double; `humanfriendly` drops trailing zeros and the exponent, as INCRBYFLOAT does.',
      params: [
        ['ctx', 'ctx?'],
        ['ld', 'longdouble'],
        ['humanfriendly', 'int'],
      ],
      result: 'string',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_CreateStringFromString: {
      doc: 'Makes an independent copy of a string.',
      params: [
        ['ctx', 'ctx?'],
        ['str', 'const string'],
      ],
      result: 'string',
      returns: 'own',
      since: '4.0.0',
    },
    RedisModule_CreateStringFromStreamID: {
      doc: 'Makes the string `ms-seq` of a stream entry ID.',
      params: [
        ['ctx', 'ctx?'],
        ['id', 'const struct StreamID'],
      ],
      result: 'string',
      returns: 'own',
      since: '6.2.0',
    },
    RedisModule_FreeString: {
      doc: 'Drops one reference to a string; the last one frees it and the buffer of RedisModule_StringPtrLen. With automatic memory the string also leaves its list. Never for argv, unless retained.',
      params: [
        ['ctx', 'ctx?'],
        ['str', 'string'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_RetainString: {
      doc: 'Adds a reference, so that the string outlives the callback; balance it with RedisModule_FreeString. On a string that automatic memory holds, the reference is taken over instead of added.',
      params: [
        ['ctx', 'ctx?'],
        ['str', 'string'],
      ],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_HoldString: {
      doc: 'Returns a string that outlives the callback: `str` with one more reference, or a copy where sharing is impossible. Balance it with RedisModule_FreeString.',
      params: [
        ['ctx', 'ctx?'],
        ['str', 'string'],
      ],
      result: 'string',
      returns: 'own',
      since: '6.0.7',
    },
    RedisModule_StringPtrLen: {
      doc: 'Returns the bytes of a string, followed by a NUL, and stores their number unless `len` is NULL. The bytes are read-only and stay valid until the string is freed or appended to. A NULL string gives an error text.',
      params: [
        ['str', 'const string?'],
        ['len', 'out size?'],
      ],
      result: 'cstring',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_StringToLongLong: {
      doc: 'Parses the whole string as a signed 64-bit decimal, without spaces or leading zeros. ERR leaves `ll` alone.',
      params: [
        ['str', 'const string'],
        ['ll', 'out longlong'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_StringToULongLong: {
      doc: 'Parses the whole string as an unsigned 64-bit decimal.',
      params: [
        ['str', 'const string'],
        ['ull', 'out ulonglong'],
      ],
      result: 'status',
      since: '7.0.3',
    },
    RedisModule_StringToDouble: {
      doc: 'Parses the whole string as a double; inf is accepted, nan is not.',
      params: [
        ['str', 'const string'],
        ['d', 'out double'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_StringToLongDouble: {
      doc: 'Parses the whole string as a long double.',
      params: [
        ['str', 'const string'],
        ['ld', 'out longdouble'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_StringToStreamID: {
      doc: 'Parses a stream entry ID in any form that XADD and XRANGE accept, `-` and `+` included.',
      params: [
        ['str', 'const string'],
        ['id', 'struct StreamID'],
      ],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_StringCompare: {
      doc: 'Compares bytes as memcmp does: -1, 0 or 1; a prefix comes first.',
      params: [
        ['a', 'const string'],
        ['b', 'const string'],
      ],
      result: 'int',
      since: '4.0.0',
    },
    RedisModule_StringAppendBuffer: {
      doc: 'Appends bytes to a string that the guest owns alone; ERR if anybody else holds a reference. Addresses from RedisModule_StringPtrLen become invalid.',
      params: [
        ['ctx', 'ctx?'],
        ['str', 'string'],
        ['buf', 'bytes'],
        ['len', 'size'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_TrimStringAllocation: {
      doc: 'Gives back unused room of a string that will live long, such as a retained argument. Does nothing for NULL.',
      params: [['str', 'string?']],
      result: 'void',
      since: '7.0.0',
    },
  },
} as const satisfies Area;
