// What the rewriter adds to a module, and how that renumbers it:
//
//   functions  [guest's imports] [ours: memory_grow refuel probe] [bodies] [refuel charge thunks]
//   types      [guest's] [ours]            globals  [guest's] [fuel]
//
// So the guest's bodies move up by three; its types and globals keep their numbers.

import type { WasmModule } from './binary.ts';
import type { CodeTargets } from './meter/body-writer.ts';
import { chargeBody, refuelBody, thunkBody } from './meter/helpers.ts';
import { type FunctionType, makeFunctionType } from './wasm/types.ts';

/** Import module and names under which the host gives back what the rewriter took. */
export const HOST_MODULE = 'redcell';
export const HOST_MEMORY = 'memory';
/** `(i32)->(i32)`: like memory.grow, the old size in pages or -1. */
export const HOST_MEMORY_GROW = 'memory_grow';
/** `()->(i32)`: out of fuel; how much more there is, or a trap. */
export const HOST_REFUEL = 'refuel';
/** `()->()`: a trap unless there is stack left for a function of the host. */
export const HOST_PROBE = 'probe';

interface AddedImport {
  readonly name: string;
  readonly type: number;
}

interface AddedFunction {
  readonly name: string;
  readonly type: number;
  readonly body: Buffer;
}

export class Additions {
  readonly types: FunctionType[] = [];
  readonly imports: readonly AddedImport[];
  readonly functions: AddedFunction[] = [];
  readonly targets: CodeTargets;
  readonly #module: WasmModule;
  readonly #typeIndexes = new Map<string, number>();
  readonly #thunks = new Map<number, number>();

  constructor(module: WasmModule, isMetered: boolean) {
    this.#module = module;
    module.types.forEach(({ signature }, index) => {
      if (!this.#typeIndexes.has(signature)) this.#typeIndexes.set(signature, index);
    });
    this.imports = [
      { name: HOST_MEMORY_GROW, type: this.#typeIndex(makeFunctionType(['i32'], ['i32'])) },
      { name: HOST_REFUEL, type: this.#typeIndex(makeFunctionType([], ['i32'])) },
      { name: HOST_PROBE, type: this.#typeIndex(makeFunctionType([], [])) },
    ];
    const shift = this.imports.length;
    const grow = module.importedFunctionCount;
    const fuelGlobal = module.globals.length;
    const probe = grow + 2;
    const refuel = this.#addFunction('refuel', [], refuelBody(fuelGlobal, grow + 1));
    const charge = this.#addFunction('charge', ['i32'], chargeBody(fuelGlobal, refuel));
    if (isMetered) this.#addThunks(probe);
    this.targets = {
      shift,
      grow,
      probe,
      refuel,
      charge,
      fuelGlobal,
      reference: (index) => this.reference(index),
      blockType: (type) => {
        const { results } = module.types[type] as FunctionType; // of a body
        return this.#typeIndex(makeFunctionType([], results));
      },
    };
    if (isMetered) this.#addBlockTypes();
  }

  /** The new index of a function where it is called. */
  moved(index: number): number {
    return index < this.#module.importedFunctionCount ? index : index + this.imports.length;
  }

  /** The same wherever else it is named: an imported one is then called through a thunk. */
  reference(index: number): number {
    return this.#thunks.get(index) ?? this.moved(index);
  }

  /** The type of a function of the rewritten module. */
  functionType(index: number): FunctionType | undefined {
    const { functions, importedFunctionCount, types } = this.#module;
    const type = (at: number | undefined): FunctionType | undefined =>
      at === undefined ? undefined : (types[at] ?? this.types[at - types.length]);
    if (index < importedFunctionCount) return type(functions[index]);
    const added = this.imports[index - importedFunctionCount];
    if (added !== undefined) return type(added.type);
    const own = index - this.imports.length;
    return type(functions[own] ?? this.functions[own - functions.length]?.type);
  }

  /** What stands in the original's place, or the name of an addition. */
  originOf(index: number): number | string | undefined {
    const { functions, importedFunctionCount } = this.#module;
    if (index < importedFunctionCount) return index;
    const added = this.imports[index - importedFunctionCount];
    if (added !== undefined) return added.name;
    const own = index - this.imports.length;
    return own < functions.length ? own : this.functions[own - functions.length]?.name;
  }

  #typeIndex(type: FunctionType): number {
    const known = this.#typeIndexes.get(type.signature);
    if (known !== undefined) return known;
    const index = this.#module.types.length + this.types.push(type) - 1;
    this.#typeIndexes.set(type.signature, index);
    return index;
  }

  #addFunction(name: string, params: readonly 'i32'[], body: Buffer): number {
    const type = this.#typeIndex(makeFunctionType(params, []));
    return this.#push({ name, type, body });
  }

  #push(added: AddedFunction): number {
    const { functions } = this.#module;
    return functions.length + this.imports.length + this.functions.push(added) - 1;
  }

  /** Imported functions that stand in a table or are exported. */
  #addThunks(probe: number): void {
    const { code, exports, functions, importedFunctionCount, start, types } = this.#module;
    const named = new Set(code.referenced);
    for (const item of exports) if (item.kind === 'function') named.add(item.index);
    if (start >= 0) named.add(start);
    for (const index of named) {
      if (index >= importedFunctionCount) continue;
      const type = functions[index] as number; // counted as imported
      const body = thunkBody(types[type] as FunctionType, index, probe); // checked by the reader
      this.#thunks.set(index, this.#push({ name: `thunk ${index}`, type, body }));
    }
  }

  /** Types of blocks with several results are written before the code that needs them. */
  #addBlockTypes(): void {
    const { functions, importedFunctionCount, types } = this.#module;
    for (let i = importedFunctionCount; i < functions.length; i++) {
      const { results } = types[functions[i] as number] as FunctionType; // checked by the reader
      if (results.length > 1) this.#typeIndex(makeFunctionType([], results));
    }
  }
}
