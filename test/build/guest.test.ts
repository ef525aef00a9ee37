import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildAll, buildGuest, GuestError, main } from '../../build/guest.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redcell-guest-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

/** Writes a module of two sources and a header; returns how to build it. */
async function putModule(answer: number) {
  await writeFile(at('answer.h'), `#define ANSWER ${answer}\nint answer(void);\n`);
  await writeFile(at('answer.c'), '#include "answer.h"\nint answer(void) { return ANSWER; }\n');
  await writeFile(
    at('module.c'),
    '// Links: answer.c\n#include "answer.h"\nint RedisModule_OnLoad(void) { return answer(); }\n',
  );
  return { lang: 'c', sources: [at('module.c')], out: at('module.wasm') } as const;
}

async function answerOf(path: string): Promise<unknown> {
  const module = new WebAssembly.Module(await readFile(path));
  // The runtime imports its allocator; the module under test never calls it.
  const names = WebAssembly.Module.imports(module).map(({ name }) => name);
  const redismodule = Object.fromEntries(names.map((name) => [name, () => 0]));
  return new WebAssembly.Instance(module, { redismodule }).exports.RedisModule_OnLoad();
}

describe('building a module', { timeout: 60_000 }, () => {
  test('happens once, and again when a header changes', async () => {
    const options = await putModule(42);
    const first = await buildGuest(options);
    expect(first).toMatchObject({ lang: 'c', name: 'module', out: at('module.wasm') });
    expect(first.isFresh).toBe(true);
    expect(await answerOf(first.out)).toBe(42);

    const second = await buildGuest(options);
    expect(second.isFresh).toBe(false);
    expect(second.sizeBytes).toBe(first.sizeBytes);

    const third = await buildGuest(await putModule(43));
    expect(third.isFresh).toBe(true);
    expect(await answerOf(third.out)).toBe(43);
  });

  test('that fails leaves the module of before', async () => {
    const options = { ...(await putModule(42)), stderr: () => undefined };
    await buildGuest(options);
    await writeFile(at('answer.c'), 'int answer(void) { return }\n');
    await expect(buildGuest(options)).rejects.toThrow('clang failed');
    expect(await answerOf(at('module.wasm'))).toBe(42);
  });

  test('needs a known name or sources', async () => {
    await expect(buildGuest({ lang: 'c', name: 'nobody' })).rejects.toThrow(GuestError);
    await expect(buildGuest({ lang: 'c', name: 'nobody' })).rejects.toThrow('mymodule');
    await expect(buildGuest({ lang: 'c' })).rejects.toThrow(GuestError);
    await expect(buildGuest({ lang: 'c', sources: [] })).rejects.toThrow(GuestError);
  });
});

describe('the C examples', { timeout: 180_000 }, () => {
  test('need the ABI and nothing else, but for the clock of ratelimit', async () => {
    const foreign = new Map<string, string[]>();
    for (const { name, out } of await buildAll('c')) {
      const imports = WebAssembly.Module.imports(new WebAssembly.Module(await readFile(out)));
      const others = imports.filter(({ module }) => module !== 'redismodule');
      foreign.set(
        name,
        others.map((entry) => `${entry.module}.${entry.name}`),
      );
    }
    expect([...foreign.keys()]).toEqual(
      expect.arrayContaining(['config', 'counter', 'mymodule', 'ratelimit']),
    );
    expect(foreign.get('ratelimit')).toEqual(['wasi_snapshot_preview1.clock_time_get']);
    foreign.delete('ratelimit');
    expect([...foreign.values()].flat()).toEqual([]);
  });
});

describe('the command line', () => {
  test.each([
    ['an unknown language', ['--lang', 'fortran'], '--lang is c, as or all'],
    ['an unknown option', ['--frobnicate'], 'usage: npm run guest'],
    ['an unknown name', ['--lang', 'c', 'nobody'], 'no such example: nobody'],
  ])('answers %s on stderr with exit code 1', async (_, argv, message) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      expect(await main(argv)).toBe(1);
      expect(write.mock.calls.join('')).toContain(message);
    } finally {
      write.mockRestore();
    }
  });

  test('prints its usage', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      expect(await main(['--help'])).toBe(0);
      expect(write.mock.calls.join('')).toContain('usage: npm run guest');
    } finally {
      write.mockRestore();
    }
  });
});
