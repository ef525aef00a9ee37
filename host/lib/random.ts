// Randomness: a seeded generator for decisions, the system's for secrets.

import { randomBytes } from 'node:crypto';

/** Uniform random numbers; not for secrets. */
export interface Random {
  /** An integer in [0, bound), bound ≤ 2^32. */
  below(bound: number): number;
  /** A number in [0, 1). */
  unit(): number;
}

/** xoshiro128** (Blackman and Vigna): small, fast, good enough to sample with. */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  /** @param seed any 16 bytes, not all zero; fresh system randomness when left out */
  constructor(seed: Uint8Array = randomBytes(16)) {
    const own = new Uint8Array(16); // a Buffer's slice would share its memory, and that of others
    own.set(seed.subarray(0, 16));
    this.#state = new Uint32Array(own.buffer);
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  #next(): number {
    const s = this.#state as unknown as [number, number, number, number]; // always four words
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  unit(): number {
    return this.#next() / 4294967296;
  }

  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }
}

/** `count` hexadecimal digits from the system's random source: ids, nonces. */
export function randomHex(count: number): string {
  return randomBytes((count + 1) >> 1)
    .toString('hex')
    .slice(0, count);
}

/** `count` bytes from the system's random source. */
export function secureBytes(count: number): Buffer {
  return randomBytes(count);
}
