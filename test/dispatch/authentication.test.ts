import { expect, test } from 'vitest';
import { PasswordAuthenticator } from '../../host/dispatch/authentication.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { TestInstance } from '../support/instance.ts';

const bytes = (text: string): ByteString => text as ByteString;

test('without a password everybody is the default user', () => {
  const authenticator = new PasswordAuthenticator();
  const { client } = new TestInstance();
  expect(authenticator.isOpen).toBe(true);
  expect(authenticator.login(client, bytes('default'), bytes('whatever'))).toBe(true);
  expect(authenticator.login(client, bytes('nobody'), bytes(''))).toBe(false);
});

test('a wrong password changes nothing, the right one logs in', () => {
  const authenticator = new PasswordAuthenticator();
  authenticator.password = bytes('p\xff');
  const { client } = new TestInstance();
  authenticator.reset(client);
  expect(client.isAuthenticated).toBe(false);
  expect(authenticator.login(client, bytes('default'), bytes('p'))).toBe(false);
  expect(client.isAuthenticated).toBe(false);
  expect(authenticator.login(client, bytes('default'), bytes('p\xff'))).toBe(true);
  expect(client.isAuthenticated).toBe(true);
  expect([authenticator.hasUser(bytes('default')), authenticator.hasUser(bytes('x'))]).toEqual([
    true,
    false,
  ]);
});
