import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('CLIENT LIST', () => {
  test('has the fields of 7.2 in their order', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('CLIENT', 'SETNAME', 'me');
    a.raw('CLIENT', 'SETINFO', 'LIB-NAME', 'lib');
    a.raw('CLIENT', 'SETINFO', 'lib-ver', '1.2');
    redcell.advance(2500);
    const line = a.raw('CLIENT', 'LIST').split('\r\n')[1] ?? '';
    expect(line).toMatch(
      new RegExp(
        `^id=${a.client.id} addr=127\\.0\\.0\\.1:\\d+ laddr=127\\.0\\.0\\.1:6379 fd=8 name=me ` +
          'age=2 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 ' +
          'argv-mem=0 multi-mem=0 rbs=\\d+ rbp=\\d+ obl=\\d+ oll=0 omem=0 tot-mem=\\d+ events=r ' +
          'cmd=client\\|list user=default redir=-1 resp=2 lib-name=lib lib-ver=1\\.2\n$',
      ),
    );
  });

  test('shows what a client is doing in its flags', () => {
    const redcell = new TestInstance();
    const flagsOf = (id: number): string | undefined =>
      new RegExp(`id=${id} .*flags=(\\w+)`).exec(redcell.raw('CLIENT', 'LIST'))?.[1];
    const cases: [string, ...string[][]][] = [
      ['P', ['SUBSCRIBE', 'x']],
      ['x', ['MULTI']],
      ['b', ['BLPOP', 'l', '0']],
      ['t', ['CLIENT', 'TRACKING', 'on']],
      ['tB', ['CLIENT', 'TRACKING', 'on', 'BCAST']],
      ['e', ['CLIENT', 'NO-EVICT', 'on']],
      ['T', ['CLIENT', 'NO-TOUCH', 'on']],
      ['O', ['MONITOR']],
      ['Px', ['MULTI'], ['SUBSCRIBE', 'x']],
    ];
    for (const [flags, ...commands] of cases.slice(0, -1)) {
      const a = connect(redcell);
      for (const command of commands) a.raw(...command);
      expect(flagsOf(a.client.id), flags).toBe(flags);
    }
  });

  test('lists only connections, by type and by id', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    const b = connect(redcell);
    b.raw('SUBSCRIBE', 'x');
    const ids = (...words: string[]): string[] =>
      [...redcell.raw('CLIENT', 'LIST', ...words).matchAll(/^id=(\d+)|\nid=(\d+)/gm)].map(
        (match) => (match[1] ?? match[2]) as string,
      );
    expect(ids()).toEqual([String(a.client.id), String(b.client.id)]);
    expect(ids('TYPE', 'pubsub')).toEqual([String(b.client.id)]);
    expect(ids('ID', String(b.client.id), '999')).toEqual([String(b.client.id)]);
  });
});

describe('CLIENT SETINFO', () => {
  test('refuses unknown attributes and names with spaces', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('CLIENT', 'SETINFO', 'lib-x', 'y')).toBe(
      "-ERR Unrecognized option 'lib-x'\r\n",
    );
    expect(redcell.raw('CLIENT', 'SETINFO', 'lib-name', 'a b')).toBe(
      '-ERR lib-name cannot contain spaces, newlines or special characters.\r\n',
    );
    expect(redcell.raw('CLIENT', 'SETINFO', 'lib-ver', '')).toBe('+OK\r\n');
  });
});

describe('CLIENT KILL', () => {
  test('closes by address, and itself after the reply', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    const b = connect(redcell);
    expect(a.raw('CLIENT', 'KILL', b.transport.remoteAddress)).toBe('+OK\r\n');
    expect(b.transport.isClosed).toBe(true);
    expect(redcell.instance.clients.get(b.client.id)).toBeUndefined();
    expect(a.raw('CLIENT', 'KILL', a.transport.remoteAddress)).toBe('+OK\r\n');
    expect(a.transport.closesAfterReply).toBe(true);
  });

  test('counts those that all filters fit, without itself', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    const b = connect(redcell);
    const c = connect(redcell);
    c.raw('SUBSCRIBE', 'x');
    expect(a.raw('CLIENT', 'KILL', 'TYPE', 'normal', 'ID', c.client.id)).toBe(':0\r\n');
    expect(a.raw('CLIENT', 'KILL', 'TYPE', 'normal')).toBe(':1\r\n');
    expect(b.transport.isClosed).toBe(true);
    expect(c.transport.isClosed).toBe(false);
    expect(a.transport.closesAfterReply).toBe(false);
  });

  test('frees what a blocked client waits in', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('BLPOP', 'l', '0');
    expect(redcell.instance.executor.blocking.blockedCount).toBe(1);
    expect(redcell.raw('CLIENT', 'KILL', 'ID', a.client.id)).toBe(':1\r\n');
    expect(redcell.instance.executor.blocking.blockedCount).toBe(0);
    redcell.raw('RPUSH', 'l', 'x');
    expect(redcell.raw('LLEN', 'l')).toBe(':1\r\n');
  });
});

describe('CLIENT UNBLOCK', () => {
  test('ends a wait as if its time were over, or with an error', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('BLPOP', 'l', '0');
    expect(redcell.raw('CLIENT', 'UNBLOCK', a.client.id)).toBe(':1\r\n');
    expect(a.take()).toBe('*-1\r\n');
    a.raw('BLPOP', 'l', '0');
    expect(redcell.raw('CLIENT', 'UNBLOCK', a.client.id, 'ERROR')).toBe(':1\r\n');
    expect(a.take()).toBe('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    expect(redcell.raw('CLIENT', 'UNBLOCK', a.client.id)).toBe(':0\r\n');
    redcell.raw('RPUSH', 'l', 'x');
    expect(a.take()).toBe('');
  });

  test('leaves a paused client alone', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    redcell.raw('CLIENT', 'PAUSE', 1000);
    expect(a.raw('PING')).toBe('');
    expect(redcell.raw('CLIENT', 'UNBLOCK', a.client.id)).toBe(':0\r\n');
  });
});

describe('CLIENT PAUSE', () => {
  test('keeps commands until its time is over, in their order', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    const b = connect(redcell);
    redcell.raw('CLIENT', 'PAUSE', 500);
    expect(a.raw('SET', 'k', '1')).toBe('');
    expect(b.raw('GET', 'k')).toBe('');
    redcell.advance(499);
    expect(a.take()).toBe('');
    redcell.advance(2);
    expect(a.take()).toBe('+OK\r\n');
    expect(b.take()).toBe('$1\r\n1\r\n');
  });

  test('of writes lets readers through, and EXEC without writes', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    redcell.raw('CLIENT', 'PAUSE', 500, 'WRITE');
    expect(a.raw('GET', 'k')).toBe('$-1\r\n');
    a.raw('MULTI');
    a.raw('GET', 'k');
    expect(a.raw('EXEC')).toBe('*1\r\n$-1\r\n');
    expect(a.raw('PUBLISH', 'c', 'm')).toBe('');
    expect(redcell.raw('CLIENT', 'UNPAUSE')).toBe('+OK\r\n');
    expect(a.take()).toBe(':0\r\n');
  });

  test('hides expired keys without deleting them', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'v', 'PX', 100);
    redcell.raw('CLIENT', 'PAUSE', 1000, 'WRITE');
    redcell.takeEffects();
    redcell.advance(200);
    expect(redcell.raw('GET', 'k')).toBe('$-1\r\n');
    expect(redcell.takeEffects()).toEqual([]);
    expect(redcell.raw('DBSIZE')).toBe(':1\r\n');
  });

  test('that is longer already stays so', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    redcell.raw('CLIENT', 'PAUSE', 1000);
    redcell.raw('CLIENT', 'PAUSE', 10);
    a.raw('PING');
    redcell.advance(500);
    expect(a.take()).toBe('');
    redcell.advance(600);
    expect(a.take()).toBe('+PONG\r\n');
  });
});

describe('CLIENT REPLY', () => {
  test('SKIP silences itself and the command after it', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    expect(a.raw('CLIENT', 'REPLY', 'SKIP')).toBe('');
    expect(a.raw('NOSUCH')).toBe('');
    expect(a.raw('PING')).toBe('+PONG\r\n');
  });

  test('OFF lasts until ON, over SKIP', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('CLIENT', 'REPLY', 'OFF');
    expect(a.raw('CLIENT', 'REPLY', 'SKIP')).toBe('');
    expect(a.raw('SET', 'k', 'v')).toBe('');
    expect(a.raw('PING')).toBe('');
    expect(a.raw('CLIENT', 'REPLY', 'ON')).toBe('+OK\r\n');
    expect(a.raw('GET', 'k')).toBe('$1\r\nv\r\n');
  });
});

describe('CLIENT NO-TOUCH', () => {
  test('keeps reads from changing when a key was last used', () => {
    const redcell = new TestInstance();
    redcell.instance.start();
    redcell.raw('SET', 'k', 'v');
    redcell.raw('CLIENT', 'NO-TOUCH', 'on');
    redcell.advance(5000);
    redcell.raw('GET', 'k');
    expect(redcell.raw('OBJECT', 'IDLETIME', 'k')).toBe(':5\r\n');
    redcell.raw('TOUCH', 'k');
    expect(redcell.raw('OBJECT', 'IDLETIME', 'k')).toBe(':0\r\n');
  });
});

describe('unknown subcommands', () => {
  test('get an error, not a closed connection', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('CLIENT', 'MAINT_NOTIFICATIONS', 'ON')).toBe(
      "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n",
    );
    expect(redcell.raw('COMMAND', 'NOSUCH')).toBe(
      "-ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP.\r\n",
    );
  });
});
