// ABI area "defrag": moving blocks to reduce fragmentation, which the host never asks for.

import type { Area } from '../table.ts';

const CTX_ONLY = [['ctx', 'defrag']] as const;

export const defrag = {
  title: 'Defragmentation',
  doc: 'The host never defragments guest memory: callbacks are accepted and not called.',
  functions: {
    RedisModule_RegisterDefragFunc: {
      doc: 'Sets the callback for data outside the keyspace.',
      params: [
        ['ctx', 'ctx'],
        ['func', 'fn Defrag'],
      ],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_RegisterDefragCallbacks: {
      doc: 'Sets callbacks for the start and the end of a defragmentation.',
      params: [
        ['ctx', 'ctx'],
        ['start', 'fn Defrag?'],
        ['end', 'fn Defrag?'],
      ],
      result: 'status',
      since: '8.0.0',
    },
    RedisModule_DefragShouldStop: {
      doc: 'Returns 1 when a callback has used up its time.',
      params: CTX_ONLY,
      result: 'int',
      since: '6.2.0',
    },
    RedisModule_DefragCursorSet: {
      doc: 'Stores where to go on in the next call. ERR if this callback cannot be continued.',
      params: [
        ['ctx', 'defrag'],
        ['cursor', 'ulong'],
      ],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_DefragCursorGet: {
      doc: 'Stores the position that RedisModule_DefragCursorSet kept. ERR if there is none.',
      params: [
        ['ctx', 'defrag'],
        ['cursor', 'out ulong'],
      ],
      result: 'status',
      since: '6.2.0',
    },
    RedisModule_DefragAlloc: {
      doc: 'Moves a block and returns its new address, or NULL if it stays where it is.',
      params: [
        ['ctx', 'defrag?'],
        ['ptr', 'block'],
      ],
      result: 'block?',
      returns: 'free',
      since: '6.2.0',
      differs: 'Always NULL.',
    },
    RedisModule_DefragAllocRaw: {
      doc: 'Allocates a block for moving data by hand.',
      params: [
        ['ctx', 'defrag?'],
        ['size', 'size'],
      ],
      result: 'block',
      returns: 'free',
      since: '8.0.0',
    },
    RedisModule_DefragFreeRaw: {
      doc: 'Frees a block after moving data by hand.',
      params: [
        ['ctx', 'defrag?'],
        ['ptr', 'block?'],
      ],
      result: 'void',
      since: '8.0.0',
    },
    RedisModule_DefragRedisModuleString: {
      doc: 'Moves a string that nobody else holds and returns it, or NULL if it stays.',
      params: [
        ['ctx', 'defrag?'],
        ['str', 'string'],
      ],
      result: 'string?',
      returns: 'own',
      since: '6.2.0',
      differs: 'Always NULL.',
    },
    RedisModule_GetKeyNameFromDefragCtx: {
      doc: 'The key that is defragmented, or NULL.',
      params: CTX_ONLY,
      result: 'const string?',
      returns: 'borrow',
      since: '7.0.0',
    },
    RedisModule_GetDbIdFromDefragCtx: {
      doc: 'The database of the key that is defragmented, or -1.',
      params: CTX_ONLY,
      result: 'int',
      since: '7.0.0',
    },
  },
} as const satisfies Area;
