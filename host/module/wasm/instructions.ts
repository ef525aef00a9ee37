// Walks wasm instructions one by one: where each starts, its opcode and its immediates. The
// rewriter and the fuel meter stand on this one walker.
//
// It checks the encoding, the feature set (MVP, sign extension, saturating conversions, bulk
// memory, reference types, multi-value, SIMD, tail calls, legacy exceptions) and block nesting;
// operand types are V8's business.

import { WASM_BR_TABLE_MAX_TARGETS, WASM_NESTING_MAX_DEPTH } from './limits.ts';
import { overLimit, WasmFormatError, type WasmReader } from './reader.ts';
import { valueTypeOf } from './types.ts';

/** Opcodes that somebody asks for by name. Prefixed ones are prefix * 256 + number. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32GtU: 0x4b,
  i32GeS: 0x4e,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32ShrU: 0x76,
  refNull: 0xd0,
  refFunc: 0xd2,
  memoryInit: 0xfc08,
  dataDrop: 0xfc09,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  tableInit: 0xfc0c,
  tableCopy: 0xfc0e,
  tableGrow: 0xfc0f,
  tableFill: 0xfc11,
} as const;

// Immediate shapes. REFUSED is 0, so what the tables leave out is refused.
const REFUSED = 0;
const NONE = 1;
const BLOCK = 2; // block type; opens a level
const INDEX = 3; // one u32
const INDEX2 = 4; // two u32
const MEMARG = 5; // alignment, offset
const BR_TABLE = 6;
const S32 = 7;
const S64 = 8;
const BYTES4 = 9;
const BYTES8 = 10;
const BYTES16 = 11;
const SELECT = 12; // vector of value types
const REFTYPE = 13;
const MEMORY = 14; // memory index, must be 0
const MEMORY2 = 15; // two memory indices
const INDEX_MEMORY = 16; // data segment, memory index
const LANE = 17; // one byte
const MEMARG_LANE = 18;
const END = 19; // closes a level
const DELEGATE = 20; // label; closes a level
const PREFIX_FC = 21;
const PREFIX_FD = 22;

function shapes(size: number, ranges: readonly (readonly [number, number, number])[]): Uint8Array {
  const table = new Uint8Array(size);
  for (const [from, to, shape] of ranges) table.fill(shape, from, to + 1);
  return table;
}

const PLAIN = shapes(256, [
  [0x00, 0x01, NONE],
  [0x02, 0x04, BLOCK],
  [0x05, 0x05, NONE],
  [0x06, 0x06, BLOCK],
  [0x07, 0x09, INDEX],
  [0x0b, 0x0b, END],
  [0x0c, 0x0d, INDEX],
  [0x0e, 0x0e, BR_TABLE],
  [0x0f, 0x0f, NONE],
  [0x10, 0x10, INDEX],
  [0x11, 0x11, INDEX2],
  [0x12, 0x12, INDEX],
  [0x13, 0x13, INDEX2],
  [0x18, 0x18, DELEGATE],
  [0x19, 0x1b, NONE],
  [0x1c, 0x1c, SELECT],
  [0x20, 0x26, INDEX],
  [0x28, 0x3e, MEMARG],
  [0x3f, 0x40, MEMORY],
  [0x41, 0x41, S32],
  [0x42, 0x42, S64],
  [0x43, 0x43, BYTES4],
  [0x44, 0x44, BYTES8],
  [0x45, 0xc4, NONE],
  [0xd0, 0xd0, REFTYPE],
  [0xd1, 0xd1, NONE],
  [0xd2, 0xd2, INDEX],
  [0xfc, 0xfc, PREFIX_FC],
  [0xfd, 0xfd, PREFIX_FD],
]);

const MISC = shapes(18, [
  [0, 7, NONE],
  [8, 8, INDEX_MEMORY],
  [9, 9, INDEX],
  [10, 10, MEMORY2],
  [11, 11, MEMORY],
  [12, 12, INDEX2],
  [13, 13, INDEX],
  [14, 14, INDEX2],
  [15, 17, INDEX],
]);

const SIMD = shapes(256, [
  [0, 11, MEMARG],
  [12, 13, BYTES16],
  [14, 20, NONE],
  [21, 34, LANE],
  [35, 83, NONE],
  [84, 91, MEMARG_LANE],
  [92, 93, MEMARG],
  [94, 153, NONE],
  [155, 161, NONE],
  [163, 164, NONE],
  [167, 174, NONE],
  [177, 177, NONE],
  [181, 186, NONE],
  [188, 193, NONE],
  [195, 196, NONE],
  [199, 206, NONE],
  [209, 209, NONE],
  [213, 225, NONE],
  [227, 237, NONE],
  [239, 255, NONE],
]);

/**
 * Steps over the instructions of one expression. `next()` moves to the next instruction and
 * returns false after the `end` that closes the expression. One object serves many expressions
 * (`reset`), so walking allocates nothing.
 */
export class InstructionWalker {
  readonly #reader: WasmReader;
  #depth = 0;
  /** Byte offset of the current opcode. */
  start = 0;
  opcode = 0;
  /** The first u32 immediate, the value of i32.const, a block type (s33), a memarg's offset. */
  index = 0;
  /** Byte offset of the first immediate. */
  indexStart = 0;
  /** Byte offset just after the first immediate. */
  indexEnd = 0;
  /** The second u32 immediate; the number of targets of a br_table. */
  index2 = 0;

  constructor(reader: WasmReader) {
    this.#reader = reader;
  }

  /** Byte offset just after the current instruction. */
  get end(): number {
    return this.#reader.pos;
  }

  /** Open blocks after the current instruction; the body itself is 1, after its `end` 0. */
  get depth(): number {
    return this.#depth;
  }

  /** Starts at the reader's position. */
  reset(): void {
    this.#depth = 1;
  }

  /** Goes on at the reader's position, inside of `depth` blocks: for walking a part twice. */
  resume(depth: number): void {
    this.#depth = depth;
  }

  next(): boolean {
    if (this.#depth === 0) return false;
    const reader = this.#reader;
    this.start = reader.pos;
    const opcode = reader.u8('instruction');
    this.opcode = opcode;
    const shape = PLAIN[opcode] as number; // a byte indexes 256 entries
    if (shape === NONE) return true;
    if (shape === INDEX) {
      this.#index();
      return true;
    }
    this.#immediates(shape);
    return true;
  }

  #index(): void {
    const reader = this.#reader;
    this.indexStart = reader.pos;
    this.index = reader.u32('index');
    this.indexEnd = reader.pos;
  }

  #immediates(shape: number): void {
    const reader = this.#reader;
    this.indexStart = reader.pos;
    switch (shape) {
      case NONE:
        return;
      case END:
        this.#depth--;
        return;
      case S32:
        this.index = reader.s32('i32.const');
        this.indexEnd = reader.pos;
        return;
      case MEMARG:
        this.#memarg();
        return;
      case INDEX:
        this.#index();
        return;
      case INDEX2:
        this.#index();
        this.index2 = reader.u32('index');
        return;
      case BLOCK:
        this.#block();
        return;
      case DELEGATE:
        this.#index();
        this.#depth--;
        if (this.#depth === 0) throw new WasmFormatError('delegate outside of a try', this.start);
        this.checkLabel(this.index, this.indexStart);
        return;
      case BR_TABLE:
        this.#brTable();
        return;
      case PREFIX_FC:
        this.#prefixed(MISC);
        return;
      case PREFIX_FD:
        this.#prefixed(SIMD);
        return;
      default:
        this.#rareImmediates(shape);
    }
  }

  #rareImmediates(shape: number): void {
    const reader = this.#reader;
    switch (shape) {
      case S64:
        reader.skipS64('i64.const');
        return;
      case BYTES4:
        reader.skip(4, 'f32.const');
        return;
      case BYTES8:
        reader.skip(8, 'f64.const');
        return;
      case BYTES16:
        reader.skip(16, 'v128 immediate');
        return;
      case LANE:
        reader.skip(1, 'lane');
        return;
      case MEMARG_LANE:
        this.#memarg();
        reader.skip(1, 'lane');
        return;
      case MEMORY:
        this.#memory();
        return;
      case MEMORY2:
        this.#memory();
        this.#memory();
        return;
      case INDEX_MEMORY:
        this.#index();
        this.#memory();
        return;
      case SELECT:
        this.#select();
        return;
      case REFTYPE:
        this.#referenceType();
        return;
      default:
        throw refused(this.opcode, this.start);
    }
  }

  #memarg(): void {
    const reader = this.#reader;
    const offset = reader.pos;
    const alignment = reader.u32('alignment');
    if (alignment >= 64) {
      throw new WasmFormatError('several memories are not supported', offset);
    }
    this.indexStart = reader.pos;
    this.index = reader.u32('memory offset');
    this.indexEnd = reader.pos;
  }

  #memory(): void {
    const reader = this.#reader;
    const offset = reader.pos;
    if (reader.u32('memory index') !== 0) {
      throw new WasmFormatError('several memories are not supported', offset);
    }
  }

  #block(): void {
    const reader = this.#reader;
    this.index = reader.s33('block type');
    this.indexEnd = reader.pos;
    // Single negative bytes are value types, -64 is "no result", the rest are type indices.
    if (this.index < 0 && this.index !== -64) valueTypeOf(this.index + 128, this.indexStart);
    this.#depth++;
    if (this.#depth > WASM_NESTING_MAX_DEPTH) {
      throw overLimit('nested blocks', this.#depth, WASM_NESTING_MAX_DEPTH, this.start);
    }
  }

  #brTable(): void {
    const reader = this.#reader;
    this.index2 = reader.count('br_table targets', WASM_BR_TABLE_MAX_TARGETS);
    for (let left = this.index2; left >= 0; left--) {
      const offset = reader.pos;
      this.checkLabel(reader.u32('br_table target'), offset);
    }
  }

  /** Throws when no open block has this label. */
  checkLabel(label: number, offset: number): void {
    if (label >= this.#depth) throw new WasmFormatError(`no block with label ${label}`, offset);
  }

  #select(): void {
    const reader = this.#reader;
    const offset = reader.pos;
    if (reader.u32('select') !== 1) {
      throw new WasmFormatError('select must have one result type', offset);
    }
    const at = reader.pos;
    valueTypeOf(reader.u8('select type'), at);
  }

  #referenceType(): void {
    const heapType = this.#reader.s33('reference type');
    if (heapType >= 0) {
      throw new WasmFormatError('references to types are not supported', this.indexStart);
    }
    const code = heapType + 128; // of value types: single negative bytes
    valueTypeOf(code, this.indexStart);
    if (code >= 0x7b) throw new WasmFormatError('ref.null of a number type', this.indexStart);
  }

  #prefixed(table: Uint8Array): void {
    const reader = this.#reader;
    const sub = reader.u32('opcode');
    this.opcode = this.opcode * 256 + Math.min(sub, 255);
    const shape = sub < table.length ? (table[sub] as number) : REFUSED; // sub < length
    if (shape === REFUSED) throw refusedPrefixed(this.opcode >> 8, sub, this.start);
    this.#immediates(shape);
  }
}

function refused(opcode: number, offset: number): WasmFormatError {
  const hex = `0x${opcode.toString(16)}`;
  if (opcode === 0x1f || opcode === 0x0a) {
    return new WasmFormatError(
      'new exception handling (exnref) is not supported: compile with -mllvm -wasm-use-legacy-eh=true',
      offset,
    );
  }
  if (opcode === 0xfe) {
    return new WasmFormatError('atomic instructions are not supported: no threads', offset);
  }
  const isReference = opcode === 0xfb || (opcode >= 0xd3 && opcode <= 0xd6);
  if (isReference || opcode === 0x14 || opcode === 0x15) {
    return new WasmFormatError(`GC and typed references are not supported (${hex})`, offset);
  }
  return new WasmFormatError(`unknown instruction ${hex}`, offset);
}

function refusedPrefixed(prefix: number, sub: number, offset: number): WasmFormatError {
  const hex = `0x${prefix.toString(16)} ${sub}`;
  if (prefix === 0xfd && sub >= 0x100) {
    return new WasmFormatError(`relaxed SIMD is not supported (${hex}): not deterministic`, offset);
  }
  return new WasmFormatError(`unknown instruction ${hex}`, offset);
}
