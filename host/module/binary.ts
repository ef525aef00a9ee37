// The security gate: reads a wasm binary section by section, strictly, before V8 sees a byte of
// it. Structure, limits, allowed features, and what compiling it would cost. Its neighbours:
// wasm/instructions.ts walks the code, code.ts checks imports and exports against the ABI,
// rewriter.ts makes the binary that is really compiled out of what is found here.

import { CodeFacts } from './meter/facts.ts';
import { CompileCost } from './wasm/compile-cost.ts';
import { checkHeader } from './wasm/header.ts';
import { InstructionWalker, OP } from './wasm/instructions.ts';
import * as limit from './wasm/limits.ts';
import { checkFixed, WasmFormatError, WasmReader } from './wasm/reader.ts';
import {
  type ExternalKind,
  type FunctionType,
  type GlobalType,
  type Limits,
  makeFunctionType,
  readExternalKind,
  readGlobalType,
  readLimits,
  readReferenceType,
  readValueType,
  type TableType,
  type ValueType,
} from './wasm/types.ts';

/** Section ids. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Place of each section id in the file; custom sections stand anywhere. */
const RANK = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

const SECTION_NAMES = Object.keys(SECTION);

/** Byte offsets in the file. */
export interface Section {
  readonly id: number;
  /** Of the id byte. */
  readonly start: number;
  /** Of the content; in a custom section, of what follows its name. */
  readonly contentStart: number;
  readonly end: number;
  /** Of a custom section, else ''. */
  readonly name: string;
}

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  /** Of functions, else null. */
  readonly type: FunctionType | null;
  /** Byte range of the entry. */
  readonly start: number;
  readonly end: number;
}

export interface WasmExport {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
  /** Byte offset of the entry. */
  readonly start: number;
}

/** An active segment of table 0 with a constant offset: what the table holds at the start. */
export interface TableSegment {
  readonly offset: number;
  /** Function indices; -1 is null or not known. */
  readonly functions: readonly number[];
}

/** A whole module as read. Functions and globals are numbered with the imported ones first. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly WasmImport[];
  readonly importedFunctionCount: number;
  /** The type index of each function. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  /** null: the module has no memory. */
  readonly memory: Limits | null;
  readonly importedGlobalCount: number;
  readonly globals: readonly GlobalType[];
  readonly exports: readonly WasmExport[];
  /** Index of the start function, or -1. */
  readonly start: number;
  readonly tableSegments: readonly TableSegment[];
  /** First byte offset of each function body and the offset after the last, flattened. */
  readonly bodies: readonly number[];
  /** Byte offsets of the function indices outside of the bodies, in file order. */
  readonly sites: readonly number[];
  /** What the bodies hold. */
  readonly code: CodeFacts;
}

/**
 * Reads and checks `bytes`. Linear in their number; about 20 ns a byte of code.
 * @throws WasmFormatError with the broken rule and the byte offset.
 */
export function readWasm(
  bytes: Uint8Array,
  sizes: limit.SizeLimits = limit.DEFAULT_SIZES,
): WasmModule {
  return new ModuleParser(bytes, sizes).parse();
}

class ModuleParser implements WasmModule {
  readonly bytes: Uint8Array;
  readonly sections: Section[] = [];
  readonly types: FunctionType[] = [];
  readonly imports: WasmImport[] = [];
  importedFunctionCount = 0;
  readonly functions: number[] = [];
  readonly tables: TableType[] = [];
  memory: Limits | null = null;
  importedGlobalCount = 0;
  readonly globals: GlobalType[] = [];
  readonly exports: WasmExport[] = [];
  start = -1;
  readonly tableSegments: TableSegment[] = [];
  readonly bodies: number[] = [];
  readonly sites: number[] = [];
  readonly code = new CodeFacts();

  readonly #reader: WasmReader;
  readonly #walker: InstructionWalker;
  readonly #sizes: limit.SizeLimits;
  readonly #cost: CompileCost;
  /** The type index of each tag. */
  readonly tags: number[] = [];
  #bodyCount = 0;
  #dataCount = -1;
  #dataSegments = 0;
  #signatureTotal = 0;
  #elementTotal = 0;
  #localTotal = 0;
  #targetTotal = 0;

  constructor(bytes: Uint8Array, sizes: limit.SizeLimits) {
    this.bytes = bytes;
    this.#sizes = sizes;
    this.#cost = new CompileCost(this, bytes.length);
    this.#reader = new WasmReader(bytes);
    this.#walker = new InstructionWalker(this.#reader);
  }

  parse(): WasmModule {
    const reader = this.#reader;
    checkHeader(this.bytes, this.#sizes.fileBytes);
    reader.pos = 8;
    let rank = 0;
    let customCount = 0;
    while (reader.pos < this.bytes.length) {
      const section = this.#header();
      if (section.id === SECTION.custom) {
        const max = limit.WASM_CUSTOM_MAX_COUNT;
        checkFixed('custom sections', ++customCount, max, section.start);
      } else {
        const next = RANK[section.id] as number; // #header refuses unknown ids
        if (next <= rank) {
          const name = SECTION_NAMES[section.id];
          throw new WasmFormatError(`${name} section: duplicate or out of order`, section.start);
        }
        rank = next;
        this.#content(section.id);
        if (reader.pos !== section.end) {
          throw new WasmFormatError('section is longer than its content', reader.pos);
        }
      }
      reader.pos = section.end;
      reader.end = this.bytes.length;
    }
    this.#checkCounts();
    return this;
  }

  /** Reads a section header and confines the reader to the section. */
  #header(): Section {
    const reader = this.#reader;
    const start = reader.pos;
    const id = reader.u8('section id');
    if (id >= RANK.length) throw new WasmFormatError(`unknown section id ${id}`, start);
    const size = reader.u32('section size');
    if (size > reader.end - reader.pos) {
      throw new WasmFormatError(`section of ${size} bytes reaches past the end`, start);
    }
    reader.end = reader.pos + size;
    const name = id === SECTION.custom ? reader.name('custom section name') : '';
    const section = { id, start, contentStart: reader.pos, end: reader.end, name };
    this.sections.push(section);
    return section;
  }

  #content(id: number): void {
    switch (id) {
      case SECTION.type:
        this.#each('types', limit.WASM_TYPE_MAX_COUNT, () => this.#type());
        return;
      case SECTION.import:
        this.#each('imports', limit.WASM_IMPORT_MAX_COUNT, () => this.#import());
        return;
      case SECTION.function:
        this.#each('functions', 'functionCount', () => this.#function());
        return;
      case SECTION.table:
        this.#each('tables', limit.WASM_TABLE_MAX_COUNT, () => this.#table());
        return;
      case SECTION.memory:
        this.#each('memories', 1, () => this.#memory());
        return;
      case SECTION.tag:
        this.#each('tags', limit.WASM_TAG_MAX_COUNT, () => this.#tag());
        return;
      case SECTION.global:
        this.#each('globals', limit.WASM_GLOBAL_MAX_COUNT, () => this.#global());
        return;
      case SECTION.export:
        this.#exports();
        return;
      case SECTION.start:
        this.#startFunction();
        return;
      case SECTION.element:
        this.#each('element segments', limit.WASM_SEGMENT_MAX_COUNT, () => this.#element());
        return;
      case SECTION.dataCount:
        this.#dataCount = this.#reader.u32('data count');
        return;
      case SECTION.code:
        this.#each('function bodies', 'functionCount', () => this.#body());
        return;
      case SECTION.data:
        this.#each('data segments', limit.WASM_SEGMENT_MAX_COUNT, () => this.#data());
        return;
      default:
        throw new WasmFormatError(`unknown section id ${id}`, this.#reader.pos);
    }
  }

  #each(what: string, max: number | keyof limit.SizeLimits, one: () => void): void {
    const count = typeof max === 'number' ? this.#reader.count(what, max) : this.#size(what, max);
    for (let left = count; left > 0; left--) one();
  }

  /** Reads a number that a directive limits. */
  #size(what: string, name: keyof limit.SizeLimits): number {
    return this.#reader.count(what, this.#sizes[name], limit.SIZE_DIRECTIVES[name]);
  }

  #type(): void {
    const offset = this.#reader.pos;
    const form = this.#reader.u8('type');
    if (form !== 0x60) {
      const isGc =
        form === 0x5e || form === 0x5f || form === 0x4e || form === 0x4f || form === 0x50;
      const rule = isGc ? 'GC types are not supported' : `unknown type form 0x${form.toString(16)}`;
      throw new WasmFormatError(rule, offset);
    }
    this.types.push(makeFunctionType(this.#valueTypes('parameters'), this.#valueTypes('results')));
  }

  #valueTypes(what: string): ValueType[] {
    const types: ValueType[] = [];
    const start = this.#reader.pos;
    const count = this.#reader.count(what, limit.WASM_SIGNATURE_MAX_VALUES);
    this.#signatureTotal += count;
    const max = limit.WASM_SIGNATURE_TOTAL_MAX_VALUES;
    checkFixed(`${what} in all types`, this.#signatureTotal, max, start);
    for (let i = 0; i < count; i++) types.push(readValueType(this.#reader));
    return types;
  }

  #typeIndex(): number {
    const offset = this.#reader.pos;
    const index = this.#reader.u32('type index');
    this.#checkType(index, offset);
    return index;
  }

  /** Reads a function index that the rewriter must renumber. */
  #functionIndex(what: string): number {
    const offset = this.#reader.pos;
    const index = this.#reader.u32(what);
    if (index >= this.functions.length) {
      throw new WasmFormatError(`${what}: no function ${index}`, offset);
    }
    this.sites.push(offset);
    return index;
  }

  #import(): void {
    const reader = this.#reader;
    const start = reader.pos;
    const module = reader.name('import module');
    const name = reader.name('import name');
    const kind = readExternalKind(reader);
    let type: FunctionType | null = null;
    if (kind === 'function') {
      const index = this.#typeIndex();
      type = this.types[index] as FunctionType; // #typeIndex checked it
      this.functions.push(index);
      this.importedFunctionCount++;
    } else if (kind === 'table') this.#table();
    else if (kind === 'memory') this.#memory();
    else if (kind === 'tag') this.#tag();
    else {
      this.globals.push(readGlobalType(reader));
      this.importedGlobalCount++;
    }
    this.imports.push({ module, name, kind, type, start, end: reader.pos });
  }

  #startFunction(): void {
    const offset = this.#reader.pos;
    this.start = this.#functionIndex('start function');
    const type = this.types[this.functions[this.start] as number] as FunctionType; // checked
    if (type.signature !== '()->()') {
      const rule = `start function has type ${type.signature}, not ()->()`;
      throw new WasmFormatError(rule, offset);
    }
  }

  #function(): void {
    this.functions.push(this.#typeIndex());
  }

  #table(): void {
    const count = this.tables.length + 1;
    checkFixed('tables', count, limit.WASM_TABLE_MAX_COUNT, this.#reader.pos);
    const element = readReferenceType(this.#reader);
    const limits = readLimits(this.#reader, 'table', limit.WASM_TABLE_MAX_SLOTS);
    this.tables.push({ element, ...limits });
  }

  #memory(): void {
    const offset = this.#reader.pos;
    if (this.memory !== null) {
      throw new WasmFormatError('several memories are not supported', offset);
    }
    this.memory = readLimits(this.#reader, 'memory', limit.WASM_MEMORY_MAX_PAGES);
  }

  #tag(): void {
    const offset = this.#reader.pos;
    // A byte by the specification; V8 reads a LEB128 number, of which 0 has several.
    if (this.#reader.u32('tag') !== 0) throw new WasmFormatError('unknown tag attribute', offset);
    this.tags.push(this.#typeIndex());
  }

  #global(): void {
    this.globals.push(readGlobalType(this.#reader));
    this.#constant();
  }

  #exports(): void {
    const reader = this.#reader;
    const seen = new Set<string>();
    this.#each('exports', limit.WASM_EXPORT_MAX_COUNT, () => {
      const offset = reader.pos;
      const name = reader.name('export name');
      if (seen.has(name)) throw new WasmFormatError(`duplicate export '${name}'`, offset);
      seen.add(name);
      const kind = readExternalKind(reader);
      this.exports.push({ name, kind, index: this.#exportIndex(kind), start: offset });
    });
  }

  #exportIndex(kind: ExternalKind): number {
    if (kind === 'function') return this.#functionIndex('export');
    const offset = this.#reader.pos;
    const index = this.#reader.u32('export index');
    const counts = {
      table: this.tables.length,
      memory: this.memory === null ? 0 : 1,
      global: this.globals.length,
      tag: this.tags.length,
    };
    if (index >= counts[kind]) throw new WasmFormatError(`export: no ${kind} ${index}`, offset);
    return index;
  }

  /** Reads a constant expression; its value if that is a single i32.const, else null. */
  #constant(): number | null {
    const walker = this.#walker;
    const start = this.#reader.pos;
    walker.reset();
    let value: number | null = null;
    let count = 0;
    while (walker.next()) {
      count++;
      if (walker.opcode === OP.i32Const) value = walker.index;
      else if (walker.opcode === OP.refFunc) {
        this.#checkFunction(walker.index, walker.indexStart);
        this.sites.push(walker.indexStart);
        this.code.referenced.add(walker.index);
      } else if (walker.opcode === OP.globalGet) {
        this.#checkGlobal(walker.index, walker.indexStart);
      } else if (walker.depth > 1) {
        throw new WasmFormatError('constant expression with a block', start);
      }
    }
    return count === 2 ? value : null;
  }

  #brTable({ index2, start }: InstructionWalker): void {
    this.#targetTotal += index2;
    const max = limit.WASM_BR_TABLE_TOTAL_MAX_TARGETS;
    checkFixed('br_table targets in all functions', this.#targetTotal, max, start);
  }

  /** The rewriter adds types: nobody may name one that is not the guest's. Negative: no index. */
  #checkType(index: number, offset: number): void {
    if (index >= this.types.length) throw new WasmFormatError(`no type ${index}`, offset);
  }

  #checkFunction(index: number, offset: number): void {
    if (index >= this.functions.length) throw new WasmFormatError(`no function ${index}`, offset);
  }

  #checkGlobal(index: number, offset: number): void {
    if (index >= this.globals.length) throw new WasmFormatError(`no global ${index}`, offset);
  }

  #element(): void {
    const reader = this.#reader;
    const start = reader.pos;
    const flags = reader.u32('element segment flags');
    if (flags > 7) throw new WasmFormatError(`unknown element segment flags ${flags}`, start);
    const isActive = (flags & 1) === 0;
    const isExplicit = (flags & 2) !== 0;
    const table = isActive && isExplicit ? reader.u32('element table') : 0;
    const offset = isActive ? this.#constant() : null;
    const hasExpressions = (flags & 4) !== 0;
    if ((flags & 3) !== 0) {
      const kindOffset = reader.pos;
      if (hasExpressions) readReferenceType(reader);
      else if (reader.u8('element kind') !== 0) {
        throw new WasmFormatError('unknown element kind', kindOffset);
      }
    }
    const functions = this.#elementItems(hasExpressions);
    if (table === 0 && offset !== null) this.tableSegments.push({ offset, functions });
  }

  #elementItems(hasExpressions: boolean): number[] {
    const start = this.#reader.pos;
    const count = this.#reader.count('elements', limit.WASM_TABLE_MAX_SLOTS);
    this.#elementTotal += count;
    const max = limit.WASM_ELEMENT_MAX_COUNT;
    checkFixed('elements in all segments', this.#elementTotal, max, start);
    const functions: number[] = [];
    for (let i = 0; i < count; i++) {
      const index = hasExpressions ? this.#elementItem() : this.#functionIndex('element');
      if (index >= 0) this.code.referenced.add(index);
      functions.push(index);
    }
    return functions;
  }

  /** An element expression; the function index if it is a ref.func, else -1. */
  #elementItem(): number {
    const siteCount = this.sites.length;
    this.#constant();
    if (this.sites.length === siteCount) return -1;
    const site = this.sites[siteCount] as number; // the site that #constant added
    return new WasmReader(this.bytes, site).u32('element');
  }

  #body(): void {
    const reader = this.#reader;
    const start = reader.pos;
    const size = this.#size('function body size', 'functionBytes');
    const sectionEnd = reader.end;
    if (size > sectionEnd - reader.pos) {
      throw new WasmFormatError('function body reaches past its section', start);
    }
    this.bodies.push(start);
    reader.end = reader.pos + size;
    const type = this.functions[this.importedFunctionCount + this.#bodyCount++] ?? -1;
    const params = this.types[type]?.params.length ?? 0; // #checkCounts refuses bodies without one
    this.#instructions(params + this.#locals());
    if (reader.pos !== reader.end) {
      throw new WasmFormatError('function body continues after its end', reader.pos);
    }
    reader.end = sectionEnd;
    if (reader.pos === sectionEnd) this.bodies.push(sectionEnd);
  }

  /** Returns how many locals the body declares. */
  #locals(): number {
    const reader = this.#reader;
    const start = reader.pos;
    let total = 0;
    for (let left = reader.u32('local groups'); left > 0; left--) {
      total += reader.u32('local count');
      checkFixed('locals in a function', total, limit.WASM_LOCAL_MAX_COUNT, start);
      readValueType(reader);
    }
    this.#localTotal += total;
    const max = limit.WASM_LOCAL_TOTAL_MAX_COUNT;
    checkFixed('locals in all functions', this.#localTotal, max, start);
    return total;
  }

  /**
   * Whoever could name more locals or globals than there are could name the meter's.
   *
   * @param locals of the body, parameters included
   */
  #instructions(locals: number): void {
    const walker = this.#walker;
    const { code } = this;
    const cost = this.#cost;
    code.begin();
    walker.reset();
    cost.begin(locals);
    while (walker.next()) {
      // Before anybody relies on the numbers.
      switch (walker.opcode) {
        case OP.call:
        case OP.returnCall:
        case OP.refFunc:
          this.#checkFunction(walker.index, walker.indexStart);
          break;
        case OP.block:
        case OP.loop:
        case OP.if:
        case OP.try:
        case OP.callIndirect:
        case OP.returnCallIndirect:
          this.#checkType(walker.index, walker.indexStart);
          break;
        case OP.br:
        case OP.brIf:
        case OP.rethrow:
          walker.checkLabel(walker.index, walker.indexStart);
          break;
        case OP.localGet:
        case OP.localSet:
        case OP.localTee:
          if (walker.index < locals) break;
          throw new WasmFormatError(`no local ${walker.index}`, walker.indexStart);
        case OP.globalGet:
        case OP.globalSet:
          this.#checkGlobal(walker.index, walker.indexStart);
          break;
        case OP.brTable:
          this.#brTable(walker);
          break;
      }
      code.visit(walker);
      cost.add(walker);
    }
  }

  #data(): void {
    const reader = this.#reader;
    const offset = reader.pos;
    const flags = reader.u32('data segment flags');
    if (flags > 2) throw new WasmFormatError(`unknown data segment flags ${flags}`, offset);
    if (flags === 2 && reader.u32('data memory') !== 0) {
      throw new WasmFormatError('several memories are not supported', offset);
    }
    if (flags !== 1) this.#constant();
    reader.skip(reader.u32('data size'), 'data segment');
    this.#dataSegments++;
  }

  #checkCounts(): void {
    const end = this.bytes.length;
    const declared = this.functions.length - this.importedFunctionCount;
    if (declared !== this.#bodyCount) {
      throw new WasmFormatError(`${declared} functions but ${this.#bodyCount} bodies`, end);
    }
    if (this.#dataCount >= 0 && this.#dataCount !== this.#dataSegments) {
      const rule = `data count ${this.#dataCount} but ${this.#dataSegments} data segments`;
      throw new WasmFormatError(rule, end);
    }
  }
}
