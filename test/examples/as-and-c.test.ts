// The builds of `counter` hold and save the same bytes, so that a server can change from one to
// another: from C to AssemblyScript, and to and from the native module in redis-server.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import { CommandStream } from '../../host/persistence/aof-rewrite.ts';
import { writeAll } from '../../host/persistence/record-sink.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle, type RawClient } from '../support/oracle.ts';
import { moduleOf } from './targets.ts';

const MAX = '9223372036854775807';
const MIN = '-9223372036854775808';
const FAR = '99999999999999';
const KEYS = ['zero', 'small', 'mixed', 'low', 'high', 'copy', 'expiring', 'key with spaces', ''];

/** Counters of all sizes, in two databases, among other keys. */
const COMMANDS: readonly (readonly string[])[] = [
  ['COUNTER.INCR', 'zero', '0'],
  ['COUNTER.INCR', 'small'],
  ['COUNTER.INCR', 'mixed', '1000000'],
  ['COUNTER.INCR', 'mixed', '-70000'],
  ['COUNTER.SET', 'low', MIN, '0', MAX],
  ['COUNTER.SET', 'high', MAX, MAX, MAX],
  ['COPY', 'mixed', 'copy'],
  ['COUNTER.INCR', 'expiring', '16384'],
  ['PEXPIREAT', 'expiring', FAR],
  ['COUNTER.INCR', 'key with spaces', '-1'],
  ['COUNTER.INCR', '', '64'],
  ['SET', 'other', 'value'],
  ['SELECT', '3'],
  ['COUNTER.INCR', 'elsewhere', '4294967296'],
  ['SELECT', '0'],
];

async function withCounter(build: 'c' | 'as', dir: string): Promise<TestInstance> {
  const redcell = new TestInstance({ dir, 'enable-debug-command': 'yes' });
  const path = await moduleOf(build, 'counter');
  const { modules } = redcell.instance;
  modules.load(await modules.prepare(path), path, []);
  return redcell;
}

async function filled(build: 'c' | 'as', dir = '/tmp'): Promise<TestInstance> {
  const redcell = await withCounter(build, dir);
  for (const words of COMMANDS) expect(redcell.raw(...words)).not.toMatch(/^-/);
  return redcell;
}

const statsOf = (redcell: TestInstance): string[] =>
  KEYS.map((key) => redcell.raw('COUNTER.STATS', key));

/** The data set as an AOF rewrite writes it, one char a byte. */
function rewritten(redcell: TestInstance): string {
  let text = '';
  const write = (chunk: Buffer): void => {
    text += chunk.latin1Slice();
  };
  writeAll(new CommandStream({ write }, null), redcell.instance.keyspace);
  return text;
}

// The first build of a module takes the compiler seconds.
beforeAll(async () => {
  await moduleOf('c', 'counter');
  await moduleOf('as', 'counter');
}, 120_000);

describe('for the same counters the C and the AssemblyScript build have', () => {
  let c: TestInstance;
  let as: TestInstance;

  beforeAll(async () => {
    c = await filled('c');
    as = await filled('as');
  });

  test.each([
    ['payloads', ['DUMP'], /^\$\d{2}\r\n/],
    ['digests', ['DEBUG', 'DIGEST-VALUE'], /^\*1\r\n\+(?!0{40})[0-9a-f]{40}\r\n$/],
    ['memory usage', ['MEMORY', 'USAGE'], /^:[1-9]\d+\r\n$/],
  ] as const)('equal %s', (_what, command, form) => {
    for (const key of KEYS) {
      const reply = c.raw(...command, key);
      expect(reply).toMatch(form);
      expect([key, as.raw(...command, key)]).toEqual([key, reply]);
    }
  });

  test('equal commands in a rewritten append-only file, which make the same again', async () => {
    const text = rewritten(c);
    expect(text).toContain(
      `COUNTER.SET\r\n$3\r\nlow\r\n$20\r\n${MIN}\r\n$1\r\n0\r\n$19\r\n${MAX}\r\n`,
    );
    expect(rewritten(as)).toBe(text);
    const again = await withCounter('as', '/tmp');
    for (const command of text.split(/^\*\d+\r\n/m).slice(1)) {
      const words = [...command.matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, word]) => word as string);
      expect(again.raw(...words)).not.toMatch(/^-/);
    }
    expect(again.raw('DEBUG', 'DIGEST')).toBe(c.raw('DEBUG', 'DIGEST'));
  });

  test('equal digests of the whole data set', () => {
    expect(c.raw('DEBUG', 'DIGEST')).toBe(as.raw('DEBUG', 'DIGEST'));
    as.raw('COUNTER.INCR', 'small');
    expect(c.raw('DEBUG', 'DIGEST')).not.toBe(as.raw('DEBUG', 'DIGEST'));
    c.raw('COUNTER.INCR', 'small');
    expect(c.raw('DEBUG', 'DIGEST')).toBe(as.raw('DEBUG', 'DIGEST'));
  });
});

describe.each([
  ['c', 'as'],
  ['as', 'c'],
] as const)('what the build %s saved', (from, to) => {
  test(`the build ${to} loads`, async () => {
    const dir = temporaryFolder();
    const saved = await filled(from, dir);
    expect(saved.raw('SAVE')).toBe('+OK\r\n');
    const loaded = await withCounter(to, dir);
    expect(await loaded.instance.snapshots.load()).toBe(true);
    expect(statsOf(loaded)).toEqual(statsOf(saved));
    expect(loaded.raw('DEBUG', 'DIGEST')).toBe(saved.raw('DEBUG', 'DIGEST'));
    expect(loaded.raw('PEXPIRETIME', 'expiring')).toBe(`:${FAR}\r\n`);
  });

  test(`the build ${to} restores`, async () => {
    const source = await filled(from);
    const target = await withCounter(to, '/tmp');
    const db = source.instance.keyspace.database(0);
    expect(db.size).toBe(KEYS.length + 1);
    for (const key of KEYS) {
      const payload = /^\$\d+\r\n(.*)\r\n$/s.exec(source.raw('DUMP', key))?.[1] as string;
      const bytes = Argv.of('RESTORE', key, '0', payload);
      target.instance.executor.beginTurn();
      target.instance.dispatcher.dispatch(target.client, bytes);
      expect(target.takeReply()).toBe('+OK\r\n');
    }
    expect(statsOf(target)).toEqual(statsOf(source));
  });
});

describe.skipIf(!hasOracle).each(['c', 'as'] as const)('redis-server and the build %s', (build) => {
  let oracle: Oracle;
  let client: RawClient;

  beforeAll(async () => {
    oracle = await Oracle.start('--loadmodule', await moduleOf('native', 'counter'));
    client = await oracle.client();
  }, 120_000);

  afterAll(async () => {
    client.close();
    await oracle.stop();
  });

  async function fillThere(): Promise<void> {
    await client.call('FLUSHALL');
    for (const words of COMMANDS) expect(await client.call(...words)).not.toMatch(/^-/);
  }

  async function statsThere(): Promise<string[]> {
    const stats: string[] = [];
    for (const key of KEYS) stats.push(await client.call('COUNTER.STATS', key));
    return stats;
  }

  test('have the same digests and payloads', async () => {
    const redcell = await filled(build);
    await fillThere();
    for (const key of KEYS) {
      const digest = await client.call('DEBUG', 'DIGEST-VALUE', key);
      expect([key, redcell.raw('DEBUG', 'DIGEST-VALUE', key)]).toEqual([key, digest]);
      expect([key, redcell.raw('DUMP', key)]).toEqual([key, await client.call('DUMP', key)]);
    }
    expect(redcell.raw('DEBUG', 'DIGEST')).toBe(await client.call('DEBUG', 'DIGEST'));
  });

  test('change from redcell to redis-server with an RDB file', async () => {
    const dir = temporaryFolder();
    const redcell = await filled(build, dir);
    expect(redcell.raw('SAVE')).toBe('+OK\r\n');
    copyFileSync(join(dir, 'dump.rdb'), join(oracle.dir, 'dump.rdb'));
    expect(await client.call('DEBUG', 'RELOAD', 'NOSAVE')).toBe('+OK\r\n');
    expect(await statsThere()).toEqual(statsOf(redcell));
    expect(await client.call('DEBUG', 'DIGEST')).toBe(redcell.raw('DEBUG', 'DIGEST'));
  });

  test('change from redis-server to redcell with an RDB file', async () => {
    await fillThere();
    expect(await client.call('SAVE')).toBe('+OK\r\n');
    const redcell = await withCounter(build, oracle.dir);
    expect(await redcell.instance.snapshots.load()).toBe(true);
    expect(redcell.raw('DEBUG', 'DIGEST')).toBe(await client.call('DEBUG', 'DIGEST'));
    expect(statsOf(redcell)).toEqual(await statsThere());
    expect(redcell.raw('PEXPIRETIME', 'expiring')).toBe(`:${FAR}\r\n`);
  });
});
