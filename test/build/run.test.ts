import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';

const folder = mkdtempSync(join(tmpdir(), 'redcell-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(source: string, ...args: string[]) {
  const script = join(folder, 'script.mts');
  writeFileSync(script, source);
  const command = [join(projectRoot, 'build/run.mjs'), script, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, stdout, stderr, script };
}

test('a TypeScript script runs with itself in argv[1] and its arguments behind', () => {
  const { stdout, script } = run(
    'const words: string[] = process.argv.slice(1); console.log(words);',
    'a',
    '--b',
  );
  expect(stdout).toBe(`[ '${script}', 'a', '--b' ]\n`);
});

test('the exit code is that of the script', () => {
  expect(run('process.exitCode = 7;').status).toBe(7);
});

test('an error in the script is reported and fails', () => {
  const { status, stderr } = run("throw new Error('broken');");
  expect(stderr).toContain('broken');
  expect(status).toBe(1);
});

test('without a script it says how to use it', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(projectRoot, 'build/run.mjs')]);
  expect(stderr.toString()).toContain('usage: node build/run.mjs');
  expect(status).toBe(2);
});
