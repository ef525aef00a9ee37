// Compiles a C module to WebAssembly: with clang from npm, in this process and with nothing to
// install, or with a clang of the user's that has a WASI sysroot (wasi-sdk).

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Tree } from '@yowasp/clang';

export interface ClangOptions {
  /** The C files of one module; exactly one defines RedisModule_OnLoad. */
  readonly sources: readonly string[];
  /** Every header that a source may include; only these are visible to the npm compiler. */
  readonly headers: readonly string[];
  /** Folders for `#include`. */
  readonly includePaths: readonly string[];
  /** Added to the default flags. */
  readonly flags?: readonly string[];
  /** A clang command to run instead of the one from npm, arguments separated by spaces. */
  readonly cc?: string | undefined;
  /** Prefix of the paths that is left out of debug lines, so that builds do not depend on it. */
  readonly root: string;
  /** Receives warnings and errors as the compiler words them. Default: the process's stderr. */
  readonly stderr?: ((text: string) => void) | undefined;
}

/** The module did not compile, or there is no compiler. Diagnostics went to `stderr`. */
export class ClangError extends Error {
  override readonly name = 'ClangError';
}

const INSTALL = 'npm install --save-dev @yowasp/clang';

/**
 * How a module is compiled and linked; `abi/README.md` gives the reasons a guest author needs.
 * Part of the key under which builds are cached.
 */
export const CLANG_FLAGS: readonly string[] = [
  '--target=wasm32-wasip1',
  '-std=gnu11',
  '-O2',
  '-gline-tables-only', // a trap names the C line
  // setjmp needs exceptions, and Node 20 knows only their first encoding. Both flags or neither:
  // clang refuses the second alone. A module without setjmp comes out the same.
  ...['-mllvm', '-wasm-enable-sjlj', '-mllvm', '-wasm-use-legacy-eh=true', '-lsetjmp'],
  '-mexec-model=reactor', // exports _initialize instead of running main
  '-Wl,--no-entry',
  '-Wl,--stack-first', // an overflowing stack traps instead of running into data
  '-Wl,-z,stack-size=262144',
  '-Wl,--export=RedisModule_OnLoad',
  '-Wl,--export-if-defined=RedisModule_OnUnload',
  '-Wl,--export-table', // callbacks cross as indices into it
  '-Wl,--growable-table',
  '-Wl,--export=__stack_pointer',
  '-Wl,--export-if-defined=errno',
  ...['malloc', 'free', 'calloc', 'realloc'].map((name) => `-Wl,--export-if-defined=${name}`),
  // The default printf aborts on %Lf after a word to stderr, and so drags in WASI file imports.
  '-lc-printscan-long-double',
];

/**
 * Compiles and links one module: about 2 s for the first, 0.3 s for each one after.
 *
 * @throws ClangError when there is no compiler or the sources have errors.
 */
export async function compileC(options: ClangOptions): Promise<Uint8Array> {
  return options.cc === undefined ? compileInProcess(options) : compileWith(options.cc, options);
}

/**
 * Names the compiler and its version without loading it, for the key of cached builds.
 *
 * @throws ClangError when the npm compiler is asked for and not installed.
 */
export async function clangIdentity(cc: string | undefined): Promise<string> {
  if (cc !== undefined) return cc;
  const packageJson = new URL('../package.json', resolveCompiler());
  const { version } = JSON.parse(await readFile(packageJson, 'utf8')) as { version: string };
  return `@yowasp/clang ${version}`;
}

function argumentsFor(options: ClangOptions, at: (path: string) => string, out: string): string[] {
  return [
    ...CLANG_FLAGS,
    ...(options.flags ?? []),
    `-ffile-prefix-map=${at(resolve(options.root))}/=`,
    ...options.includePaths.map((path) => `-I${at(resolve(path))}`),
    ...options.sources.map((path) => at(resolve(path))),
    '-o',
    out,
  ];
}

function printer(options: ClangOptions): (text: string) => void {
  return options.stderr ?? ((text) => void process.stderr.write(text));
}

// ---- clang from npm -------------------------------------------------------------------------

/** The npm compiler has its own /usr and /tmp, so the user's files are put below this folder. */
const MOUNT = '/@host';

/** Its file system takes `..` for `.`. */
const PARENT_INCLUDE = /error: '[^']*\.\.\/[^']*' file not found/;
const PARENT_INCLUDE_HINT =
  "note: clang from npm cannot follow '..' in #include; the folders of all sources are searched, " +
  'so the bare file name will do\n';

async function compileInProcess(options: ClangOptions): Promise<Uint8Array> {
  const { clang, Exit } = await loadCompiler();
  const chunks: Uint8Array[] = [];
  const keep = (bytes: Uint8Array | null): void => {
    if (bytes !== null) chunks.push(new Uint8Array(bytes)); // the compiler reuses its buffer
  };
  let files: Tree | undefined;
  try {
    const sources = await readTree([...options.sources, ...options.headers]);
    files = await clang(
      argumentsFor(options, (path) => MOUNT + path, 'module.wasm'),
      sources,
      { stdout: keep, stderr: keep, decodeASCII: false },
    );
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  } finally {
    const text = Buffer.concat(chunks).toString('utf8').replaceAll(`${MOUNT}/`, '/');
    if (text !== '') printer(options)(text);
    if (PARENT_INCLUDE.test(text)) printer(options)(PARENT_INCLUDE_HINT);
  }
  const wasm = files?.['module.wasm'];
  if (!(wasm instanceof Uint8Array)) throw new ClangError('clang failed');
  return wasm;
}

async function loadCompiler(): Promise<{ clang: Command; Exit: new () => Error }> {
  resolveCompiler();
  const { commands, runLLVM, Exit } = await import('@yowasp/clang');
  // Without arguments it only reads its files; a run that has to, reports progress to stdout.
  await runLLVM(undefined, {}, { fetchProgress: () => undefined });
  return { clang: commands.clang, Exit };
}

function resolveCompiler(): string {
  try {
    return import.meta.resolve('@yowasp/clang');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ClangError(`the C compiler is not installed: ${INSTALL}`);
  }
}

/** Reads files into the compiler's form of a file system: folders as nested objects. */
async function readTree(paths: readonly string[]): Promise<Tree> {
  const root: Tree = {};
  for (const path of paths) {
    const names = (MOUNT + resolve(path)).split('/').slice(1);
    const file = names.pop() as string; // an absolute path has at least one part
    let folder = root;
    for (const name of names) {
      folder[name] ??= {};
      folder = folder[name] as Tree; // only folders on the way to a file
    }
    folder[file] = await readFile(path);
  }
  return root;
}

// ---- the user's clang -----------------------------------------------------------------------

async function compileWith(cc: string, options: ClangOptions): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'redcell-clang-'));
  try {
    const out = join(folder, 'module.wasm');
    await runCompiler(
      cc,
      argumentsFor(options, (path) => path, out),
      printer(options),
    );
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a compiler command (`cc` may carry arguments, as CC does in Makefiles) to its end.
 *
 * @throws ClangError when it cannot be started or exits with anything but 0.
 */
export async function runCompiler(
  cc: string,
  args: readonly string[],
  print: (text: string) => void,
): Promise<void> {
  const [command = '', ...first] = cc.trim().split(/\s+/);
  const child = spawn(command, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', print);
  child.stderr.setEncoding('utf8').on('data', print);
  await new Promise<void>((done, fail) => {
    child.on('error', (error) => fail(new ClangError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) done();
      else fail(new ClangError(`${command} failed with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** The folder of this project: where `guest-c/` lies, above the sources as above `dist/`. */
export function projectRoot(): string {
  const here = fileURLToPath(new URL('..', import.meta.url));
  return resolve(here.endsWith('/dist/') ? join(here, '..') : here);
}
