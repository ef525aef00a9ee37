import { beforeEach, describe, expect, test } from 'vitest';
import { AUTHENTICATOR, type LoginDecision } from '../../host/dispatch/authentication.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { TestInstance } from '../support/instance.ts';

const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
let server: TestInstance;

beforeEach(() => {
  server = new TestInstance();
});

test('without a password everybody is the default user', () => {
  expect(server.client.isAuthenticated).toBe(true);
  expect(server.raw('AUTH', 'default', 'whatever')).toBe('+OK\r\n');
  expect(server.raw('AUTH', 'nobody', '')).toBe(WRONG);
});

test('requirepass is the password of the default user', () => {
  const secured = new TestInstance({ requirepass: 'p\xff' });
  expect(secured.client.isAuthenticated).toBe(false);
  expect(secured.raw('GET', 'k')).toBe('-NOAUTH Authentication required.\r\n');
  expect(secured.raw('AUTH', 'p')).toBe(WRONG);
  expect(secured.client.isAuthenticated).toBe(false);
});

test('a client that is not logged in may go on when the default user needs no password', () => {
  server.raw('CONFIG', 'SET', 'requirepass', 'secret');
  const late = server.instance.createClient();
  expect(server.rawAs(late, 'GET', 'k')).toBe('-NOAUTH Authentication required.\r\n');
  server.raw('CONFIG', 'SET', 'requirepass', '');
  expect(server.rawAs(late, 'GET', 'k')).toBe('$-1\r\n');
});

test('a user that is off cannot log in, one with nopass with any password', () => {
  server.raw('ACL', 'SETUSER', 'alice', 'nopass');
  expect(server.raw('AUTH', 'alice', 'x')).toBe(WRONG);
  server.raw('ACL', 'SETUSER', 'alice', 'on');
  expect(server.raw('AUTH', 'alice', 'x')).toBe('+OK\r\n');
});

describe('handlers', () => {
  const alice = (decision: LoginDecision) => () => decision;
  const add = (handler: Parameters<typeof authenticator>[0]) => authenticator(handler);
  function authenticator(handler: (client: Client) => LoginDecision): void {
    const service = server.instance.services.get(AUTHENTICATOR);
    service.addHandler(({ client }) => handler(client));
  }

  test('decide before the passwords, the newest first', () => {
    add(alice({ outcome: 'accepted' }));
    expect(server.raw('AUTH', 'nobody', 'x')).toBe('+OK\r\n');
    add(alice({ outcome: 'refused', error: 'ERR not today' }));
    expect(server.raw('AUTH', 'default', 'x')).toBe('-ERR not today\r\n');
    expect(server.raw('HELLO', '3', 'AUTH', 'default', 'x')).toBe('-ERR not today\r\n');
  });

  test('that leave it ask the next one, and the passwords at last', () => {
    add(alice({ outcome: 'refused', error: null }));
    add(alice({ outcome: 'left' }));
    expect(server.raw('AUTH', 'default', 'x')).toBe(WRONG);
    expect(server.instance.clientServices.access.log.entries).toEqual([]); // its own business
  });

  test('may answer later, into the output of the client', () => {
    let decide: (decision: LoginDecision) => void = () => {};
    server.instance.services.get(AUTHENTICATOR).addHandler((_attempt, decided) => {
      decide = decided;
      return { outcome: 'later' };
    });
    expect(server.raw('AUTH', 'default', 'x')).toBe('');
    decide({ outcome: 'left' });
    expect(server.takeReply()).toBe('+OK\r\n');
  });
});

test('failed logins are logged with the name that was tried', () => {
  server.raw('Auth', 'nobody', 'x');
  server.raw('HELLO', '3', 'AUTH', 'other', 'x');
  const { entries, counts } = server.instance.clientServices.access.log;
  expect(entries.map(({ reason, object, userName }) => `${reason} ${object} ${userName}`)).toEqual([
    'auth HELLO other',
    'auth Auth nobody',
  ]);
  expect(counts.auth).toBe(2);
});
