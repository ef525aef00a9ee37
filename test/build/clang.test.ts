import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClangError, type ClangOptions, clangIdentity, compileC } from '../../build/clang.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redcell-clang-test-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Options for one file, and what the compiler says about it. */
async function optionsFor(text: string): Promise<ClangOptions & { said: string[] }> {
  const said: string[] = [];
  return {
    sources: [await put('module.c', text)],
    headers: [],
    includePaths: [],
    root: folder,
    stderr: (line) => said.push(line),
    said,
  };
}

const ON_LOAD = 'int RedisModule_OnLoad(void) { return 0; }\n';

describe('clang from npm', { timeout: 60_000 }, () => {
  test('compiles a module that exports OnLoad and needs no host', async () => {
    const options = await optionsFor(`int twice(int n) { return 2 * n; }\n${ON_LOAD}`);
    const wasm = await compileC(options);
    const module = new WebAssembly.Module(wasm);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const { exports } = new WebAssembly.Instance(module, {});
    expect(exports.RedisModule_OnLoad()).toBe(0);
    expect(options.said).toEqual([]);
  });

  test('hands errors on with the real path and fails', async () => {
    const options = await optionsFor('int broken(void) { return nothing; }\n');
    await expect(compileC(options)).rejects.toThrow(ClangError);
    const said = options.said.join('');
    expect(said).toContain(`${join(folder, 'module.c')}:1:27: error:`);
    expect(said).toContain('1 error generated.');
  });

  test('hands warnings on and succeeds', async () => {
    const options = await optionsFor(`static int unused;\n${ON_LOAD}`);
    const wasm = await compileC({ ...options, flags: ['-Wall'] });
    expect(WebAssembly.validate(wasm)).toBe(true);
    expect(options.said.join('')).toContain('warning: unused variable');
  });

  test('reports what the linker misses', async () => {
    const options = await optionsFor(`int elsewhere(void);\nint RedisModule_OnLoad(void) {
      return elsewhere(); }\n`);
    await expect(compileC(options)).rejects.toThrow(ClangError);
    expect(options.said.join('')).toContain('undefined symbol: elsewhere');
  });

  test('refuses a module without OnLoad', async () => {
    const options = await optionsFor('int something(void) { return 0; }\n');
    await expect(compileC(options)).rejects.toThrow(ClangError);
    expect(options.said.join('')).toContain('RedisModule_OnLoad');
  });

  test('says what to do about an include that goes up', async () => {
    const options = await optionsFor(`#include "../up.h"\n${ON_LOAD}`);
    await expect(compileC(options)).rejects.toThrow(ClangError);
    expect(options.said.join('')).toContain('the bare file name will do');
  });

  test('makes the same bytes from the same sources in another folder', async () => {
    const text = `int divide(int a, int b) { return a / b; }\n${ON_LOAD}`;
    const here = await compileC(await optionsFor(text));
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'redcell-clang-elsewhere-'));
    const there = await compileC(await optionsFor(text));
    expect(Buffer.compare(here, there)).toBe(0);
    expect(Buffer.from(here).includes(tmpdir())).toBe(false);
  });
});

describe("the user's clang", () => {
  test('gets the flags and makes the module', async () => {
    const cc = await put(
      'cc.sh',
      `#!/bin/sh\necho "$@" > ${folder}/args\necho note >&2
      for out; do :; done\nprintf 'made by cc' > "$out"\n`,
    );
    await chmod(cc, 0o755);
    const options = await optionsFor(ON_LOAD);
    const wasm = await compileC({ ...options, flags: ['-DX=1'], cc: `${cc} --sysroot=/wasi` });
    expect(Buffer.from(wasm).toString()).toBe('made by cc');
    const args = await readFile(join(folder, 'args'), 'utf8');
    expect(args).toMatch(/^--sysroot=\/wasi --target=wasm32-wasip1 .*-mexec-model=reactor/);
    expect(args).toContain(` -DX=1 -ffile-prefix-map=${folder}/= ${options.sources[0]} -o `);
    expect(options.said.join('')).toBe('note\n');
  });

  test('fails with the exit code', async () => {
    const cc = await put('cc.sh', '#!/bin/sh\necho "cc: no" >&2\nexit 3\n');
    await chmod(cc, 0o755);
    const options = await optionsFor(ON_LOAD);
    await expect(compileC({ ...options, cc })).rejects.toThrow('failed with exit code 3');
    expect(options.said.join('')).toBe('cc: no\n');
  });

  test('that cannot be run is named', async () => {
    const cc = join(folder, 'no-such-clang');
    await expect(compileC({ ...(await optionsFor(ON_LOAD)), cc })).rejects.toThrow(
      `cannot run ${cc}`,
    );
  });
});

describe('the identity of a compiler', () => {
  test('is the version of the npm package or the command of the user', async () => {
    expect(await clangIdentity(undefined)).toMatch(/^@yowasp\/clang \d+\./);
    expect(await clangIdentity('/opt/wasi-sdk/bin/clang')).toBe('/opt/wasi-sdk/bin/clang');
  });
});
