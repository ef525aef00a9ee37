// The AssemblyScript compiler as build/asc.ts drives it.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssemblyScriptError, compileAssemblyScript } from '../../build/asc.ts';

const MODULE = `
import { Argv, Context, Module, Status } from 'redcell/guest-as';
import { answer } from './answer';

function run(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.reply.integer(answer());
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'm', 1);
  module.command('m.run', run, '');
  return module.done('loaded');
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redcell-asc-'));
  await writeFile(join(folder, 'm.ts'), MODULE);
  await writeFile(join(folder, 'answer.ts'), 'export function answer(): i64 { return 42; }\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('a module in a folder of its own', () => {
  test('finds the SDK by name and its own files by path', async () => {
    const { wasm, sourceMap } = await compileAssemblyScript({ entry: join(folder, 'm.ts') });
    const module = new WebAssembly.Module(wasm);
    const spaces = new Set(WebAssembly.Module.imports(module).map((entry) => entry.module));
    expect([...spaces].sort()).toEqual(['env', 'redismodule']);
    expect(sourceMap).toBeNull();
  }, 60_000);

  test('exports what the host looks for, and has no start section', async () => {
    const { wasm } = await compileAssemblyScript({ entry: join(folder, 'm.ts') });
    const module = new WebAssembly.Module(wasm);
    const exports = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`);
    expect(exports.sort()).toEqual([
      'function RedisModule_OnLoad',
      'function __collect',
      'function _initialize',
      'global __stack_pointer',
      'global errno',
      'memory memory',
      'table table',
    ]);
    // Without a start section no import runs before `_initialize`.
    const imports: Record<string, Record<string, () => never>> = {};
    for (const entry of WebAssembly.Module.imports(module)) {
      imports[entry.module] ??= {};
      (imports[entry.module] as Record<string, () => never>)[entry.name] = () => {
        throw new Error(`${entry.name} ran`);
      };
    }
    expect(() => new WebAssembly.Instance(module, imports)).not.toThrow();
  }, 60_000);

  test('gives a source map whose names are relative to the entry', async () => {
    const entry = join(folder, 'm.ts');
    const { wasm, sourceMap } = await compileAssemblyScript({ entry, sourceMap: true });
    const map = JSON.parse(sourceMap ?? '{}') as { sources: string[]; mappings: string };
    expect(map.sources).toContain('m.ts');
    expect(map.sources).toContain('answer.ts');
    expect(map.mappings.length).toBeGreaterThan(100);
    expect(Buffer.from(wasm).includes('m.wasm.map')).toBe(true);
    expect(Buffer.from(wasm).includes('m/run')).toBe(true); // names are kept
  }, 60_000);

  test('is smaller when optimised', async () => {
    const entry = join(folder, 'm.ts');
    const fast = await compileAssemblyScript({ entry, optimize: false });
    const small = await compileAssemblyScript({ entry });
    expect(small.wasm.length).toBeLessThan(fast.wasm.length / 2);
  }, 60_000);

  test('ignores an asconfig.json beside it', async () => {
    const config = await write('asconfig.json', '{"options":{"runtime":"stub"}}');
    const { wasm } = await compileAssemblyScript({ entry: join(folder, 'm.ts') });
    await rm(config);
    const module = new WebAssembly.Module(wasm);
    const imports = WebAssembly.Module.imports(module).map((entry) => entry.name);
    expect(imports).toContain('RedisModule_Free');
  }, 60_000);
});

describe('errors', () => {
  test('of the compiler reach stderr unchanged', async () => {
    const entry = await write('bad.ts', 'export function f(): i32 { return missing; }\n');
    const lines: string[] = [];
    const compiling = compileAssemblyScript({ entry, stderr: (text) => void lines.push(text) });
    await expect(compiling).rejects.toThrow(AssemblyScriptError);
    // The compiler colours its output where the environment says so.
    const output = stripVTControlCharacters(lines.join(''));
    expect(output).toContain("ERROR TS2304: Cannot find name 'missing'.");
    expect(output).toContain('in bad.ts(1,35)');
  }, 60_000);

  test('name an import that does not exist', async () => {
    const entry = await write('lost.ts', "import { x } from './nowhere';\nexport const y = x;\n");
    const lines: string[] = [];
    const compiling = compileAssemblyScript({ entry, stderr: (text) => void lines.push(text) });
    await expect(compiling).rejects.toThrow('error');
    expect(lines.join('')).toContain('nowhere.ts');
  }, 60_000);

  test('say how to install the compiler where it is missing', async () => {
    const source = new URL('../../build/asc.ts', import.meta.url);
    await writeFile(join(folder, 'asc.mts'), await readFile(source, 'utf8'));
    const main = `import { compileAssemblyScript } from './asc.mts';
      compileAssemblyScript({ entry: 'm.ts' }).catch((error) => console.log(String(error)));`;
    const entry = await write('main.mts', main);
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--import', tsx, entry], { cwd: folder });
    expect(stdout).toBe(
      'AssemblyScriptError: the AssemblyScript compiler is not installed: ' +
        'npm install --save-dev assemblyscript@^0.28\n',
    );
  }, 60_000);

  test('name an entry that does not exist', async () => {
    const entry = join(folder, 'none.ts');
    await expect(compileAssemblyScript({ entry })).rejects.toThrow(`no such file: ${entry}`);
  });
});

test('the module that the README begins with compiles', async () => {
  const readme = new URL('../../guest-as/README.md', import.meta.url);
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8'))?.[1] ?? '';
  expect(code).toContain('RedisModule_OnLoad');
  const { wasm } = await compileAssemblyScript({ entry: await write('hello.ts', code) });
  expect(WebAssembly.validate(wasm)).toBe(true);
}, 60_000);

test('every function of the SDK compiles without a warning', async () => {
  const entry = new URL('../../guest-as/test/everything.ts', import.meta.url).pathname;
  const lines: string[] = [];
  const { wasm } = await compileAssemblyScript({ entry, stderr: (text) => void lines.push(text) });
  expect(lines).toEqual([]);
  expect(WebAssembly.validate(wasm)).toBe(true);
}, 60_000);
