// Also: host/dispatch/channels.ts

import { beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../../host/acl/user.ts';
import { KEY_ACCESS } from '../../host/dispatch/key-specs.ts';
import { denialOf, hasEveryKey } from '../../host/dispatch/permissions.ts';
import type { CommandEntry } from '../../host/dispatch/spec.ts';
import { Argv } from '../../host/lib/argv.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { TestInstance } from '../support/instance.ts';

let server: TestInstance;

beforeEach(() => {
  server = new TestInstance();
});

function user(...rules: string[]): User {
  const { users } = server.instance.clientServices.access;
  const words = ['reset', ...rules] as ByteString[]; // ASCII
  expect(users.set('u' as ByteString, words)).toBe(null);
  return users.get('u' as ByteString) as User;
}

function denial(who: User, line: string): string {
  const argv = Argv.of(...line.split(' '));
  const entry = server.instance.dispatcher.table.lookupCall(argv) as CommandEntry;
  const found = denialOf(who, entry, argv);
  return found === null ? 'allowed' : `${found.reason} ${found.position}`;
}

test('the command comes first, then its keys, then its channels', () => {
  expect(denial(user('~*', '&*'), 'GET k')).toBe('command 0');
  expect(denial(user('+get', '~a'), 'GET k')).toBe('key 1');
  expect(denial(user('+publish'), 'PUBLISH c m')).toBe('channel 1');
  expect(denial(user('+@all', '~k', '&c'), 'GET k')).toBe('allowed');
});

describe('keys', () => {
  test.each([
    ['GET k', '%R~k', '%W~k'],
    ['SET k v', '%W~k', '%R~k'],
    ['SET k v GET', '~k', '%W~k'],
    ['DEL k', '%W~k', '%R~k'],
  ])('%s needs %s', (line, rule, other) => {
    expect(denial(user('+@all', rule), line)).toBe('allowed');
    expect(denial(user('+@all', other), line)).toBe('key 1');
  });

  test('of a copy are read and written apart', () => {
    const who = user('+copy', '%R~a', '%W~b');
    expect(denial(who, 'COPY a b')).toBe('allowed');
    expect(denial(who, 'COPY b a')).toBe('key 1');
    expect(denial(who, 'COPY a a')).toBe('key 2');
  });
});

describe('channels', () => {
  test.each([
    ['SUBSCRIBE c d', 'channel 2'],
    ['SSUBSCRIBE d', 'channel 1'],
    ['PSUBSCRIBE c*', 'channel 1'],
    ['PSUBSCRIBE c', 'allowed'],
    ['SPUBLISH d m', 'channel 1'],
    ['UNSUBSCRIBE d', 'allowed'],
    ['PUNSUBSCRIBE d', 'allowed'],
    ['PUBSUB CHANNELS d', 'allowed'],
  ])('%s is %s with &c', (line, expected) => {
    expect(denial(user('+@all', '&c'), line)).toBe(expected);
  });
});

test('one selector has to allow all of a command, and the furthest refusal is told', () => {
  const who = user('+get', '~a', '(+set ~b)', '(+copy ~a ~b)');
  expect(denial(who, 'GET a')).toBe('allowed');
  expect(denial(who, 'GET b')).toBe('key 1');
  expect(denial(who, 'SET a v')).toBe('key 1');
  expect(denial(who, 'COPY a c')).toBe('key 2');
  expect(denial(who, 'DEL a')).toBe('command 0');
});

test('commands to log in with are for everybody', () => {
  const who = user();
  expect(['AUTH x', 'HELLO', 'QUIT', 'RESET'].map((line) => denial(who, line))).toEqual(
    Array(4).fill('allowed'),
  );
});

test('every key is in reach of who may read all with the command', () => {
  const argv = Argv.of('SORT', 'k');
  const entry = server.instance.dispatcher.table.lookupCall(argv) as CommandEntry;
  const asks = (...rules: string[]) => hasEveryKey(user(...rules), entry, argv, KEY_ACCESS.access);
  expect(asks('+sort', '%R~*')).toBe(true);
  expect(asks('+sort', '%W~*', '~k')).toBe(false);
  expect(asks('%R~*', '(+sort ~k)')).toBe(false);
  expect(hasEveryKey(null, entry, argv, KEY_ACCESS.access)).toBe(true);
});
