// ABI area "io": what the callbacks of a type are about.

import type { Area } from '../table.ts';

export const io = {
  title: 'IO contexts',
  doc: 'The key and database behind a stream or an open key.',
  functions: {
    RedisModule_GetContextFromIO: {
      doc: 'A context for logging and strings, valid during the callback.',
      params: [['io', 'io']],
      result: 'ctx',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_GetKeyNameFromIO: {
      doc: 'The key that is loaded or saved, or NULL if unknown.',
      params: [['io', 'io']],
      result: 'const string?',
      returns: 'borrow',
      since: '5.0.5',
    },
    RedisModule_GetKeyNameFromModuleKey: {
      doc: 'The name of an open key, or NULL for NULL.',
      params: [['key', 'key?']],
      result: 'const string?',
      returns: 'borrow',
      since: '6.0.0',
    },
    RedisModule_GetDbIdFromModuleKey: {
      doc: 'The database of an open key, or -1 for NULL.',
      params: [['key', 'key?']],
      result: 'int',
      since: '7.0.0',
    },
    RedisModule_GetDbIdFromIO: {
      doc: 'The database of the key that is loaded or saved, or -1 if unknown.',
      params: [['io', 'io']],
      result: 'int',
      since: '7.0.0',
    },
  },
} as const satisfies Area;
