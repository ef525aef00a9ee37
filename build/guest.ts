// Builds guest modules: `npm run guest -- --help`. Also the functions by which tests and tools
// build one. Which files: guest-sources.ts; how: guest-compile.ts; when not to: guest-cache.ts.

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { projectRoot } from './clang.ts';
import { digestInputs, sizeIfUpToDate, writeAtomically, writeStamp } from './guest-cache.ts';
import { compileGuest, compilerSettings, type GuestTarget } from './guest-compile.ts';
import {
  asSources,
  cSources,
  exampleNames,
  exampleSources,
  type GuestLang,
  type GuestSources,
} from './guest-sources.ts';

export interface GuestOptions {
  readonly lang: GuestTarget;
  /** An example's name; or leave it out and give `sources`. */
  readonly name?: string;
  /** Own C files, or one AssemblyScript entry file. */
  readonly sources?: readonly string[];
  /** Output file; `build/out/<lang>/<name>.wasm` (`.so` for `native`) if left out. */
  readonly out?: string;
  /** A C compiler command instead of clang from npm (or instead of gcc for `native`). */
  readonly cc?: string | undefined;
  /** More C compiler flags. */
  readonly flags?: readonly string[];
  /** Receives compiler messages; default: the process's stderr. */
  readonly stderr?: ((text: string) => void) | undefined;
}

export interface GuestBuild {
  readonly lang: GuestTarget;
  readonly name: string;
  /** Absolute path of the module. A source map, if any, lies beside it as `<out>.map`. */
  readonly out: string;
  /** False if it was up to date. */
  readonly isFresh: boolean;
  readonly sizeBytes: number;
  readonly tookMs: number;
}

/** The caller asked for something that cannot be built; compilers throw errors of their own. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
}

/**
 * Builds one module unless it is up to date; no compiler is loaded then.
 *
 * @throws GuestError for an unknown name; GuestSourceError for a bad `Links:` line; ClangError or AssemblyScriptError when it does not
 * compile, after the compiler's messages went to `stderr`.
 */
export async function buildGuest(options: GuestOptions): Promise<GuestBuild> {
  const started = performance.now();
  const { lang } = options;
  const root = projectRoot();
  const found = await findSources(root, options);
  const name = options.name ?? nameOf(found);
  const extension = lang === 'native' ? 'so' : 'wasm';
  const out = resolve(options.out ?? join(root, 'build/out', lang, `${name}.${extension}`));
  // Our examples must be clean on every compiler; others' warnings are their own affair.
  const compileOptions = { ...options, isStrict: options.name !== undefined };

  const files = [...found.sources, ...found.dependencies];
  const inputs = await digestInputs(files, await compilerSettings(compileOptions));
  const stamp = stampFile(root, out);
  const oldSizeBytes = await sizeIfUpToDate(stamp, inputs, out);
  if (oldSizeBytes !== null) {
    const tookMs = performance.now() - started;
    return { lang, name, out, isFresh: false, sizeBytes: oldSizeBytes, tookMs };
  }
  const { bytes, sourceMap } = await compileGuest(root, found, compileOptions);
  if (sourceMap !== null) await writeAtomically(`${out}.map`, sourceMap);
  // redis-server loads no shared library that is not executable.
  await writeAtomically(out, bytes, lang === 'native' ? 0o755 : 0o644);
  await writeStamp(stamp, inputs, bytes);
  const tookMs = performance.now() - started;
  return { lang, name, out, isFresh: true, sizeBytes: bytes.length, tookMs };
}

/** Builds all examples of one target, one after the other; see `buildGuest`. */
export async function buildAll(
  lang: GuestTarget,
  options: Pick<GuestOptions, 'cc' | 'stderr'> = {},
): Promise<GuestBuild[]> {
  const builds: GuestBuild[] = [];
  for (const name of await exampleNames(projectRoot(), sourceLang(lang))) {
    builds.push(await buildGuest({ ...options, lang, name }));
  }
  return builds;
}

function sourceLang(lang: GuestTarget): GuestLang {
  return lang === 'native' ? 'c' : lang;
}

function nameOf(found: GuestSources): string {
  const first = found.sources[0] as string; // findSources gives at least one
  return basename(first, extname(first));
}

async function findSources(root: string, options: GuestOptions): Promise<GuestSources> {
  const found = await (options.sources !== undefined
    ? ownSources(root, sourceLang(options.lang), options.sources)
    : namedSources(root, sourceLang(options.lang), options.name));
  if (options.lang !== 'c') return found;
  return { ...found, sources: [...found.sources, join(root, 'guest-c/runtime.c')] };
}

function ownSources(
  root: string,
  lang: GuestLang,
  sources: readonly string[],
): Promise<GuestSources> {
  const [entry] = sources;
  if (entry === undefined) throw new GuestError('no source files');
  return lang === 'as' ? asSources(root, entry) : cSources(root, sources);
}

async function namedSources(
  root: string,
  lang: GuestLang,
  name: string | undefined,
): Promise<GuestSources> {
  if (name === undefined) throw new GuestError('neither a name nor source files');
  const found = await exampleSources(root, lang, name);
  if (found !== null) return found;
  const known = (await exampleNames(root, lang)).join(', ');
  throw new GuestError(`no example '${name}' in guest-${lang}/examples; there are: ${known}`);
}

/** One stamp an output file, wherever that lies. */
function stampFile(root: string, out: string): string {
  const id = createHash('sha256').update(out).digest('hex').slice(0, 16);
  return join(root, 'build/cache/guest', `${basename(out)}-${id}.json`);
}

// ---- command line ---------------------------------------------------------------------------

const USAGE = `usage: npm run guest -- [options] [names…]
Builds guest-c/examples and guest-as/examples to build/out/{c,as}/<name>.wasm.

  names…             examples to build; all if none is named
  --lang c|as|all    languages (default: all)
  --native           the C examples as shared libraries for redis-server, to build/out/native
  --cc COMMAND       C compiler: a clang of wasi-sdk (default: clang from npm), or with
                     --native any (default: gcc)
  --help             this text
`;

const LANGUAGES: Readonly<Record<string, readonly GuestTarget[]>> = {
  c: ['c'],
  as: ['as'],
  all: ['c', 'as'],
};

interface Request {
  readonly targets: readonly GuestTarget[];
  readonly names: readonly string[];
  readonly cc: string | undefined;
}

/**
 * Runs the command line.
 *
 * @returns the exit code: 0, or 1 when something did not build, the reason being on stderr.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const request = parseRequest(argv);
    if (request === null) process.stdout.write(USAGE);
    else await buildRequested(request);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || !EXPECTED.has(error.name)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** By name, so that the module of a compiler that is not needed is not loaded for its class. */
const EXPECTED = new Set(['GuestError', 'GuestSourceError', 'ClangError', 'AssemblyScriptError']);

/** Null for --help. */
function parseRequest(argv: readonly string[]): Request | null {
  const { values, positionals: names } = parseOptions(argv);
  if (values.help === true) return null;
  const targets = values.native === true ? (['native'] as const) : LANGUAGES[values.lang];
  if (targets === undefined) throw new GuestError(`--lang is c, as or all, not '${values.lang}'`);
  return { targets, names, cc: values.cc };
}

function parseOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        lang: { type: 'string', default: 'all' },
        native: { type: 'boolean' },
        cc: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new GuestError(`${(error as Error).message}\n\n${USAGE}`); // parseArgs throws no other
  }
}

async function buildRequested({ targets, names, cc }: Request): Promise<void> {
  const root = projectRoot();
  const built = new Set<string>();
  for (const lang of targets) {
    const known = await exampleNames(root, sourceLang(lang));
    for (const name of known) {
      if (names.length > 0 && !names.includes(name)) continue;
      built.add(name);
      report(await buildGuest({ lang, name, cc }));
    }
  }
  const unknown = names.filter((name) => !built.has(name));
  if (unknown.length > 0) throw new GuestError(`no such example: ${unknown.join(', ')}`);
}

function report({ out, isFresh, sizeBytes, tookMs }: GuestBuild): void {
  const sizeKb = (sizeBytes / 1024).toFixed(1);
  const what = isFresh ? `built in ${tookMs.toFixed(0)} ms` : 'up to date';
  console.log(`${relative(process.cwd(), out)}  ${sizeKb} KB  ${what}`);
}

const script = process.argv[1];
if (script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href) {
  process.exitCode = await main(process.argv.slice(2));
}
