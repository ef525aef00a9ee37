import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('HELLO', () => {
  const described = (header: string, protocol: number, id: number): string =>
    `${header}\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n` +
    `$5\r\nproto\r\n:${protocol}\r\n$2\r\nid\r\n:${id}\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n` +
    '$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n';

  test('chooses the protocol of its own reply already', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    expect(a.raw('HELLO')).toBe(described('*14', 2, a.client.id));
    expect(a.raw('HELLO', 3)).toBe(described('%7', 3, a.client.id));
    expect(a.raw('GET', 'nosuch')).toBe('_\r\n');
    expect(a.raw('HELLO', 2)).toBe(described('*14', 2, a.client.id));
  });

  test('logs in and names the connection at once', () => {
    const redcell = new TestInstance({ requirepass: 'secret' });
    const a = connect(redcell);
    expect(a.raw('PING')).toBe('-NOAUTH Authentication required.\r\n');
    expect(a.raw('HELLO', 3)).toBe(
      '-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
        '<proto> AUTH <user> <pass> option can be used to authenticate the client and select the ' +
        'RESP protocol version at the same time\r\n',
    );
    expect(a.raw('HELLO', 3, 'AUTH', 'default', 'secret', 'SETNAME', 'me')).toMatch(/^%7/);
    expect(a.raw('CLIENT', 'GETNAME')).toBe('$2\r\nme\r\n');
  });

  test('lists modules', () => {
    const redcell = new TestInstance();
    const module = { name: 'm', version: 7, path: '/m.wasm', args: [] };
    redcell.instance.clientServices.facts.modules = () => [module];
    expect(redcell.raw('HELLO', 3)).toContain(
      '*1\r\n%4\r\n$4\r\nname\r\n$1\r\nm\r\n$3\r\nver\r\n:7\r\n$4\r\npath\r\n$7\r\n/m.wasm\r\n',
    );
  });
});

describe('passwords', () => {
  test('are asked of new connections as soon as one is set', () => {
    const redcell = new TestInstance();
    const before = connect(redcell);
    redcell.raw('CONFIG', 'SET', 'requirepass', 'secret');
    expect(before.raw('PING')).toBe('+PONG\r\n');
    const after = connect(redcell);
    expect(after.raw('PING')).toBe('-NOAUTH Authentication required.\r\n');
    expect(after.raw('AUTH', 'wrong')).toBe(
      '-WRONGPASS invalid username-password pair or user is disabled.\r\n',
    );
    expect(after.raw('AUTH', 'secret')).toBe('+OK\r\n');
    expect(after.raw('PING')).toBe('+PONG\r\n');
    expect(after.raw('RESET')).toBe('+RESET\r\n');
    expect(after.raw('PING')).toBe('-NOAUTH Authentication required.\r\n');
  });

  test('are not shown by MONITOR and the slow log', () => {
    const redcell = new TestInstance({
      requirepass: 'secret',
      'slowlog-log-slower-than': '0',
    });
    const watcher = connect(redcell, 3);
    watcher.raw('AUTH', 'secret');
    watcher.raw('MONITOR');
    const a = connect(redcell);
    a.raw('AUTH', 'default', 'secret');
    a.raw('HELLO', 2, 'AUTH', 'default', 'secret');
    const log = watcher.take() + watcher.raw('SLOWLOG', 'GET');
    expect(log).toContain('"AUTH" "(redacted)" "(redacted)"');
    expect(log).not.toContain('secret');
  });
});

describe('RESET', () => {
  test('puts a connection back into its first state', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('HELLO', 3, 'SETNAME', 'me');
    a.raw('SELECT', 5);
    a.raw('CLIENT', 'TRACKING', 'on');
    a.raw('CLIENT', 'NO-EVICT', 'on');
    a.raw('MONITOR');
    a.take();
    a.raw('MULTI');
    expect(a.raw('RESET')).toMatch(/^\+RESET\r\n/);
    const { client } = a;
    expect([client.db.index, client.name, client.writer.protocol]).toEqual([0, '', 2]);
    expect([client.tracking, client.transaction]).toEqual([null, null]);
    expect([client.isNoEvict, client.isMonitor]).toEqual([false, false]);
  });
});

describe('QUIT', () => {
  test('closes the connection after the reply', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    expect(a.raw('QUIT')).toBe('+OK\r\n');
    expect(a.transport.closesAfterReply).toBe(true);
  });
});

describe('words that subcommands share with commands', () => {
  test('do not make MULTI run them at once', () => {
    const redcell = new TestInstance();
    redcell.raw('MULTI');
    expect(redcell.raw('LATENCY', 'RESET')).toBe('+QUEUED\r\n');
    expect(redcell.raw('EXEC')).toBe('*1\r\n:0\r\n');
  });
});
