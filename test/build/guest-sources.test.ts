import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asSources, cSources, exampleNames, exampleSources } from '../../build/guest-sources.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'redcell-sources-'));
  await put('guest-c/redismodule.h');
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function put(name: string, text = ''): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

test('a language without examples has no names', async () => {
  expect(await exampleNames(root, 'c')).toEqual([]);
  expect(await exampleNames(root, 'as')).toEqual([]);
});

test('an example is a file, or in C a folder with C files, and names are sorted', async () => {
  await put('guest-c/examples/many/module.c');
  await put('guest-c/examples/headers-only/x.h');
  await put('guest-c/examples/README.md');
  await put('guest-c/examples/alone.c');
  await put('guest-as/examples/first.ts');
  await put('guest-as/examples/many/module.ts');
  expect(await exampleNames(root, 'c')).toEqual(['alone', 'many']);
  expect(await exampleNames(root, 'as')).toEqual(['first']);
});

test('an unknown example is null in both languages', async () => {
  await put('guest-c/examples/headers-only/x.h');
  expect(await exampleSources(root, 'c', 'nobody')).toBeNull();
  expect(await exampleSources(root, 'c', 'headers-only')).toBeNull();
  expect(await exampleSources(root, 'as', 'nobody')).toBeNull();
});

test('a folder gives all its C files and headers, and the header of the ABI', async () => {
  const b = await put('guest-c/examples/m/b.c');
  const a = await put('guest-c/examples/m/a.c');
  const h = await put('guest-c/examples/m/m.h');
  await put('guest-c/examples/m/notes.txt');
  expect(await exampleSources(root, 'c', 'm')).toEqual({
    sources: [a, b],
    dependencies: [join(root, 'guest-c/redismodule.h'), h],
    includePaths: [join(root, 'guest-c'), dirname(a)],
  });
});

test('linked files are found through each other, once, with their headers', async () => {
  const one = await put('guest-c/examples/one.c', '// one\n// Links: lib/two.c lib/three.c\n');
  const two = await put('guest-c/examples/lib/two.c', '// Links: three.c\n');
  const three = await put('guest-c/examples/lib/three.c', '// Links: ../one.c\n');
  const header = await put('guest-c/examples/lib/lib.h');
  const found = await cSources(root, [one]);
  expect(found.sources).toEqual([one, two, three]);
  expect(found.dependencies).toContain(header);
  expect(found.includePaths).toContain(dirname(two));
});

test('only the opening comment links', async () => {
  const path = await put('guest-c/examples/x.c', '// x\nint x;\n// Links: nowhere.c\n');
  expect((await cSources(root, [path])).sources).toEqual([path]);
});

test('a linked file that does not exist is named', async () => {
  const path = await put('guest-c/examples/x.c', '// Links: nowhere.c\n');
  await expect(cSources(root, [path])).rejects.toThrow(`${path} links nowhere.c`);
});

test('an AssemblyScript entry depends on the SDK and on what is beside and below it', async () => {
  const sdk = await put('guest-as/index.ts');
  const entry = await put('guest-as/examples/x.ts');
  const below = await put('guest-as/examples/x/part.ts');
  const neighbour = await put('guest-as/examples/y.ts');
  await put('guest-as/examples/README.md');
  expect(await asSources(root, entry)).toEqual({
    sources: [entry],
    dependencies: [sdk, entry, below, neighbour],
    includePaths: [],
  });
});
