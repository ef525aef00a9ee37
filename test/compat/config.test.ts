// CONFIG SET and GET of every directive, configuration files and CONFIG REWRITE, beside a real
// redis-server 7.0. Where 7.2 differs from it the difference is listed here.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../host/config/arguments.ts';
import { CONFIG, Config } from '../../host/config/config.ts';
import { ConfigFileError } from '../../host/config/file.ts';
import type { Option } from '../../host/config/option.ts';
import { optionTable } from '../../host/config/options.ts';
import { CONFIG_FILE, ConfigFile } from '../../host/config/rewrite.ts';
import { TestInstance } from '../support/instance.ts';
import { freePort, hasOracle, Oracle, RawClient } from '../support/oracle.ts';

/** In 7.2 and not in 7.0. */
const NEW_IN_72 = [
  'set-max-listpack-entries',
  'set-max-listpack-value',
  'locale-collate',
  'cluster-announce-human-nodename',
];
const OURS = [
  'log-format',
  'module-acl-user',
  'module-max-memory',
  'module-dir',
  'module-trap-arguments',
  'module-trap-limit',
  'module-trap-source',
  'module-trap-window',
  'module-max-file-bytes',
  'module-max-functions',
  'module-max-function-bytes',
  'module-command-time-limit',
  'module-callback-time-limit',
  'module-load-time-limit',
  'module-fuel-limit',
];
/** Values that would cut our connection to the server, or that change what it can do. */
const UNTOUCHED = [
  'port', // moves the listener
  'bind',
  'tls-port', // these three want a certificate
  'tls-cluster',
  'tls-replication',
  'loglevel', // 7.2 knows `nothing`
  'maxclients', // bounded by the limit of open files there
  'requirepass', // would need AUTH
  'watchdog-period', // sends itself signals
  'appendonly', // starts a rewrite
  'maxmemory-clients', // evicts this client
  'client-output-buffer-limit',
];

/** Set by Oracle.start, or dependent on what the kernel lets the process do. */
const SET_UP = ['dir', 'enable-debug-command', 'save', 'oom-score-adj'];

const COMMON = ['', 'zzz', ' 1', '-1', '1.5', 'no', 'YES', '0', '5', '05', '+5', '1 2', '"5"'];
const NUMBERS = [
  '70000',
  '2147483647',
  '2147483648',
  '4294967296',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-2147483649',
];
const SIZES = ['1k', '1kb', '1KB', '64Mb', '3gb', '5b', '1tb', '10%', '1.5mb', 'mb', '-1mb'];
const HUGE_SIZES = ['18446744073709551615', '99999999999999999999'];

const LISTS: Record<string, readonly string[]> = {
  save: ['900 1', '900 1 300 10', '900', '0 1', '60 0', '60 -1', '60  2', '60 x', '1 2 1 2'],
  'oom-score-adj-values': ['1 2 3', '3 2 1', '0 0 2001', 'a b c', '1 2', '-2000 0 2000'],
  'latency-tracking-info-percentiles': ['50', '50 99.99 100', '1e1', '99.1234567', 'inf', 'nan'],
};

function valuesFor(name: string, option: Option): readonly string[] {
  if (option.kind === 'int' || option.kind === 'octal') return [...COMMON, ...NUMBERS];
  if (option.kind === 'memory') {
    // A backlog or a limit of 2^64 bytes is taken by the server, and then it ends.
    return [...COMMON, ...SIZES, ...(name === 'repl-backlog-size' ? [] : HUGE_SIZES)];
  }
  if (option.kind === 'list') return [...COMMON, ...(LISTS[name] ?? [])];
  if (option.kind === 'enum-set') {
    return [...COMMON, 'save', 'now save', 'save nosave', 'default now', 'FORCE', 'save  now'];
  }
  if (option.kind === 'enum') return [...COMMON, ...enumWords(option)];
  if (name === 'notify-keyspace-events')
    return [...COMMON, 'KEA', 'AKEmn', 'nKx', 'g$lshzxetd', 'E'];
  return [...COMMON, 'a b', 'a/b', '{title}', '{nope}', '{{title}', 'x'.repeat(300)];
}

/** The words of an enum are told by its own error text. */
function enumWords(option: Option): string[] {
  const context = { previous: { value: '', text: '' }, isAppending: false, directory: '/' };
  const reason = option.parse(['?'], context);
  if (typeof reason !== 'string') throw new Error('an enum took a question mark');
  return (reason.split(': ')[1] ?? '').split(', ').flatMap((word) => [word, word.toUpperCase()]);
}

describe.skipIf(!hasOracle)('CONFIG does as redis-server does', () => {
  let oracle: Oracle;
  let theirs: RawClient;
  let ours: TestInstance;

  beforeAll(async () => {
    oracle = await Oracle.start();
    theirs = await oracle.client();
    ours = new TestInstance();
    ours.instance.services.set(CONFIG, new Config(oracle.dir));
  });
  afterAll(async () => {
    theirs?.close();
    await oracle?.stop();
  });

  async function expectSame(...words: string[]): Promise<void> {
    const expected = await theirs.call(...words);
    expect(`${words.join(' ')} → ${ours.raw(...words)}`).toBe(`${words.join(' ')} → ${expected}`);
  }

  test('the same directives are listed', async () => {
    const list = (reply: string): string[] =>
      [...reply.matchAll(/\$\d+\r\n([^\r]*)\r\n\$\d+\r\n[^\r]*\r\n/g)].map(
        (match) => match[1] ?? '',
      );
    const here = list(ours.raw('CONFIG', 'GET', '*'));
    const there = list(await theirs.call('CONFIG', 'GET', '*'));
    const extra = new Set([...NEW_IN_72, ...OURS]);
    expect(here.filter((name) => !extra.has(name)).sort()).toEqual(there.sort());
  });

  const shared = [...optionTable.values()].filter(
    ({ name }) => ![...NEW_IN_72, ...OURS].includes(name),
  );

  test.each(
    shared.filter(({ name }) => !['port', 'dir', 'enable-debug-command', 'save'].includes(name)),
  )('the default of $name is the same', async ({ name, option }) => {
    await expectSame('CONFIG', 'GET', name);
    for (const alias of option.aliases ?? []) await expectSame('CONFIG', 'GET', alias);
  });

  test.each(shared.filter(({ name }) => !UNTOUCHED.includes(name)))(
    'good and bad values of $name are answered the same',
    async ({ name, option }) => {
      for (const value of valuesFor(name, option)) {
        await expectSame('CONFIG', 'SET', name, value);
        if (!option.immutable && name !== 'dir') await expectSame('CONFIG', 'GET', name);
      }
      const back = optionTable.get(name)?.initial.text ?? '';
      if (!option.immutable) await expectSame('CONFIG', 'SET', name, back);
    },
  );

  test.each([
    ['maxmemory-clients', '10%'],
    ['maxmemory-clients', '101%'],
    ['maxmemory-clients', '-5%'],
    ['maxmemory-clients', '%'],
    ['maxmemory-clients', '1gb'],
    ['maxmemory-clients', '1gx'],
    ['maxmemory-clients', '0'],
    ['client-output-buffer-limit', 'normal 1gb 2gb 3'],
    ['client-output-buffer-limit', 'replica 1mb 2mb 3 slave 5 6 7'],
    ['client-output-buffer-limit', 'NORMAL 0 0 0'],
    ['client-output-buffer-limit', 'master 1 2 3'],
    ['client-output-buffer-limit', 'normal x 2 3'],
    ['client-output-buffer-limit', 'normal 1 2 -3'],
    ['client-output-buffer-limit', 'normal 1 2'],
    ['client-output-buffer-limit', ''],
    ['loglevel', 'WARNING'],
    ['maxclients', '9000'],
    ['maxclients', '0'],
    ['bind', '1 '.repeat(17)],
    ['port', '70000'],
    ['port', 'x'],
    ['tls-port', '-1'],
  ])('%s %j', async (name, value) => {
    await expectSame('CONFIG', 'SET', name, value);
    if (name !== 'port') await expectSame('CONFIG', 'GET', name);
  });

  test.each([
    'SET maxmemory 1gb maxmemory 1',
    'SET maxmemory 1gb nope 1',
    'SET maxmemory 1gb databases 3',
    'SET maxmemory 1gb hz x',
    'SET MAXMEMORY 2gb HZ 11',
    'SET slave-priority 5 replica-priority 6',
    'SET maxmemory 1 x',
    'SET NoPe 1 databases 5',
    'SET databases 5 maxmemory x',
    'SET maxmemory x databases 4',
    'SET maxmemory 1 maxmemory 2 nope 3',
    'SET nope 1 maxmemory 2 maxmemory 3',
    'SET dir /tmp',
    'SET dbfilename x hz 10',
    'SET SLAVE-PRIORITY x',
    'SET',
    'SET hz',
    'GET',
    'GET nope',
    'GET MAXMEMORY',
    'GET Slave-Priority',
    'GET hz HZ',
    'GET ma[xyz]memory',
    'GET watchdog*',
    'GET watchdog-period',
    'GET \\hz',
    'RESETSTAT',
    'RESETSTAT x',
    'REWRITE x',
    'HELP',
    'FOO',
  ])('CONFIG %s', async (line) => {
    await expectSame('CONFIG', ...line.split(' '));
    await expectSame('CONFIG', 'GET', 'maxmemory');
    await expectSame('CONFIG', 'GET', 'replica-priority');
  });

  test('random CONFIG SETs of several options leave the same values', {
    timeout: 120_000,
  }, async () => {
    const mutable = shared.filter(
      ({ name, option }) =>
        !UNTOUCHED.includes(name) && option.kind !== 'string' && !SET_UP.includes(name),
    );
    const pair = fc
      .constantFrom(...mutable)
      .chain(({ name, option }) =>
        fc
          .constantFrom(name, name.toUpperCase(), ...(option.aliases ?? []))
          .chain((shown) => fc.constantFrom(...valuesFor(name, option)).map((v) => [shown, v])),
      );
    const pairs = fc.array(pair, { minLength: 1, maxLength: 4 });
    const seed = Number(process.env.FC_SEED ?? Date.now() & 0xffffff);
    const property = fc.asyncProperty(pairs, async (list) => {
      await expectSame('CONFIG', 'SET', ...list.flat());
      for (const [name = ''] of list) await expectSame('CONFIG', 'GET', name.toLowerCase());
    });
    await fc.assert(property, { numRuns: 700, seed });
  });
});

/** Texts that a server refuses to start with. */
const BAD_FILES = [
  '# c\nport 1\nfoo bar\n',
  'port 1 2',
  'port',
  'save "a',
  "timeout 'a'b",
  'maxmemory 1gx',
  'databases 0',
  'unixsocketperm 9',
  'unixsocketperm 7777',
  'io-threads 129',
  'supervised x',
  'replicaof x',
  'replicaof x y',
  'replicaof no one\nreplicaof x 99999',
  'appendfilename ""',
  'appendfilename a/b',
  'appenddirname ""',
  'appenddirname a/b',
  'dbfilename a/b',
  'dir /no/such/place',
  'dir /dev/null',
  'rename-command get',
  'loadmodule',
  'user',
  'save 1',
  'save 900 1\nsave ""\nsave\nsave x 1',
  'client-output-buffer-limit normal 1',
  'oom-score-adj-values 1',
  'notify-keyspace-events K E',
  'shutdown-on-sigint save nosave',
  'shutdown-on-sigint ""',
  'latency-tracking-info-percentiles ""\nlatency-tracking-info-percentiles 1 x',
  'proc-title-template "{server-mode}"',
  'lua-replicate-commands a b',
  'list-max-ziplist-entries 1\nlist-max-ziplist-value 2\nx',
  'sentinel x',
  'a.b',
  'port 0\r\nfoo\r\n',
  '  timeout   5   6 # x \n',
  'include /no/such/*.conf\nfoo',
  'include a b',
  'MAXMEMORY 1\nMaxMemory x',
  'slave-read-only maybe',
  'socket-mark-id -1',
  'bind ""\nsave "60" 1 60 2\nclient-output-buffer-limit\nfoo',
];

const BAD_ARGUMENTS = [
  ['--port', 'abc'],
  ['--foo'],
  ['--port', '0', '--dir', '/tmp', '--databases', '0'],
  ['--save', '--port', '0', '--dir'],
  ['--port', '0', '--loglevel', '--port', '1'],
  ['--port', '0', '--save', '--foo'],
  ['--save', '', '--foo', 'a "b'],
  ['--port 0', '--databases x'],
  ['--port 0', 'x'],
  ['-port', 'x'],
  ['--SAVE', '--foo', 'x'],
  ['--bind', '127.0.0.1', '::1', '--maxmemory', '1', '2'],
];

describe.skipIf(!hasOracle)('starting is refused with the same words', () => {
  const directory = mkdtempSync(join(tmpdir(), 'redcell-config-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  function refusal(args: readonly string[], stdin = ''): string {
    try {
      const readStdin = (): Buffer => Buffer.from(stdin);
      loadConfig({ args, env: {}, directory, readStdin });
    } catch (error) {
      if (error instanceof ConfigFileError) return error.message;
      throw error;
    }
    return 'accepted';
  }

  function expected(args: readonly string[], stdin = ''): string {
    const result = spawnSync('redis-server', args, {
      cwd: directory,
      encoding: 'utf8',
      input: stdin,
      timeout: 5000,
    });
    return result.stderr.replace('(Redis 7.0.15)', '(Redis 7.2.4)');
  }

  test.each(BAD_FILES)('file %j', (text) => {
    const path = join(directory, 'redis.conf');
    writeFileSync(path, text);
    expect(refusal([path])).toBe(expected([path]));
  });

  test.each(BAD_ARGUMENTS.map((args) => ({ args })))('arguments $args', ({ args }) => {
    expect(refusal(args)).toBe(expected(args));
  });

  test('lines are counted through file, standard input and arguments', () => {
    const path = join(directory, 'redis.conf');
    writeFileSync(path, 'port 0\ntimeout 1\n');
    const args = [path, '--hz', 'x', '-'];
    expect(refusal(args, 'databases 3\n\n')).toBe(expected(args, 'databases 3\n\n'));
  });
});

describe.skipIf(!hasOracle)('CONFIG REWRITE', () => {
  const text = [
    '# first comment',
    'save 900 1',
    'save 300 10',
    '',
    '# about memory',
    'maxmemory 100000000',
    '',
    '',
    'slave-read-only no',
    'hash-max-ziplist-entries 20',
    'hash-max-listpack-entries 30',
    'include none*.conf',
    'notify-keyspace-events ""',
    '  loglevel   notice   ',
    'client-output-buffer-limit replica 1mb 2mb 3',
    'timeout 5',
    'timeout 6',
    '',
  ].join('\n');

  test('writes the same lines in the same places', { timeout: 30_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'redcell-config-'));
    const [here, there] = [join(directory, 'here.conf'), join(directory, 'there.conf')];
    writeFileSync(here, text);
    writeFileSync(there, text);
    const loaded = loadConfig({
      args: [here],
      env: {},
      directory,
      readStdin: () => Buffer.alloc(0),
    });
    const ours = new TestInstance();
    ours.instance.services.set(CONFIG, loaded.config);
    ours.instance.services.set(CONFIG_FILE, new ConfigFile(loaded.config, loaded.file));
    const oracle = await startWithFile(there);
    try {
      const theirs = await RawClient.open(oracle.port);
      const both = async (...words: string[]): Promise<void> => {
        expect(ours.raw(...words)).toBe(await theirs.call(...words));
      };
      await both('CONFIG', 'SET', 'save', '60 1 5 6');
      await both('CONFIG', 'SET', 'maxmemory', '1gb', 'maxmemory-clients', '5%', 'hz', '1000');
      await both('CONFIG', 'SET', 'notify-keyspace-events', 'KEA', 'masterauth', 'a"b\x01');
      await both('CONFIG', 'SET', 'oom-score-adj-values', '1 2 3', 'repl-backlog-size', '3000000');
      await both('CONFIG', 'SET', 'shutdown-on-sigterm', 'save now', 'rdbcompression', 'no');
      await both(
        'CONFIG',
        'SET',
        'maxmemory-policy',
        'allkeys-lru',
        'latency-tracking-info-percentiles',
        '50',
      );
      await both('CONFIG', 'REWRITE');
      expect(parts(readFileSync(here, 'latin1'))).toEqual(parts(readFileSync(there, 'latin1')));
      await both('CONFIG', 'SET', 'save', '', 'timeout', '0', 'tcp-keepalive', '10');
      await both('CONFIG', 'REWRITE');
      expect(parts(readFileSync(here, 'latin1'))).toEqual(parts(readFileSync(there, 'latin1')));
      theirs.close();
    } finally {
      await oracle.stop();
      rmSync(directory, { recursive: true });
    }
  });

  /** Oracle.start has no place for a file: the server must be given it first. */
  async function startWithFile(path: string): Promise<{ port: number; stop: () => Promise<void> }> {
    const port = await freePort();
    const child = spawn('redis-server', [path, '--port', String(port)], { cwd: dirname(path) });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.stdout.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('Ready to accept connections')) resolve();
      });
      child.once('exit', () => reject(new Error(`redis-server ended:\n${log}`)));
    });
    const stop = async (): Promise<void> => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    };
    return { port, stop };
  }

  /** Lines that only one of them has: options of the command line, and users. */
  const FOREIGN = /^(dir|user|port) /;

  /** What stands before the signature in order, and what was added without. */
  function parts(content: string): { kept: string[]; added: string[] } {
    const lines = content.split('\n').filter((line) => !FOREIGN.test(line));
    const at = lines.indexOf('# Generated by CONFIG REWRITE');
    return {
      kept: lines.slice(0, at),
      added: lines
        .slice(at)
        .filter((line) => line !== '')
        .sort(),
    };
  }
});
