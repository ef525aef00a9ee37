// `npm run check`: everything that is wrong without running the server. All checks run, so that
// one look shows all there is to mend.

import { spawnSync } from 'node:child_process';
import { projectRoot } from './packages.mjs';

interface Check {
  readonly name: string;
  /** Node's arguments. */
  readonly command: readonly string[];
}

const TSC = 'node_modules/typescript/bin/tsc';

const CHECKS: readonly Check[] = [
  { name: 'types', command: [TSC, '--noEmit', '-p', '.'] },
  { name: 'style', command: ['node_modules/@biomejs/biome/bin/biome', 'check'] },
  { name: 'abi', command: ['build/run.mjs', 'build/abi/generate.ts', '--check'] },
  { name: 'tidy', command: ['node_modules/vitest/vitest.mjs', 'run', 'test/tidy.test.ts'] },
];

const failed = CHECKS.filter(({ name, command }) => {
  console.log(`--- ${name}`);
  return spawnSync(process.execPath, command, { cwd: projectRoot, stdio: 'inherit' }).status !== 0;
});
console.log(failed.length === 0 ? 'All checks passed' : `Failed: ${failed.map((c) => c.name)}`);
process.exitCode = failed.length === 0 ? 0 : 1;
