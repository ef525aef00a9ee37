// `npm test`: builds what the tests run against, then vitest with the arguments given. The last
// line of the output is the totals (test/support/reporter.ts).

import { spawnSync } from 'node:child_process';
import { buildAll } from './guest.ts';
import { projectRoot } from './packages.mjs';
import { guests, host, make } from './products.mjs';

process.exitCode = (await buildProducts()) ? runVitest(process.argv.slice(2)) : failedToBuild();

async function buildProducts(): Promise<boolean> {
  const isBuilt = [host, guests('c'), guests('as')].map((product) => make(product));
  // Without them the comparisons with a real server are skipped.
  if (isInstalled('gcc') && isInstalled('redis-server')) await buildAll('native');
  return !isBuilt.includes(false);
}

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

function runVitest(args: readonly string[]): number {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...args];
  const { status } = spawnSync(process.execPath, vitest, { cwd: projectRoot, stdio: 'inherit' });
  return status ?? 1;
}

/** Whoever reads the last line is told that no test could run. */
function failedToBuild(): number {
  console.log('0 passed, 1 failed');
  return 1;
}
