// HalfSipHash-1-3: the keyed hash of the key table. Keyed, so that nobody can choose keys that
// collide; the 32-bit variant, because JavaScript has no fast 64-bit arithmetic.
// Source: Aumasson and Bernstein, https://github.com/veorq/SipHash

/** Hashes `buffer[start, end)` under the key (k0, k1); returns a signed 32-bit integer. */
export function halfSipHash(
  buffer: Uint8Array,
  start: number,
  end: number,
  k0: number,
  k1: number,
): number {
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const length = end - start;
  const blocksEnd = end - (length & 3);
  let word = 0;
  // One extra turn of the loop takes the tail word, so that the round is written once.
  for (let i = start; ; i += 4) {
    const isTail = i >= blocksEnd;
    if (isTail) {
      word = length << 24;
      const rest = length & 3;
      if (rest > 2) word |= (buffer[i + 2] as number) << 16;
      if (rest > 1) word |= (buffer[i + 1] as number) << 8;
      if (rest > 0) word |= buffer[i] as number;
    } else {
      word =
        (buffer[i] as number) |
        ((buffer[i + 1] as number) << 8) |
        ((buffer[i + 2] as number) << 16) |
        ((buffer[i + 3] as number) << 24);
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (isTail) break;
  }
  v2 ^= 0xff;
  for (let round = 0; round < 3; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}
