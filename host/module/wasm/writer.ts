// A growing byte buffer that writes wasm's encodings; the rewriter's output.

/** Bytes that an unsigned LEB128 of `value` takes at least. */
export function u32Width(value: number): number {
  const v = value >>> 0;
  if (v < 0x80) return 1;
  if (v < 0x4000) return 2;
  if (v < 0x200000) return 3;
  return v < 0x10000000 ? 4 : 5;
}

/** Appends; `pos` is the number of bytes written so far. */
export class WasmWriter {
  #bytes: Buffer;
  pos = 0;

  /** @param capacity expected size in bytes; growing past it copies. */
  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(Math.max(capacity, 16));
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.pos++] = value;
  }

  /** An unsigned LEB128, padded with continuation bytes to `width` if that is more. */
  u32(value: number, width = 1): void {
    this.#reserve(5);
    let rest = value >>> 0;
    let left = width - 1;
    while (rest >= 0x80 || left > 0) {
      this.#bytes[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
      left--;
    }
    this.#bytes[this.pos++] = rest;
  }

  /** A signed LEB128. */
  s32(value: number): void {
    this.#reserve(5);
    let rest = value | 0;
    // The last byte's bit 6 is the sign.
    while (rest < -64 || rest > 63) {
      this.#bytes[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.pos++] = rest & 0x7f;
  }

  /** Overwrites the number that `u32(…, width)` wrote at `offset`. */
  patchU32(offset: number, value: number, width: number): void {
    const end = this.pos;
    this.pos = offset;
    this.u32(value, width);
    this.pos = end;
  }

  /** A length-prefixed UTF-8 name. */
  name(text: string): void {
    const length = Buffer.byteLength(text);
    this.u32(length);
    this.#reserve(length);
    this.#bytes.write(text, this.pos, 'utf8');
    this.pos += length;
  }

  /** Copies `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    if (length < 24) {
      for (let i = start, at = this.pos; i < end; i++, at++) {
        this.#bytes[at] = source[i] as number; // ranges come from the reader that checked them
      }
    } else this.#bytes.set(source.subarray(start, end), this.pos);
    this.pos += length;
  }

  /** The bytes written so far; a view, valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.pos);
  }

  /** An own copy of the bytes written so far, in an ArrayBuffer of exactly that size. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.pos);
    out.set(this.view());
    return out;
  }

  #reserve(length: number): void {
    if (this.pos + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.pos + length));
    grown.set(this.view());
    this.#bytes = grown;
  }
}
