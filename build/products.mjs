// What is built from the sources, each when something it depends on has changed: the host's
// JavaScript in dist/, the example modules in build/out/. Plain JavaScript, and no compiler is
// loaded while everything is up to date: a second `npm start` has to be quick.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './packages.mjs';

/**
 * @typedef {object} Product
 * @property {string} name of the stamp, and for people
 * @property {readonly string[]} inputs files and folders below the project
 * @property {readonly string[]} outputs the same; folders are complete
 * @property {readonly string[]} command Node's arguments
 * @property {string} [folder] the output folder, for a command that takes `--outDir` and writes
 * all of it: old files go, and a build that fails leaves what was there
 */

const COMPILER = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** @type {Product} */
export const host = {
  name: 'host',
  inputs: ['abi', 'host', ...COMPILER],
  outputs: ['dist'],
  folder: 'dist',
  command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
};

/**
 * The examples of one language.
 * @param {'c' | 'as'} lang
 * @returns {Product}
 */
export function guests(lang) {
  return {
    name: `guests-${lang}`,
    inputs: [`guest-${lang}`, 'build', 'package-lock.json'],
    outputs: [`build/out/${lang}`],
    command: ['build/run.mjs', 'build/guest.ts', '--lang', lang],
  };
}

/**
 * Builds what is not up to date. Compilers' messages go to stderr unchanged.
 * @param {Product} product
 * @returns {boolean} false if it does not compile
 */
export function make(product, root = projectRoot) {
  const inputs = digest(root, product.inputs);
  if (isUpToDate(product, inputs, root)) return true;
  console.error(`Building ${product.name} …`);
  if (!run(product, inputs, root)) return false;
  mkdirSync(join(root, 'build/cache'), { recursive: true });
  writeFileSync(stampPath(product, root), stampText(product, inputs, root));
  return true;
}

/**
 * @param {Product} product
 * @param {string} inputs their digest
 * @param {string} root
 */
function run(product, inputs, root) {
  const { command, folder } = product;
  if (folder === undefined) return runNode(root, command);
  const fresh = join(root, `${folder}.${process.pid}`);
  const isBuilt = runNode(root, [...command, '--outDir', fresh]);
  // Another process may have built the same meanwhile and be starting from it.
  if (isBuilt && !isUpToDate(product, inputs, root)) {
    chmodSync(join(fresh, 'host/launcher.js'), 0o755); // npm does it for those it installs
    rmSync(join(root, folder), { recursive: true, force: true });
    renameSync(fresh, join(root, folder));
  }
  rmSync(fresh, { recursive: true, force: true });
  return isBuilt;
}

/**
 * @param {Product} product
 * @param {string} inputs
 * @param {string} root
 */
function isUpToDate(product, inputs, root) {
  const path = stampPath(product, root);
  return existsSync(path) && readFileSync(path, 'utf8') === stampText(product, inputs, root);
}

/**
 * @param {Product} product
 * @param {string} root
 */
function stampPath(product, root) {
  return join(root, 'build/cache', `${product.name}.stamp`);
}

/**
 * @param {Product} product
 * @param {string} inputs
 * @param {string} root
 */
function stampText(product, inputs, root) {
  return `${inputs} ${digest(root, product.outputs)}`;
}

/**
 * @param {string} cwd
 * @param {readonly string[]} args
 */
function runNode(cwd, args) {
  return spawnSync(process.execPath, args, { cwd, stdio: ['inherit', 2, 'inherit'] }).status === 0;
}

/**
 * Names and contents of the files below `paths`, as hex SHA-256.
 * @param {string} root
 * @param {readonly string[]} paths
 */
export function digest(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesBelow(root, path)) {
      const bytes = readFileSync(join(root, file));
      hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}

/** What builds write themselves is no source. */
const GENERATED = new Set(['build/out', 'build/cache', 'node_modules']);

/**
 * In a stable order; none if `path` does not exist.
 * @param {string} root
 * @param {string} path below `root`
 * @returns {string[]}
 */
function filesBelow(root, path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  const entries = readFolder(full);
  if (entries === null) return [path];
  return entries.flatMap((entry) => {
    const below = `${path}/${entry}`;
    return GENERATED.has(below) ? [] : filesBelow(root, below);
  });
}

/**
 * Sorted names, or null for a file.
 * @param {string} path
 */
function readFolder(path) {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOTDIR') throw error;
    return null;
  }
}
