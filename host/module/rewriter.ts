// Rewrites a guest's binary so that the host holds what it must control: the memory becomes an
// import, memory.grow a host call, mutable globals exports, the start function an export.
// The result depends on the bytes alone, never on a quota: one compiled module serves all.

import {
  readWasm,
  SECTION,
  type Section,
  type WasmExport,
  type WasmImport,
  type WasmModule,
} from './binary.ts';
import type { SizeLimits } from './wasm/limits.ts';
import { readFunctionNames, shiftNames } from './wasm/names.ts';
import { OffsetMap } from './wasm/offset-map.ts';
import { WasmFormatError, WasmReader } from './wasm/reader.ts';
import {
  type FunctionType,
  KIND_CODE,
  type Limits,
  makeFunctionType,
  type TableType,
  type ValueType,
  valueTypeCode,
} from './wasm/types.ts';
import { u32Width, WasmWriter } from './wasm/writer.ts';

/** Import module and names under which the host gives back what the rewriter took. */
export const HOST_MODULE = 'redcell';
export const HOST_MEMORY = 'memory';
/** `(i32)->(i32)`: like memory.grow, the old size in pages or -1. */
export const HOST_MEMORY_GROW = 'memory_grow';
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
  /** The original byte offset of a byte of the rewritten file, or -1 before any original one. */
  mapOffset(newOffset: number): number;
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
export function rewrite(bytes: Uint8Array, sizes?: SizeLimits): Rewritten {
  const module = readWasm(bytes, sizes);
  checkReservedNames(module);
  return new Rewriter(module).run();
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

const GROW_SIGNATURE = makeFunctionType(['i32'], ['i32']);
/** Sections that the rewriter adds to, by their order in the file. */
const EXTENDED = [SECTION.type, SECTION.import, SECTION.export];
const CODE_PLACE = 9;
/** Bytes kept for the size of each section, which is known only after its content. */
const SIZE_WIDTH = 5;

class Rewriter {
  readonly #module: WasmModule;
  readonly #bytes: Uint8Array;
  readonly #out: WasmWriter;
  readonly #map = new OffsetMap();
  /** Index of the added import memory_grow: all functions from here on move up by one. */
  readonly #growFunction: number;
  readonly #growType: number;
  readonly #globals: readonly MutableGlobal[];
  /** Next entry of module.sites to be handled; both run in file order. */
  #site = 0;

  constructor(module: WasmModule) {
    this.#module = module;
    this.#bytes = module.bytes;
    this.#out = new WasmWriter(module.bytes.length + 4096);
    this.#growFunction = module.importedFunctionCount;
    const known = module.types.findIndex((type) => type.signature === GROW_SIGNATURE.signature);
    this.#growType = known < 0 ? module.types.length : known;
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
      case SECTION.export:
        this.#extended(section.id, section);
        return;
      case SECTION.code:
        this.#code(section);
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

  /** Copies `[start, end)`, renumbering functions and replacing memory.grow on the way. */
  #patched(start: number, end: number): void {
    const sites = this.#module.sites;
    let from = start;
    for (; this.#site < sites.length; this.#site++) {
      const site = sites[this.#site] as number; // below length
      const offset = site >>> 1;
      if (offset >= end) break;
      const isGrow = (site & 1) === 1;
      if (!isGrow && this.#isUnmoved(offset)) continue;
      this.#copy(from, offset);
      this.#map.add(this.#out.pos, offset);
      if (isGrow) from = this.#callGrow(offset);
      else {
        from = lebEnd(this.#bytes, offset);
        this.#out.u32(readU32(this.#bytes, offset) + 1, from - offset);
      }
    }
    this.#copy(from, end);
  }

  /** Bytes by which `[start, end)` grows in #patched; does not advance the sites. */
  #growth(start: number, end: number): number {
    const sites = this.#module.sites;
    let growth = 0;
    for (let i = this.#site; i < sites.length; i++) {
      const site = sites[i] as number; // below length
      const offset = site >>> 1;
      if (offset >= end) break;
      if (offset < start) continue;
      if ((site & 1) === 1) {
        const oldLength = lebEnd(this.#bytes, offset + 1) - offset;
        growth += 1 + u32Width(this.#growFunction) - oldLength;
      } else if (!this.#isUnmoved(offset)) {
        const oldWidth = lebEnd(this.#bytes, offset) - offset;
        growth += Math.max(u32Width(readU32(this.#bytes, offset) + 1), oldWidth) - oldWidth;
      }
    }
    return growth;
  }

  #isUnmoved(offset: number): boolean {
    return readU32(this.#bytes, offset) < this.#growFunction;
  }

  /** Replaces the memory.grow at `offset` by a call; returns the offset after it. */
  #callGrow(offset: number): number {
    this.#out.u8(0x10); // call
    this.#out.u32(this.#growFunction);
    return lebEnd(this.#bytes, offset + 1);
  }

  #code(section: Section): void {
    const { bodies } = this.#module;
    this.#wrap(section.id, () => {
      this.#copy(section.contentStart, bodies[0] ?? section.end);
      for (let i = 0; i + 1 < bodies.length; i++) {
        this.#body(bodies[i] as number, bodies[i + 1] as number); // i + 1 is below length
      }
    });
  }

  #body(start: number, end: number): void {
    const contentStart = lebEnd(this.#bytes, start);
    const growth = this.#growth(contentStart, end);
    this.#map.add(this.#out.pos, start);
    this.#out.u32(end - contentStart + growth, contentStart - start);
    this.#patched(contentStart, end);
  }

  /** A section with entries of ours after the guest's; `section` is null if it had none. */
  #extended(id: number, section: Section | null): void {
    this.#wrap(id, () => {
      if (id === SECTION.type) this.#typeEntries(section);
      else if (id === SECTION.import) this.#importEntries();
      else this.#exportEntries(section);
    });
  }

  #typeEntries(section: Section | null): void {
    const { types } = this.#module;
    const isAdded = this.#growType === types.length;
    this.#out.u32(types.length + (isAdded ? 1 : 0));
    if (section !== null) this.#copy(lebEnd(this.#bytes, section.contentStart), section.end);
    if (!isAdded) return;
    const i32 = valueTypeCode('i32');
    for (const byte of [0x60, 1, i32, 1, i32]) this.#out.u8(byte);
  }

  #importEntries(): void {
    const own = this.#module.imports.filter((item) => item.kind !== 'memory');
    this.#out.u32(own.length + 2);
    for (const item of own) this.#copy(item.start, item.end);
    this.#out.name(HOST_MODULE);
    this.#out.name(HOST_MEMORY_GROW);
    this.#out.u8(KIND_CODE.function);
    this.#out.u32(this.#growType);
    this.#out.name(HOST_MODULE);
    this.#out.name(HOST_MEMORY);
    this.#out.u8(KIND_CODE.memory);
    // No maximum: a memory with any maximum fits, so the code does not depend on quotas.
    this.#out.u8(0);
    this.#out.u32(memoryOf(this.#module).min);
  }

  #exportEntries(section: Section | null): void {
    const { exports, start } = this.#module;
    this.#out.u32(exports.length + this.#globals.length + (start < 0 ? 0 : 1));
    if (section !== null) this.#patched(lebEnd(this.#bytes, section.contentStart), section.end);
    for (const global of this.#globals) {
      this.#out.name(global.exportName);
      this.#out.u8(KIND_CODE.global);
      this.#out.u32(global.index);
    }
    if (start < 0) return;
    this.#out.name(START_EXPORT);
    this.#out.u8(KIND_CODE.function);
    this.#out.u32(this.#moved(start));
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
    const names = shiftedNames(this.#module, section, this.#growFunction);
    if (names === null) return;
    this.#wrap(section.id, () => {
      this.#out.name('name');
      this.#out.copy(names, 0, names.length);
    });
  }

  #moved(index: number): number {
    return index >= this.#growFunction ? index + 1 : index;
  }

  #info(): RewriteInfo {
    const module = this.#module;
    const map = this.#map;
    const grow = this.#growFunction;
    const typeOf = (index: number): FunctionType | undefined => {
      if (index === grow) return GROW_SIGNATURE;
      const type = module.functions[index > grow ? index - 1 : index];
      return type === undefined ? undefined : module.types[type];
    };
    let names: ReadonlyMap<number, string> | null = null;
    return {
      imports: module.imports.filter((item) => item.kind !== 'memory'),
      exports: module.exports.map((item) => {
        if (item.kind !== 'function') return { ...item, type: null };
        const index = this.#moved(item.index);
        return { ...item, index, type: typeOf(index) ?? null };
      }),
      exportsEnd:
        module.sections.find(({ id }) => id === SECTION.export)?.end ?? module.bytes.length,
      memory: memoryOf(module),
      tables: module.tables,
      mutableGlobals: this.#globals,
      hasStart: module.start >= 0,
      codeStart: module.sections.find(({ id }) => id === SECTION.code)?.contentStart ?? 0,
      functionType: typeOf,
      functionName: (index) => {
        names ??= namesOf(module);
        if (index === grow) return HOST_MEMORY_GROW;
        return names.get(index > grow ? index - 1 : index);
      },
      tableFunctionType: (slot) => {
        const index = tableFunction(module, slot);
        return index < 0 ? undefined : typeOf(this.#moved(index));
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

function shiftedNames(module: WasmModule, section: Section, from: number): Uint8Array | null {
  const range = { start: section.contentStart, end: section.end };
  return adviceOnly(() => shiftNames(module.bytes, range, from, 1));
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

/** Places of the sections up to export; all the others come after it. */
function place(id: number): number {
  if (id === SECTION.tag) return SECTION.memory;
  return id <= SECTION.export ? id : CODE_PLACE;
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
