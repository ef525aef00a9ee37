// Compiles an AssemblyScript module for redcell with the `asc` package, in this process and from
// any folder. The import name `redcell/guest-as` always means the SDK beside this file.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface AssemblyScriptOptions {
  /** Path of the module's entry file; its folder is the base of the names in the source map. */
  readonly entry: string;
  /** True (the default) optimises for speed; false compiles fast and keeps function names. */
  readonly optimize?: boolean;
  /** True also returns a source map, and the module keeps its function names. */
  readonly sourceMap?: boolean;
  /** Receives diagnostics as `asc` words them. Default: the process's stderr. */
  readonly stderr?: (text: string) => void;
}

export interface AssemblyScriptOutput {
  readonly wasm: Uint8Array;
  /** JSON text; the module names it `<entry>.wasm.map`. Null unless asked for. */
  readonly sourceMap: string | null;
}

/** The module did not compile, or there is no compiler. Diagnostics went to `stderr`. */
export class AssemblyScriptError extends Error {
  override readonly name = 'AssemblyScriptError';
}

/**
 * Compiles one module; about 0.6 s.
 *
 * @throws AssemblyScriptError when `asc` is not installed or the sources have errors.
 */
export async function compileAssemblyScript(
  options: AssemblyScriptOptions,
): Promise<AssemblyScriptOutput> {
  const entry = resolve(options.entry);
  if (!existsSync(entry)) throw new AssemblyScriptError(`no such file: ${options.entry}`);
  const asc = await loadCompiler();
  const written = new Map<string, Uint8Array | string>();
  const print = options.stderr ?? ((text: string) => void process.stderr.write(text));
  const result = await asc.main(flagsFor(entry, options), {
    stdout: { write: () => undefined },
    stderr: { write: (chunk) => print(asText(chunk)) },
    readFile: readSource,
    listFiles: listSources,
    writeFile: (name, contents) => void written.set(basename(name), contents),
  });
  if (result.error !== null) throw new AssemblyScriptError(result.error.message);
  const name = `${basename(entry, '.ts')}.wasm`;
  const wasm = written.get(name);
  if (!(wasm instanceof Uint8Array)) throw new AssemblyScriptError(`asc wrote no ${name}`);
  const map = written.get(`${name}.map`);
  return { wasm, sourceMap: map === undefined ? null : asText(map) };
}

const INSTALL = 'npm install --save-dev assemblyscript@^0.28';

/** The compiler is 10 MB of JavaScript and WebAssembly: loaded only when something needs it. */
async function loadCompiler(): Promise<typeof import('assemblyscript/asc')> {
  try {
    return await import('assemblyscript/asc');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AssemblyScriptError(`the AssemblyScript compiler is not installed: ${INSTALL}`);
  }
}

const SDK_NAME = 'redcell/guest-as';

function flagsFor(entry: string, options: AssemblyScriptOptions): string[] {
  const name = basename(entry, '.ts');
  const optimize = options.optimize ?? true;
  const flags = [basename(entry), '--baseDir', dirname(entry), '--outFile', `${name}.wasm`];
  // The SDK's runtime keeps the heap on the host's allocator (guest-as/rt.ts).
  flags.push('--runtime', `~lib/${SDK_NAME}/rt`);
  // The host calls _initialize itself: a start section would allocate before the host is ready.
  flags.push('--exportStart', '_initialize', '--exportTable');
  flags.push('--optimizeLevel', optimize ? '2' : '0', '--shrinkLevel', '0');
  if (options.sourceMap === true) flags.push('--sourceMap', `./${name}.wasm.map`);
  if (options.sourceMap === true || !optimize) flags.push('--debug');
  return flags;
}

/** `asc` asks for the SDK as a library name or under each node_modules folder on the way up. */
const SDK_SOURCE = /(?:^~lib|(?:^|[/\\])node_modules)[/\\]redcell[/\\]guest-as([/\\].+)?\.ts$/;

async function readSource(name: string, baseDir: string): Promise<string | null> {
  // A project's own asconfig.json may not change how modules are linked.
  if (basename(name) === 'asconfig.json') return null;
  const sdk = SDK_SOURCE.exec(name);
  // `redcell/guest-as` itself is a folder: null makes asc ask for its index.ts next.
  if (sdk !== null && sdk[1] === undefined) return null;
  return readText(sdk !== null ? join(sdkFolder(), `${sdk[1]}.ts`) : resolve(baseDir, name));
}

/** Null when there is no such file: `asc` then tries its next guess. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}

async function listSources(folder: string, baseDir: string): Promise<string[] | null> {
  const path = resolve(baseDir, folder);
  if (!existsSync(path)) return null;
  return (await readdir(path)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
}

/** guest-as/ lies beside build/ in the sources and beside dist/ in the package. */
function sdkFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    const candidate = join(folder, 'guest-as');
    if (existsSync(join(candidate, 'rt.ts'))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new AssemblyScriptError(`the SDK, guest-as/, is in no folder above ${here}`);
}

function asText(chunk: Uint8Array | string): string {
  return typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
}
