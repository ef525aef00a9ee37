import { beforeEach, describe, expect, test } from 'vitest';
import { type Connected, connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

const NO_KEY = '-NOPERM No permissions to access a key\r\n';
const NO_CHANNEL = '-NOPERM No permissions to access a channel\r\n';
let server: TestInstance;
let alice: Connected;

beforeEach(() => {
  server = new TestInstance();
  alice = connect(server);
  server.raw('ACL', 'SETUSER', 'alice', 'on', 'nopass', '+@all', '-flushall', '~a*', '&c*');
  alice.raw('AUTH', 'alice', 'x');
});

const logged = (): string[] =>
  server.instance.clientServices.access.log.entries.map(
    ({ reason, origin, object, userName, count }) =>
      `${reason} ${origin} ${object} ${userName} ${count}`,
  );

test('refuses commands, keys and channels, and notes it', () => {
  expect(alice.raw('FLUSHALL')).toBe(
    "-NOPERM User alice has no permissions to run the 'flushall' command\r\n",
  );
  expect(alice.raw('GET', 'b')).toBe(NO_KEY);
  expect(alice.raw('GET', 'b')).toBe(NO_KEY);
  expect(alice.raw('PUBLISH', 'x', 'm')).toBe(NO_CHANNEL);
  expect(alice.raw('GET', 'a')).toBe('$-1\r\n');
  expect(logged()).toEqual([
    'channel toplevel x alice 1',
    'key toplevel b alice 2',
    'command toplevel flushall alice 1',
  ]);
  expect(server.instance.clientServices.access.log.entries[0]?.clientInfo).toMatch(
    /^id=\d+ addr=.*cmd=publish user=alice /,
  );
});

test('INFO counts refusals, CONFIG RESETSTAT forgets them', () => {
  alice.raw('GET', 'b');
  alice.raw('AUTH', 'nobody', 'x');
  const counts = () => server.raw('INFO', 'stats').match(/acl_access_denied_\w+:\d+/g);
  expect(counts()).toEqual([
    'acl_access_denied_auth:1',
    'acl_access_denied_cmd:0',
    'acl_access_denied_key:1',
    'acl_access_denied_channel:0',
  ]);
  server.raw('CONFIG', 'RESETSTAT');
  expect(counts()?.every((field) => field.endsWith(':0'))).toBe(true);
});

test('a refused command spoils the transaction', () => {
  alice.raw('MULTI');
  expect(alice.raw('GET', 'b')).toBe(NO_KEY);
  expect(alice.raw('EXEC')).toMatch(/^-EXECABORT/);
  expect(logged()).toEqual(['key multi b alice 1']);
});

test('EXEC checks again what was queued', () => {
  alice.raw('MULTI');
  for (const line of ['GET a', 'PUBLISH c m', 'SET a2 v', 'PING']) alice.raw(...line.split(' '));
  server.raw('ACL', 'SETUSER', 'alice', 'resetkeys', '~a2', 'resetchannels', '-set');
  const because = (reason: string) =>
    '-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
    `call. This command is no longer allowed for the following reason: ${reason}\r\n`;
  expect(alice.raw('EXEC')).toBe(
    `*4\r\n${because('no permission to touch the specified keys')}` +
      because('no permission to access one of the channels used as arguments') +
      because('no permission to execute the command or subcommand') +
      '+PONG\r\n',
  );
  expect(logged()).toEqual([
    'command multi set alice 1',
    'channel multi c alice 1',
    'key multi a alice 1',
  ]);
  expect(server.raw('INFO', 'errorstats')).toContain('errorstat_NOPERM:count=3');
});

describe('clients whose user may do less', () => {
  test('are closed when it is deleted, the one that asks after its reply', () => {
    const other = connect(server);
    other.raw('AUTH', 'alice', 'x');
    expect(alice.raw('ACL', 'DELUSER', 'alice', 'nobody')).toBe(':1\r\n');
    expect([other.transport.isClosed, alice.transport.isClosed]).toEqual([true, false]);
    expect([alice.transport.closesAfterReply, alice.client.isAuthenticated]).toEqual([true, false]);
  });

  test.each([
    ['channel', 'SUBSCRIBE', 'c1', ['resetchannels', '&c2']],
    ['pattern', 'PSUBSCRIBE', 'c*', ['resetchannels', '&c', '&c1']],
    ['shard channel', 'SSUBSCRIBE', 'c1', ['resetchannels']],
  ])('are closed when they lose a %s', (_kind, command, name, rules) => {
    alice.raw(command, name);
    const idle = connect(server);
    idle.raw('AUTH', 'alice', 'x');
    server.raw('ACL', 'SETUSER', 'alice', ...rules);
    expect([alice.transport.isClosed, idle.transport.isClosed]).toEqual([true, false]);
  });

  test.each([
    ['all channels are allowed', ['allchannels']],
    ['more are', ['&d*']],
    ['what is left is enough', ['resetchannels', '&c1']],
  ])('stay when %s', (_name, rules) => {
    alice.raw('SUBSCRIBE', 'c1');
    server.raw('ACL', 'SETUSER', 'alice', ...rules);
    expect(alice.transport.isClosed).toBe(false);
  });
});

test('who waits for a key is asked again for permission', () => {
  expect(alice.raw('BLPOP', 'a', '0')).toBe('');
  server.raw('ACL', 'SETUSER', 'alice', '-blpop');
  server.raw('RPUSH', 'a', 'v');
  expect(alice.take()).toBe("-NOPERM User alice has no permissions to run the 'blpop' command\r\n");
  expect([server.raw('LLEN', 'a'), alice.client.blocked]).toEqual([':1\r\n', null]);
});

test('CLIENT LIST, KILL and INFO know users', () => {
  expect(alice.raw('CLIENT', 'INFO')).toContain(' user=alice ');
  expect(server.raw('CLIENT', 'KILL', 'USER', 'nobody')).toBe("-ERR No such user 'nobody'\r\n");
  expect(server.raw('CLIENT', 'KILL', 'USER', 'alice')).toBe(':1\r\n');
  expect(alice.transport.isClosed).toBe(true);
});

test('SORT reads keys that patterns lead to only for who may read all', () => {
  server.raw('RPUSH', 'al', '1');
  expect(alice.raw('SORT', 'al', 'BY', 'nosort')).toBe('*1\r\n$1\r\n1\r\n');
  expect(alice.raw('SORT', 'al', 'BY', 'w_*')).toBe(
    '-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n',
  );
  expect(alice.raw('SORT_RO', 'al', 'GET', '#')).toBe(
    '-ERR GET option of SORT denied due to insufficient ACL permissions.\r\n',
  );
});

test('RESET makes a client the default user again', () => {
  alice.raw('RESET');
  expect(alice.raw('ACL', 'WHOAMI')).toBe('$7\r\ndefault\r\n');
});
