// The server itself as a child process, without the launcher before it: for tests that take it
// away with kill -9 and look at what it leaves.

import { join } from 'node:path';
import { projectRoot } from '../../build/packages.mjs';
import { LaunchedServer } from './launched.ts';

const MAIN_FROM_SOURCES = [
  process.execPath,
  '--import',
  join(projectRoot, 'node_modules/tsx/dist/loader.mjs'),
  join(projectRoot, 'host/main.ts'),
];

/**
 * Starts a server on a free port; resolves when clients are served, rejects with its log.
 *
 * @param args as on the command line, such as `--appendonly yes`
 */
export function startChildServer(dir: string, ...args: string[]): Promise<LaunchedServer> {
  const all = ['--dir', dir, '--save', '', ...args];
  return LaunchedServer.start(all, { command: MAIN_FROM_SOURCES, cwd: dir });
}
