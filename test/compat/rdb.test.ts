// Files and payloads against a real redis-server: what one writes the other must load, with the
// same DEBUG DIGEST.
// Also: host/rdb/encode-value.ts.

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyspaceDigest } from '../../host/keyspace/digest.ts';
import { Argv } from '../../host/lib/argv.ts';
import { byteString } from '../../host/lib/bytes.ts';
import { crc64 } from '../../host/lib/crc64.ts';
import { hasRedis, type Oracle, startOracle } from '../lib/redis-oracle.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestInstance } from '../support/instance.ts';
import { elements, scores } from '../support/values.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const options = { seed: SEED, verbose: 1 } as const;

/** Limits under which a few elements are enough for the large encodings, on both sides. */
const SMALL: [string, string][] = [
  ['hash-max-listpack-entries', '8'],
  ['set-max-intset-entries', '8'],
  ['zset-max-listpack-entries', '8'],
  ['list-max-listpack-size', '4'],
];

const LIST_DEFAULT = ['list-max-listpack-size', '-2'] as const;

/** Redis 7.0 writes scores with %.17g before it hashes them, 7.2 as few digits as it can. */
function percent17g(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(16).split('e');
  const exponent = Number(exponentText);
  const trim = (digits: string): string => digits.replace(/\.?0+$/, '');
  if (exponent >= -4 && exponent < 17) {
    const fixed = value.toFixed(Math.max(0, 16 - exponent));
    return fixed.includes('.') ? trim(fixed) : fixed;
  }
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${trim(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function digestOf(redis: TestInstance): string {
  return keyspaceDigest(redis.instance.keyspace, percent17g);
}

/** Sends bytes as latin-1 text; returns raw reply bytes. */
function send(redis: TestInstance, ...words: string[]): string {
  redis.instance.executor.beginTurn();
  redis.instance.dispatcher.dispatch(redis.client, Argv.of(...words));
  return redis.takeReply();
}

/** The content of a bulk reply. */
function bulk(reply: string): string {
  return reply.slice(reply.indexOf('\r\n') + 2, -2);
}

/** Commands that make one key of any type. */
const makers: fc.Arbitrary<(key: string) => string[]> = fc.oneof(
  elements.map((text) => (key: string) => ['SET', key, text]),
  fc
    .array(elements, { minLength: 1, maxLength: 24 })
    .map((items) => (key: string) => ['RPUSH', key, ...items]),
  fc
    .array(elements, { minLength: 1, maxLength: 24 })
    .map((items) => (key: string) => ['SADD', key, ...items]),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 24 })
    .map((items) => (key: string) => ['SADD', key, ...items.map(String)]),
  fc
    .array(fc.integer({ min: -40_000, max: 40_000 }), { minLength: 1, maxLength: 7 })
    .map((items) => (key: string) => ['SADD', key, ...items.map(String)]),
  fc
    .array(fc.tuple(scores, elements), { minLength: 1, maxLength: 24 })
    .map((pairs) => (key: string) => [
      'ZADD',
      key,
      ...pairs.flatMap(([score, member]) => [scoreText(score), member]),
    ]),
  fc
    .array(fc.tuple(elements, elements), { minLength: 1, maxLength: 24 })
    .map((pairs) => (key: string) => ['HSET', key, ...pairs.flat()]),
);

function scoreText(score: number): string {
  if (Number.isFinite(score)) return Object.is(score, -0) ? '0' : String(score);
  return score > 0 ? 'inf' : '-inf';
}

/** A data set: keys in several databases, some that expire. */
const dataSets = fc.array(
  fc.tuple(fc.nat({ max: 3 }), elements, makers, fc.option(fc.integer({ min: 1e6, max: 1e9 }))),
  { minLength: 1, maxLength: 25 },
);

function commandsOf(
  dataSet: typeof dataSets extends fc.Arbitrary<infer T> ? T : never,
): string[][] {
  const commands: string[][] = [];
  dataSet.forEach(([db, name, make, ttl], i) => {
    const key = `${name}${i}`;
    commands.push(['SELECT', String(db)], make(key));
    if (ttl !== null) commands.push(['PEXPIRE', key, String(ttl)]);
  });
  return [...commands, ['SELECT', '0']];
}

describe.skipIf(!hasRedis)(`RDB and redis-server (seed ${SEED})`, () => {
  let oracle: Oracle;
  let oracleDir: string;

  beforeAll(async () => {
    oracle = await startOracle('--enable-debug-command', 'yes');
    oracleDir = ((await oracle.call('CONFIG', 'GET', 'dir')) as string[])[1] as string;
  });
  afterAll(() => oracle?.close());

  async function configure(settings: readonly (readonly [string, string])[]): Promise<void> {
    for (const [name, value] of settings) await oracle.call('CONFIG', 'SET', name, value);
  }

  /** Ours, with a clock near the oracle's, so that nothing has expired. */
  function ours(dir: string, settings: Record<string, string> = {}): TestInstance {
    const redis = new TestInstance({ dir, 'enable-debug-command': 'yes', ...settings });
    redis.advance(Date.now() - redis.clock.nowMs());
    redis.instance.executor.beginTurn();
    return redis;
  }

  test('files of redcell load in redis-server with the same digest', async () => {
    const dir = temporaryFolder();
    await configure(SMALL);
    await fc.assert(
      fc.asyncProperty(dataSets, fc.boolean(), fc.boolean(), async (dataSet, small, compressed) => {
        const settings = small ? Object.fromEntries(SMALL) : {};
        const redis = ours(dir, { ...settings, rdbcompression: compressed ? 'yes' : 'no' });
        if (small) useSmallLimits(redis);
        for (const words of commandsOf(dataSet)) send(redis, ...words);
        expect(send(redis, 'SAVE')).toBe('+OK\r\n');
        copyFileSync(join(dir, 'dump.rdb'), join(oracleDir, 'dump.rdb'));
        expect(await oracle.call('DEBUG', 'RELOAD', 'NOSAVE')).toBe('OK');
        expect(await oracle.call('DEBUG', 'DIGEST')).toBe(digestOf(redis));
      }),
      { ...options, numRuns: 60 },
    );
  }, 60_000);

  test('redis-check-rdb accepts files of redcell', () => {
    const dir = temporaryFolder();
    for (const dataSet of fc.sample(dataSets, { seed: SEED, numRuns: 5 })) {
      const redis = ours(dir);
      for (const words of commandsOf(dataSet)) send(redis, ...words);
      send(redis, 'SAVE');
      const check = spawnSync('redis-check-rdb', [join(dir, 'dump.rdb')], { encoding: 'utf8' });
      expect(check.stdout).toContain('RDB looks OK');
      expect(check.status).toBe(0);
    }
  });

  test('files of redis-server load in redcell with the same digest', async () => {
    const dir = temporaryFolder();
    const large: [string, string][] = SMALL.map(([name]) => [name, '128']);
    await fc.assert(
      fc.asyncProperty(dataSets, fc.boolean(), fc.boolean(), async (dataSet, small, compressed) => {
        await configure(small ? SMALL : large);
        await configure([
          ['rdbcompression', compressed ? 'yes' : 'no'],
          ['list-compress-depth', compressed ? '1' : '0'],
          ['maxmemory-policy', compressed ? 'allkeys-lru' : 'allkeys-lfu'],
        ]);
        await oracle.call('FLUSHALL');
        for (const words of commandsOf(dataSet)) await oracle.call(...(words as [string]));
        expect(await oracle.call('SAVE')).toBe('OK');
        copyFileSync(join(oracleDir, 'dump.rdb'), join(dir, 'dump.rdb'));
        const redis = ours(dir);
        expect(await redis.instance.snapshots.load()).toBe(true);
        expect(digestOf(redis)).toBe(await oracle.call('DEBUG', 'DIGEST'));
      }),
      { ...options, numRuns: 60 },
    );
    await configure([
      ['maxmemory-policy', 'noeviction'],
      ['rdbcompression', 'yes'],
    ]);
  }, 60_000);

  test('payloads are restored both ways, and values have the same digest', async () => {
    const redis = ours(temporaryFolder());
    await fc.assert(
      fc.asyncProperty(makers, fc.boolean(), async (make, small) => {
        if (small) useSmallLimits(redis);
        send(redis, 'FLUSHALL');
        await oracle.call('FLUSHALL');
        send(redis, ...make('ours'));
        await oracle.call(...(make('theirs') as [string]));
        const mine = bulk(send(redis, 'DUMP', 'ours'));
        const theirs = (await oracle.call('DUMP', 'theirs')) as string;
        expect(await oracle.call('RESTORE', 'from-us', '0', mine)).toBe('OK');
        expect(send(redis, 'RESTORE', 'from-them', '0', theirs)).toBe('+OK\r\n');
        const digests = (await oracle.call(
          'DEBUG',
          'DIGEST-VALUE',
          'theirs',
          'from-us',
        )) as string[];
        expect(digests[1]).toBe(digests[0]);
        const own = send(redis, 'DEBUG', 'DIGEST-VALUE', 'ours', 'from-them').split('\r\n');
        expect(own[2]).toBe(own[1]);
      }),
      { ...options, numRuns: 300 },
    );
  }, 60_000);

  test('DUMP gives the same bytes where both choose the same form', async () => {
    const redis = ours(temporaryFolder());
    await configure([...SMALL.map(([name]) => [name, '128'] as const), LIST_DEFAULT]);
    const cases = [
      ['SET', 'k', 'hello'],
      ['SET', 'k', '-70000'],
      ['RPUSH', 'k', 'a', '1', '-4096', '70000', '8388608', '12345678901'],
      ['SADD', 'k', '1', '2', '40000'],
      ['HSET', 'k', 'f', 'v'],
      ['ZADD', 'k', '1', 'a', '-inf', 'b', '2.5', 'c'],
      ['SADD', 'k', 'one'],
    ];
    for (const words of cases) {
      await oracle.call('FLUSHALL');
      send(redis, 'FLUSHALL');
      await oracle.call(...(words as [string]));
      send(redis, ...words);
      const mine = Buffer.from(bulk(send(redis, 'DUMP', 'k')), 'latin1').toString('hex');
      const theirs = (await oracle.call('DUMP', 'k')) as string;
      expect(mine, words.join(' ')).toBe(Buffer.from(theirs, 'latin1').toString('hex'));
    }
  });

  test('payloads in the forms of older servers mean the same to both', async () => {
    const redis = ours(temporaryFolder());
    for (const hex of OLD_FORMS) {
      const payload = seal(hex);
      const theirs = await oracle.call('RESTORE', 'old', '0', payload, 'REPLACE');
      const mine = send(redis, 'RESTORE', 'old', '0', payload, 'REPLACE');
      expect([hex, mine]).toEqual([hex, `+${theirs}\r\n`]);
      const digests = (await oracle.call('DEBUG', 'DIGEST-VALUE', 'old')) as string[];
      expect(send(redis, 'DEBUG', 'DIGEST-VALUE', 'old')).toBe(`*1\r\n+${digests[0]}\r\n`);
      expect(send(redis, 'TYPE', 'old')).toBe(`+${await oracle.call('TYPE', 'old')}\r\n`);
    }
  });

  test('RESTORE checks its arguments in the same order', async () => {
    const redis = ours(temporaryFolder());
    await oracle.call('FLUSHALL');
    await oracle.call('SET', 'there', 'v');
    send(redis, 'SET', 'there', 'v');
    const good = (await oracle.call('DUMP', 'there')) as string;
    const bad = `${good.slice(0, -1)}x`;
    const garbage = seal('0205');
    const cases: string[][] = [
      ['new', '0'],
      ['new', '0', good, 'x'],
      ['new', 'x', good],
      ['new', '-1', good],
      ['there', 'x', bad],
      ['there', '0', bad, 'replace', 'x'],
      ['new', '0', bad],
      ['new', 'x', bad],
      ['new', '-1', bad],
      ['new', '0', ''],
      ['new', '0', garbage],
      ['there', '0', garbage, 'REPLACE'],
      ['there', '0', good],
      ['new', '0', good, 'IDLETIME', '-1'],
      ['new', '0', good, 'IDLETIME', 'x'],
      ['new', '0', good, 'IDLETIME'],
      ['new', '0', good, 'FREQ', '256'],
      ['new', '0', good, 'FREQ', '-1'],
      ['new', '0', good, 'FREQ', '1', 'IDLETIME', '1'],
      ['new', '0', good, 'IDLETIME', '1', 'FREQ', '1'],
      ['new', '0', good, 'ABSTTL', 'REPLACE'],
      ['new', '1', good, 'ABSTTL', 'REPLACE'],
      ['new', '1', good, 'ABSTTL'],
      ['new', '9223372036854775807', good],
      ['new', '100000', good],
      ['new', '0', good, 'REPLACE', 'IDLETIME', '5'],
    ];
    for (const words of cases) {
      const theirs = await oracle.call('RESTORE', ...words);
      const mine = send(redis, 'RESTORE', ...words);
      const shown = words.map((word) => Buffer.from(word, 'latin1').toString('hex')).join(' ');
      const text = String(theirs);
      expect([shown, mine]).toEqual([
        shown,
        text.startsWith('!') ? `-${text.slice(1)}\r\n` : `+${text}\r\n`,
      ]);
      const exists = await oracle.call('EXISTS', 'new');
      expect([shown, send(redis, 'EXISTS', 'new')]).toEqual([shown, `:${exists}\r\n`]);
    }
  });

  test('DEBUG answers the same', async () => {
    const redis = ours(temporaryFolder());
    await oracle.call('FLUSHALL');
    const cases: string[][] = [
      ['DEBUG', 'DIGEST'],
      ['DEBUG', 'DIGEST', 'x'],
      ['DEBUG', 'OBJECT', 'missing'],
      ['DEBUG', 'OBJECT'],
      ['DEBUG', 'FOO'],
      ['DEBUG', 'ERROR', 'ERR two\r\nlines'],
      ['DEBUG', 'PROTOCOL', 'x'],
      ['DEBUG', 'RELOAD', 'x'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
      ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '5gb'],
      ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', 'x'],
      ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '100b'],
      ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '0'],
      ['DEBUG', 'POPULATE', '-1'],
      ['DEBUG', 'POPULATE', '5', 'key', '30'],
      ['DEBUG', 'POPULATE', '7'],
      ['DEBUG', 'DIGEST'],
      ['DEBUG', 'SLEEP', '0'],
    ];
    for (const words of cases) {
      const theirs = String(await oracle.call(...(words as [string])));
      const mine = send(redis, ...words);
      const expected = theirs.startsWith('!') ? `-${theirs.slice(1)}` : `+${theirs}`;
      expect([words, mine]).toEqual([words, `${expected}\r\n`]);
    }
  });
});

function useSmallLimits(redis: TestInstance): void {
  Object.assign(redis.instance.keyspace.limits, {
    hashMaxListpackEntries: 8,
    setMaxIntsetEntries: 8,
    setMaxListpackEntries: 8,
    zsetMaxListpackEntries: 8,
    listMaxListpackSize: 4,
  });
}

/** A payload of version 9 around bytes given in hexadecimal. */
function seal(hex: string): string {
  const body = Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.from([9, 0])]);
  const sum = Buffer.alloc(8);
  sum.writeBigUInt64LE(crc64(body));
  return byteString(Buffer.concat([body, sum]));
}

/** Types and encodings that 7.0 reads but no longer writes. */
const OLD_FORMS = [
  '01 02 0161 c001', // list, element by element
  '0a 0e 0e000000 0a000000 0100 00 0161 ff', // list, ziplist
  '0a 12 12000000 0f000000 0200 00 03616263 05 f5 ff',
  '0e 01 0e 0e000000 0a000000 0100 00 0161 ff', // list, quicklist of ziplists
  '03 02 0161 fe 0162 03 2d312e', // zset, scores as text
  '0c 10 10000000 0d000000 0200 00 0161 03 f4 ff', // zset, ziplist
  '0d 10 10000000 0d000000 0200 00 0166 03 f4 ff', // hash, ziplist
  '09 0b 01 03666f6f 0300626172 ff', // hash, zipmap
  '02 02 0161 0162', // set
  '04 01 0166 0176', // hash
];
