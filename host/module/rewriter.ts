// Rewrites a guest's binary so that the host holds what it must control: the memory becomes an
// import, memory.grow a host call, mutable globals exports, the start function an export; and
// code that charges fuel and probes the stack (meter/). The result depends on the bytes alone,
// never on a quota: one compiled module serves all.

import { Additions, HOST_MEMORY, HOST_MODULE } from './additions.ts';
import {
  readWasm,
  SECTION,
  type Section,
  type WasmExport,
  type WasmImport,
  type WasmModule,
} from './binary.ts';
import { BodyWriter } from './meter/body-writer.ts';
import { planMeter } from './meter/plan.ts';
import { OP } from './wasm/instructions.ts';
import type { SizeLimits } from './wasm/limits.ts';
import { readFunctionNames, shiftNames } from './wasm/names.ts';
import { OffsetMap } from './wasm/offset-map.ts';
import { WasmFormatError, WasmReader } from './wasm/reader.ts';
import {
  type FunctionType,
  KIND_CODE,
  type Limits,
  type TableType,
  type ValueType,
  valueTypeCode,
} from './wasm/types.ts';
import { WasmWriter } from './wasm/writer.ts';

/** The guest's fuel, an i32. */
export const FUEL_EXPORT = 'redcell:fuel';
/** Export names of the rewriter start so; guests may not use them. */
export const RESERVED_PREFIX = 'redcell:';
export const START_EXPORT = 'redcell:start';
/** Followed by the index of the global. */
export const GLOBAL_EXPORT_PREFIX = 'redcell:global:';

/** Functions are numbered as in the rewritten module, which is what V8's stack traces show. */
export interface RewrittenExport extends WasmExport {
  /** Of functions, else null. */
  readonly type: FunctionType | null;
}

/** A mutable global of the guest, exported for saving and restoring around entries. */
export interface MutableGlobal {
  readonly index: number;
  readonly exportName: string;
  readonly type: ValueType;
}

/** What the host needs to know of a module. Keeps the original bytes alive for the names. */
export interface RewriteInfo {
  /** The guest's own imports in order; its memory and the rewriter's additions are left out. */
  readonly imports: readonly WasmImport[];
  /** The guest's own exports in order. */
  readonly exports: readonly RewrittenExport[];
  /** Byte offset in the original after its last export; of its end if it has none. */
  readonly exportsEnd: number;
  /** Pages: what the import demands at least, and the guest's own maximum if it declared one. */
  readonly memory: Limits;
  readonly tables: readonly TableType[];
  /** v128 globals are left out: JavaScript cannot read them. */
  readonly mutableGlobals: readonly MutableGlobal[];
  /** Whether START_EXPORT exists and must be called once after instantiation. */
  readonly hasStart: boolean;
  /** Byte offset of the original code section's content; DWARF counts from there. 0: no code. */
  readonly codeStart: number;
  /** The type of a function of the rewritten module, or undefined if there is none. */
  functionType(index: number): FunctionType | undefined;
  /** Its name from the name section (also when that was not well-formed: undefined). */
  functionName(index: number): string | undefined;
  /** The type of what an element segment puts into slot `slot` of the table, if it is known. */
  tableFunctionType(slot: number): FunctionType | undefined;
  /** The content of the first custom section of this name, or null. A view of the original. */
  customSection(name: string): Uint8Array | null;
  /** The original byte offset of a byte of the rewritten file, or -1 before any original one. */
  mapOffset(newOffset: number): number;
}

export interface RewriteOptions {
  /** Limits that the configuration sets. */
  readonly sizes?: SizeLimits;
  /** False leaves out fuel and probes: to measure what they cost. Default: true. */
  readonly isMetered?: boolean;
}

export interface Rewritten {
  /** Owned by the caller. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: RewriteInfo;
}

/**
 * Reads, checks and rewrites a guest's binary. Linear; about 2 ms for 100 KB.
 * @throws WasmFormatError when the binary is refused.
 */
export function rewrite(bytes: Uint8Array, options: RewriteOptions = {}): Rewritten {
  const module = readWasm(bytes, options.sizes);
  checkReservedNames(module);
  return new Rewriter(module, options.isMetered ?? true).run();
}

function checkReservedNames(module: WasmModule): void {
  for (const item of module.imports) {
    if (item.module === HOST_MODULE) {
      throw new WasmFormatError(`import module '${HOST_MODULE}' is reserved`, item.start);
    }
    if (item.kind === 'memory' && (item.module !== 'env' || item.name !== 'memory')) {
      const place = `${item.module}.${item.name}`;
      throw new WasmFormatError(`memory import '${place}': only env.memory is known`, item.start);
    }
  }
  for (const { name, start } of module.exports) {
    if (name.startsWith(RESERVED_PREFIX)) {
      const rule = `export name '${name}' is reserved: it starts with '${RESERVED_PREFIX}'`;
      throw new WasmFormatError(rule, start);
    }
  }
}

/** Sections that the rewriter adds to, by their order in the file. */
const EXTENDED = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.global,
  SECTION.export,
  SECTION.code,
];
/** Bytes kept for the size of each section, which is known only after its content. */
const SIZE_WIDTH = 5;

/** A mutable i32 that begins at 0: the first charge asks the host. */
const FUEL_GLOBAL = [valueTypeCode('i32'), 1, OP.i32Const, 0, OP.end];

class Rewriter {
  readonly #module: WasmModule;
  readonly #bytes: Uint8Array;
  readonly #out: WasmWriter;
  readonly #map = new OffsetMap();
  readonly #additions: Additions;
  readonly #isMetered: boolean;
  readonly #globals: readonly MutableGlobal[];
  /** Next entry of module.sites to be handled; both run in file order. */
  #site = 0;

  constructor(module: WasmModule, isMetered: boolean) {
    this.#module = module;
    this.#bytes = module.bytes;
    this.#out = new WasmWriter(module.bytes.length * (isMetered ? 2 : 1) + 4096);
    this.#isMetered = isMetered;
    this.#additions = new Additions(module, isMetered);
    this.#globals = exportableGlobals(module);
  }

  run(): Rewritten {
    this.#copy(0, 8);
    const pending = EXTENDED.slice();
    for (const section of this.#module.sections) {
      if (section.id !== SECTION.custom) {
        while (pending.length > 0 && isBefore(pending[0] as number, section.id)) {
          this.#extended(pending.shift() as number, null); // length is checked in the condition
        }
        if (section.id === pending[0]) pending.shift();
      }
      this.#section(section);
    }
    for (const id of pending) this.#extended(id, null);
    return { bytes: this.#out.toBytes(), info: this.#info() };
  }

  #section(section: Section): void {
    switch (section.id) {
      case SECTION.custom:
        this.#custom(section);
        return;
      case SECTION.memory:
        return; // imported now
      case SECTION.start:
        this.#site++; // the start function is exported instead, see #exportEntries
        return;
      case SECTION.type:
      case SECTION.import:
      case SECTION.function:
      case SECTION.global:
      case SECTION.export:
      case SECTION.code:
        this.#extended(section.id, section);
        return;
      default:
        this.#wrap(section.id, () => this.#patched(section.contentStart, section.end));
    }
  }

  /** Writes a section whose content `write` writes. */
  #wrap(id: number, write: () => void): void {
    const out = this.#out;
    out.u8(id);
    const sizeAt = out.pos;
    out.u32(0, SIZE_WIDTH);
    const start = out.pos;
    write();
    out.patchU32(sizeAt, out.pos - start, SIZE_WIDTH);
  }

  #copy(start: number, end: number): void {
    this.#map.add(this.#out.pos, start);
    this.#out.copy(this.#bytes, start, end);
  }

  /** Copies `[start, end)`, which is outside of the bodies, renumbering functions on the way. */
  #patched(start: number, end: number): void {
    const sites = this.#module.sites;
    let from = start;
    for (; this.#site < sites.length; this.#site++) {
      const offset = sites[this.#site] as number; // below length
      if (offset >= end) break;
      const old = readU32(this.#bytes, offset);
      const index = this.#additions.reference(old);
      if (index === old) continue;
      this.#copy(from, offset);
      from = lebEnd(this.#bytes, offset);
      this.#map.add(this.#out.pos, offset);
      this.#out.u32(index, from - offset);
    }
    this.#copy(from, end);
  }

  /** A section with entries of ours after the guest's; `section` is null if it had none. */
  #extended(id: number, section: Section | null): void {
    this.#wrap(id, () => {
      if (id === SECTION.type) this.#typeEntries(section);
      else if (id === SECTION.import) this.#importEntries();
      else if (id === SECTION.function) this.#functionEntries(section);
      else if (id === SECTION.global) this.#globalEntries(section);
      else if (id === SECTION.export) this.#exportEntries(section);
      else this.#bodies();
    });
  }

  #typeEntries(section: Section | null): void {
    const added = this.#additions.types;
    this.#out.u32(this.#module.types.length + added.length);
    this.#entriesOf(section);
    for (const { params, results } of added) {
      this.#out.u8(0x60);
      for (const list of [params, results]) {
        this.#out.u32(list.length);
        for (const type of list) this.#out.u8(valueTypeCode(type));
      }
    }
  }

  /** Copies what stands behind a section's count. */
  #entriesOf(section: Section | null): void {
    if (section !== null) this.#patched(lebEnd(this.#bytes, section.contentStart), section.end);
  }

  #functionEntries(section: Section | null): void {
    const { functions, importedFunctionCount } = this.#module;
    const added = this.#additions.functions;
    this.#out.u32(functions.length - importedFunctionCount + added.length);
    this.#entriesOf(section);
    for (const { type } of added) this.#out.u32(type);
  }

  #globalEntries(section: Section | null): void {
    const { globals, importedGlobalCount } = this.#module;
    this.#out.u32(globals.length - importedGlobalCount + 1);
    this.#entriesOf(section);
    for (const byte of FUEL_GLOBAL) this.#out.u8(byte);
  }

  #bodies(): void {
    const { bodies, code, importedFunctionCount } = this.#module;
    const { functions, targets } = this.#additions;
    const count = Math.max(0, bodies.length - 1);
    this.#out.u32(count + functions.length);
    const plan = this.#isMetered ? planMeter(code, importedFunctionCount) : null;
    const out = { writer: this.#out, map: this.#map };
    const writer = new BodyWriter(this.#module, out, targets, plan);
    for (let i = 0; i < count; i++) {
      writer.write(i, bodies[i] as number, bodies[i + 1] as number); // i + 1 is below length
    }
    for (const { body } of functions) this.#out.copy(body, 0, body.length);
  }

  #importEntries(): void {
    const own = this.#module.imports.filter((item) => item.kind !== 'memory');
    const added = this.#additions.imports;
    this.#out.u32(own.length + added.length + 1);
    for (const item of own) this.#copy(item.start, item.end);
    for (const { name, type } of added) {
      this.#out.name(HOST_MODULE);
      this.#out.name(name);
      this.#out.u8(KIND_CODE.function);
      this.#out.u32(type);
    }
    this.#out.name(HOST_MODULE);
    this.#out.name(HOST_MEMORY);
    this.#out.u8(KIND_CODE.memory);
    // No maximum: a memory with any maximum fits, so the code does not depend on quotas.
    this.#out.u8(0);
    this.#out.u32(memoryOf(this.#module).min);
  }

  #exportEntries(section: Section | null): void {
    const { exports, start } = this.#module;
    this.#out.u32(exports.length + this.#globals.length + 1 + (start < 0 ? 0 : 1));
    this.#entriesOf(section);
    const fuel = { exportName: FUEL_EXPORT, index: this.#additions.targets.fuelGlobal };
    for (const global of [...this.#globals, fuel]) {
      this.#out.name(global.exportName);
      this.#out.u8(KIND_CODE.global);
      this.#out.u32(global.index);
    }
    if (start < 0) return;
    this.#out.name(START_EXPORT);
    this.#out.u8(KIND_CODE.function);
    this.#out.u32(this.#additions.reference(start));
  }

  #custom(section: Section): void {
    // Hints keyed by function and offset would be wrong now, and no engine needs them.
    if (section.name.startsWith('metadata.code.')) return;
    if (section.name !== 'name') {
      this.#wrap(section.id, () =>
        this.#copy(section.start + headerWidth(this.#bytes, section), section.end),
      );
      return;
    }
    const names = this.#shiftedNames(section);
    if (names === null) return;
    this.#wrap(section.id, () => {
      this.#out.name('name');
      this.#out.copy(names, 0, names.length);
    });
  }

  #shiftedNames(section: Section): Uint8Array | null {
    const range = { start: section.contentStart, end: section.end };
    const from = this.#module.importedFunctionCount;
    const by = this.#additions.imports.length;
    return adviceOnly(() => shiftNames(this.#bytes, range, from, by));
  }

  #info(): RewriteInfo {
    const module = this.#module;
    const map = this.#map;
    const additions = this.#additions;
    let names: ReadonlyMap<number, string> | null = null;
    return {
      imports: module.imports.filter((item) => item.kind !== 'memory'),
      exports: module.exports.map((item) => {
        if (item.kind !== 'function') return { ...item, type: null };
        const index = additions.reference(item.index);
        return { ...item, index, type: additions.functionType(index) ?? null };
      }),
      exportsEnd:
        module.sections.find(({ id }) => id === SECTION.export)?.end ?? module.bytes.length,
      memory: memoryOf(module),
      tables: module.tables,
      mutableGlobals: this.#globals,
      hasStart: module.start >= 0,
      codeStart: module.sections.find(({ id }) => id === SECTION.code)?.contentStart ?? 0,
      functionType: (index) => additions.functionType(index),
      functionName: (index) => {
        names ??= namesOf(module);
        const origin = additions.originOf(index);
        return typeof origin === 'number' ? names.get(origin) : origin;
      },
      tableFunctionType: (slot) => {
        const index = tableFunction(module, slot);
        return index < 0 ? undefined : additions.functionType(additions.moved(index));
      },
      customSection: (name) => {
        const found = module.sections.find(
          (section) => section.id === SECTION.custom && section.name === name,
        );
        return found === undefined ? null : module.bytes.subarray(found.contentStart, found.end);
      },
      mapOffset: (newOffset) => map.toOld(newOffset),
    };
  }
}

/** A module without a memory gets one page, so that every guest has one. */
function memoryOf(module: WasmModule): Limits {
  return module.memory ?? { min: 1, max: null };
}

function exportableGlobals(module: WasmModule): MutableGlobal[] {
  const globals: MutableGlobal[] = [];
  module.globals.forEach(({ type, mutable }, index) => {
    if (!mutable || type === 'v128' || index < module.importedGlobalCount) return;
    globals.push({ index, exportName: GLOBAL_EXPORT_PREFIX + index, type });
  });
  return globals;
}

function tableFunction(module: WasmModule, slot: number): number {
  let index = -1; // later segments overwrite earlier ones
  for (const { offset, functions } of module.tableSegments) {
    index = functions[slot - offset] ?? index;
  }
  return index;
}

function namesOf(module: WasmModule): ReadonlyMap<number, string> {
  const section = module.sections.find(({ name }) => name === 'name');
  if (section === undefined) return new Map();
  return (
    adviceOnly(() =>
      readFunctionNames(
        module.bytes,
        { start: section.contentStart, end: section.end },
        module.functions.length,
      ),
    ) ?? new Map()
  );
}

/** Names are advice: wasm engines ignore malformed ones, and so does redcell. */
function adviceOnly<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof WasmFormatError) return null;
    throw error;
  }
}

function isBefore(id: number, other: number): boolean {
  return place(id) < place(other);
}

/** Places of the sections in the file. */
function place(id: number): number {
  if (id === SECTION.tag) return SECTION.memory;
  if (id === SECTION.dataCount) return SECTION.element;
  return id;
}

/** Bytes of a section's id and size. */
function headerWidth(bytes: Uint8Array, section: Section): number {
  return lebEnd(bytes, section.start + 1) - section.start;
}

/** The offset after the LEB128 number at `offset`, which the reader has checked. */
function lebEnd(bytes: Uint8Array, offset: number): number {
  let at = offset;
  while ((bytes[at] as number) >= 0x80) at++; // a checked number ends within the file
  return at + 1;
}

function readU32(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number; // within the file, as above
  return first < 0x80 ? first : new WasmReader(bytes, offset).u32('index');
}
