// What npm publishes works by itself: built by build/build.ts, packed, installed into an empty
// folder, started.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../build/packages.mjs';
import { LaunchedServer } from './support/launched.ts';

const hasNpm = spawnSync('npm', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'redcell-package-'));
const TOOLCHAINS = ['@yowasp', 'assemblyscript', 'typescript', 'vitest', '@biomejs', 'tsx'];

function npm(cwd: string, ...args: string[]): string {
  const options = { cwd, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('npm', [...args, '--loglevel=error'], options);
  expect(status, stderr).toBe(0);
  return stdout;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  test.skipIf(!hasNpm)(
    'runs from an empty folder, without compilers',
    { tags: ['slow'] },
    async () => {
      const packed = npm(projectRoot, 'pack', '--pack-destination', folder);
      const tarball = packed.trim().split('\n').at(-1) as string; // its name comes last
      const app = join(folder, 'app');
      mkdirSync(app);
      const flags = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'];
      npm(app, 'install', ...flags, join(folder, tarball));
      const modules = join(app, 'node_modules');
      expect(TOOLCHAINS.filter((name) => existsSync(join(modules, name)))).toEqual([]);

      const wasm = join(modules, 'redcell/build/out/c/counter.wasm');
      const command = [join(modules, '.bin/redcell')];
      const server = await LaunchedServer.start(['--save', '', '--loadmodule', wasm], {
        command,
        cwd: app,
      });
      onTestFinished(() => server.kill('SIGKILL'));
      const client = await server.client();
      expect(await client.call('COUNTER.INCR', 'visits', 5)).toBe(':5\r\n');
      client.close();
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    },
  );
});
