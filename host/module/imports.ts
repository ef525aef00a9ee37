// The import object of one instance: only what its code asks for, from null-prototype maps, so
// that no name resolves to anything but the ABI.

import { IMPORT_MODULE } from '../../abi/exports.ts';
import {
  HOST_MEMORY,
  HOST_MEMORY_GROW,
  HOST_MODULE,
  HOST_PROBE,
  HOST_REFUEL,
} from './additions.ts';
import { API } from './api/all.ts';
import { FUNCTIONS } from './code.ts';
import { ENV_MODULE, envImports } from './env.ts';
import type { ModuleInstance } from './instance.ts';
import { stackProbe } from './stack-probe.ts';
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
  put(HOST_MODULE, HOST_REFUEL, () => m.fuel.refuel());
  put(HOST_MODULE, HOST_PROBE, stackProbe());
  const others = new Map([
    [WASI_MODULE, wasiImports(m)],
    [ENV_MODULE, envImports(m)],
  ]);
  for (const { module, name } of m.code.info.imports) {
    const fn =
      module === IMPORT_MODULE ? apiFunction(m, name)?.call : others.get(module)?.get(name);
    if (fn === undefined) throw new Error(`no import ${module}.${name}`); // checked at load
    put(module, name, fn);
  }
  return new WebAssembly.Instance(m.code.module, imports).exports;
}

/** A function of the ABI for this instance, and its signature; null when there is none. */
export function apiFunction(
  m: ModuleInstance,
  name: string,
): { call: unknown; signature: string } | null {
  const known = FUNCTIONS.get(name);
  if (known === undefined) return null;
  let area = m.areas.get(known.area);
  if (area === undefined) {
    area = API[known.area](m);
    m.areas.set(known.area, area);
  }
  return { call: (area as Readonly<Record<string, unknown>>)[name], signature: known.signature };
}
