// ABI area "fork": child processes, which a wasm guest cannot have.

import type { Area } from '../table.ts';

export const fork = {
  title: 'Fork',
  doc: 'A guest cannot fork; modules should do such work in slices with timers.',
  functions: {
    RedisModule_Fork: {
      doc: 'Starts a child with a frozen copy of the data: 0 in the child, its process ID in the parent, -1 on failure.',
      params: [
        ['cb', 'fn ForkDone'],
        ['user_data', 'data'],
      ],
      result: 'int',
      since: '6.0.0',
      differs: 'Always -1, with a line in the log.',
    },
    RedisModule_SendChildHeartbeat: {
      doc: 'In the child: tells the parent how far it is, from 0 to 1.',
      params: [['progress', 'double']],
      result: 'void',
      since: '6.2.0',
      differs: 'Does nothing.',
    },
    RedisModule_ExitFromChild: {
      doc: 'In the child: ends it.',
      params: [['retcode', 'int']],
      result: 'status',
      since: '6.0.0',
      differs: 'Always ERR.',
    },
    RedisModule_KillForkChild: {
      doc: 'Kills the child of this module. ERR if there is none.',
      params: [['child_pid', 'int']],
      result: 'status',
      since: '6.0.0',
      differs: 'Always ERR.',
    },
  },
} as const satisfies Area;
