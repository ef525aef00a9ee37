// Value types, function types and limits of the wasm binary format, as far as guests may use them.

import { overLimit, WasmFormatError, type WasmReader } from './reader.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref';
export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** A function's type; `signature` is the key to compare by, as abi/ writes it: `(i32,i64)->(i32)`. */
export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly signature: string;
}

/** Sizes in pages (memory) or slots (table). */
export interface Limits {
  readonly min: number;
  /** null: no maximum was declared. */
  readonly max: number | null;
}

export interface TableType extends Limits {
  readonly element: 'funcref' | 'externref';
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

const VALUE_TYPES: Readonly<Record<number, ValueType>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};

const KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/** The binary code of each external kind. */
export const KIND_CODE = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** The binary code of `type`. */
export function valueTypeCode(type: ValueType): number {
  for (const code in VALUE_TYPES) if (VALUE_TYPES[code] === type) return Number(code);
  throw new TypeError(`no such value type: ${String(type)}`); // ValueType is closed
}

export function makeFunctionType(
  params: readonly ValueType[],
  results: readonly ValueType[],
): FunctionType {
  return { params, results, signature: `(${params.join(',')})->(${results.join(',')})` };
}

/** The value type of code `code` that stands at byte `offset`. */
export function valueTypeOf(code: number, offset: number): ValueType {
  const type = VALUE_TYPES[code];
  if (type !== undefined) return type;
  if (code >= 0x62 && code <= 0x75) {
    throw new WasmFormatError('typed references (GC or exnref) are not supported', offset);
  }
  throw new WasmFormatError(`unknown value type 0x${code.toString(16)}`, offset);
}

export function readValueType(reader: WasmReader): ValueType {
  const offset = reader.pos;
  return valueTypeOf(reader.u8('value type'), offset);
}

export function readReferenceType(reader: WasmReader): 'funcref' | 'externref' {
  const offset = reader.pos;
  const type = readValueType(reader);
  if (type === 'funcref' || type === 'externref') return type;
  throw new WasmFormatError(`${type} is not a reference type`, offset);
}

export function readExternalKind(reader: WasmReader): ExternalKind {
  const offset = reader.pos;
  const code = reader.u8('import or export kind');
  const kind = KINDS[code];
  if (kind === undefined) throw new WasmFormatError(`unknown external kind ${code}`, offset);
  return kind;
}

/** @param maxMin refuse a start size above it. */
export function readLimits(reader: WasmReader, what: 'memory' | 'table', maxMin: number): Limits {
  const offset = reader.pos;
  const flags = reader.u8(`${what} limits`);
  if (flags > 7) throw new WasmFormatError(`${what}: unknown limits flags ${flags}`, offset);
  if (flags & 4) throw new WasmFormatError(`64-bit ${what} is not supported`, offset);
  if (flags & 2) {
    throw new WasmFormatError(`shared ${what} is not supported: build without threads`, offset);
  }
  const min = reader.count(`${what} size`, maxMin);
  if ((flags & 1) === 0) return { min, max: null };
  const maxOffset = reader.pos;
  const max = reader.u32(`${what} maximum`);
  if (max < min) throw new WasmFormatError(`${what}: maximum ${max} below ${min}`, maxOffset);
  if (what === 'memory' && max > 65_536) throw overLimit('memory maximum', max, 65_536, maxOffset);
  return { min, max };
}

export function readGlobalType(reader: WasmReader): GlobalType {
  const type = readValueType(reader);
  const offset = reader.pos;
  const mutability = reader.u8('global mutability');
  if (mutability > 1) throw new WasmFormatError('global: unknown mutability', offset);
  return { type, mutable: mutability === 1 };
}
