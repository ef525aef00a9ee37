import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Differential, type Word } from '../support/differential.ts';
import { hasOracle } from '../support/oracle.ts';

const KEY = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const VALUE = fc.constantFrom('', '1', '12', 'x', 'a', 'b', 'long'.repeat(12));
const DB = fc.constantFrom('0', '1', '2', '3', '15', '16', '-1', 'x', '3000000000');
const SECONDS = fc.constantFrom('100', '1000', '5000', '-1', '0', 'x', '9223372036854775807');
const UNIX_TIME = fc.constantFrom('1', '-1', '4102444800', '4102444800000', '');
const CONDITION = fc.constantFrom(
  ...['', 'NX', 'XX', 'GT', 'LT', 'nope', 'NX XX', 'GT LT', 'XX GT'],
);
const PATTERN = fc.constantFrom('*', '', 'a', '[ab]', '?', 'x*', '[^c]', '\\a', '*\\');
const BY = fc.constantFrom('', 'BY w_*', 'BY nosort', 'BY h_*->f', 'BY h_*->', 'BY *', 'BY');
const GET = fc.constantFrom('', 'GET #', 'GET w_*', 'GET h_*->f', 'GET # GET w_*', 'GET none');
const LIMIT = fc.constantFrom('', 'LIMIT 0 2', 'LIMIT 1 -1', 'LIMIT -5 3', 'LIMIT 9 9', 'LIMIT 1');
const ORDER = fc.constantFrom('', 'ASC', 'DESC', 'ALPHA', 'DESC ALPHA', 'ALPHA nope');
const STORE = fc.constantFrom('', '', 'STORE e');

type Part = string | fc.Arbitrary<string>;

const words = (...parts: Part[]): fc.Arbitrary<Word[]> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));
/** Like `words`, with each part but the first split at its spaces. */
const line = (...parts: Part[]): fc.Arbitrary<Word[]> =>
  words(...parts).map((all) => all.flatMap((part) => String(part).split(' ').filter(Boolean)));

const COMMAND: fc.Arbitrary<Word[]> = fc.oneof(
  words('SET', KEY, VALUE),
  words('SET', KEY, VALUE, 'PX', fc.constantFrom('100000', '900000')),
  words('SET', 'c', VALUE, 'PXAT', '1'), // one key: in which order SCAN finds more is open
  words('RPUSH', KEY, fc.constantFrom('3', '1', '2', 'x'), fc.constantFrom('1', '10', '')),
  words('HSET', KEY, fc.constantFrom('f', 'g'), VALUE),
  words(fc.constantFrom('DEL', 'UNLINK', 'EXISTS', 'TOUCH'), KEY, KEY),
  words(fc.constantFrom('TYPE', 'TTL', 'PTTL', 'PERSIST'), KEY),
  words('OBJECT', fc.constantFrom('IDLETIME', 'FREQ'), KEY), // REFCOUNT: see string.test.ts
  words(fc.constantFrom('RENAME', 'RENAMENX'), KEY, KEY),
  words('MOVE', KEY, DB),
  words('COPY', KEY, KEY),
  line('COPY', KEY, KEY, fc.constantFrom('REPLACE', 'DB 1', 'DB 1 REPLACE', 'DB', 'DB 99', 'x')),
  words('SELECT', fc.constantFrom('0', '1')),
  words('SWAPDB', DB, DB),
  words('DBSIZE'),
  words(fc.constantFrom('FLUSHDB', 'FLUSHALL')),
  words(fc.constantFrom('FLUSHDB', 'FLUSHALL'), fc.constantFrom('ASYNC', 'sync', 'x')),
  words('KEYS', PATTERN),
  words('SCAN', '0', 'MATCH', PATTERN, 'COUNT', '100'),
  words('SCAN', fc.constantFrom('x', '-', ' 0', '0')),
  words('SCAN', '0', fc.constantFrom('COUNT', 'MATCH', 'x'), fc.constantFrom('0', '-1', 'y')),
  line(fc.constantFrom('EXPIRE', 'PEXPIRE'), KEY, SECONDS, CONDITION),
  line(fc.constantFrom('EXPIREAT', 'PEXPIREAT'), KEY, UNIX_TIME, CONDITION),
  line('SORT', KEY, BY, LIMIT, GET, ORDER, STORE),
  line('SORT_RO', KEY, BY, GET, ORDER, STORE),
);

const UNORDERED = ['keys', 'scan'];

describe.skipIf(!hasOracle).each([2, 3] as const)(
  'keys compared with Redis, RESP%i',
  (protocol) => {
    let both: Differential;
    beforeAll(async () => {
      both = await Differential.start({ protocol, unordered: UNORDERED });
    });
    afterAll(() => both.stop());

    const run = (...lines: string[]) => both.expectSame(lines.map((text) => text.split(' ')));

    test('conditions of EXPIRE are those of Redis', async () => {
      const conditions = ['', 'NX', 'XX', 'GT', 'LT', 'XX GT', 'LT XX', 'NX LT', 'GT LT', 'GT GT'];
      const presents = ['PERSIST k', 'EXPIRE k 1000', 'EXPIRE k 10'];
      const cases = conditions.flatMap((condition) =>
        presents.flatMap((present) => [
          'SET k v',
          present,
          `EXPIRE k 500 ${condition}`.trim(),
          'TTL k',
        ]),
      );
      await run(...cases);
    });

    test('expire times out of range are refused', async () => {
      const big = '9223372036854775807';
      await run('SET k v', `EXPIRE k ${big}`, `PEXPIRE k ${big}`, `EXPIREAT k ${big}`, 'TTL k');
      await run(
        'SET k v',
        'EXPIRE k -9223372036854775808',
        'PEXPIRE k -9223372036854775808',
        'GET k',
      );
      await run('SET k v', 'EXPIRE k 9223372036854775', 'EXPIRE k -9223372036854775', 'GET k');
      await run('EXPIRE nokey x', 'EXPIRE nokey 1 bad', 'EXPIRE nokey x bad');
    });

    test('an expire time in the past deletes the key', async () => {
      await run('SET k v', 'EXPIRE k 0', 'GET k', 'SET k v', 'PEXPIREAT k 1', 'EXISTS k');
      await run('SET k v', 'GETEX k PXAT 1', 'GET k', 'SET k v EX 100', 'GETEX k PERSIST', 'TTL k');
    });

    test('absolute expire times are told as they were set', async () => {
      await run('SET k v EXAT 4102444800', 'EXPIRETIME k', 'PEXPIRETIME k', 'EXPIRETIME nokey');
      await run('SET k v', 'EXPIRETIME k', 'PEXPIRETIME k');
    });

    test('renaming carries the expire time and the type along', async () => {
      await run('SET a 1 EX 100', 'RPUSH b x', 'RENAME a b', 'TTL b', 'TYPE b', 'RENAME b b');
      await run('RENAME no x', 'RENAMENX no no', 'RPUSH l 1 2', 'RENAMENX l l', 'RENAMENX l m');
      await run(
        'SET a 1',
        'SET b 2',
        'RENAMENX a b',
        'GET b',
        'RPUSH l 1',
        'RENAME l a',
        'LRANGE a 0 -1',
      );
    });

    test('copies are independent', async () => {
      await run('RPUSH l 1 2', 'COPY l m', 'RPUSH m 3', 'LRANGE l 0 -1', 'LRANGE m 0 -1');
      await run(
        'SET n 12 EX 100',
        'COPY n o',
        'OBJECT ENCODING o',
        'TTL o',
        'COPY n o',
        'COPY n n',
      );
      await run('SADD s 1 2', 'HSET h f v', 'COPY s t', 'COPY h t REPLACE', 'HGETALL t');
      await run(
        'SET n 1',
        'COPY n n DB 1',
        'COPY n n DB 1',
        'COPY n n DB 1 REPLACE',
        'COPY n n DB x',
      );
    });

    test('sorting numbers, texts and by other keys', async () => {
      const filled = ['RPUSH l 3 1 2 10 -5', 'RPUSH t banana apple cherry', 'SADD s c a b'];
      const weights = [
        'MSET w_1 9 w_2 8 w_3 7 w_10 6',
        'HSET h_1 f z',
        'HSET h_2 f y',
        'SET w_x zz',
      ];
      const asked = [
        'SORT l',
        'SORT l DESC',
        'SORT l ALPHA',
        'SORT t',
        'SORT t ALPHA DESC LIMIT 1 1',
      ];
      const by = [
        'SORT l BY w_*',
        'SORT l BY w_* GET # GET w_*',
        'SORT l BY h_*->f ALPHA GET h_*->f',
      ];
      const kept = [
        'SORT l BY nosort',
        'SORT l BY nosort DESC LIMIT 0 2',
        'SORT l STORE x',
        'LRANGE x 0 -1',
      ];
      const rest = [
        'SORT s ALPHA',
        'SORT s BY nosort STORE y',
        'LRANGE y 0 -1',
        'SORT none STORE y',
      ];
      const wrong = [
        'SORT w_1',
        'SORT l LIMIT a 1',
        'SORT l LIMIT 1 b',
        'SORT_RO l STORE x',
        'SORT l BY',
      ];
      await run(...filled, ...weights, ...asked, ...by, ...kept, ...rest, ...wrong, 'EXISTS y');
    });

    test('SCAN shows one type only when asked to', async () => {
      const types = ['string', 'LIST', 'hash', 'set', 'zset', 'stream', 'x'];
      const scans = types.map((type) => `SCAN 0 COUNT 100 TYPE ${type}`);
      await run(
        'SCAN 99999999999999999999',
        'MSET a 1 b 2',
        'RPUSH l 1',
        'HSET h f v',
        'SADD s 1',
        ...scans,
        'SCAN 0 TYPE',
      );
    });

    test('random commands do the same', { timeout: 120_000 }, async () => {
      await both.expectSameOf(COMMAND, 70, 30);
    });
  },
);
