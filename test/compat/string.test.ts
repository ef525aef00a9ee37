import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Differential, type Word } from '../support/differential.ts';
import { hasOracle } from '../support/oracle.ts';

const KEY = fc.constantFrom('a', 'b', 'c', 'd');
const LONG = 'long'.repeat(15);
const VALUE = fc.constantFrom('', '0', '1', '-7', '10', '007', '3.5', '1e3', 'x', 'hello', LONG);
const NUMBER = fc.constantFrom('0', '1', '-1', '5', '9223372036854775807', '-9223372036854775808');
const BAD_NUMBER = fc.constantFrom('', 'x', '1.5', ' 1', '01', '9223372036854775808');
const INTEGER = fc.oneof({ weight: 6, arbitrary: NUMBER }, { weight: 1, arbitrary: BAD_NUMBER });
const FLOAT = fc.constantFrom('0', '1', '-2.5', '3e2', '0.1', 'inf', 'nan', 'x', '1e400', '0x10');
const INDEX = fc.oneof(fc.integer({ min: -9, max: 9 }).map(String), INTEGER);
const SECONDS = fc.constantFrom('100', '1000', '0', '-1', 'x', '9223372036854775807');
const UNIX_TIME = fc.constantFrom('1', '4102444800', '4102444800000', '0', 'y');

const SET_OPTION = fc.oneof(
  fc.constantFrom(['NX'], ['XX'], ['GET'], ['KEEPTTL'], ['PERSIST'], ['nope'], ['EX']),
  fc.tuple(fc.constantFrom('EX', 'px'), SECONDS),
  fc.tuple(fc.constantFrom('EXAT', 'PXAT'), UNIX_TIME),
);
const SET_OPTIONS = fc.array(SET_OPTION, { maxLength: 3 }).map((options) => options.flat());

const words = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<Word[]> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));

const COMMAND: fc.Arbitrary<Word[]> = fc.oneof(
  words('SET', KEY, VALUE),
  fc.tuple(words('SET', KEY, VALUE), SET_OPTIONS).map(([set, options]) => [...set, ...options]),
  fc.tuple(words('GETEX', KEY), SET_OPTIONS).map(([getex, options]) => [...getex, ...options]),
  words('GET', KEY),
  words('GETDEL', KEY),
  words('GETSET', KEY, VALUE),
  words('SETNX', KEY, VALUE),
  words(fc.constantFrom('SETEX', 'PSETEX') as fc.Arbitrary<string>, KEY, SECONDS, VALUE),
  words('MGET', KEY, KEY, KEY),
  words(fc.constantFrom('MSET', 'MSETNX'), KEY, VALUE, KEY, VALUE),
  words(fc.constantFrom('MSET', 'MSETNX'), KEY, VALUE, KEY),
  words('APPEND', KEY, VALUE),
  words('STRLEN', KEY),
  words(fc.constantFrom('GETRANGE', 'SUBSTR'), KEY, INDEX, INDEX),
  words('SETRANGE', KEY, fc.oneof(fc.constantFrom('0', '3', '60', '600000000'), INTEGER), VALUE),
  words(fc.constantFrom('INCR', 'DECR'), KEY),
  words(fc.constantFrom('INCRBY', 'DECRBY'), KEY, INTEGER),
  words('INCRBYFLOAT', KEY, FLOAT),
  words('LCS', KEY, KEY),
  words('LCS', KEY, KEY, fc.constantFrom('LEN', 'IDX', 'WITHMATCHLEN', 'x', 'MINMATCHLEN')),
  words('LCS', KEY, KEY, 'IDX', 'MINMATCHLEN', INDEX, fc.constantFrom('WITHMATCHLEN', 'LEN')),
  words('OBJECT', 'ENCODING', KEY),
  words('OBJECT', 'REFCOUNT', KEY),
  words('TTL', KEY),
  words('HSET', KEY, 'field', 'value'),
  words('DEL', KEY),
);

describe.skipIf(!hasOracle).each([2, 3] as const)(
  'strings compared with Redis, RESP%i',
  (protocol) => {
    let both: Differential;
    beforeAll(async () => {
      both = await Differential.start({ protocol });
    });
    afterAll(() => both.stop());

    test('options of SET exclude each other as in Redis', async () => {
      const options = ['NX', 'XX', 'GET', 'KEEPTTL', 'EX 100', 'PX 100000', 'EXAT 4102444800'];
      const pairs = options.flatMap((one) => options.map((other) => `SET k v ${one} ${other}`));
      const commands = pairs.flatMap((line) => [line, 'GET k', 'TTL other']);
      await both.expectSame(commands.map((line) => line.split(' ')));
    });

    test('a string that was set with a time in the past is gone', async () => {
      const lines = ['SET a 1', 'SET a 2 PXAT 1', 'GET a', 'SET a 3 EXAT 1', 'SETNX a 4', 'GET a'];
      await both.expectSame(lines.map((line) => line.split(' ')));
    });

    test('a key that has expired is announced before it is set again', async () => {
      const lines = ['SET a 1 PXAT 1', 'SET a 2', 'SET b 1 PXAT 1', 'APPEND b x', 'SET c 1 PXAT 1'];
      const more = ['INCR c', 'SET d 1 PXAT 1', 'MSET d 1 e 2', 'SET f 1 PXAT 1', 'GETDEL f'];
      await both.expectSame([...lines, ...more].map((line) => line.split(' ')));
    });

    test('increments beyond 64 bits fail and change nothing', async () => {
      const lines = ['SET a 9223372036854775807', 'INCR a', 'GET a', 'DECRBY a -1', 'INCRBY a -1'];
      const more = [
        'SET b -9223372036854775808',
        'DECR b',
        'DECRBY c -9223372036854775808',
        'GET c',
      ];
      await both.expectSame([...lines, ...more].map((line) => line.split(' ')));
    });

    test('commands inside MULTI leave as one transaction', async () => {
      const lines = ['MULTI', 'SET a 1 EX 100', 'INCR a', 'GET a', 'APPEND a x', 'INCR a', 'EXEC'];
      await both.expectSame(lines.map((line) => line.split(' ')));
    });

    test('common subsequences are found where Redis finds them', async () => {
      const strings = ['ohmytext', 'mynewtext', 'aaaa', 'abcabcabc', 'cbacba', ''];
      const set = strings.map((value, i) => ['SET', `k${i}`, value]);
      const pairs = strings.flatMap((_, i) => strings.map((_, j) => [`k${i}`, `k${j}`]));
      const asked = pairs.flatMap(([i = '', j = '']) => [
        ['LCS', i, j],
        ['LCS', i, j, 'LEN'],
        ['LCS', i, j, 'IDX', 'WITHMATCHLEN'],
        ['LCS', i, j, 'IDX', 'MINMATCHLEN', '2'],
      ]);
      await both.expectSame([...set, ...asked]);
    });

    test('random commands do the same', { timeout: 120_000 }, async () => {
      await both.expectSameOf(COMMAND, 70, 30);
    });
  },
);
