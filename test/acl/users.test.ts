import { beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../../host/acl/user.ts';
import { isUserName, mergeSelectors, Users } from '../../host/acl/users.ts';
import { bytes, FakeCommands } from './support.ts';

let users: Users;
let events: string[];
let commands: FakeCommands;

beforeEach(() => {
  events = [];
  commands = new FakeCommands();
  users = new Users(commands, {
    deleted: (user) => void events.push(`deleted ${user.name}`),
    changing: (user, next) => void events.push(`${user.describe()} becomes ${next.describe()}`),
  });
});

const set = (name: string, ...rules: string[]): string | null =>
  users.set(bytes(name), rules.map(bytes));

test('the default user may do everything', () => {
  expect(users.default.isUnrestricted).toBe(true);
  expect(users.default.describe()).toBe('on nopass sanitize-payload ~* &* +@all');
});

test('rules apply all or none, and to the same object', () => {
  expect(set('a', 'on', '+get')).toBe(null);
  const user = users.get(bytes('a')) as User;
  expect(set('a', 'off', '+nosuch')).toBe(
    "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL",
  );
  expect(set('b', 'x')).toBe("Error in ACL SETUSER modifier 'x': Syntax error");
  expect(set('a', '(~x', '+get')).toBe("Unmatched parenthesis in acl selector starting at '(~x'.");
  expect([user.isEnabled, users.get(bytes('b'))]).toEqual([true, null]);
  set('a', 'off');
  expect(user.isEnabled).toBe(false);
  expect(events).toEqual([
    'on sanitize-payload resetchannels -@all +get becomes off sanitize-payload resetchannels -@all +get',
  ]);
});

test('names are sorted by their bytes', () => {
  for (const name of ['b', '\xff', 'B', 'a']) set(name);
  expect(users.sorted().map(({ name }) => name)).toEqual(['B', 'a', 'b', 'default', '\xff']);
});

test('one that was deleted may do nothing any more', () => {
  set('a', '+@all', 'allkeys', 'allchannels');
  const user = users.get(bytes('a')) as User;
  expect([users.delete(bytes('a')), users.delete(bytes('a'))]).toEqual([true, false]);
  expect(user.isUnrestricted).toBe(false);
  expect(events).toEqual(['deleted a']);
  expect(users.delete(bytes('default'))).toBe(false);
});

test('replaceAll keeps the object of the default user', () => {
  set('old', 'on');
  const before = users.default;
  const other = new Users(commands, { deleted: () => {}, changing: () => {} });
  other.set(bytes('default'), [bytes('off')]);
  other.set(bytes('new'), []);
  users.replaceAll(other.sorted());
  expect([users.default, users.default.isEnabled]).toEqual([before, false]);
  expect(users.sorted().map(({ name }) => name)).toEqual(['default', 'new']);
  expect(events).toEqual(['deleted old']);
  users.replaceAll([]);
  expect(users.default.describe()).toBe('on nopass sanitize-payload ~* &* +@all');
});

test('requirepass replaces all passwords of the default user', () => {
  set('default', '>a', '>b');
  users.setDefaultPassword(bytes('c'));
  expect(users.default.passwords.length).toBe(1);
  users.setDefaultPassword(bytes(''));
  expect(users.default.hasNoPassword).toBe(true);
});

test('unlisted users are nobody to log in as, but commands that come concern them', () => {
  const user = users.createUnlisted(bytes('mine'));
  expect(users.get(bytes('mine'))).toBe(null);
  expect(users.change(user, [bytes('+@read')])).toBe(null);
  expect(users.change(user, [bytes('x')])).toContain('Syntax error');
  commands.add(90, 'late', 1n);
  users.recompute();
  expect(user.root.allows(90)).toBe(true);
  users.freeUnlisted(user);
  users.freeUnlisted(user);
  expect(events.filter((event) => event === 'deleted mine')).toEqual(['deleted mine']);
});

describe('mergeSelectors', () => {
  const merge = (...words: string[]) => mergeSelectors(words.map(bytes));

  test('joins the words of a selector', () => {
    expect(merge('on', '(~a', '+get', '-set)', '()', 'off')).toEqual({
      rules: ['on', '(~a +get -set)', '()', 'off'],
    });
  });

  test('says which one is open', () => {
    expect(merge('on', '(~a', '(x')).toEqual({ unmatched: '(~a', index: 1 });
  });
});

test('names have no white space', () => {
  expect(['a', '', 'a b', 'a\0', 'a\t'].map((name) => isUserName(bytes(name)))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
