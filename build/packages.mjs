// What has to be there before any TypeScript can run: a Node that is new enough and the packages
// of package-lock.json. Plain JavaScript without dependencies, for that reason.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/**
 * The part of a lock file that matters here.
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/**
 * Why this Node cannot run the project, or null.
 * @param {string} version such as `20.19.0`
 * @param {string} range of package.json's `engines`: `>=` and a version
 */
export function nodeRefusal(version, range) {
  const [wanted, present] = [range.replace('>=', ''), version].map((text) => text.split('.'));
  for (let part = 0; part < 3; part++) {
    const difference = Number(present?.[part] ?? 0) - Number(wanted?.[part] ?? 0);
    if (difference > 0) return null;
    if (difference < 0) return `redcell needs Node.js ${range}; this is ${version}`;
  }
  return null;
}

/**
 * The packages of `lock` that `installed` lacks or has in another version. Packages for other
 * platforms are marked optional and may be absent.
 * @param {Lock} lock package-lock.json
 * @param {Lock | null} installed node_modules/.package-lock.json, npm's own note of what it did
 */
export function missingPackages(lock, installed) {
  return Object.entries(lock.packages).flatMap(([path, { version, optional, link }]) => {
    if (path === '' || link === true) return [];
    const present = installed?.packages[path];
    if (present === undefined && optional === true) return [];
    return present?.version === version ? [] : [path.replace(/^.*node_modules\//, '')];
  });
}

/** Ends the process with a message when Node is too old; installs packages that are missing. */
export function preparePackages() {
  const { engines } = readJson('package.json') ?? {};
  const refusal = nodeRefusal(process.versions.node, engines.node);
  if (refusal !== null) fail(refusal);
  const lock = readJson('package-lock.json');
  const missing = missingPackages(lock, readJson('node_modules/.package-lock.json'));
  if (missing.length === 0) return;
  console.error(`Installing ${missing.length} packages …`);
  // Not `ci`: it refuses a lock file that lacks optional packages of other platforms, which npm
  // leaves out when the registry it asked does not have them.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = runNpm(args);
  if (error !== undefined) fail(`npm cannot be run: ${error.message}`);
  if (status !== 0) fail('npm install failed: run it by hand to see why');
}

/**
 * Under `npm run`, the npm that runs; otherwise the one on the PATH. Its output is for people.
 * @param {readonly string[]} args
 */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  const command = npm === undefined ? ['npm', ...args] : [process.execPath, npm, ...args];
  const [file, ...rest] = /** @type {[string, ...string[]]} */ (command);
  return spawnSync(file, rest, { cwd: projectRoot, stdio: ['inherit', 2, 'inherit'] });
}

/**
 * Null when there is no such file.
 * @param {string} path below the project
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return null;
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
