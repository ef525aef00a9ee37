// ABI area "dict": an ordered map from bytes to guest pointers.

import type { Area } from '../table.ts';

const SET_C = [
  ['d', 'dict'],
  ['key', 'voidbytes'],
  ['keylen', 'size'],
  ['ptr', 'data'],
] as const;
const SET = [
  ['d', 'dict'],
  ['key', 'string'],
  ['ptr', 'data'],
] as const;
const SEEK_C = [
  ['op', 'cstring'],
  ['key', 'voidbytes?'],
  ['keylen', 'size'],
] as const;
const SEEK = [
  ['op', 'cstring'],
  ['key', 'string?'],
] as const;
const STEP_C = [
  ['di', 'dictIter'],
  ['keylen', 'out size?'],
  ['dataptr', 'out data?'],
] as const;
const STEP = [
  ['ctx', 'ctx?'],
  ['di', 'dictIter'],
  ['dataptr', 'out data?'],
] as const;

export const dict = {
  title: 'Dictionaries',
  doc: 'Keys are bytes in the order of memcmp, values are guest pointers that are never followed. Operators of iterators: `^` first, `$` last, `==`, `>`, `>=`, `<`, `<=`; another one finds nothing.',
  functions: {
    RedisModule_CreateDict: {
      doc: 'Makes a dictionary; free it with RedisModule_FreeDict. With a ctx automatic memory may free it.',
      params: [['ctx', 'ctx?']],
      result: 'dict',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_FreeDict: {
      doc: 'Frees a dictionary, not what its values point to. Pass the ctx that created it.',
      params: [
        ['ctx', 'ctx?'],
        ['d', 'dict'],
      ],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_DictSize: {
      doc: 'The number of keys.',
      params: [['d', 'dict']],
      result: 'uint64',
      since: '5.0.0',
    },
    RedisModule_DictSetC: {
      doc: 'Adds a key, which is copied. ERR, and nothing changes, if it exists.',
      params: SET_C,
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictReplaceC: {
      doc: 'Adds a key or replaces its value. OK if it was added, ERR if it existed.',
      params: SET_C,
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictSet: {
      doc: 'RedisModule_DictSetC with a string as key.',
      params: SET,
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictReplace: {
      doc: 'RedisModule_DictReplaceC with a string as key.',
      params: SET,
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictGetC: {
      doc: 'The value of a key, or NULL. Stores 1 at `nokey` if the key is missing, else 0, unless NULL.',
      params: [
        ['d', 'dict'],
        ['key', 'voidbytes'],
        ['keylen', 'size'],
        ['nokey', 'out int?'],
      ],
      result: 'data?',
      returns: 'data',
      since: '5.0.0',
    },
    RedisModule_DictGet: {
      doc: 'RedisModule_DictGetC with a string as key.',
      params: [
        ['d', 'dict'],
        ['key', 'string'],
        ['nokey', 'out int?'],
      ],
      result: 'data?',
      returns: 'data',
      since: '5.0.0',
    },
    RedisModule_DictDelC: {
      doc: 'Removes a key and stores its value unless `oldval` is NULL. ERR if the key is missing.',
      params: [
        ['d', 'dict'],
        ['key', 'voidbytes'],
        ['keylen', 'size'],
        ['oldval', 'out anydata?'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictDel: {
      doc: 'RedisModule_DictDelC with a string as key.',
      params: [
        ['d', 'dict'],
        ['key', 'string'],
        ['oldval', 'out anydata?'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictIteratorStartC: {
      doc: 'Makes an iterator placed by an operator and a key. Stop it with RedisModule_DictIteratorStop. Keys may be changed during the iteration if it is placed anew afterwards.',
      params: [['d', 'dict'], ...SEEK_C],
      result: 'dictIter',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_DictIteratorStart: {
      doc: 'RedisModule_DictIteratorStartC with a string as key, NULL for `^` and `$`.',
      params: [['d', 'dict'], ...SEEK],
      result: 'dictIter',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_DictIteratorStop: {
      doc: 'Frees an iterator and the last key that it returned.',
      params: [['di', 'dictIter']],
      result: 'void',
      since: '5.0.0',
    },
    RedisModule_DictIteratorReseekC: {
      doc: 'Places an iterator anew. Returns 1, also if no key fits, and 0 for an unknown operator.',
      params: [['di', 'dictIter'], ...SEEK_C],
      result: 'int',
      since: '5.0.0',
    },
    RedisModule_DictIteratorReseek: {
      doc: 'RedisModule_DictIteratorReseekC with a string as key.',
      params: [['di', 'dictIter'], ...SEEK],
      result: 'int',
      since: '5.0.0',
    },
    RedisModule_DictNextC: {
      doc: 'Returns the current key and stores its length and value, then moves on. The bytes are valid until the next step. NULL at the end.',
      params: STEP_C,
      result: 'block?',
      returns: 'borrow',
      since: '5.0.0',
    },
    RedisModule_DictPrevC: {
      doc: 'RedisModule_DictNextC in descending order.',
      params: STEP_C,
      result: 'block?',
      returns: 'borrow',
      since: '5.0.0',
    },
    RedisModule_DictNext: {
      doc: 'Returns the current key as a new string, then moves on. NULL at the end.',
      params: STEP,
      result: 'string?',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_DictPrev: {
      doc: 'RedisModule_DictNext in descending order.',
      params: STEP,
      result: 'string?',
      returns: 'own',
      since: '5.0.0',
    },
    RedisModule_DictCompareC: {
      doc: 'Compares the current key with another by an operator. OK if it holds; ERR if not, or at the end.',
      params: [
        ['di', 'dictIter'],
        ['op', 'cstring'],
        ['key', 'voidbytes'],
        ['keylen', 'size'],
      ],
      result: 'status',
      since: '5.0.0',
    },
    RedisModule_DictCompare: {
      doc: 'RedisModule_DictCompareC with a string as key.',
      params: [
        ['di', 'dictIter'],
        ['op', 'cstring'],
        ['key', 'string'],
      ],
      result: 'status',
      since: '5.0.0',
    },
  },
} as const satisfies Area;
