// Reads variable arguments the way clang lays them out for wasm32: one buffer in guest memory,
// each argument aligned to its size.

import type { Binary128 } from './long-double.ts';
import type { GuestMemory } from './memory.ts';

/** High words up to here make safe integers: 2^53 / 2^32. */
const SAFE_HIGH = 2 ** 21;

/**
 * A cursor over packed arguments:
 *
 *     i32, pointer, size_t, long   4 bytes, 4-aligned
 *     long long, double            8 bytes, 8-aligned   (float is promoted to double)
 *     long double                 16 bytes, 16-aligned  (IEEE binary128)
 *
 * Nothing tells how many there are; reading past them yields the guest's garbage or a trap.
 */
export class VarArgs {
  readonly #memory: GuestMemory;
  readonly #argument: string;
  #ptr: number;

  /** @param argument the name used in traps. */
  constructor(memory: GuestMemory, ptr: number, argument = '...') {
    this.#memory = memory;
    this.#ptr = ptr >>> 0;
    this.#argument = argument;
  }

  i32(): number {
    return this.#memory.readI32(this.#next(4), this.#argument);
  }

  /** Also pointers and size_t. */
  u32(): number {
    return this.#memory.readU32(this.#next(4), this.#argument);
  }

  i64(): bigint {
    return this.#memory.readI64(this.#next(8), this.#argument);
  }

  /** A signed 64-bit number as decimal text; without a bigint where a double is exact. */
  i64Text(): string {
    const ptr = this.#next(8);
    const high = this.#memory.readI32(ptr + 4, this.#argument);
    if (high >= SAFE_HIGH || high < -SAFE_HIGH) {
      return this.#memory.readI64(ptr, this.#argument).toString();
    }
    return String(high * 4_294_967_296 + this.#memory.readU32(ptr, this.#argument));
  }

  u64(): bigint {
    return this.#memory.readU64(this.#next(8), this.#argument);
  }

  f64(): number {
    return this.#memory.readF64(this.#next(8), this.#argument);
  }

  longDouble(): Binary128 {
    const ptr = this.#next(16);
    return {
      low: this.#memory.readU64(ptr, this.#argument),
      high: this.#memory.readU64(ptr + 8, this.#argument),
    };
  }

  #next(size: number): number {
    const ptr = Math.ceil(this.#ptr / size) * size;
    // GuestMemory takes addresses modulo 2^32, so what rounds up past them must trap here.
    if (ptr > 0xffffffff) this.#memory.check(this.#ptr, size, this.#argument);
    this.#ptr = ptr + size;
    return ptr;
  }
}
