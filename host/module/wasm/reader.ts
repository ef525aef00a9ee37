// A cursor over the bytes of a wasm binary: LEB128 numbers, names and ranges, strictly checked.

import { WASM_NAME_MAX_BYTES } from './limits.ts';

/** A binary that is refused: malformed, beyond a limit, or using a feature that is not allowed. */
export class WasmFormatError extends Error {
  override readonly name = 'WasmFormatError';
  /** The rule that was broken, without the place. */
  readonly rule: string;
  /** Byte offset in the file. */
  readonly offset: number;
  /** The offset as the message tells it. */
  readonly place: string;

  constructor(rule: string, offset: number) {
    const place = `(at byte ${offset}, 0x${offset.toString(16)})`;
    super(`${rule} ${place}`);
    this.rule = rule;
    this.offset = offset;
    this.place = place;
  }
}

/** The refusal of what is more than a limit; `directive` sets it, or null: nothing does. */
export function overLimit(
  what: string,
  value: number,
  max: number,
  offset: number,
  directive: string | null = null,
): WasmFormatError {
  const source = directive === null ? ', which is fixed' : ` set by ${directive}`;
  return new WasmFormatError(`${what}: ${value} is over the limit ${max}${source}`, offset);
}

/** Throws the refusal of a number that is more than a limit which is fixed. */
export function checkFixed(what: string, value: number, max: number, offset: number): void {
  if (value > max) throw overLimit(what, value, max, offset);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads forward in `[pos, end)`; every method throws WasmFormatError instead of passing `end`. */
export class WasmReader {
  readonly bytes: Uint8Array;
  pos: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.pos >= this.end;
  }

  u8(what: string): number {
    if (this.pos >= this.end) throw new WasmFormatError(`${what}: unexpected end`, this.pos);
    return this.bytes[this.pos++] as number; // pos < end <= bytes.length
  }

  /** An unsigned LEB128 of at most 5 bytes and 32 bits. */
  u32(what: string): number {
    const bytes = this.bytes;
    const start = this.pos;
    const first = this.u8(what);
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      if (this.pos >= this.end) throw new WasmFormatError(`${what}: unexpected end`, this.pos);
      const byte = bytes[this.pos++] as number; // checked on the line above
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WasmFormatError(`${what}: LEB128 number longer than 32 bits`, start);
  }

  /** Like `u32`, but refuses numbers above `max`, a limit that `directive` sets. */
  count(what: string, max: number, directive: string | null = null): number {
    const start = this.pos;
    const value = this.u32(what);
    if (value > max) throw overLimit(what, value, max, start, directive);
    return value;
  }

  /** A signed LEB128 of at most 32 bits, sign extension checked. */
  s32(what: string): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8(what);
      if (shift === 28) {
        // Four bits of value are left: bits 3..6 must all equal the sign bit, bit 7 must be 0.
        const top = byte & 0x78;
        if (byte > 0x7f || (top !== 0 && top !== 0x78)) break;
        return value | (byte << 28);
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    throw new WasmFormatError(`${what}: LEB128 number longer than 32 bits`, start);
  }

  /** A signed LEB128 of at most 33 bits (block types), sign extension checked. */
  s33(what: string): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8(what);
      if (shift === 28) {
        // Five bits of value are left; bits 4..6 must be equal and bit 7 must be 0.
        const top = byte & 0x70;
        if (byte > 0x7f || (top !== 0 && top !== 0x70)) break;
        return (value >>> 0) + ((byte & 0x0f) - (byte & 0x10)) * 0x10000000;
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    throw new WasmFormatError(`${what}: LEB128 number longer than 33 bits`, start);
  }

  /** Skips a signed LEB128 of at most 64 bits, sign extension checked. */
  skipS64(what: string): void {
    const start = this.pos;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8(what);
      if (i < 9 ? byte < 0x80 : byte === 0 || byte === 0x7f) return;
    }
    throw new WasmFormatError(`${what}: LEB128 number longer than 64 bits`, start);
  }

  /** Skips `length` bytes. */
  skip(length: number, what: string): void {
    if (length > this.end - this.pos) {
      throw new WasmFormatError(`${what}: ${length} bytes reach past the end`, this.pos);
    }
    this.pos += length;
  }

  /** A length-prefixed UTF-8 name. */
  name(what: string): string {
    const length = this.count(`${what} length`, WASM_NAME_MAX_BYTES);
    const start = this.pos;
    this.skip(length, what);
    for (let i = start; i < this.pos; i++) {
      if ((this.bytes[i] as number) < 0x80) continue; // i < pos <= end
      try {
        return utf8.decode(this.bytes.subarray(start, this.pos));
      } catch {
        throw new WasmFormatError(`${what}: not valid UTF-8`, start);
      }
    }
    return asciiText(this.bytes, start, this.pos);
  }
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
