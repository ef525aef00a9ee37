// Cases of COUNTER.*, which the modules `counter` and `mymodule` both answer.

import type { ExampleCase, ExampleGroup, ExpectedReply } from '../example-case.ts';

const MAX = 9223372036854775807n;
const MIN = -9223372036854775808n;

const WRONG_TYPE = {
  error: 'WRONGTYPE Operation against a key holding the wrong kind of value',
};
const OVERFLOW = { error: 'ERR increment or decrement would overflow' };
const NOT_INTEGER = { error: 'ERR value is not an integer or out of range' };
const OK = { simple: 'OK' };

const wrongArity = (command: string): ExpectedReply => ({
  error: `ERR wrong number of arguments for '${command}' command`,
});

const stats = (current: bigint, increments: bigint, decrements: bigint): ExpectedReply => [
  { simple: 'current' },
  current,
  { simple: 'increments' },
  increments,
  { simple: 'decrements' },
  decrements,
];

const counter = (verb: string, args: string[], reply: ExpectedReply): ExampleCase => ({
  command: [`COUNTER.${verb}`, ...args],
  reply,
});

const incr = (key: string, amount: string | bigint, reply: ExpectedReply): ExampleCase =>
  counter('INCR', [key, String(amount)], reply);

/** Puts a payload as DUMP gives it, in hex: module id, numbers, end, RDB version, CRC. */
const restore = (key: string, payload: string, reply: ExpectedReply): ExampleCase => ({
  command: ['RESTORE', key, '0', Buffer.from(payload, 'hex').toString('latin1')],
  reply,
});

const BAD_FORMAT = { error: 'ERR Bad data format' };

export const groups: readonly ExampleGroup[] = [
  {
    shows: 'a counter starts at zero and adds',
    cases: [
      incr('mycounter', 5n, 5n),
      incr('mycounter', 3n, 8n),
      counter('INCR', ['mycounter'], 9n),
      counter('GET', ['mycounter'], 9n),
      { command: ['TYPE', 'mycounter'], reply: { simple: 'counter--' } },
      { command: ['EXISTS', 'mycounter'], reply: 1n },
    ],
  },
  {
    shows: 'increments and decrements are counted apart',
    cases: [
      incr('k', 5n, 5n),
      incr('k', -2n, 3n),
      counter('STATS', ['k'], stats(3n, 5n, 2n)),
      incr('k', 0n, 3n),
      counter('STATS', ['k'], stats(3n, 5n, 2n)),
      incr('k', -10n, -7n),
      counter('STATS', ['k'], stats(-7n, 5n, 12n)),
    ],
  },
  {
    shows: 'a missing counter is null and is not created by reading',
    cases: [
      counter('GET', ['nobody'], null),
      counter('STATS', ['nobody'], null),
      { command: ['EXISTS', 'nobody'], reply: 0n },
    ],
  },
  {
    shows: 'an increment of zero creates the counter',
    cases: [
      incr('k', 0n, 0n),
      counter('GET', ['k'], 0n),
      counter('STATS', ['k'], stats(0n, 0n, 0n)),
    ],
  },
  {
    shows: 'key names are bytes',
    cases: [
      incr('\x00\xff\r\n', 7n, 7n),
      counter('GET', ['\x00\xff\r\n'], 7n),
      counter('GET', ['\x00'], null),
      incr('', 1n, 1n),
      counter('GET', [''], 1n),
    ],
  },
  {
    shows: 'an amount that is no integer is refused and creates nothing',
    cases: [
      ...['abc', '', '1.5', ' 1', '1 ', '+1', '0x10', '9223372036854775808', '1\x00'].map(
        (amount) => incr('k', amount, { error: 'ERR invalid increment' }),
      ),
      { command: ['EXISTS', 'k'], reply: 0n },
    ],
  },
  {
    shows: 'an overflow is an error and changes nothing',
    cases: [
      incr('k', MAX, MAX),
      incr('k', 1n, OVERFLOW),
      counter('STATS', ['k'], stats(MAX, MAX, 0n)),
      incr('k', -1n, MAX - 1n),
      // The value would fit again, but the total of increments does not.
      incr('k', 1n, OVERFLOW),
      counter('STATS', ['k'], stats(MAX - 1n, MAX, 1n)),
      incr('low', -MAX, -MAX),
      incr('low', -1n, OVERFLOW),
      incr('low', -2n, OVERFLOW),
      counter('STATS', ['low'], stats(-MAX, 0n, MAX)),
    ],
  },
  {
    shows: 'the smallest amount does not fit a total and creates nothing',
    cases: [incr('k', MIN, OVERFLOW), { command: ['EXISTS', 'k'], reply: 0n }],
  },
  {
    shows: 'COUNTER.SET gives all three numbers',
    cases: [
      counter('SET', ['k', '3', '5', '2'], OK),
      counter('STATS', ['k'], stats(3n, 5n, 2n)),
      counter('SET', ['k', '-1', '0', '1'], OK),
      counter('STATS', ['k'], stats(-1n, 0n, 1n)),
      counter('SET', ['k', String(MIN), String(MAX), String(MAX)], OK),
      counter('STATS', ['k'], stats(MIN, MAX, MAX)),
      incr('k', -1n, OVERFLOW),
    ],
  },
  {
    shows: 'COUNTER.SET refuses what is no counter and creates nothing',
    cases: [
      counter('SET', ['k', 'a', '5', '2'], NOT_INTEGER),
      counter('SET', ['k', '3', 'b', '2'], NOT_INTEGER),
      counter('SET', ['k', '3', '5', '9223372036854775808'], NOT_INTEGER),
      counter('SET', ['k', '3', '-5', '2'], {
        error: 'ERR increments and decrements must not be negative',
      }),
      counter('SET', ['k', '3', '5', '-2'], {
        error: 'ERR increments and decrements must not be negative',
      }),
      { command: ['EXISTS', 'k'], reply: 0n },
    ],
  },
  {
    shows: 'changing a counter keeps its expiry',
    cases: [
      incr('k', 1n, 1n),
      { command: ['EXPIRE', 'k', '1000'], reply: 1n },
      incr('k', 1n, 2n),
      counter('SET', ['k', '9', '9', '0'], OK),
      { command: ['EXPIRE', 'k', '1000', 'NX'], reply: 0n },
      counter('GET', ['k'], 9n),
    ],
  },
  {
    shows: 'keys of other types are left alone, and counters by other commands',
    cases: [
      { command: ['SET', 's', '1'], reply: OK },
      { command: ['RPUSH', 'l', '1'], reply: 1n },
      incr('s', 1n, WRONG_TYPE),
      incr('l', 1n, WRONG_TYPE),
      counter('GET', ['s'], WRONG_TYPE),
      counter('GET', ['l'], WRONG_TYPE),
      counter('STATS', ['s'], WRONG_TYPE),
      counter('SET', ['s', '1', '1', '0'], WRONG_TYPE),
      { command: ['GET', 's'], reply: { bulk: '1' } },
      incr('c', 1n, 1n),
      { command: ['GET', 'c'], reply: WRONG_TYPE },
      { command: ['INCR', 'c'], reply: WRONG_TYPE },
      { command: ['SET', 'c', 'x'], reply: OK },
      { command: ['GET', 'c'], reply: { bulk: 'x' } },
    ],
  },
  {
    shows: 'a wrong number of arguments is an error',
    cases: [
      counter('INCR', [], wrongArity('counter.incr')),
      counter('INCR', ['k', '1', '2'], wrongArity('counter.incr')),
      counter('GET', [], wrongArity('counter.get')),
      counter('GET', ['k', 'x'], wrongArity('counter.get')),
      counter('STATS', [], wrongArity('counter.stats')),
      counter('STATS', ['k', 'x'], wrongArity('counter.stats')),
      counter('SET', ['k', '1', '2'], wrongArity('counter.set')),
      counter('SET', ['k', '1', '2', '3', '4'], wrongArity('counter.set')),
    ],
  },
  {
    shows: 'a copy is a counter of its own',
    cases: [
      incr('from', 5n, 5n),
      incr('from', -2n, 3n),
      { command: ['COPY', 'from', 'to'], reply: 1n },
      incr('from', 1n, 4n),
      counter('STATS', ['to'], stats(3n, 5n, 2n)),
    ],
  },
  {
    shows: 'a payload holds increments, decrements and value in this order',
    cases: [
      restore('k', '0781728ba7b5eafef800020502020203000a00f99bfdef13a4f5ee', OK),
      counter('STATS', ['k'], stats(3n, 5n, 2n)),
      restore('low', '0781728ba7b5eafef800020002070281fffffffffffffff9000a00c30f05b8574919bd', OK),
      counter('STATS', ['low'], stats(-7n, 0n, 7n)),
    ],
  },
  {
    shows: 'a payload that is no counter is refused',
    cases: [
      // A negative total, a number too few, one too many, a string, encoding version 1.
      restore(
        'k',
        '0781728ba7b5eafef8000281ffffffffffffffff02020203000a001e51eda3ac6472b8',
        BAD_FORMAT,
      ),
      restore('k', '0781728ba7b5eafef80002050202000a00f387d548bbcfddb5', BAD_FORMAT),
      restore('k', '0781728ba7b5eafef8000205020202030201000a0090d587fc5c80d410', BAD_FORMAT),
      restore('k', '0781728ba7b5eafef80005016102020203000a004708ae630bd1a4a6', BAD_FORMAT),
      restore('k', '0781728ba7b5eafef801020502020203000a0035dd7c041c566f41', BAD_FORMAT),
      { command: ['EXISTS', 'k'], reply: 0n },
    ],
  },
  {
    shows: 'a counter travels through RENAME, MOVE and DEL',
    cases: [
      incr('a', 4n, 4n),
      { command: ['RENAME', 'a', 'b'], reply: OK },
      counter('GET', ['a'], null),
      counter('GET', ['b'], 4n),
      { command: ['MOVE', 'b', '1'], reply: 1n },
      counter('GET', ['b'], null),
      { command: ['SELECT', '1'], reply: OK },
      counter('GET', ['b'], 4n),
      { command: ['DEL', 'b'], reply: 1n },
      counter('GET', ['b'], null),
      { command: ['SELECT', '0'], reply: OK },
    ],
  },
  {
    shows: 'counters work in transactions and scripts',
    cases: [
      { command: ['MULTI'], reply: OK },
      counter('INCR', ['k', '2'], { simple: 'QUEUED' }),
      counter('INCR', ['k', 'x'], { simple: 'QUEUED' }),
      counter('GET', ['k'], { simple: 'QUEUED' }),
      { command: ['EXEC'], reply: [2n, { error: 'ERR invalid increment' }, 2n] },
      {
        command: ['EVAL', "return redis.call('COUNTER.INCR', KEYS[1], ARGV[1])", '1', 'k', '5'],
        reply: 7n,
      },
    ],
  },
  {
    shows: 'the server knows the keys of the commands',
    cases: [
      { command: ['COMMAND', 'GETKEYS', 'COUNTER.INCR', 'k', '5'], reply: [{ bulk: 'k' }] },
      {
        command: ['COMMAND', 'GETKEYSANDFLAGS', 'COUNTER.INCR', 'k', '5'],
        reply: [[{ bulk: 'k' }, [{ simple: 'RW' }, { simple: 'access' }, { simple: 'update' }]]],
      },
      {
        command: ['COMMAND', 'GETKEYSANDFLAGS', 'COUNTER.GET', 'k'],
        reply: [[{ bulk: 'k' }, [{ simple: 'RO' }, { simple: 'access' }]]],
      },
      {
        command: ['COMMAND', 'GETKEYSANDFLAGS', 'COUNTER.SET', 'k', '1', '1', '0'],
        reply: [[{ bulk: 'k' }, [{ simple: 'OW' }, { simple: 'update' }]]],
      },
    ],
  },
];
