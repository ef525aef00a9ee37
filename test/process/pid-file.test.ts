import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLog } from '../../host/lib/log.ts';
import { PidFile } from '../../host/process/pid-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'redcell-pid-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
const log = createLog({ level: 'debug', format: 'redis', write: (line) => void lines.push(line) });

test('holds the number while the server runs', () => {
  const path = join(folder, 'a.pid');
  const file = new PidFile(path, log);
  file.write(4711);
  expect(readFileSync(path, 'utf8')).toBe('4711\n');
  file.remove();
  expect(existsSync(path)).toBe(false);
  expect(lines.join('')).toContain('Removing the pid file.');
});

test('one that cannot be written is logged, and not removed later', () => {
  lines.length = 0;
  const file = new PidFile(join(folder, 'nowhere/a.pid'), log);
  file.write(1);
  file.remove();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('Failed to write PID file');
});

test('an empty path keeps none', () => {
  lines.length = 0;
  const file = new PidFile('', log);
  file.write(1);
  file.remove();
  expect(lines).toEqual([]);
});
