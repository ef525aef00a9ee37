import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CompileOptions, compileGuest, compilerSettings } from '../../build/guest-compile.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redcell-compile-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function compile(text: string, options: Partial<CompileOptions> = {}): Promise<Buffer> {
  const source = join(folder, 'module.c');
  await writeFile(source, text);
  const found = { sources: [source], dependencies: [], includePaths: [folder] };
  const all = { lang: 'native', isStrict: true, ...options } as const;
  return Buffer.from((await compileGuest(folder, found, all)).bytes);
}

describe('native builds', { timeout: 30_000 }, () => {
  test('are shared libraries', async () => {
    const library = await compile('int RedisModule_OnLoad(void) { return 0; }\n');
    expect(library.subarray(0, 4)).toEqual(Buffer.from('\x7fELF', 'latin1'));
    expect(library.includes('RedisModule_OnLoad')).toBe(true);
  });

  test('fail on a warning only if they are strict', async () => {
    const said: string[] = [];
    const stderr = (text: string): void => void said.push(text);
    const sloppy = 'static int unused;\n';
    await expect(compile(sloppy, { stderr })).rejects.toThrow('gcc failed with exit code 1');
    expect(said.join('')).toContain('module.c:1');
    await expect(compile(sloppy, { stderr, isStrict: false })).resolves.toBeInstanceOf(Buffer);
  });
});

describe('the settings of a build', () => {
  test('tell targets, compilers, strictness and flags apart', async () => {
    const variants: CompileOptions[] = [
      { lang: 'c', isStrict: true },
      { lang: 'c', isStrict: false },
      { lang: 'c', isStrict: true, cc: '/opt/clang' },
      { lang: 'c', isStrict: true, flags: ['-DX'] },
      { lang: 'native', isStrict: true },
      { lang: 'as', isStrict: true },
    ];
    const settings = await Promise.all(variants.map(compilerSettings));
    expect(new Set(settings.map((setting) => JSON.stringify(setting))).size).toBe(variants.length);
  });
});
