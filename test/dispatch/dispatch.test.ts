import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CommandError } from '../../host/dispatch/errors.ts';
import { Argv } from '../../host/lib/argv.ts';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle } from '../support/oracle.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { Served } from '../support/served.ts';

const OOM = "OOM command not allowed when used memory > 'maxmemory'.";

describe('guards', () => {
  let server: TestInstance;

  beforeEach(() => {
    server = new TestInstance();
  });

  test('are asked by stage, and in the order they came', () => {
    const asked: string[] = [];
    const guard = (name: string) => () => {
      asked.push(name);
      return null;
    };
    const { dispatcher } = server.instance;
    dispatcher.addGuard(guard('state'));
    dispatcher.addGuard(guard('protection'), 'protection');
    dispatcher.addGuard(guard('state 2'));
    dispatcher.memoryGate = () => {
      asked.push('memory');
      return true;
    };
    server.raw('GET', 'key');
    expect(asked).toEqual(['protection', 'memory', 'state', 'state 2']);
  });

  test('one that refuses keeps the later ones from being asked and the command from running', () => {
    const asked: string[] = [];
    server.instance.dispatcher.addGuard(() => new CommandError('NOPE not now'));
    server.instance.dispatcher.addGuard(() => {
      asked.push('later');
      return null;
    });
    expect(server.raw('SET', 'key', 'value')).toBe('-NOPE not now\r\n');
    expect(asked).toEqual([]);
    expect(server.client.db.size).toBe(0);
  });

  test('a refusal spoils the transaction', () => {
    server.raw('MULTI');
    const refuse = { isOn: true };
    server.instance.dispatcher.addGuard(() => (refuse.isOn ? new CommandError('NOPE') : null));
    server.raw('SET', 'key', 'value');
    refuse.isOn = false;
    expect(server.raw('EXEC')).toBe(
      '-EXECABORT Transaction discarded because of previous errors.\r\n',
    );
  });

  test('a refusal is counted', () => {
    server.instance.dispatcher.addGuard(() => new CommandError('NOPE not now'));
    const { stats } = server.instance.executor;
    server.raw('GET', 'key');
    const entry = server.instance.dispatcher.resolve(Argv.of('get', 'key'));
    if (!('number' in entry)) throw entry;
    expect(stats.rejectedOf(entry.number)).toBe(1);
    expect(stats.callsOf(entry.number)).toBe(0);
    expect(stats.errors.get('NOPE')).toBe(1);
  });
});

describe('filters', () => {
  test('see each command before it is looked up and may change it', () => {
    const server = new TestInstance();
    const filter = (_client: unknown, argv: Argv): Argv =>
      argv.at(0).is('old') ? Argv.of('SET', 'key', 'filtered') : argv;
    server.instance.dispatcher.addFilter(filter);
    expect(server.raw('OLD')).toBe('+OK\r\n');
    expect(server.raw('GET', 'key')).toBe('$8\r\nfiltered\r\n');
    server.instance.dispatcher.removeFilter(filter);
    expect(server.raw('OLD')).toMatch(/^-ERR unknown command 'OLD'/);
  });
});

describe('memory', () => {
  test('what needs some is refused while there is none; all else runs', () => {
    const server = new TestInstance();
    server.raw('SET', 'key', 'value');
    server.instance.dispatcher.memoryGate = () => false;
    expect(server.raw('SET', 'key', 'other')).toBe(`-${OOM}\r\n`);
    expect(server.raw('GET', 'key')).toBe('$5\r\nvalue\r\n');
  });
});

describe('CLIENT REPLY', () => {
  test('OFF silences all, ON ends that with its own reply', () => {
    const server = new TestInstance();
    expect(server.raw('CLIENT', 'REPLY', 'OFF')).toBe('');
    expect(server.raw('SET', 'key', 'value')).toBe('');
    expect(server.raw('NOSUCH')).toBe('');
    expect(server.raw('CLIENT', 'REPLY', 'ON')).toBe('+OK\r\n');
    expect(server.raw('GET', 'key')).toBe('$5\r\nvalue\r\n');
  });

  test('SKIP silences the next command alone', () => {
    const server = new TestInstance();
    expect(server.raw('CLIENT', 'REPLY', 'SKIP')).toBe('');
    expect(server.raw('PING')).toBe('');
    expect(server.raw('PING')).toBe('+PONG\r\n');
  });

  test('OFF also silences what comes when a wait ends', () => {
    const server = new TestInstance();
    server.raw('CLIENT', 'REPLY', 'OFF');
    server.raw('BLPOP', 'list', '0');
    server.rawAs(server.instance.createClient(), 'RPUSH', 'list', 'x');
    expect(server.takeReply()).toBe('');
    server.raw('BLPOP', 'list', '1');
    server.advance(1000);
    expect(server.takeReply()).toBe('');
  });
});

/** Each is one connection's commands; the conditions are `CONFIG SET`s made before. */
const SESSIONS: Readonly<Record<string, readonly string[]>> = {
  'arity and names before login': ['NOSUCH a b', 'GET', 'CONFIG NOSUCH', 'CONFIG', 'PING', 'AUTH'],
  'protection before login': ['DEBUG SLEEP 0'],
  'login before memory': ['SET a b'],
  'login before the transaction': ['MULTI', 'GET a', 'AUTH pw', 'GET a', 'EXEC'],
  'memory before pub/sub mode': ['AUTH pw', 'SUBSCRIBE x', 'SET a b', 'GET a', 'DEBUG SLEEP 0'],
  'memory in a transaction': [
    'AUTH pw',
    'MULTI',
    'GET a',
    'PING',
    'SET a b',
    'WATCH a',
    'MULTI',
    'UNWATCH',
    'EXEC',
  ],
  'giving up without memory': ['AUTH pw', 'MULTI', 'DISCARD', 'SET a b', 'EXEC'],
  'refusals spoil transactions': ['AUTH pw', 'MULTI', 'DEBUG SLEEP 0', 'EXEC'],
  'nested words do not': ['AUTH pw', 'CONFIG SET maxmemory 0', 'MULTI', 'MULTI', 'WATCH a', 'EXEC'],
  'errors when queueing do': ['MULTI', 'GET', 'PING', 'EXEC', 'MULTI', 'NOSUCH', 'EXEC', 'EXEC'],
  'errors when running do not': ['MULTI', 'SET a b', 'INCR a', 'GET a', 'EXEC'],
  'what may not be queued': ['MULTI', 'SUBSCRIBE x', 'EXEC', 'PING'],
  'subcommands that do not exist': [
    'OBJECT NOSUCH',
    'CLIENT',
    'CLIENT NOSUCH x',
    'MULTI',
    'OBJECT X',
    'EXEC',
  ],
  'a long unknown command': [`${'x'.repeat(200)} ${'y'.repeat(200)} z`],
  'unknown with many words': ['foo a b c d e f g h i j k l m n o p q r s t u v w x y z'.repeat(3)],
  'RESET in a transaction': ['MULTI', 'SET a b', 'RESET', 'AUTH pw', 'EXEC'],
  'QUIT in a transaction': ['MULTI', 'SET a b', 'QUIT', 'PING'],
};

describe.skipIf(!hasOracle)('refusals come in the order of redis-server', () => {
  let redcell: Served;
  let oracle: Oracle;

  beforeAll(async () => {
    redcell = await Served.start();
    oracle = await Oracle.start('--enable-debug-command', 'no');
    for (const { port } of [redcell, oracle]) {
      await talk(port, ['CONFIG SET requirepass pw']);
    }
  });

  afterEach(async () => {
    for (const { port } of [redcell, oracle])
      await talk(port, ['AUTH pw', 'CONFIG SET maxmemory 1']);
  });

  afterAll(async () => {
    await redcell?.stop();
    await oracle?.stop();
  });

  async function talk(port: number, lines: readonly string[]): Promise<string[]> {
    const socket = await RawSocket.open(port);
    const answers: string[] = [];
    for (const line of lines) {
      socket.received = '';
      await socket.write(`${line}\r\n`);
      // Every reply here is one line, or a list that is complete when the server answers again.
      await socket.until((received) => received.endsWith('\r\n'));
      answers.push(`${line} → ${socket.received}`);
    }
    socket.close();
    return answers;
  }

  test.each(Object.entries(SESSIONS))('%s', async (title, lines) => {
    const isShort = title.startsWith('memory') || title.startsWith('giving');
    const setting = isShort || title.includes('login') ? 'maxmemory 1' : 'maxmemory 0';
    const first = title.includes('login') ? [] : ['AUTH pw'];
    for (const { port } of [redcell, oracle]) {
      await talk(port, ['AUTH pw', `CONFIG SET ${setting}`]);
    }
    const ours = await talk(redcell.port, [...first, ...lines]);
    expect(ours).toEqual(await talk(oracle.port, [...first, ...lines]));
  });
});
