import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/packages.mjs';
import { keepingAlive } from '../../host/lib/keep-alive.ts';

const LOADER = join(projectRoot, 'node_modules/tsx/dist/loader.mjs');
const FILE = join(projectRoot, 'host/lib/keep-alive.ts');

/** Runs a script that waits for what nothing in the event loop brings; its exit code. */
function run(wait: string): number | null {
  const script = `import { keepingAlive } from ${JSON.stringify(FILE)};
    const later = new Promise((resolve) => setTimeout(resolve, 50).unref());
    await ${wait};
    process.exit(7);`;
  const args = ['--import', LOADER, '--input-type=module', '--eval', script];
  return spawnSync(process.execPath, args, { stdio: 'ignore' }).status;
}

test('the process goes on while it waits', () => {
  expect(run('later')).toBe(13); // Node: a top-level await that never settles
  expect(run('keepingAlive(later)')).toBe(7);
});

test('the outcome is that of the work', async () => {
  expect(await keepingAlive(Promise.resolve(1))).toBe(1);
  await expect(keepingAlive(Promise.reject(new Error('no')))).rejects.toThrow('no');
});
