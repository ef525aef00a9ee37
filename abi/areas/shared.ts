// ABI area "shared": functions that modules offer to each other.

import type { Area } from '../table.ts';

export const shared = {
  title: 'Shared functions',
  doc: 'A function of one guest has no meaning in the memory and table of another: nothing can be shared.',
  functions: {
    RedisModule_ExportSharedAPI: {
      doc: 'Offers a function under a name. ERR if the name is taken.',
      params: [
        ['ctx', 'ctx'],
        ['apiname', 'cstring'],
        ['func', 'data'],
      ],
      result: 'status',
      since: '5.0.4',
      differs: 'Always ERR.',
    },
    RedisModule_GetSharedAPI: {
      doc: 'Finds a function that another module offers, or NULL.',
      params: [
        ['ctx', 'ctx'],
        ['apiname', 'cstring'],
      ],
      result: 'data?',
      returns: 'static',
      since: '5.0.4',
      differs: 'Always NULL.',
    },
  },
} as const satisfies Area;
