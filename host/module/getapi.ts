// RedisModule_GetApi for modules compiled against Redis's own header: they look functions up by
// name and call them through the table. A JavaScript function cannot stand in a wasm table, so
// each is put through a trampoline: a tiny module with a function that probes the stack and calls
// it. (What a guest imports is probed by the guest's own code: see meter/.)

import { IMPORT_MODULE } from '../../abi/exports.ts';
import { ERR, OK, type Status } from '../../abi/kinds.ts';
import type { ModuleInstance } from './instance.ts';
import { ModuleLoadError } from './load-error.ts';
import { stackProbe } from './stack-probe.ts';
import { ModuleTrap } from './trap.ts';
import { OP } from './wasm/instructions.ts';

const GET_API = 'RedisModule_GetApi';
const VALUE_TYPE: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION_TYPE = 1;
const SECTION_IMPORT = 2;
const SECTION_FUNCTION = 3;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;
const FUNCTION_TYPE = 0x60;
const KIND_FUNCTION = 0;

/** One trampoline a signature, compiled once a process; each is about 40 bytes. */
const trampolines = new Map<string, WebAssembly.Module>();
const handedOut = new WeakSet<object>();

/**
 * Stores the table index of the function called `name` at `target`. An unknown name gives ERR
 * and leaves `target` alone: modules test for NULL to learn what is supported.
 */
export function getApi(m: ModuleInstance, name: string, target: number): Status {
  const index = tableIndexOf(m, name);
  if (index === 0) return ERR;
  m.memory.writeU32(target, index, 'target');
  return OK;
}

/**
 * The table index of GetApi itself, for the first word of every context; 0 without a table.
 * Throws ModuleLoadError when the table cannot grow, unless the guest has its functions as imports.
 */
export function getApiIndex(m: ModuleInstance): number {
  if (m.table === null) return 0;
  try {
    return tableIndexOf(m, GET_API);
  } catch (error) {
    if (!(error instanceof ModuleTrap)) throw error;
    if (m.code.info.imports.some(({ module }) => module === IMPORT_MODULE)) return 0;
    throw new ModuleLoadError(error.message);
  }
}

function tableIndexOf(m: ModuleInstance, name: string): number {
  const known = m.apiIndexes.get(name);
  if (known !== undefined) return known;
  const found = m.host.apiFunction(m, name);
  if (found === null) return 0;
  const { table } = m;
  if (table === null) throw new ModuleTrap('the module exports no function table');
  const index = grow(table);
  table.set(index, trampoline(found.signature, found.call));
  m.apiIndexes.set(name, index);
  return index;
}

function grow(table: WebAssembly.Table): number {
  try {
    return table.grow(1);
  } catch {
    throw new ModuleTrap('its function table cannot grow: link it with -Wl,--growable-table');
  }
}

/** A wasm function of `signature` that calls `target`. */
function trampoline(signature: string, target: unknown): unknown {
  let module = trampolines.get(signature);
  if (module === undefined) {
    module = new WebAssembly.Module(trampolineBytes(signature));
    trampolines.set(signature, module);
  }
  const made = new WebAssembly.Instance(module, { h: { f: target, p: stackProbe() } }).exports
    .f as object; // its one export
  handedOut.add(made);
  return made;
}

/** Whether a function of a table is the host's own: its name tells nothing of its signature. */
export function isTrampoline(fn: object): boolean {
  return handedOut.has(fn);
}

/** Functions 0 `f` and 1 `p` are imported, 2 is exported. */
function trampolineBytes(signature: string): Uint8Array<ArrayBuffer> {
  const [params = '', results = ''] = signature.slice(1, -1).split(')->(');
  const names = (list: string): string[] => (list === '' ? [] : list.split(','));
  const types = (list: string): number[] => [
    names(list).length,
    ...names(list).map((name) => VALUE_TYPE[name] as number), // the ABI's four
  ];
  const letter = (text: string): number[] => [1, text.charCodeAt(0)];
  const section = (id: number, content: number[]): number[] => [id, content.length, ...content];
  const forward = names(params).flatMap((_, index) => [OP.localGet, index]);
  const body = [0, OP.call, 1, ...forward, OP.call, 0, OP.end];
  return Uint8Array.from([
    ...MAGIC,
    ...section(SECTION_TYPE, [
      ...[2, FUNCTION_TYPE, ...types(params), ...types(results)],
      ...[FUNCTION_TYPE, 0, 0],
    ]),
    ...section(SECTION_IMPORT, [
      ...[2, ...letter('h'), ...letter('f'), KIND_FUNCTION, 0],
      ...[...letter('h'), ...letter('p'), KIND_FUNCTION, 1],
    ]),
    ...section(SECTION_FUNCTION, [1, 0]),
    ...section(SECTION_EXPORT, [1, ...letter('f'), KIND_FUNCTION, 2]),
    ...section(SECTION_CODE, [1, body.length, ...body]),
  ]);
}
