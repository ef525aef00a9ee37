// Also: host/acl/password.ts

import { beforeEach, expect, test } from 'vitest';
import { hashPassword, isPasswordHash } from '../../host/acl/password.ts';
import { type RuleWorld, User } from '../../host/acl/user.ts';
import { bytes, FakeCommands } from './support.ts';

const world: RuleWorld = { commands: new FakeCommands(), allowsChannels: false };
let user: User;

beforeEach(() => {
  user = new User(bytes('alice'), world);
});

const apply = (...rules: string[]): (string | null)[] =>
  rules.map((rule) => user.apply(bytes(rule), world));

test('a new user is off and may do nothing', () => {
  expect(user.describe()).toBe('off sanitize-payload resetchannels -@all');
  expect(user.accepts(bytes(''))).toBe(false);
  expect(user.isUnrestricted).toBe(false);
});

test('passwords are added and removed, as text or as hash', () => {
  const hash = hashPassword(bytes('b\xff'));
  expect(isPasswordHash(hash)).toBe(true);
  expect(apply('on', '>a', `#${hash}`)).toEqual([null, null, null]);
  expect(['a', 'b\xff', 'c'].map((word) => user.accepts(bytes(word)))).toEqual([true, true, false]);
  expect(apply('<a', '<a', `!${hash}`, '#x')).toEqual([null, 'noSuchPassword', null, 'badHash']);
  expect(user.accepts(bytes('a'))).toBe(false);
});

test('nopass takes any password and forgets the others, a password ends it', () => {
  apply('on', '>a', 'nopass');
  expect([user.accepts(bytes('x')), user.passwords.length]).toEqual([true, 0]);
  apply('>b');
  expect(user.accepts(bytes('x'))).toBe(false);
});

test('who is off does not get in', () => {
  apply('nopass', 'off');
  expect(user.accepts(bytes('x'))).toBe(false);
});

test('selectors add to what the root allows, and are unrestricted alone', () => {
  apply('~k', '(+get ~a)', '( allkeys allcommands allchannels )');
  expect(user.selectors.length).toBe(3);
  expect(user.isUnrestricted).toBe(true);
  expect(user.allowsKey(bytes('any'), 3)).toBe(true);
  expect(user.allowsChannel(bytes('any'), true)).toBe(true);
  apply('clearselectors');
  expect(user.isUnrestricted).toBe(false);
  expect(apply('(>x)', '(on)', '("a)')).toEqual(['syntax', 'syntax', null]);
});

test('reset makes it new again', () => {
  apply('on', '>a', '+@all', '~*', '&*', 'skip-sanitize-payload', '(+get)', 'RESET');
  expect(user.describe()).toBe('off sanitize-payload resetchannels -@all');
});

test('a description makes the same user', () => {
  apply('on', '>a', '+@read', '-get', '%R~x', '&c', '(~y -@all +set)', 'skip-sanitize-payload');
  const text = user.describe();
  const copy = new User(bytes('copy'), world);
  const rules = text.match(/\([^)]*\)|\S+/g) ?? [];
  for (const rule of rules) expect(copy.apply(bytes(rule), world)).toBe(null);
  expect(copy.describe()).toBe(text);
});
