// ABI area "event": server events.

import type { Area } from '../table.ts';

export const event = {
  title: 'Server events',
  doc: 'Events are named by the constants RedisModuleEvent_*; C passes the struct by value, which on wasm is the address of a copy.',
  functions: {
    RedisModule_SubscribeToServerEvent: {
      doc: 'Calls `callback` for an event; NULL ends that. A module has one callback for each event. ERR if the server does not know the event or the version of its data.',
      params: [
        ['ctx', 'ctx'],
        ['event', 'value Event'],
        ['callback', 'fn Event?'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_IsSubEventSupported: {
      doc: 'Returns 1 if the server knows a subevent of an event.',
      params: [
        ['event', 'value Event'],
        ['subevent', 'uint64'],
      ],
      result: 'int',
      since: '6.0.9',
    },
  },
} as const satisfies Area;
