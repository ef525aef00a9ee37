import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLogOutput } from '../../host/process/log-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'redcell-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('lines are appended to a file', () => {
  const path = join(folder, 'a.log');
  openLogOutput(path)('one\n');
  openLogOutput(path)('two\n');
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('a file that was moved away is begun again', () => {
  const path = join(folder, 'b.log');
  const write = openLogOutput(path);
  write('one\n');
  renameSync(path, `${path}.1`);
  write('two\n');
  expect(readFileSync(path, 'utf8')).toBe('two\n');
});

test('a file that cannot be written is an error at once', () => {
  expect(() => openLogOutput(join(folder, 'nowhere/a.log'))).toThrow('ENOENT');
});

test('a file that cannot be written any more loses lines, not the server', () => {
  const below = mkdtempSync(join(folder, 'gone-'));
  const write = openLogOutput(join(below, 'c.log'));
  rmSync(below, { recursive: true });
  expect(() => write('lost\n')).not.toThrow();
});
