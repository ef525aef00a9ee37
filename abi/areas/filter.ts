// ABI area "filter": seeing and changing every command before it is looked up.

import type { Area } from '../table.ts';

export const filter = {
  title: 'Command filters',
  doc: 'A filter runs for every command of every client and of every module. Positions count from the command name, 0.',
  functions: {
    RedisModule_RegisterCommandFilter: {
      doc: 'Adds a filter; with REDISMODULE_CMDFILTER_NOSELF it does not see the calls of its own module. Filters of a module run in the order of registration.',
      params: [
        ['ctx', 'ctx'],
        ['callback', 'fn CommandFilter'],
        ['flags', 'int'],
      ],
      result: 'filter',
      returns: 'own',
      since: '5.0.5',
    },
    RedisModule_UnregisterCommandFilter: {
      doc: 'Removes a filter. ERR if it belongs to another module.',
      params: [
        ['ctx', 'ctx'],
        ['filter', 'filter'],
      ],
      result: 'status',
      since: '5.0.5',
    },
    RedisModule_CommandFilterArgsCount: {
      doc: 'The number of arguments, the name included.',
      params: [['fctx', 'filterCtx']],
      result: 'int',
      since: '5.0.5',
    },
    RedisModule_CommandFilterArgGet: {
      doc: 'The argument at a position, or NULL.',
      params: [
        ['fctx', 'filterCtx'],
        ['pos', 'int'],
      ],
      result: 'string?',
      returns: 'borrow',
      since: '5.0.5',
    },
    RedisModule_CommandFilterArgInsert: {
      doc: 'Inserts an argument and takes it over: do not free it. ERR for a bad position.',
      params: [
        ['fctx', 'filterCtx'],
        ['pos', 'int'],
        ['arg', 'string'],
      ],
      result: 'status',
      since: '5.0.5',
    },
    RedisModule_CommandFilterArgReplace: {
      doc: 'Replaces an argument and takes the new one over: do not free it. ERR for a bad position.',
      params: [
        ['fctx', 'filterCtx'],
        ['pos', 'int'],
        ['arg', 'string'],
      ],
      result: 'status',
      since: '5.0.5',
    },
    RedisModule_CommandFilterArgDelete: {
      doc: 'Removes an argument. ERR for a bad position.',
      params: [
        ['fctx', 'filterCtx'],
        ['pos', 'int'],
      ],
      result: 'status',
      since: '5.0.5',
    },
    RedisModule_CommandFilterGetClientId: {
      doc: 'The ID of the client that sent the command.',
      params: [['fctx', 'filterCtx']],
      result: 'ulonglong',
      since: '7.2.0',
    },
  },
} as const satisfies Area;
