// Which files make a guest module. Examples are found by name: there is no list of them.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export type GuestLang = 'c' | 'as';

/** The source files of one module. */
export interface GuestSources {
  /** What is compiled: all C files, or the one entry file in AssemblyScript. */
  readonly sources: readonly string[];
  /** What the sources may also read; a change of it means a rebuild. */
  readonly dependencies: readonly string[];
  /** Folders for `#include`: guest-c/ and those of all sources. */
  readonly includePaths: readonly string[];
}

/** A source names a file to link that does not exist. */
export class GuestSourceError extends Error {
  override readonly name = 'GuestSourceError';
}

/** Folder of the examples in `lang`. */
export function examplesFolder(root: string, lang: GuestLang): string {
  return join(root, `guest-${lang}`, 'examples');
}

/** Names of the examples in `lang`, sorted: each a file, or in C also a folder of C files. */
export async function exampleNames(root: string, lang: GuestLang): Promise<string[]> {
  const folder = examplesFolder(root, lang);
  if (!existsSync(folder)) return [];
  const extension = lang === 'c' ? '.c' : '.ts';
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && lang === 'c') {
      const files = await readdir(join(folder, entry.name));
      if (files.some((name) => name.endsWith('.c'))) names.push(entry.name);
    } else if (entry.isFile() && entry.name.endsWith(extension)) {
      names.push(entry.name.slice(0, -extension.length));
    }
  }
  return names.sort();
}

/** The files of the example `name`, or null if there is none in this language. */
export async function exampleSources(
  root: string,
  lang: GuestLang,
  name: string,
): Promise<GuestSources | null> {
  const path = join(examplesFolder(root, lang), name);
  if (lang === 'as') return existsSync(`${path}.ts`) ? asSources(root, `${path}.ts`) : null;
  if (existsSync(`${path}.c`)) return cSources(root, [`${path}.c`]);
  if (!existsSync(path)) return null;
  const files = (await readdir(path)).filter((file) => file.endsWith('.c')).sort();
  return files.length === 0
    ? null
    : cSources(
        root,
        files.map((file) => join(path, file)),
      );
}

/**
 * C sources with the files that they link, and the headers beside all of them and of guest-c/.
 *
 * A source names what must be linked with it in its opening comment, relative to itself:
 * `// Links: ../counter/counter_type.c ../counter/counter_commands.c`
 *
 * @throws GuestSourceError when a linked file does not exist.
 */
export async function cSources(root: string, paths: readonly string[]): Promise<GuestSources> {
  const sources = new Set<string>();
  const queue = paths.map((path) => resolve(path));
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (sources.has(path)) continue;
    sources.add(path);
    queue.push(...(await linkedBy(path)));
  }
  const folders = new Set([join(root, 'guest-c'), ...[...sources].map((path) => dirname(path))]);
  const dependencies: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder);
    const headers = names.filter((name) => name.endsWith('.h')).sort();
    dependencies.push(...headers.map((name) => join(folder, name)));
  }
  return { sources: [...sources], dependencies, includePaths: [...folders] };
}

const LINKS = /^\/\/ Links: *(.*)$/gm;

async function linkedBy(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const comment = /^(?:\/\/.*\r?\n)*/.exec(text)?.[0] ?? '';
  const linked: string[] = [];
  for (const line of comment.matchAll(LINKS)) {
    for (const name of (line[1] ?? '').split(/\s+/).filter((word) => word !== '')) {
      const target = resolve(dirname(path), name);
      if (!existsSync(target)) {
        throw new GuestSourceError(`${path} links ${name}, which does not exist`);
      }
      linked.push(target);
    }
  }
  return linked;
}

/** An AssemblyScript entry, depending on the whole SDK and on everything beside and below it. */
export async function asSources(root: string, entry: string): Promise<GuestSources> {
  const sdk = join(root, 'guest-as');
  const dependencies = new Set([
    ...(await modulesIn(sdk, false)), // its examples do not depend on each other
    ...(await modulesIn(dirname(resolve(entry)), true)),
  ]);
  return { sources: [resolve(entry)], dependencies: [...dependencies], includePaths: [] };
}

async function modulesIn(folder: string, isRecursive: boolean): Promise<string[]> {
  const names = await readdir(folder, { recursive: isRecursive });
  const modules = names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules'));
  return modules.sort().map((name) => join(folder, name));
}
