// Rules on whole files: how long they are, whether anything uses them and whether anything tests
// them.

import ts from 'typescript';
import { type Finding, type SourceFile, walk } from './source.ts';

export const MAX_LINES = 600;

/** Tables: splitting them would only hide where an entry is. */
export const TABLES: readonly RegExp[] = [
  /^abi\/(?:constants|structs|callbacks)\.ts$/,
  /^host\/config\/options[\w-]*\.ts$/,
];

export function findLongFiles(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    if (lines <= MAX_LINES || TABLES.some((table) => table.test(path))) return [];
    const message = `${lines} lines, ${MAX_LINES} at most: split it by concept`;
    return [{ path, line: MAX_LINES + 1, message }];
  });
}

/** Where reading begins: files that are run, not imported. */
export interface Entries {
  readonly paths: readonly string[];
}

/** Files that nothing which is run or tested comes to. */
export function findUnusedFiles(files: readonly SourceFile[], { paths }: Entries): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const reach = (path: string): void => {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { target } of file.imports) if (target !== null) reach(target);
  };
  for (const path of paths) reach(path);
  // A test makes what lies in test/ used, but not the sources it tests.
  for (const { path, imports } of files.filter((file) => isTest(file.path))) {
    reached.add(path);
    for (const { target } of imports) if (target?.startsWith('test/')) reachTest(target);
  }
  function reachTest(path: string): void {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { target } of file.imports) if (target?.startsWith('test/')) reachTest(target);
  }
  return files
    .filter(({ path }) => !reached.has(path) && !isDeclaration(path))
    .map(({ path }) => ({ path, line: 1, message: 'nothing that runs imports this file' }));
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** `.d.ts` files are found by the compiler. */
function isDeclaration(path: string): boolean {
  return /\.d\.m?ts$/.test(path);
}

/** Scripts whose test would have to run itself: CI runs them. */
const RUN_BY_CI = new Set(['build/check.ts', 'build/test.ts']);

/**
 * Sources without a test: neither the file of the same name in test/, nor a file in test/ that
 * imports it or names it in a comment, nor, for a part that only its own folder uses, a tested
 * file that imports it.
 */
export function findUntestedFiles(files: readonly SourceFile[]): Finding[] {
  const sources = files.filter(({ path }) => /^(?:host|abi|build)\//.test(path));
  const tests = files.filter(({ path }) => path.startsWith('test/'));
  const paths = new Set(files.map(({ path }) => path));
  const importers = importersOf(files);
  const isTestedDirectly = (path: string): boolean =>
    mirrorsOf(path).some((test) => paths.has(test)) ||
    [...(importers.get(path) ?? [])].some((importer) => importer.startsWith('test/')) ||
    tests.some(({ text }) => text.includes(path));
  const isPartOfTested = (path: string): boolean => {
    const users = [...(importers.get(path) ?? [])];
    const folder = folderOf(path);
    return users.every((user) => folderOf(user) === folder) && users.some(isTestedDirectly);
  };
  return sources
    .filter(({ path, tree }) => !isDeclaration(path) && hasFunctions(tree))
    .filter(({ path }) => !RUN_BY_CI.has(path))
    .filter(({ path }) => !isTestedDirectly(path) && !isPartOfTested(path))
    .map(({ path }) => {
      const message = `no test: ${mirrorsOf(path)[0]} is missing and no other imports or names it`;
      return { path, line: 1, message };
    });
}

/** Where the test of a source lies: an area's table and its host functions share one. */
function mirrorsOf(path: string): string[] {
  const below = path.replace(/^host\//, '').replace(/\.m?[tj]s$/, '.test.ts');
  return [`test/${below.replace(/^(?:module\/api|abi\/areas)\//, 'abi/')}`, `test/${below}`];
}

function importersOf(files: readonly SourceFile[]): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const { path, imports } of files) {
    for (const { target } of imports) {
      if (target === null) continue;
      const known = importers.get(target);
      if (known === undefined) importers.set(target, new Set([path]));
      else known.add(path);
    }
  }
  return importers;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** False for files of types and constants: the compiler and their users test those. */
function hasFunctions(tree: ts.SourceFile): boolean {
  let isFound = false;
  walk(tree, (node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) isFound = true;
  });
  return isFound;
}
