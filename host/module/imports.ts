// The import object of one instance: only what its code asks for, from null-prototype maps, so
// that no name resolves to anything but the ABI.

import type { AreaName } from '../../abi/index.ts';
import { IMPORT_MODULE } from '../../abi/exports.ts';
import { API } from './api/all.ts';
import { AREA_OF_FUNCTION } from './code.ts';
import { ENV_MODULE, envImports } from './env.ts';
import type { ModuleInstance } from './instance.ts';
import { HOST_MEMORY, HOST_MEMORY_GROW, HOST_MODULE } from './rewriter.ts';
import { WASI_MODULE, wasiImports } from './wasi.ts';

/** Instantiates the instance's code; returns the exports. Its start function has not run. */
export function instantiate(m: ModuleInstance): WebAssembly.Exports {
  const imports: WebAssembly.Imports = Object.create(null);
  const put = (module: string, name: string, value: WebAssembly.ImportValue): void => {
    imports[module] ??= Object.create(null) as WebAssembly.ModuleImports;
    (imports[module] as WebAssembly.ModuleImports)[name] = value;
  };
  put(HOST_MODULE, HOST_MEMORY, m.rawMemory);
  put(HOST_MODULE, HOST_MEMORY_GROW, (pages: number) => m.growMemory(pages));
  const areas = new Map<AreaName, Readonly<Record<string, WebAssembly.ImportValue>>>();
  const others = new Map([
    [WASI_MODULE, wasiImports(m)],
    [ENV_MODULE, envImports(m)],
  ]);
  for (const { module, name } of m.code.info.imports) {
    const fn =
      module === IMPORT_MODULE ? abiFunction(m, name, areas) : others.get(module)?.get(name);
    if (fn === undefined) throw new Error(`no import ${module}.${name}`); // checked at load
    put(module, name, fn);
  }
  return new WebAssembly.Instance(m.code.module, imports).exports;
}

/** Areas are made when the first of their functions is asked for. */
function abiFunction(
  m: ModuleInstance,
  name: string,
  areas: Map<AreaName, Readonly<Record<string, WebAssembly.ImportValue>>>,
): WebAssembly.ImportValue | undefined {
  const area = AREA_OF_FUNCTION.get(name);
  if (area === undefined) return undefined;
  let functions = areas.get(area);
  if (functions === undefined) {
    functions = API[area](m) as unknown as Readonly<Record<string, WebAssembly.ImportValue>>;
    areas.set(area, functions);
  }
  return functions[name];
}
