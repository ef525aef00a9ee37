// Also: host/commands/acl-replies.ts. The rules themselves are in test/acl, and side by side with
// redis-server in test/compat/acl.test.ts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

const HASH = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'; // of a
let server: TestInstance;

beforeEach(() => {
  server = new TestInstance();
});

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (...items: string[]): string => `*${items.length}\r\n${items.join('')}`;

test('GETUSER shows flags, passwords, the root and other selectors', () => {
  server.raw('ACL', 'SETUSER', 'u', 'on', '>a', '+get', '%R~k', '&c', '(-@all +@read ~*)');
  const root = ['commands', '-@all +get', 'keys', '%R~k', 'channels', '&c'].map(bulk);
  const other = ['commands', '-@all +@read', 'keys', '~*', 'channels', ''].map(bulk);
  const [flags, hashes] = [['on', 'sanitize-payload'].map(bulk), [bulk(HASH)]];
  expect(server.raw('ACL', 'GETUSER', 'u')).toBe(
    array(
      bulk('flags'),
      array(...flags),
      bulk('passwords'),
      array(...hashes),
      ...root,
      bulk('selectors'),
      array(array(...other)),
    ),
  );
  server.client.writer.protocol = 3;
  const three = server.raw('ACL', 'GETUSER', 'u');
  expect(three).toMatch(/^%6\r\n\$5\r\nflags\r\n~2\r\n/);
  expect(three).toContain('selectors\r\n*1\r\n%3\r\n');
  expect(server.raw('ACL', 'GETUSER', 'none')).toBe('_\r\n');
});

test('LIST, USERS and WHOAMI', () => {
  server.raw('ACL', 'SETUSER', 'u', 'reset', '(~x +get)');
  expect(server.raw('ACL', 'USERS')).toBe(array(bulk('default'), bulk('u')));
  expect(server.raw('ACL', 'LIST')).toBe(
    array(
      bulk('user default on nopass sanitize-payload ~* &* +@all'),
      bulk('user u off sanitize-payload resetchannels -@all (~x resetchannels -@all +get)'),
    ),
  );
  expect(server.raw('ACL', 'WHOAMI')).toBe(bulk('default'));
});

test('acl-pubsub-default is for new users and selectors', () => {
  server.raw('ACL', 'SETUSER', 'old');
  server.raw('CONFIG', 'SET', 'acl-pubsub-default', 'allchannels');
  server.raw('ACL', 'SETUSER', 'new', '(+get)');
  const list = server.raw('ACL', 'LIST');
  expect(list).toContain('user new off sanitize-payload &* -@all (&* -@all +get)');
  expect(list).toContain('user old off sanitize-payload resetchannels -@all');
  server.raw('ACL', 'SETUSER', 'old', 'reset');
  expect(server.raw('ACL', 'LIST')).toContain('user old off sanitize-payload &* -@all');
});

test('GENPASS makes as many bits as asked, rounded up to digits', () => {
  expect(server.raw('ACL', 'GENPASS')).toMatch(/^\$64\r\n[0-9a-f]{64}\r\n$/);
  expect(server.raw('ACL', 'GENPASS', '5')).toMatch(/^\$2\r\n[0-9a-f]{2}\r\n$/);
  expect(server.raw('ACL', 'GENPASS', '4096')).toMatch(/^\$1024\r\n/);
});

test('DRYRUN says what is missing without doing anything', () => {
  server.raw('ACL', 'SETUSER', 'u', '+set', '+publish', '~a');
  const dry = (...words: string[]) => server.raw('ACL', 'DRYRUN', 'u', ...words);
  expect(dry('SET', 'a', 'v')).toBe('+OK\r\n');
  expect(dry('SET', 'b', 'v')).toBe(bulk("User u has no permissions to access the 'b' key"));
  expect(dry('PUBLISH', 'c', 'm')).toBe(
    bulk("User u has no permissions to access the 'c' channel"),
  );
  expect(dry('CONFIG', 'GET', 'x')).toBe(
    bulk("User u has no permissions to run the 'config|get' command"),
  );
  expect([server.client.db.size, server.raw('ACL', 'LOG')]).toEqual([0, '*0\r\n']);
});

describe('LOG', () => {
  const wrong = (name: string) => server.raw('AUTH', name, 'x');

  test('shows ten fields of each entry, newest first', () => {
    wrong('a');
    server.advance(2500);
    wrong('b');
    wrong('b');
    server.client.writer.protocol = 3;
    const [, newest = '', oldest = ''] = server.raw('ACL', 'LOG').split('%10\r\n');
    const fields = (entry: string) => [...entry.matchAll(/\$\d+\r\n([a-z-]+)\r\n(?=[:$,])/g)];
    expect(newest).toMatch(/^\$5\r\ncount\r\n:2\r\n\$6\r\nreason\r\n\$4\r\nauth\r\n/);
    expect(newest).toContain(
      '$7\r\ncontext\r\n$8\r\ntoplevel\r\n$6\r\nobject\r\n$4\r\nAUTH\r\n$8\r\nusername\r\n$1\r\nb\r\n',
    );
    expect(oldest).toContain('age-seconds\r\n,2.5\r\n');
    expect(oldest).toMatch(/entry-id\r\n:0\r\n\$17\r\ntimestamp-created\r\n:\d+\r\n/);
    expect(fields(oldest).map(([, name]) => name)).toEqual(
      expect.arrayContaining(['client-info', 'timestamp-last-updated']),
    );
  });

  test('takes a count, and RESET', () => {
    for (const name of ['a', 'b', 'c']) wrong(name);
    expect(server.raw('ACL', 'LOG', '2')).toMatch(/^\*2\r\n/);
    expect(server.raw('ACL', 'LOG', '0')).toBe('*0\r\n');
    expect(server.raw('ACL', 'LOG', 'reset')).toBe('+OK\r\n');
    expect(server.raw('ACL', 'LOG')).toBe('*0\r\n');
    for (let i = 0; i < 12; i++) wrong(`u${i}`);
    expect(server.raw('ACL', 'LOG')).toMatch(/^\*10\r\n/);
    server.raw('CONFIG', 'SET', 'acllog-max-len', '3');
    wrong('more');
    expect(server.raw('ACL', 'LOG')).toMatch(/^\*3\r\n/);
  });
});

test('names and rules are hidden from MONITOR and the slow log', () => {
  const monitor = connect(server);
  monitor.raw('MONITOR');
  server.raw('ACL', 'SETUSER', 'u', '>secret');
  server.raw('ACL', 'GETUSER', 'u');
  server.raw('ACL', 'DELUSER', 'u');
  expect(monitor.take()).not.toMatch(/secret|"u"/);
});

test('HELP lists every subcommand', () => {
  const help = server.raw('ACL', 'HELP');
  for (const name of ['CAT', 'DRYRUN', 'GENPASS', 'LOG', 'SETUSER <username>', 'WHOAMI']) {
    expect(help).toContain(`+${name}`);
  }
});

describe('with an ACL file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'redcell-acl-'));
    path = join(folder, 'users.acl');
    server = new TestInstance({ aclfile: path });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('SAVE writes it and LOAD reads it', () => {
    server.raw('ACL', 'SETUSER', 'u', 'on', '+get');
    expect(server.raw('ACL', 'SAVE')).toBe('+OK\r\n');
    expect(readFileSync(path, 'latin1')).toBe(
      'user default on nopass sanitize-payload ~* &* +@all\n' +
        'user u on sanitize-payload resetchannels -@all +get\n',
    );
    server.raw('ACL', 'DELUSER', 'u');
    expect(server.raw('ACL', 'LOAD')).toBe('+OK\r\n');
    expect(server.raw('ACL', 'USERS')).toContain('u\r\n');
  });

  test('LOAD closes the clients of all users but the default one', () => {
    server.raw('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all');
    server.raw('ACL', 'SAVE');
    const [user, other] = [connect(server), connect(server)];
    user.raw('AUTH', 'u', 'x');
    server.raw('ACL', 'LOAD');
    expect([user.transport.isClosed, other.transport.isClosed]).toEqual([true, false]);
  });

  test('one that is wrong changes nothing', () => {
    writeFileSync(path, 'user u on +nosuch\n');
    expect(server.raw('ACL', 'LOAD')).toBe(
      `-ERR ${path}:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. ` +
        'WARNING: ACL errors detected, no change to the previously active ACL rules was performed\r\n',
    );
    expect(server.raw('ACL', 'USERS')).toBe(array(bulk('default')));
  });

  test('one that cannot be written is logged', () => {
    server = new TestInstance({ aclfile: join(folder, 'none', 'users.acl') });
    expect(server.raw('ACL', 'SAVE')).toBe(
      '-ERR There was an error trying to save the ACLs. Please check the server logs for more information\r\n',
    );
    expect(server.logLines.at(-1)).toContain('No such file or directory');
  });
});
