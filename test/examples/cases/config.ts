// Cases of the example `config`: what it makes of its arguments.

import type { ExampleCase, LoadCase } from '../example-case.ts';

const maxConnectionsIs = (value: bigint): ExampleCase => ({
  command: ['CONFIG.MAXCONN'],
  reply: value,
});

export const loads: readonly LoadCase[] = [
  {
    shows: 'the default applies without arguments',
    args: [],
    logs: 'Max connections set to 100',
    cases: [
      maxConnectionsIs(100n),
      {
        command: ['CONFIG.MAXCONN', 'x'],
        reply: { error: "ERR wrong number of arguments for 'config.maxconn' command" },
      },
    ],
  },
  {
    shows: 'an argument sets the value',
    args: ['max_connections=500'],
    logs: 'Max connections set to 500',
    cases: [maxConnectionsIs(500n)],
  },
  {
    shows: 'the last of several arguments wins',
    args: ['max_connections=500', 'max_connections=1'],
    logs: 'Max connections set to 1',
    cases: [maxConnectionsIs(1n)],
  },
  {
    shows: 'the largest value is that of a C int',
    args: ['max_connections=2147483647'],
    logs: 'Max connections set to 2147483647',
    cases: [maxConnectionsIs(2147483647n)],
  },
  ...['', '0', '-1', '2147483648', '9223372036854775808', '5oo', 'many', ' 5'].map(
    (value): LoadCase => ({
      shows: `the value '${value}' is refused`,
      args: [`max_connections=${value}`],
      logs: `Invalid max_connections '${value}': expected 1 to 2147483647`,
      cases: null,
    }),
  ),
  {
    shows: 'an unknown argument is refused, as it may be a misspelt one',
    args: ['max_conections=500'],
    logs: "Unknown argument 'max_conections=500'",
    cases: null,
  },
];
