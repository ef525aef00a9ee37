// The three ways to compile a guest module behind one function, each compiler loaded on use.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLANG_FLAGS, clangIdentity, compileC, runCompiler } from './clang.ts';
import type { GuestLang, GuestSources } from './guest-sources.ts';

/** `native` is C as a shared library for a real redis-server. */
export type GuestTarget = GuestLang | 'native';

export interface CompileOptions {
  readonly lang: GuestTarget;
  /** Treats warnings as errors. */
  readonly isStrict: boolean;
  readonly cc?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  readonly stderr?: ((text: string) => void) | undefined;
}

export interface CompiledGuest {
  readonly bytes: Uint8Array;
  readonly sourceMap: string | null;
}

const NATIVE_COMPILER = 'gcc';
const NATIVE_FLAGS = ['-shared', '-fPIC', '-std=gnu11', '-O2', '-g'];

/**
 * Compiles one module from the files of `found`.
 *
 * @throws ClangError or AssemblyScriptError when that fails, messages having gone to `stderr`.
 */
export async function compileGuest(
  root: string,
  found: GuestSources,
  options: CompileOptions,
): Promise<CompiledGuest> {
  const { cc, stderr } = options;
  const { sources, dependencies: headers, includePaths } = found;
  const flags = cFlags(options);
  switch (options.lang) {
    case 'c': {
      const all = { sources, headers, includePaths, flags, cc, root, stderr };
      return { bytes: await compileC(all), sourceMap: null };
    }
    case 'native': {
      const args = [...NATIVE_FLAGS, ...flags, ...includePaths.map((path) => `-I${path}`)];
      return compileNative(cc ?? NATIVE_COMPILER, [...args, ...sources], stderr);
    }
    case 'as':
      return compileAs(sources[0] as string, stderr); // the one entry file
  }
}

/** Everything besides the module's files that decides what comes out, without loading it. */
export async function compilerSettings(options: CompileOptions): Promise<string[]> {
  switch (options.lang) {
    case 'c':
      return [await clangIdentity(options.cc), ...CLANG_FLAGS, ...cFlags(options)];
    case 'native':
      return [options.cc ?? NATIVE_COMPILER, ...NATIVE_FLAGS, ...cFlags(options)];
    case 'as':
      return [await ascIdentity()];
  }
}

function cFlags(options: CompileOptions): string[] {
  return ['-Wall', '-Wextra', ...(options.isStrict ? ['-Werror'] : []), ...(options.flags ?? [])];
}

async function compileNative(
  cc: string,
  args: readonly string[],
  stderr: CompileOptions['stderr'],
): Promise<CompiledGuest> {
  const folder = await mkdtemp(join(tmpdir(), 'redcell-native-'));
  try {
    const out = join(folder, 'module.so');
    const print = stderr ?? ((text: string) => void process.stderr.write(text));
    await runCompiler(cc, [...args, '-o', out], print);
    return { bytes: await readFile(out), sourceMap: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compileAs(entry: string, stderr: CompileOptions['stderr']): Promise<CompiledGuest> {
  const { compileAssemblyScript } = await import('./asc.ts');
  const options = { entry, sourceMap: true, ...(stderr !== undefined ? { stderr } : {}) };
  const { wasm, sourceMap } = await compileAssemblyScript(options);
  return { bytes: wasm, sourceMap };
}

/** The version of `asc`, and the text of the file that decides its flags. */
async function ascIdentity(): Promise<string> {
  const self = fileURLToPath(import.meta.url);
  const caller = await readFile(new URL(`./asc${extname(self)}`, import.meta.url), 'utf8');
  try {
    const compiler = import.meta.resolve('assemblyscript/asc');
    const packageJson = await readFile(new URL('../package.json', compiler), 'utf8');
    return `${(JSON.parse(packageJson) as { version: string }).version} ${caller}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return `absent ${caller}`; // asc.ts says so when it is needed
  }
}
