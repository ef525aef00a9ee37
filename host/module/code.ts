// Compiled code of a module: rewritten, checked against the ABI, and shared by every instance in
// the process that loads the same bytes.

import { createHash } from 'node:crypto';
import { AREAS, allFunctions } from '../../abi/index.ts';
import { EXPORTS, IMPORT_MODULE } from '../../abi/exports.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import { WasmFormatError } from './wasm/reader.ts';
import { type RewriteInfo, rewrite } from './rewriter.ts';
import { WASI_MODULE, WASI_SIGNATURES } from './wasi.ts';
import { ENV_MODULE, ENV_SIGNATURES } from './env.ts';
import { nearest } from './nearest.ts';

/** The file cannot be used; the message says why and, where there is one, the remedy. */
export class ModuleLoadError extends Error {
  override readonly name = 'ModuleLoadError';
}

/** Signature by import name, by import module: everything a guest may import. */
const KNOWN: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [IMPORT_MODULE, abiSignatures()],
  [WASI_MODULE, WASI_SIGNATURES],
  [ENV_MODULE, ENV_SIGNATURES],
]);

function abiSignatures(): Map<string, string> {
  return new Map(allFunctions().map(({ name, spec }) => [name, signatureText(wasmSignature(spec))]));
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

  mutableGlobalsOf(exports: WebAssembly.Exports): WebAssembly.Global[] {
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

const cache = new Map<string, Promise<LoadedCode>>();

/**
 * Rewrites, checks and compiles a module off the main thread; the same bytes are compiled once a
 * process. Rejects with ModuleLoadError.
 */
export function loadCode(bytes: Buffer): Promise<LoadedCode> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const known = cache.get(sha256);
  if (known !== undefined) return known;
  const loading = compile(bytes, sha256);
  cache.set(sha256, loading);
  loading.catch(() => cache.delete(sha256));
  return loading;
}

async function compile(bytes: Buffer, sha256: string): Promise<LoadedCode> {
  checkMagic(bytes);
  let rewritten: ReturnType<typeof rewrite>;
  try {
    rewritten = rewrite(bytes);
  } catch (error) {
    if (error instanceof WasmFormatError) throw new ModuleLoadError(error.message);
    throw error;
  }
  checkImports(rewritten.info);
  checkExports(rewritten.info);
  try {
    const module = await WebAssembly.compile(rewritten.bytes);
    return new LoadedCode(module, rewritten.info, sha256, bytes.length);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) throw new ModuleLoadError(error.message);
    throw error;
  }
}

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const WASM = Buffer.from([0x00, 0x61, 0x73, 0x6d]);

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
    const place = `${item.module}.${item.name}`;
    if (item.kind !== 'function' || known === undefined) {
      throw new ModuleLoadError(`imports ${item.kind} ${place}, which redcell does not provide`);
    }
    const expected = known.get(item.name);
    if (expected === undefined) {
      const guess = nearest(item.name, known.keys());
      const hint = guess === null ? '' : `; did you mean ${guess}?`;
      throw new ModuleLoadError(`imports unknown function ${place}${hint}`);
    }
    const actual = item.type.signature;
    if (actual !== expected) {
      throw new ModuleLoadError(`imports ${place} as ${actual}, but it is ${expected}`);
    }
  }
}

function checkExports(info: RewriteInfo): void {
  for (const spec of [EXPORTS.onLoad, EXPORTS.onUnload, EXPORTS.initialize, EXPORTS.collect]) {
    const name = spec.names[0];
    const found = info.exports.find((item) => item.name === name);
    if (found === undefined) {
      if (spec.required) throw new ModuleLoadError(`does not export the function ${name}`);
      continue;
    }
    const expected = signatureText(spec.signature);
    const actual = found.type?.signature ?? found.kind;
    if (actual !== expected) {
      throw new ModuleLoadError(`exports ${name} as ${actual}, but it must be ${expected}`);
    }
  }
}

/** Area of each function, to make only the imports that a module asks for. */
export const AREA_OF_FUNCTION: ReadonlyMap<string, keyof typeof AREAS> = new Map(
  allFunctions().map(({ name, area }) => [name, area]),
);
