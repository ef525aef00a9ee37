// LZF, the compression of long strings in RDB files.
//
//   000LLLLL                        L+1 literal bytes follow
//   LLLooooo oooooooo               copy L+2 bytes from o+1 bytes back (1 ≤ L ≤ 6)
//   111ooooo LLLLLLLL oooooooo      copy L+9 bytes from o+1 bytes back
//
// The compressor is a plain hash-chainless one: one candidate for each three-byte prefix.

const HASH_BITS = 14;
const HASH_MULTIPLIER = 0x9e3779b1 | 0;
const MAX_LITERALS = 32;
const MAX_DISTANCE = 8192;
const MAX_MATCH = 264;
const MIN_MATCH = 3;
/** Three bytes can stand for this many: no honest stream claims a larger ratio. */
const MAX_BYTES_PER_COPY = MAX_MATCH;

/** An upper bound of what `compressedBytes` bytes can expand to. */
export function lzfMaxExpansion(compressedBytes: number): number {
  return Math.ceil(compressedBytes / 3) * MAX_BYTES_PER_COPY + MAX_LITERALS;
}

/**
 * Compresses and keeps its hash table between calls: positions are numbered on from call to call,
 * so that what an earlier call left behind is told by being too old and needs no clearing.
 */
export class LzfCompressor {
  readonly #lastSeen = new Int32Array(1 << HASH_BITS);
  #base = 1;

  /**
   * Compresses `input[start, end)` into `output`; returns the number of bytes, or 0 when they
   * would be more than `maxBytes` (≤ output.length).
   */
  compress(input: Buffer, start: number, end: number, output: Buffer, maxBytes: number): number {
    const shift = this.#reserve(end - start) - start; // position + shift numbers it over all calls
    const lastSeen = this.#lastSeen;
    let literalStart = start;
    let written = 0;
    let at = start;
    while (at + MIN_MATCH <= end) {
      const slot = hashOf(input, at);
      const candidate = (lastSeen[slot] as number) - shift; // slot < 2^HASH_BITS
      lastSeen[slot] = at + shift;
      if (candidate < start || at - candidate > MAX_DISTANCE || !samePrefix(input, candidate, at)) {
        at++;
        continue;
      }
      written = putLiterals(input, literalStart, at, output, written, maxBytes);
      if (written < 0 || written + 3 > maxBytes) return 0;
      const length = matchLength(input, candidate, at, end);
      written = putCopy(output, written, at - candidate - 1, length);
      if (at + length + MIN_MATCH <= end) {
        const last = at + length - 1;
        lastSeen[hashOf(input, last)] = last + shift;
      }
      at += length;
      literalStart = at;
    }
    return Math.max(0, putLiterals(input, literalStart, end, output, written, maxBytes));
  }

  /** The number of the first of `count` new positions. */
  #reserve(count: number): number {
    if (this.#base + count >= 2 ** 31 - 1) {
      this.#lastSeen.fill(0);
      this.#base = 1;
    }
    const first = this.#base;
    this.#base += count;
    return first;
  }
}

/**
 * Expands `input[start, end)` into the whole of `output`; false when the input is no LZF stream
 * of exactly that many bytes.
 */
export function lzfDecompress(input: Buffer, start: number, end: number, output: Buffer): boolean {
  let at = start;
  let to = 0;
  while (at < end) {
    const control = input[at++] as number; // at < end
    if (control < MAX_LITERALS) {
      const count = control + 1;
      if (at + count > end || to + count > output.length) return false;
      input.copy(output, to, at, at + count);
      at += count;
      to += count;
      continue;
    }
    let length = control >> 5;
    if (length === 7) {
      if (at >= end) return false;
      length += input[at++] as number; // at < end
    }
    if (at >= end) return false;
    let from = to - (((control & 31) << 8) | (input[at++] as number)) - 1; // at < end
    length += 2;
    if (from < 0 || to + length > output.length) return false;
    const copyEnd = to + length; // the ranges may overlap: byte by byte, forwards
    while (to < copyEnd) output[to++] = output[from++] as number; // from < to ≤ length
  }
  return to === output.length;
}

function hashOf(input: Buffer, at: number): number {
  const prefix =
    (input[at] as number) | ((input[at + 1] as number) << 8) | ((input[at + 2] as number) << 16); // the caller stays three bytes from the end
  return Math.imul(prefix, HASH_MULTIPLIER) >>> (32 - HASH_BITS);
}

function samePrefix(input: Buffer, a: number, b: number): boolean {
  return input[a] === input[b] && input[a + 1] === input[b + 1] && input[a + 2] === input[b + 2];
}

function matchLength(input: Buffer, from: number, at: number, end: number): number {
  const most = Math.min(MAX_MATCH, end - at);
  let length = MIN_MATCH;
  while (length < most && input[from + length] === input[at + length]) length++;
  return length;
}

/** Returns the new end of the output, or -1 when it would pass `maxBytes`. */
function putLiterals(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  written: number,
  maxBytes: number,
): number {
  let to = written;
  for (let from = start; from < end; from += MAX_LITERALS) {
    const count = Math.min(MAX_LITERALS, end - from);
    if (to + 1 + count > maxBytes) return -1;
    output[to++] = count - 1;
    for (let i = 0; i < count; i++) output[to++] = input[from + i] as number; // inside
  }
  return to;
}

function putCopy(output: Buffer, written: number, offset: number, length: number): number {
  let to = written;
  const code = length - 2;
  const high = offset >> 8;
  if (code < 7) {
    output[to++] = (code << 5) | high;
  } else {
    output[to++] = (7 << 5) | high;
    output[to++] = code - 7;
  }
  output[to++] = offset & 255;
  return to;
}
