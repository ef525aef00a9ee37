// The test file of the article that the examples come from, unmodified, run by pytest against
// redcell under the name redis-server. See article/test_module.py.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';
import { guests, host, make } from '../../build/products.mjs';

/** The file waits a second for the server, which is enough unless the machine is busy. */
const OPTIONS = { tags: ['slow'], retry: 2 };
/** The port in the article's file. */
const PORT = 6399;
const python = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import redis, pytest']).status === 0,
);

const folder = mkdtempSync(join(tmpdir(), 'redcell-article-'));

function isPortTaken(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(PORT, '127.0.0.1', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

describe.each(['c', 'as'] as const)('the article’s tests with the %s module', (lang) => {
  beforeAll(() => {
    expect([host, guests(lang)].map((product) => make(product))).toEqual([true, true]);
    mkdirSync(join(folder, lang, 'bin'), { recursive: true });
    const launcher = join(projectRoot, 'dist/host/launcher.js');
    symlinkSync(launcher, join(folder, lang, 'bin/redis-server'));
    const wasm = join(projectRoot, `build/out/${lang}/mymodule.wasm`);
    copyFileSync(wasm, join(folder, lang, 'mymodule.so'));
    const tests = join(projectRoot, 'test/examples/article/test_module.py');
    copyFileSync(tests, join(folder, lang, 'test_module.py'));
  }, 180_000);

  afterAll(() => rmSync(join(folder, lang), { recursive: true, force: true }));

  test.skipIf(python === undefined)('pass unmodified', OPTIONS, async () => {
    expect(await isPortTaken(), `port ${PORT}, which the file names, is taken`).toBe(false);
    const PATH = `${join(folder, lang, 'bin')}${delimiter}${process.env.PATH}`;
    const args = ['-m', 'pytest', '-v', '-p', 'no:cacheprovider', 'test_module.py'];
    const { status, stdout } = spawnSync(python as string, args, {
      cwd: join(folder, lang),
      env: { ...process.env, PATH, PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    expect(stdout).toContain('9 passed');
    expect(status).toBe(0);
  });
});
