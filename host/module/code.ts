// Compiled code of a module: rewritten, checked against the ABI, and shared by every instance in
// the process that loads the same bytes.

import { createHash } from 'node:crypto';
import { EXPORTS, IMPORT_MODULE } from '../../abi/exports.ts';
import { type AreaName, allFunctions, plannedAreaOf } from '../../abi/index.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import { keepingAlive } from '../lib/keep-alive.ts';
import { ENV_MODULE, ENV_SIGNATURES } from './env.ts';
import { ModuleLoadError } from './load-error.ts';
import { nearest } from './nearest.ts';
import { quotable } from './printable.ts';
import { type RewriteInfo, type Rewritten, rewrite } from './rewriter.ts';
import { WASI_MODULE, WASI_SIGNATURES } from './wasi.ts';
import { DEFAULT_SIZES, type SizeLimits } from './wasm/limits.ts';
import { WasmFormatError } from './wasm/reader.ts';

/** Every function of the ABI by its C name. */
export const FUNCTIONS: ReadonlyMap<string, { area: AreaName; signature: string }> = new Map(
  allFunctions().map(({ name, area, spec }) => [
    name,
    { area, signature: signatureText(wasmSignature(spec.params, spec.result)) },
  ]),
);

/** Signature by import name, by import module: everything a guest may import. */
const KNOWN: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [IMPORT_MODULE, abiSignatures()],
  [WASI_MODULE, WASI_SIGNATURES],
  [ENV_MODULE, ENV_SIGNATURES],
]);

function abiSignatures(): Map<string, string> {
  return new Map([...FUNCTIONS].map(([name, { signature }]) => [name, signature]));
}

export class LoadedCode {
  readonly module: WebAssembly.Module;
  readonly info: RewriteInfo;
  /** SHA-256 of the original bytes, hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;

  constructor(module: WebAssembly.Module, info: RewriteInfo, sha256: string, sizeBytes: number) {
    this.module = module;
    this.info = info;
    this.sha256 = sha256;
    this.sizeBytes = sizeBytes;
  }

  /** Pages the memory must have from the start. */
  get minPages(): number {
    return Math.max(1, this.info.memory.min);
  }

  /** Where the host's heap begins: behind everything the module brought with it. */
  heapStart(byteLength: number): number {
    return byteLength;
  }

  tableOf(exports: WebAssembly.Exports): WebAssembly.Table | null {
    for (const name of EXPORTS.table.names) {
      const table = exports[name];
      if (table instanceof WebAssembly.Table) return table;
    }
    return null;
  }

  /**
   * The globals to put back after a trap: the stack pointer where the guest exports it, else all
   * mutable ones. All would be wrong for a guest that exports it: AssemblyScript's collector
   * keeps half of its lists in globals and half in memory, which is not put back.
   */
  globalsToRestore(exports: WebAssembly.Exports): WebAssembly.Global[] {
    for (const name of EXPORTS.stackPointer.names) {
      const pointer = exports[name];
      if (pointer instanceof WebAssembly.Global) return [pointer];
    }
    // The rewriter exports each of them under this name.
    return this.info.mutableGlobals.map(
      (global) => exports[global.exportName] as WebAssembly.Global,
    );
  }

  /** The wasm signature of a function taken from the table, or null when it is not the guest's. */
  signatureOf(fn: object): string | null {
    // V8 names exported wasm functions by their index.
    const index = Number((fn as { name?: string }).name);
    return this.info.functionType(index)?.signature ?? null;
  }
}

/** By bytes and options (cacheKey); code that no instance uses any more may be collected. */
const cache = new Map<string, WeakRef<LoadedCode>>();
const collected = new FinalizationRegistry<string>((key) => {
  if (cache.get(key)?.deref() === undefined) cache.delete(key);
});

export interface CodeOptions {
  /** What is not binary is text to be assembled. */
  readonly isText?: boolean;
  /** Limits that the configuration sets. */
  readonly sizes?: SizeLimits;
  /** False leaves out fuel and probes: to measure what they cost. Default: true. */
  readonly isMetered?: boolean;
}

/**
 * What the outcome depends on: what one instance accepts, another with other limits may not. Text
 * and binary cannot be the same bytes.
 */
function cacheKey(
  sha256: string,
  { sizes = DEFAULT_SIZES, isMetered = true }: CodeOptions,
): string {
  const { fileBytes, functionBytes, functionCount } = sizes;
  return [sha256, fileBytes, functionBytes, functionCount, isMetered].join();
}

/**
 * Rewrites, checks and compiles a module; compiling does not stall other work. The same bytes are
 * compiled once a process as long as anybody uses the result. Rejects with ModuleLoadError.
 */
export async function loadCode(bytes: Buffer, options: CodeOptions = {}): Promise<LoadedCode> {
  const isText = options.isText === true && !isBinary(bytes);
  if (!isText) checkMagic(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = cacheKey(sha256, options);
  const known = cache.get(key)?.deref();
  if (known !== undefined) return known;
  const binary = isText ? await assembled(bytes) : bytes;
  const { bytes: rewritten, info } = rewriteChecked(binary, options);
  try {
    const module = await keepingAlive(WebAssembly.compile(rewritten));
    return keep(key, new LoadedCode(module, info, sha256, bytes.length));
  } catch (error) {
    throw compileError(error, info);
  }
}

/** The same at once, for callers that cannot wait. */
export function loadCodeNow(bytes: Buffer, options: CodeOptions = {}): LoadedCode {
  const isText = options.isText === true && !isBinary(bytes);
  if (!isText) checkMagic(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = cacheKey(sha256, options);
  const known = cache.get(key)?.deref();
  if (known !== undefined) return known;
  if (isText) {
    throw new ModuleLoadError('is WebAssembly text, which a transaction cannot wait for');
  }
  const { bytes: rewritten, info } = rewriteChecked(bytes, options);
  try {
    const module = new WebAssembly.Module(rewritten);
    return keep(key, new LoadedCode(module, info, sha256, bytes.length));
  } catch (error) {
    throw compileError(error, info);
  }
}

function keep(key: string, code: LoadedCode): LoadedCode {
  cache.set(key, new WeakRef(code));
  collected.register(code, key);
  return code;
}

async function assembled(text: Buffer): Promise<Buffer> {
  const { assemble } = await import('./text-format.ts');
  return assemble(text);
}

/** Everything that can be known before V8 sees a byte. */
function rewriteChecked(bytes: Buffer, options: CodeOptions): Rewritten {
  try {
    const rewritten = rewrite(bytes, options);
    checkImports(rewritten.info);
    checkExports(rewritten.info);
    return rewritten;
  } catch (error) {
    if (!(error instanceof WasmFormatError)) throw error;
    throw new ModuleLoadError(`${quotable(error.rule)} ${error.place}`);
  }
}

/** V8's reason, such as an operand of the wrong type, with the offset in the original file. */
function compileError(error: unknown, info: RewriteInfo): unknown {
  if (!(error instanceof WebAssembly.CompileError)) return error;
  const [, reason = error.message, at] = /^(.*?) @\+(\d+)$/s.exec(error.message) ?? [];
  const offset = at === undefined ? -1 : info.mapOffset(Number(at));
  const { rule, place } = new WasmFormatError(reason, offset);
  return new ModuleLoadError(offset < 0 ? quotable(rule) : `${quotable(rule)} ${place}`);
}

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const WASM = Buffer.from([0x00, 0x61, 0x73, 0x6d]);

function isBinary(bytes: Buffer): boolean {
  const magic = bytes.subarray(0, 4);
  return magic.equals(WASM) || magic.equals(ELF);
}

function checkMagic(bytes: Buffer): void {
  const magic = bytes.subarray(0, 4);
  if (magic.equals(WASM)) return;
  if (magic.equals(ELF)) {
    throw new ModuleLoadError(
      'this is a native (ELF) module; redcell runs WebAssembly: ' +
        'compile the same source with `npm run guest` or clang --target=wasm32-wasi',
    );
  }
  throw new ModuleLoadError('not a WebAssembly file: it does not begin with \\0asm');
}

function checkImports(info: RewriteInfo): void {
  for (const item of info.imports) {
    const known = KNOWN.get(item.module);
    const place = quotable(`${item.module}.${item.name}`);
    if (item.kind !== 'function' || known === undefined) {
      const rule = `imports ${item.kind} ${place}, which redcell does not provide`;
      throw new WasmFormatError(rule, item.start);
    }
    const expected = known.get(item.name);
    if (expected === undefined) {
      const planned = item.module === IMPORT_MODULE ? plannedAreaOf(item.name) : null;
      if (planned !== null) {
        const rule = `imports ${place}, which redcell does not offer yet (ABI area '${planned}')`;
        throw new WasmFormatError(rule, item.start);
      }
      const guess = nearest(item.name, known.keys());
      const hint = guess === null ? '' : `; did you mean ${guess}?`;
      throw new WasmFormatError(`imports unknown function ${place}${hint}`, item.start);
    }
    const actual = item.type?.signature ?? item.kind;
    if (actual !== expected) {
      const rule = `imports ${place} as ${actual}, but it is ${expected}`;
      throw new WasmFormatError(rule, item.start);
    }
  }
}

function checkExports(info: RewriteInfo): void {
  for (const spec of [EXPORTS.onLoad, EXPORTS.onUnload, EXPORTS.initialize, EXPORTS.collect]) {
    const name = spec.names[0];
    const found = info.exports.find((item) => item.name === name);
    if (found === undefined) {
      if (!spec.required) continue;
      throw new WasmFormatError(`does not export the function ${name}`, info.exportsEnd);
    }
    const expected = signatureText(spec.signature);
    const actual = found.type?.signature ?? found.kind;
    if (actual !== expected) {
      const rule = `exports ${name} as ${actual}, but it must be ${expected}`;
      throw new WasmFormatError(rule, found.start);
    }
  }
}
