import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadAclFile, saveAclFile } from '../../host/acl/file.ts';
import { Users } from '../../host/acl/users.ts';
import { bytes, FakeCommands } from './support.ts';

let folder: string;
let path: string;
let users: Users;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redcell-acl-'));
  path = join(folder, 'users.acl');
  users = new Users(new FakeCommands(), { deleted: () => {}, changing: () => {} });
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (text: string): string | null => {
  writeFileSync(path, text, 'latin1');
  return loadAclFile(users, path, '/');
};

test('what is saved is loaded again, byte for byte', () => {
  users.set(bytes('alice'), ['on', '>p', '~\xff*', '(+get', '~x)'].map(bytes));
  users.set(bytes('default'), [bytes('-@admin')]);
  saveAclFile(users, path);
  const text = readFileSync(path, 'latin1');
  expect(text.split('\n').map((line) => line.split(' ')[1])).toEqual([
    'alice',
    'default',
    undefined,
  ]);
  users.replaceAll([]);
  expect(loadAclFile(users, 'users.acl', folder)).toBe(null);
  saveAclFile(users, path);
  expect(readFileSync(path, 'latin1')).toBe(text);
  expect(readdirSync(folder)).toEqual(['users.acl']);
});

test('blank lines and blanks around a line do not matter', () => {
  expect(load('\n  user a on \r\n\n')).toBe(null);
  expect(users.get(bytes('a'))?.isEnabled).toBe(true);
});

test('all that is wrong is told, and nothing changes', () => {
  users.set(bytes('stays'), []);
  const unchanged =
    'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';
  expect(load('user a +nosuch zz yy\nfoo\nuser a\nuser b (~x\nuser "c d"\nuser\tx y')).toBe(
    [
      `${path}:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. `,
      `${path}:1: Syntax error. `,
      `${path}:2 should start with user keyword followed by the username. `,
      "WARNING: Duplicate user 'a' found on line 3. ",
      `${path}:4: Unmatched parenthesis in selector definition.`,
      `${path}:5: Syntax error. `,
      `${path}:6 should start with user keyword followed by the username. `,
      unchanged,
    ].join(''),
  );
  expect(users.get(bytes('stays'))).not.toBe(null);
  expect(load('user a\tb on')).toBe(
    `'${path}:1: username 'a\tb' contains invalid characters. ${unchanged}`,
  );
});

test('files that cannot be read or written say why', () => {
  expect(loadAclFile(users, path, '/')).toBe(
    `Error loading ACLs, opening file '${path}': No such file or directory`,
  );
  expect(() => saveAclFile(users, join(folder, 'none', 'x'))).toThrow(/ENOENT/);
});
