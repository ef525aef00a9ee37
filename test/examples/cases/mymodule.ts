// Cases of the example `mymodule`, which also answers those of ./counter.ts.

import type { ExampleCase, ExampleGroup, ExampleScene, ExpectedReply } from '../example-case.ts';

const WRONG_TYPE = {
  error: 'WRONGTYPE Operation against a key holding the wrong kind of value',
};
const OVERFLOW = { error: 'ERR multiplication would overflow' };
const FIRST = { error: 'ERR first argument is not an integer' };
const SECOND = { error: 'ERR second argument is not an integer' };
const INVALID_TIMEOUT = { error: 'ERR invalid timeout' };
const CANNOT_WAIT = { error: 'ERR MYMODULE.WAITFOR cannot wait in a transaction or a script' };
const OK = { simple: 'OK' };
const QUEUED = { simple: 'QUEUED' };

const wrongArity = (command: string): ExpectedReply => ({
  error: `ERR wrong number of arguments for '${command}' command`,
});

const run = (command: string[], reply: ExpectedReply): ExampleCase => ({ command, reply });

const hello = (name: string, reply: ExpectedReply): ExampleCase =>
  run(['MYMODULE.HELLO', name], reply);

const multiply = (num1: string, num2: string, reply: ExpectedReply): ExampleCase =>
  run(['MYMODULE.MULTIPLY', num1, num2], reply);

const setCaps = (key: string, value: string): ExampleCase =>
  run(['MYMODULE.SETCAPS', key, value], OK);

const getCaps = (key: string, reply: ExpectedReply): ExampleCase =>
  run(['MYMODULE.GETCAPS', key], reply);

const waitFor = (key: string, value: string, timeoutMs: string): string[] => [
  'MYMODULE.WAITFOR',
  key,
  value,
  timeoutMs,
];

const ALL_BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
const ALL_BYTES_IN_CAPS = ALL_BYTES.replace(/[a-z]/g, (letter) => letter.toUpperCase());
const LONG_NAME = 'x'.repeat(10_000);

export const groups: readonly ExampleGroup[] = [
  {
    shows: 'HELLO greets the world or a name',
    cases: [
      run(['MYMODULE.HELLO'], { simple: 'Hello, World!' }),
      hello('Redis', { simple: 'Hello, Redis!' }),
      hello('', { simple: 'Hello, !' }),
      hello('%s%n', { simple: 'Hello, %s%n!' }),
      hello('\xc3\xa9\xff', { simple: 'Hello, \xc3\xa9\xff!' }),
      run(['mymodule.hello', 'case'], { simple: 'Hello, case!' }),
    ],
  },
  {
    shows: 'HELLO does not cut a long name short',
    cases: [hello(LONG_NAME, { simple: `Hello, ${LONG_NAME}!` })],
  },
  {
    shows: 'HELLO answers with a bulk string what no simple string can hold',
    cases: [
      hello('a\r\nb', { bulk: 'Hello, a\r\nb!' }),
      hello('a\nb', { bulk: 'Hello, a\nb!' }),
      hello('a\rb', { bulk: 'Hello, a\rb!' }),
      hello('a\x00b', { bulk: 'Hello, a\x00b!' }),
    ],
  },
  {
    shows: 'MULTIPLY multiplies integers',
    cases: [
      multiply('6', '7', 42n),
      multiply('-5', '3', -15n),
      multiply('0', '-9223372036854775808', 0n),
      multiply('9223372036854775807', '-1', -9223372036854775807n),
      multiply('-9223372036854775808', '1', -9223372036854775808n),
      multiply('3037000499', '3037000499', 9223372030926249001n),
    ],
  },
  {
    shows: 'MULTIPLY reports a product that leaves 64 bits',
    cases: [
      multiply('-9223372036854775808', '-1', OVERFLOW),
      multiply('-1', '-9223372036854775808', OVERFLOW),
      multiply('3037000500', '3037000500', OVERFLOW),
      multiply('9223372036854775807', '2', OVERFLOW),
    ],
  },
  {
    shows: 'MULTIPLY names the argument that is no integer',
    cases: [
      multiply('abc', '5', FIRST),
      multiply('5', 'abc', SECOND),
      multiply('abc', 'def', FIRST),
      multiply('', '1', FIRST),
      multiply('1', '1.5', SECOND),
      multiply('9223372036854775808', '1', FIRST),
    ],
  },
  {
    shows: 'SETCAPS stores and GETCAPS returns upper case',
    cases: [
      setCaps('k', 'Shout 1'),
      run(['GET', 'k'], { bulk: 'SHOUT 1' }),
      run(['SET', 'k', 'quiet'], OK),
      getCaps('k', { bulk: 'QUIET' }),
      run(['GET', 'k'], { bulk: 'quiet' }),
      setCaps('empty', ''),
      getCaps('empty', { bulk: '' }),
      getCaps('nobody', null),
      run(['EXISTS', 'nobody'], 0n),
    ],
  },
  {
    shows: 'SETCAPS and GETCAPS take any bytes and change ASCII letters only',
    cases: [
      setCaps('b\x00k', ALL_BYTES),
      run(['GET', 'b\x00k'], { bulk: ALL_BYTES_IN_CAPS }),
      run(['SET', 'k', ALL_BYTES], OK),
      getCaps('k', { bulk: ALL_BYTES_IN_CAPS }),
    ],
  },
  {
    shows: 'GETCAPS reads numbers and appended strings',
    cases: [
      run(['SET', 'n', '12345'], OK),
      getCaps('n', { bulk: '12345' }),
      run(['APPEND', 'n', 'abc'], 8n),
      getCaps('n', { bulk: '12345ABC' }),
    ],
  },
  {
    shows: 'SETCAPS replaces any type and drops the expiry, as SET does',
    cases: [
      run(['RPUSH', 'k', 'x'], 1n),
      getCaps('k', WRONG_TYPE),
      setCaps('k', 'now a string'),
      run(['GET', 'k'], { bulk: 'NOW A STRING' }),
      run(['EXPIRE', 'k', '1000'], 1n),
      setCaps('k', 'again'),
      run(['TTL', 'k'], -1n),
    ],
  },
  {
    shows: 'WAITFOR answers at once when the key has the value',
    cases: [
      run(['SET', 'k', 'v\x00w'], OK),
      run(waitFor('k', 'v\x00w', '0'), OK),
      run(['SET', 'n', '12345'], OK),
      run(waitFor('n', '12345', '1000'), OK),
      run(['SET', 'empty', ''], OK),
      run(waitFor('empty', '', '1000'), OK),
    ],
  },
  {
    shows: 'WAITFOR gives null after its time',
    cases: [
      run(waitFor('nobody', 'v', '1'), null),
      run(['SET', 'k', 'v'], OK),
      run(waitFor('k', 'v\x00', '1'), null),
      run(waitFor('k', '', '1'), null),
      run(waitFor('empty', '', '1'), null),
      run(['EXISTS', 'nobody'], 0n),
    ],
  },
  {
    shows: 'WAITFOR refuses a time that is no time',
    cases: [
      ...['-1', 'soon', '', '1.5', '9223372036854775808'].map((timeout) =>
        run(waitFor('k', 'v', timeout), INVALID_TIMEOUT),
      ),
      run(waitFor('k', 'v', '9223372036854775807'), { error: 'ERR timeout is out of range' }),
    ],
  },
  {
    shows: 'WAITFOR refuses a key that is no string',
    cases: [run(['RPUSH', 'l', 'v'], 1n), run(waitFor('l', 'v', '0'), WRONG_TYPE)],
  },
  {
    shows: 'WAITFOR does not wait in a transaction',
    cases: [
      run(['SET', 'k', 'v'], OK),
      run(['MULTI'], OK),
      run(waitFor('k', 'other', '0'), QUEUED),
      run(waitFor('k', 'v', '0'), QUEUED),
      run(['EXEC'], [CANNOT_WAIT, OK]),
    ],
  },
  {
    shows: 'WAITFOR does not wait in a script',
    cases: [
      run(['SET', 'k', 'v'], OK),
      run(
        ['EVAL', "return redis.pcall('MYMODULE.WAITFOR', KEYS[1], ARGV[1], 0)", '1', 'k', 'other'],
        CANNOT_WAIT,
      ),
      run(
        ['EVAL', "return redis.call('MYMODULE.WAITFOR', KEYS[1], ARGV[1], 0)", '1', 'k', 'v'],
        OK,
      ),
    ],
  },
  {
    shows: 'a wrong number of arguments is an error',
    cases: [
      run(['MYMODULE.HELLO', 'a', 'b'], wrongArity('mymodule.hello')),
      run(['MYMODULE.MULTIPLY', '1'], wrongArity('mymodule.multiply')),
      run(['MYMODULE.MULTIPLY', '1', '2', '3'], wrongArity('mymodule.multiply')),
      run(['MYMODULE.SETCAPS', 'k'], wrongArity('mymodule.setcaps')),
      run(['MYMODULE.SETCAPS', 'k', 'v', 'x'], wrongArity('mymodule.setcaps')),
      run(['MYMODULE.GETCAPS'], wrongArity('mymodule.getcaps')),
      run(['MYMODULE.GETCAPS', 'k', 'x'], wrongArity('mymodule.getcaps')),
      run(['MYMODULE.WAITFOR', 'k', 'v'], wrongArity('mymodule.waitfor')),
      run(['MYMODULE.WAITFOR', 'k', 'v', '1', 'x'], wrongArity('mymodule.waitfor')),
    ],
  },
];

/** A waiting client, woken by each of these when it waits for `v` at key `k`. */
const wakers: readonly (readonly [string, readonly (readonly [string[], ExpectedReply])[]])[] = [
  ['SET', [[['SET', 'k', 'v'], OK]]],
  ['SETCAPS', [[['MYMODULE.SETCAPS', 'k', 'V'], OK]]],
  ['APPEND', [[['APPEND', 'k', 'v'], 1n]]],
  ['SETRANGE', [[['SETRANGE', 'k', '0', 'v'], 1n]]],
  [
    'RENAME',
    [
      [['SET', 'other', 'v'], OK],
      [['RENAME', 'other', 'k'], OK],
    ],
  ],
  [
    'COPY',
    [
      [['SET', 'other', 'v'], OK],
      [['COPY', 'other', 'k'], 1n],
    ],
  ],
  [
    'EXEC',
    [
      [['MULTI'], OK],
      [['SET', 'k', 'v'], QUEUED],
      [['EXEC'], [OK]],
    ],
  ],
  ['a script', [[['EVAL', "return redis.call('SET', KEYS[1], 'v')", '1', 'k'], OK]]],
];

/** `V` for SETCAPS, which writes nothing else. */
const awaited = (waker: string): string => (waker === 'SETCAPS' ? 'V' : 'v');

export const scenes: readonly ExampleScene[] = [
  ...wakers.map(
    ([waker, commands]): ExampleScene => ({
      shows: `WAITFOR is woken by ${waker}`,
      steps: [
        { client: 'a', sends: waitFor('k', awaited(waker), '0') },
        ...commands.map(([sends, reply]) => ({ client: 'b', sends, reply })),
        { client: 'a', receives: OK },
      ],
    }),
  ),
  {
    shows: 'WAITFOR sleeps through other values, other keys and other databases',
    steps: [
      { client: 'a', sends: waitFor('k', 'v', '0') },
      { client: 'b', sends: ['SET', 'k', 'x'], reply: OK },
      { client: 'b', sends: ['SET', 'kk', 'v'], reply: OK },
      { client: 'b', sends: ['DEL', 'k'], reply: 1n },
      { client: 'b', sends: ['RPUSH', 'k', 'v'], reply: 1n },
      { client: 'b', sends: ['SELECT', '1'], reply: OK },
      { client: 'b', sends: ['SET', 'k', 'v'], reply: OK },
      { client: 'b', sends: ['SELECT', '0'], reply: OK },
      {
        client: 'b',
        sends: ['EVAL', "return redis.call('INFO', 'clients'):match('blocked_clients:%d')", '0'],
        reply: { bulk: 'blocked_clients:1' },
      },
      { client: 'b', sends: ['SET', 'k', 'v'], reply: OK },
      { client: 'a', receives: OK },
    ],
  },
  {
    shows: 'one write wakes all that wait for it and no others',
    steps: [
      { client: 'a', sends: waitFor('k', 'v', '0') },
      { client: 'b', sends: waitFor('k', 'w', '0') },
      { client: 'c', sends: waitFor('k', 'v', '0') },
      { client: 'd', sends: waitFor('j', 'v', '0') },
      { client: 'e', sends: ['SET', 'k', 'v'], reply: OK },
      { client: 'a', receives: OK },
      { client: 'c', receives: OK },
      { client: 'e', sends: ['SET', 'k', 'w'], reply: OK },
      { client: 'b', receives: OK },
      { client: 'e', sends: ['SET', 'j', 'v'], reply: OK },
      { client: 'd', receives: OK },
    ],
  },
  {
    shows: 'WAITFOR takes any bytes',
    steps: [
      { client: 'a', sends: waitFor('k\x00\xff', '\x00\r\n\xff', '0') },
      { client: 'b', sends: ['SET', 'k\x00\xff', '\x00\r\n'], reply: OK },
      { client: 'b', sends: ['SET', 'k\x00\xff', '\x00\r\n\xff'], reply: OK },
      { client: 'a', receives: OK },
    ],
  },
  {
    shows: 'a client that leaves while it waits is forgotten',
    steps: [
      { client: 'a', sends: waitFor('k', 'v', '0') },
      { client: 'b', sends: waitFor('k', 'v', '0') },
      { client: 'a', closes: true },
      { client: 'c', sends: ['SET', 'k', 'v'], reply: OK },
      { client: 'b', receives: OK },
      { client: 'b', sends: waitFor('k', 'v', '0'), reply: OK },
    ],
  },
  {
    shows: 'a client that timed out may wait again',
    steps: [
      { client: 'a', sends: waitFor('k', 'v', '1'), reply: null },
      { client: 'a', sends: waitFor('k', 'v', '0') },
      { client: 'b', sends: ['SET', 'k', 'v'], reply: OK },
      { client: 'a', receives: OK },
      { client: 'a', sends: ['PING'], reply: { simple: 'PONG' } },
    ],
  },
];
