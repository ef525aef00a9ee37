import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';

let folder: string;

beforeEach(() => {
  // Inside the project, so that vitest is found.
  mkdirSync(join(projectRoot, 'build/cache'), { recursive: true });
  folder = mkdtempSync(join(projectRoot, 'build/cache/reporter-'));
  const reporter = JSON.stringify(join(projectRoot, 'test/support/reporter.ts'));
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import { TotalsReporter } from ${reporter};
    export default { test: { reporters: ['default', new TotalsReporter()] } };`,
  );
});

afterEach(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly lines: readonly string[];
  readonly status: number | null;
}

/** Runs files of tests; returns the last line of the output and the exit code. */
function run(files: Record<string, string>): { last: string; status: number | null } {
  const { lines, status } = runVitest(files);
  return { last: lines.at(-1) as string, status };
}

function runVitest(files: Record<string, string>, ...options: string[]): Run {
  for (const [name, body] of Object.entries(files)) {
    const text = `import { beforeAll, describe, expect, test } from 'vitest';\n${body}`;
    writeFileSync(join(folder, `${name}.test.ts`), text);
  }
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', folder, ...options];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { lines: stdout.trimEnd().split('\n'), status };
}

const PASSES = "test('a', () => {});";

describe('the last line', () => {
  test('counts what passed', () => {
    expect(run({ a: `${PASSES} test('b', () => {});`, b: PASSES })).toEqual({
      last: '3 passed, 0 failed',
      status: 0,
    });
  });

  test('counts skipped tests only if there are any', () => {
    const file = `${PASSES} test.skip('b', () => {}); test.todo('c');`;
    expect(run({ a: file })).toEqual({ last: '1 passed, 0 failed, 2 skipped', status: 0 });
  });

  test('counts failed tests', () => {
    const file = `${PASSES} test('b', () => expect(1).toBe(2));`;
    expect(run({ a: file })).toEqual({ last: '1 passed, 1 failed', status: 1 });
  });

  test('a file that does not import is a failure', () => {
    const broken = "throw new Error('at import');";
    expect(run({ a: PASSES, b: broken })).toEqual({ last: '1 passed, 1 failed', status: 1 });
  });

  test('a hook that throws is a failure, the tests it kept from running are skipped', () => {
    const file = `describe('d', () => { beforeAll(() => { throw new Error('x'); }); ${PASSES} });`;
    expect(run({ a: file })).toEqual({ last: '0 passed, 1 failed, 1 skipped', status: 1 });
  });

  test('an error that no test waited for is a failure', () => {
    const file = "test('a', () => { void Promise.reject(new Error('lost')); });";
    expect(run({ a: file })).toEqual({ last: '1 passed, 1 failed', status: 1 });
  });
});

describe('a test that passes only when tried again', () => {
  test('is named with its first error before the last line', () => {
    const file = "let n = 0; test('b', () => expect(++n).toBe(2));";
    const { lines, status } = runVitest({ a: file }, '--retry=1');
    expect(lines.slice(-2)).toEqual([
      'passed when tried again: a.test.ts > b: expected 1 to be 2 // Object.is equality',
      '1 passed, 0 failed',
    ]);
    expect(status).toBe(0);
  });
});
