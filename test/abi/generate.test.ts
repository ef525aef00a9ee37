// The generated files are fresh, the check can fail, and the C header works for both targets.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { CONSTANTS, GROUPS } from '../../abi/constants.ts';
import { ERRNO, IMPORT_MODULE } from '../../abi/exports.ts';
import { allFunctions } from '../../abi/index.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import { assemblyScript } from '../../build/abi/assemblyscript.ts';
import { cHeader } from '../../build/abi/c-header.ts';
import { generatedFiles, main, staleFiles } from '../../build/abi/generate.ts';
import { readWasm } from '../../host/module/binary.ts';
import { areaFiles, areaFunctions } from './areas.ts';
import { compileAs, compileNative, compileWasm, hasProgram, TemporaryFolder } from './native.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HEADER = readFileSync(join(ROOT, 'guest-c/redismodule.h'), 'utf8');
const LINK_TIMEOUT_MS = 60_000;

const MODULE = `#include "redismodule.h"
int answer(RedisModuleCtx *ctx);
static int Hello(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    REDISMODULE_NOT_USED(argv);
    RedisModule_Assert(argc == 1);
    return answer(ctx);
}
int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv;
    if (RedisModule_Init(ctx, "abitest", 1, REDISMODULE_APIVER_1) == REDISMODULE_ERR)
        return REDISMODULE_ERR;
    if (RedisModule_BlockClientOnKeysWithFlags == NULL) RedisModule_Log(ctx, "notice", "lacks 7.2");
    if (RMAPI_FUNC_SUPPORTED(RedisModule_SetCommandInfo)) RedisModule_Log(ctx, "notice", "has 7.0");
    RedisModule_Log(ctx, "notice", "loaded with %d arguments", argc);
    return RedisModule_CreateCommand(ctx, "abi.hello", Hello, "readonly", 0, 0, 0);
}
`;
const OTHER_FILE = `#include "redismodule.h"
int answer(RedisModuleCtx *ctx);
int answer(RedisModuleCtx *ctx) { return RedisModule_ReplyWithLongLong(ctx, 42); }
`;
/** `name type` of the imports of a module, sorted. */
function importTypes(wasm: Uint8Array): string[] {
  return readWasm(wasm)
    .imports.map((i) => `${i.name} ${i.type?.signature}`)
    .sort();
}

async function tableTypes(): Promise<string[]> {
  return (await areaFunctions())
    .map(([name, f]) => `${name} ${signatureText(wasmSignature(f.params, f.result))}`)
    .sort();
}

const SOURCES = { 'module.c': MODULE, 'other.c': OTHER_FILE };

describe('the generator', () => {
  test('leaves nothing to write', () => {
    expect(staleFiles(ROOT, generatedFiles())).toEqual([]);
  });

  test('marks each file as generated', () => {
    for (const [path, text] of generatedFiles())
      expect(text.slice(0, 200), path).toContain('do not edit');
  });

  test('names missing and changed files when it only checks, and exits with 1', () => {
    using folder = new TemporaryFolder();
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const [path, text] of generatedFiles()) {
      if (path === 'abi/abi.json') continue;
      mkdirSync(dirname(join(folder.path, path)), { recursive: true });
      writeFileSync(join(folder.path, path), path.endsWith('.h') ? `${text}\n` : text);
    }
    expect(main(['--check'], folder.path)).toBe(1);
    expect(errors.mock.calls.map(([line]) => line)).toEqual([
      'guest-c/redismodule.h is stale: run npm run abi',
      'abi/abi.json is stale: run npm run abi',
    ]);
    errors.mockRestore();
  });

  test('writes what is missing, after which the check succeeds', () => {
    using folder = new TemporaryFolder();
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(main([], folder.path)).toBe(0);
    expect(main(['--check'], folder.path)).toBe(0);
    log.mockRestore();
  });

  test('describes every function in the JSON file', () => {
    const abi = JSON.parse(generatedFiles().get('abi/abi.json') ?? '') as {
      functions: { name: string; wasm: { params: string[] } }[];
    };
    expect(abi.functions.map((f) => f.name)).toEqual(allFunctions().map((f) => f.name));
  });
});

describe('the C header for wasm', { timeout: LINK_TIMEOUT_MS }, () => {
  test('compiles in several files and imports exactly what is called', async () => {
    const { imports } = readWasm(await compileWasm(SOURCES));
    expect(new Set(imports.map((i) => i.module))).toEqual(new Set([IMPORT_MODULE]));
    expect(imports.map((i) => i.name).sort()).toEqual(
      [
        'CreateCommand',
        'IsModuleNameBusy',
        'Log',
        'ReplyWithLongLong',
        'SetModuleAttribs',
        '_Assert',
      ]
        .map((name) => `RedisModule_${name}`)
        .sort(),
    );
  });

  test('compiles as C++', async () => {
    const { exports } = readWasm(await compileWasm(SOURCES, ['-std=c++17', '-x', 'c++']));
    expect(exports.map((e) => e.name)).toContain('RedisModule_OnLoad');
  });

  test('has the values of the tables, and the errno numbers of WASI', async () => {
    const equal = (name: string, value: number) =>
      `_Static_assert(${name} == ${value}, "${name}");`;
    const numbers = Object.entries(CONSTANTS).flatMap(([name, value]) =>
      typeof value === 'number' && !(name in GROUPS.pointers.values) ? [equal(name, value)] : [],
    );
    const errors = Object.entries(ERRNO).map(([name, value]) => equal(name, value));
    const source = [MODULE, '#include <errno.h>', ...numbers, ...errors].join('\n');
    const wasm = await compileWasm({ 'module.c': source, 'other.c': OTHER_FILE });
    expect(WebAssembly.validate(Uint8Array.from(wasm))).toBe(true);
  });

  test('gives every function of every area the type of the table', async () => {
    const names = (await areaFunctions()).map(([name]) => name);
    const addresses = names.map((name) => `(void *)${name}`).join(', ');
    const source = `${MODULE}void *const all[] = {${addresses}};`;
    const areas = (await areaFiles()).map(({ area }) => area);
    const header = cHeader('All areas.', areas);
    const flags = ['-std=gnu11', '-Wl,--export=all'];
    const wasm = await compileWasm({ ...SOURCES, 'module.c': source }, flags, header);
    expect(importTypes(wasm)).toEqual(await tableTypes());
  });

  test('refuses a struct that is laid out otherwise', async () => {
    const wrong = HEADER.replace('int aux_save_triggers;', 'long long aux_save_triggers;');
    expect(wrong).not.toBe(HEADER);
    await expect(compileWasm(SOURCES, ['-std=gnu11'], wrong)).rejects.toThrow(
      'layout of RedisModuleTypeMethods',
    );
  });
});

describe('the AssemblyScript declarations', { timeout: LINK_TIMEOUT_MS }, () => {
  test('give every function of every area the type of the table', async () => {
    const areas = (await areaFiles()).map(({ area }) => area);
    const files = {
      'entry.ts': 'export * from "./redismodule";',
      'redismodule.ts': assemblyScript('All areas.', areas),
    };
    expect(importTypes(await compileAs(files))).toEqual(await tableTypes());
  });
});

describe('the C header natively', { timeout: LINK_TIMEOUT_MS }, () => {
  test.skipIf(!hasProgram('gcc')).each([
    ['C89 with GNU extensions', ['gcc', '-std=gnu89']],
    ['C99', ['gcc', '-std=c99']],
    ['C17, optimised', ['gcc', '-std=gnu17', '-O2']],
  ])('compiles without warnings as %s', (_, command) => {
    using folder = new TemporaryFolder();
    const sources = folder.write(SOURCES);
    expect(compileNative(command, sources, join(folder.path, 'module.so'))).toBe('');
  });

  test.skipIf(!hasProgram('g++')).each(['c++11', 'c++20'])('compiles as %s', (standard) => {
    using folder = new TemporaryFolder();
    const sources = folder.write(SOURCES);
    const command = ['g++', `-std=${standard}`, '-x', 'c++'];
    expect(compileNative(command, sources, join(folder.path, 'module.so'))).toBe('');
  });

  test.skipIf(!hasProgram('gcc') || !hasProgram('redis-server'))(
    'makes a module that redis-server loads, functions it lacks being NULL',
    async () => {
      using folder = new TemporaryFolder();
      const out = join(folder.path, 'module.so');
      expect(compileNative(['gcc'], folder.write(SOURCES), out)).toBe('');
      const { log, answer } = await askServer(folder.path, out);
      expect(answer).toBe('42\n');
      expect(log).toContain('<abitest> loaded with 1 arguments');
      expect(log).toContain('<abitest> has 7.0');
      const version = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout;
      expect(log.includes('<abitest> lacks 7.2')).toBe(/v=7\.0\./.test(version));
    },
  );
});

/** Starts a redis-server with a module on a Unix socket, sends one command, stops it. */
async function askServer(folder: string, module: string): Promise<{ log: string; answer: string }> {
  const socket = join(folder, 'socket');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--loadmodule', module, 'x'];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder });
  const ended = once(server, 'exit');
  try {
    const log: string[] = [];
    for await (const line of createInterface(server.stdout)) {
      log.push(line);
      if (/ready to accept connections/i.test(line)) break;
    }
    const cli = spawnSync('redis-cli', ['-s', socket, 'abi.hello'], { encoding: 'utf8' });
    return { log: log.join('\n'), answer: cli.stdout };
  } finally {
    server.kill();
    await ended;
  }
}
