// The line table of DWARF (.debug_line): from an address in the code to a line of C. Reads what
// compilers write today, versions 2 to 5; what it does not know or what is malformed yields no
// lines, never an error: a guest cannot do harm with it.
// Format: DWARF 5 standard, section 6.2, https://dwarfstd.org

import { WasmFormatError, WasmReader } from '../wasm/reader.ts';

export interface SourceLine {
  /** As the compiler was told, without the folder. */
  readonly file: string;
  readonly line: number;
}

/** The sections that lines are in. */
export interface DebugSections {
  readonly lines: Uint8Array;
  /** .debug_line_str; empty: there is none. */
  readonly lineStrings: Uint8Array;
  /** .debug_str; empty: there is none. */
  readonly strings: Uint8Array;
}

/** A table that is larger is not looked at. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 1_000_000;
const MAX_FILES = 10_000;

const FORM = {
  block: 0x09,
  data1: 0x0b,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  data16: 0x1e,
  string: 0x08,
  strp: 0x0e,
  udata: 0x0f,
  lineStrp: 0x1f,
} as const;
const CONTENT_PATH = 1;

/** Rows in order of address; one whose line is 0 ends a function. */
export class LineTable {
  readonly #addresses: number[] = [];
  readonly #files: string[] = [];
  readonly #lines: number[] = [];

  /** Reads all tables of the section, up to the first that is malformed. */
  constructor(sections: DebugSections) {
    const rows: Row[] = [];
    if (sections.lines.length <= MAX_BYTES) {
      try {
        readUnits(sections, rows);
      } catch (error) {
        if (!(error instanceof WasmFormatError)) throw error;
      }
    }
    // Ends come before the beginning of the function that follows at the same address.
    rows.sort((a, b) => a.address - b.address || Number(a.line !== 0) - Number(b.line !== 0));
    for (const { address, file, line } of rows) {
      this.#addresses.push(address);
      this.#files.push(file);
      this.#lines.push(line);
    }
  }

  /** The line of the instruction at `address`, counted from the start of the code section. */
  find(address: number): SourceLine | null {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#addresses[middle] as number) <= address)
        low = middle + 1; // below length
      else high = middle;
    }
    const line = this.#lines[low - 1] ?? 0;
    const file = this.#files[low - 1] ?? '';
    return line === 0 || file === '' ? null : { file, line };
  }
}

interface Row {
  readonly address: number;
  readonly file: string;
  readonly line: number;
}

function readUnits(sections: DebugSections, rows: Row[]): void {
  const reader = new WasmReader(sections.lines);
  while (reader.pos < sections.lines.length) {
    const length = u32(reader);
    const end = reader.pos + length;
    if (length >= 0xfffffff0 || end > sections.lines.length) return; // 64-bit DWARF: not for wasm32
    reader.end = end;
    new Unit(sections, reader, rows).read();
    reader.pos = end;
    reader.end = sections.lines.length;
  }
}

/** The table of one compilation unit. */
class Unit {
  readonly #sections: DebugSections;
  readonly #reader: WasmReader;
  readonly #rows: Row[];
  /** By the number that the program uses. */
  #files: string[] = [];
  #minInstruction = 1;
  #lineBase = 0;
  #lineRange = 1;
  #opcodeBase = 13;
  #operandCounts: number[] = [];
  #address = 0;
  #file = 1;
  #line = 1;
  /** Where the function began in `#rows`; its code may have been left out by the linker. */
  #first = 0;

  constructor(sections: DebugSections, reader: WasmReader, rows: Row[]) {
    this.#sections = sections;
    this.#reader = reader;
    this.#rows = rows;
  }

  read(): void {
    const reader = this.#reader;
    const version = u16(reader);
    if (version < 2 || version > 5) return;
    if (version === 5) reader.skip(2, 'address and selector size');
    const headerLength = u32(reader);
    const program = reader.pos + headerLength;
    this.#readHeader(version);
    if (program < reader.pos || program > reader.end) return;
    reader.pos = program;
    this.#reset();
    while (!reader.atEnd && this.#rows.length < MAX_ROWS) this.#step();
  }

  #readHeader(version: number): void {
    const reader = this.#reader;
    this.#minInstruction = reader.u8('minimum instruction length');
    if (version >= 4) reader.skip(1, 'maximum operations');
    reader.skip(1, 'default is_stmt');
    this.#lineBase = (reader.u8('line base') << 24) >> 24;
    this.#lineRange = Math.max(1, reader.u8('line range'));
    this.#opcodeBase = reader.u8('opcode base');
    for (let i = 1; i < this.#opcodeBase; i++) this.#operandCounts[i] = reader.u8('operands');
    if (version === 5) this.#readEntries();
    this.#files = version === 5 ? this.#readEntries() : this.#readOldFiles();
  }

  /** Folders or files of version 5: the paths. */
  #readEntries(): string[] {
    const reader = this.#reader;
    const formats: [content: number, form: number][] = [];
    for (let left = reader.u8('formats'); left > 0; left--) {
      formats.push([reader.u32('content type'), reader.u32('form')]);
    }
    const paths: string[] = [];
    for (let left = reader.count('entries', MAX_FILES); left > 0; left--) {
      let path = '';
      for (const [content, form] of formats) {
        const text = this.#readForm(form);
        if (content === CONTENT_PATH) path = text;
      }
      paths.push(baseName(path));
    }
    return paths;
  }

  /** Folders and files before version 5, which count from 1. */
  #readOldFiles(): string[] {
    const reader = this.#reader;
    while (cstring(reader) !== '');
    const paths = [''];
    for (;;) {
      const path = cstring(reader);
      if (path === '' || paths.length > MAX_FILES) return paths;
      for (let i = 0; i < 3; i++) reader.u32('folder, time, length');
      paths.push(baseName(path));
    }
  }

  #readForm(form: number): string {
    const reader = this.#reader;
    switch (form) {
      case FORM.string:
        return cstring(reader);
      case FORM.lineStrp:
        return stringAt(this.#sections.lineStrings, u32(reader));
      case FORM.strp:
        return stringAt(this.#sections.strings, u32(reader));
      case FORM.udata:
        reader.u32('udata');
        return '';
      case FORM.block:
        reader.skip(reader.u32('block length'), 'block');
        return '';
      default:
        reader.skip(widthOf(form, reader.pos), 'attribute');
        return '';
    }
  }

  #reset(): void {
    this.#address = 0;
    this.#file = 1;
    this.#line = 1;
    this.#first = this.#rows.length;
  }

  #step(): void {
    const reader = this.#reader;
    const opcode = reader.u8('opcode');
    if (opcode >= this.#opcodeBase) {
      const adjusted = opcode - this.#opcodeBase;
      this.#advance(Math.floor(adjusted / this.#lineRange));
      this.#line += this.#lineBase + (adjusted % this.#lineRange);
      this.#emit(this.#line);
    } else if (opcode === 0) this.#extended();
    else this.#standard(opcode);
  }

  #standard(opcode: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case 1:
        this.#emit(this.#line);
        return;
      case 2:
        this.#advance(reader.u32('pc'));
        return;
      case 3:
        this.#line += reader.s32('line');
        return;
      case 4:
        this.#file = reader.u32('file');
        return;
      case 8:
        this.#advance(Math.floor((255 - this.#opcodeBase) / this.#lineRange));
        return;
      case 9:
        this.#address += u16(reader);
        return;
      default:
        for (let left = this.#operandCounts[opcode] ?? 0; left > 0; left--) reader.u32('operand');
    }
  }

  #extended(): void {
    const reader = this.#reader;
    const length = reader.u32('extended length');
    const next = reader.pos + length;
    if (length === 0 || next > reader.end) throw new WasmFormatError('extended opcode', reader.pos);
    const opcode = reader.u8('extended opcode');
    if (opcode === 2 && length === 5) this.#address = u32(reader);
    if (opcode === 1) {
      this.#emit(0);
      // What the linker dropped has the address 0 or the highest there is.
      const start = this.#rows[this.#first]?.address ?? 0;
      if (start === 0 || start >= 0xfffffffe) this.#rows.length = this.#first;
      this.#reset();
    }
    reader.pos = next;
  }

  #advance(operations: number): void {
    this.#address += operations * this.#minInstruction;
  }

  #emit(line: number): void {
    const file = this.#files[this.#file] ?? '';
    this.#rows.push({ address: this.#address, file, line: Math.max(0, line) });
  }
}

function widthOf(form: number, offset: number): number {
  const widths: Record<number, number> = {
    [FORM.data1]: 1,
    [FORM.data2]: 2,
    [FORM.data4]: 4,
    [FORM.data8]: 8,
    [FORM.data16]: 16,
  };
  const width = widths[form];
  if (width === undefined) throw new WasmFormatError(`form ${form}`, offset);
  return width;
}

function u16(reader: WasmReader): number {
  return reader.u8('u16') | (reader.u8('u16') << 8);
}

function u32(reader: WasmReader): number {
  return (u16(reader) | (u16(reader) << 16)) >>> 0;
}

const NAME_MAX_BYTES = 4096;
const utf8 = new TextDecoder();

function cstring(reader: WasmReader): string {
  const start = reader.pos;
  while (reader.u8('string') !== 0);
  return utf8.decode(
    reader.bytes.subarray(start, Math.min(reader.pos - 1, start + NAME_MAX_BYTES)),
  );
}

function stringAt(bytes: Uint8Array, offset: number): string {
  return offset >= bytes.length ? '' : cstring(new WasmReader(bytes, offset));
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
