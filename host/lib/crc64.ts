// CRC-64/Jones, the checksum at the end of RDB files and DUMP payloads, eight bytes a step.

const POLYNOMIAL = 0x95ac9329ac4bc9b5n; // bit-reversed 0xad93d23594c935a9
const SLICES = 8;

// Eight tables of 256 entries, each split into 32-bit halves: bigints would cost 50 times more.
const { low: LOW, high: HIGH } = buildTables();

/** A running checksum over chunks. */
export class Crc64 {
  #low = 0;
  #high = 0;

  /** @param initial the checksum of the bytes before, to go on from. */
  constructor(initial = 0n) {
    this.#low = Number(initial & 0xffffffffn) | 0;
    this.#high = Number((initial >> 32n) & 0xffffffffn) | 0;
  }

  /** Adds `buffer[start, end)`. */
  update(buffer: Uint8Array, start = 0, end = buffer.length): this {
    let low = this.#low;
    let high = this.#high;
    let i = start;
    for (; i + SLICES <= end; i += SLICES) {
      const a = low ^ word(buffer, i);
      const b = high ^ word(buffer, i + 4);
      const i7 = 1792 + (a & 255);
      const i6 = 1536 + ((a >>> 8) & 255);
      const i5 = 1280 + ((a >>> 16) & 255);
      const i4 = 1024 + (a >>> 24);
      const i3 = 768 + (b & 255);
      const i2 = 512 + ((b >>> 8) & 255);
      const i1 = 256 + ((b >>> 16) & 255);
      const i0 = b >>> 24;
      low = xor4(LOW, i0, i1, i2, i3) ^ xor4(LOW, i4, i5, i6, i7);
      high = xor4(HIGH, i0, i1, i2, i3) ^ xor4(HIGH, i4, i5, i6, i7);
    }
    for (; i < end; i++) {
      const index = (low ^ (buffer[i] as number)) & 255; // i < end
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number); // 256 entries
      high = (high >>> 8) ^ (HIGH[index] as number);
    }
    this.#low = low;
    this.#high = high;
    return this;
  }

  /** The checksum of all bytes so far. */
  digest(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }

  /** Writes the checksum as RDB does: 8 bytes, little-endian. */
  writeTo(buffer: Buffer, offset: number): void {
    buffer.writeInt32LE(this.#low, offset);
    buffer.writeInt32LE(this.#high, offset + 4);
  }
}

/** The checksum of one buffer. */
export function crc64(buffer: Uint8Array, initial = 0n): bigint {
  return new Crc64(initial).update(buffer).digest();
}

function word(buffer: Uint8Array, i: number): number {
  return (
    (buffer[i] as number) | // the caller stays inside
    ((buffer[i + 1] as number) << 8) |
    ((buffer[i + 2] as number) << 16) |
    ((buffer[i + 3] as number) << 24)
  );
}

function xor4(table: Int32Array, a: number, b: number, c: number, d: number): number {
  return (table[a] as number) ^ (table[b] as number) ^ (table[c] as number) ^ (table[d] as number); // indices are below 2048
}

function buildTables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(SLICES * 256);
  const high = new Int32Array(SLICES * 256);
  const first: bigint[] = [];
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    first.push(crc);
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte] as bigint; // 256 entries
    for (let slice = 0; slice < SLICES; slice++) {
      low[slice * 256 + byte] = Number(crc & 0xffffffffn) | 0;
      high[slice * 256 + byte] = Number(crc >> 32n) | 0;
      crc = (crc >> 8n) ^ (first[Number(crc & 0xffn)] as bigint);
    }
  }
  return { low, high };
}
