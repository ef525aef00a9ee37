// Cases of the example `ratelimit`. The clock runs while they do, so each sets its bucket to a
// time that makes the outcome certain: 0 fills it, the far future counts as now.

import type { ExampleCase, ExampleGroup, ExpectedReply } from '../example-case.ts';

const FUTURE = '99999999999999';
const WRONG_TYPE = {
  error: 'WRONGTYPE Operation against a key holding the wrong kind of value',
};
const INVALID = { error: 'ERR invalid arguments' };
const INVALID_COUNT = { error: 'ERR invalid token count' };
const WRONG_ARITY = { error: "ERR wrong number of arguments for 'ratelimit.check' command" };

const check = (args: string[], reply: ExpectedReply): ExampleCase => ({
  command: ['RATELIMIT.CHECK', ...args],
  reply,
});

/** Puts a bucket of two new fields. */
const put = (key: string, tokens: string, lastUpdate: string): ExampleCase => ({
  command: ['HSET', key, 'tokens', tokens, 'last_update', lastUpdate],
  reply: 2n,
});

const tokensAre = (key: string, tokens: string): ExampleCase => ({
  command: ['HGET', key, 'tokens'],
  reply: { bulk: tokens },
});

export const groups: readonly ExampleGroup[] = [
  {
    shows: 'a new bucket is full and is kept in a hash',
    cases: [
      check(['user:123', '100', '100'], [1n, 99n]),
      tokensAre('user:123', '99'),
      { command: ['HLEN', 'user:123'], reply: 2n },
      { command: ['TYPE', 'user:123'], reply: { simple: 'hash' } },
    ],
  },
  {
    shows: 'a number of tokens can be taken at once',
    cases: [check(['k', '100', '1', '100'], [1n, 0n]), tokensAre('k', '0')],
  },
  {
    shows: 'an empty bucket refuses',
    cases: [put('k', '0', FUTURE), check(['k', '10', '1'], [0n, 0n]), tokensAre('k', '0')],
  },
  {
    shows: 'a refused request takes nothing',
    cases: [put('k', '5', FUTURE), check(['k', '10', '1', '6'], [0n, 5n]), tokensAre('k', '5')],
  },
  {
    shows: 'a bucket fills up to its size and no further',
    cases: [put('k', '0', '0'), check(['k', '10', '1'], [1n, 9n])],
  },
  {
    shows: 'a request larger than the bucket is refused and creates nothing',
    cases: [check(['k', '10', '1', '11'], [0n, 10n]), { command: ['EXISTS', 'k'], reply: 0n }],
  },
  {
    shows: 'a clock set back refills nothing and starts again from now',
    cases: [
      put('k', '3', FUTURE),
      check(['k', '10', '1'], [1n, 2n]),
      {
        command: [
          'EVAL',
          "return tonumber(redis.call('HGET', KEYS[1], 'last_update')) < tonumber(ARGV[1])",
          '1',
          'k',
          FUTURE,
        ],
        reply: 1n,
      },
    ],
  },
  {
    shows: 'numbers that leave 64 bits fill the bucket',
    cases: [
      put('rate', '0', '0'),
      check(['rate', '10', '9223372036854775807'], [1n, 9n]),
      put('past', '0', '-9223372036854775808'),
      check(['past', '10', '1'], [1n, 9n]),
      put('most', '9223372036854775807', '0'),
      check(['most', '9223372036854775807', '1000'], [1n, 9223372036854775806n]),
    ],
  },
  {
    shows: 'a bucket edited out of its range is brought back into it',
    cases: [
      put('over', '1000', FUTURE),
      check(['over', '10', '1'], [1n, 9n]),
      put('under', '-1000', FUTURE),
      check(['under', '10', '1'], [0n, 0n]),
    ],
  },
  {
    shows: 'a hash without the fields is a full bucket',
    cases: [
      { command: ['HSET', 'k', 'other', 'x'], reply: 1n },
      check(['k', '10', '1'], [1n, 9n]),
      { command: ['HGET', 'k', 'other'], reply: { bulk: 'x' } },
    ],
  },
  {
    shows: 'a field that is no integer is an error and stays',
    cases: [
      { command: ['HSET', 'k', 'tokens', 'many'], reply: 1n },
      check(['k', '10', '1'], { error: 'ERR hash value is not an integer' }),
      tokensAre('k', 'many'),
      { command: ['HSET', 'k', 'tokens', '5', 'last_update', '1.5'], reply: 1n },
      check(['k', '10', '1'], { error: 'ERR hash value is not an integer' }),
      tokensAre('k', '5'),
    ],
  },
  {
    shows: 'sizes and rates are positive integers',
    cases: [
      ...['0', '-1', 'abc', '', '1.5', '9223372036854775808'].flatMap((bad) => [
        check(['k', bad, '1'], INVALID),
        check(['k', '1', bad], INVALID),
        check(['k', '1', '1', bad], INVALID_COUNT),
      ]),
      { command: ['EXISTS', 'k'], reply: 0n },
    ],
  },
  {
    shows: 'keys of other types are refused',
    cases: [
      { command: ['SET', 'k', 'x'], reply: { simple: 'OK' } },
      check(['k', '10', '1'], WRONG_TYPE),
      { command: ['RPUSH', 'l', 'x'], reply: 1n },
      check(['l', '10', '1'], WRONG_TYPE),
    ],
  },
  {
    shows: 'a wrong number of arguments is an error',
    cases: [
      check([], WRONG_ARITY),
      check(['k'], WRONG_ARITY),
      check(['k', '10'], WRONG_ARITY),
      check(['k', '10', '1', '1', '1'], WRONG_ARITY),
    ],
  },
];
