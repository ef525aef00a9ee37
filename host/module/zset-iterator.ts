// The range iterator that an open key carries: ranks of a sorted set, walked up or down.

import type { Slice } from '../lib/slice.ts';
import type { LexBound, RankRange, ZsetValue } from '../values/zset.ts';

/**
 * Stands on an element of a range, if the range has any. As in Redis it stays on the last one
 * when a step finds no further, and the end, once reached, is not forgotten.
 */
export class ZsetIterator {
  readonly #value: ZsetValue;
  readonly #range: RankRange;
  #rank: number;
  isAtEnd: boolean;

  constructor(value: ZsetValue, range: RankRange, startsLast: boolean) {
    this.#value = value;
    this.#range = range;
    this.#rank = startsLast ? range.end - 1 : range.start;
    this.isAtEnd = range.start >= range.end;
  }

  /** The rank of the present element, or -1 if there is none. */
  rankIn(value: ZsetValue): number {
    // Calls may have replaced or shortened the set since; then there is no such element.
    const isStale = value !== this.#value || this.#rank >= value.size;
    return isStale || this.#range.start >= this.#range.end ? -1 : this.#rank;
  }

  /** Moves by one rank; false at the end of the range. */
  step(value: ZsetValue, by: 1 | -1): boolean {
    if (this.rankIn(value) < 0) return false;
    const next = this.#rank + by;
    if (next < this.#range.start || next >= Math.min(this.#range.end, value.size)) {
      this.isAtEnd = true;
      return false;
    }
    this.#rank = next;
    return true;
  }
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const INCLUSIVE = 0x5b; // [
const EXCLUSIVE = 0x28; // (

/** A bound as ZRANGEBYLEX writes it, or null if it is none. */
export function parseLexBound(text: Slice): LexBound | null {
  const first = text.at(0);
  if (first === MINUS || first === PLUS) {
    if (text.length > 1) return null;
    return { infinite: first === MINUS ? -1 : 1, member: EMPTY, exclusive: false };
  }
  if (first !== INCLUSIVE && first !== EXCLUSIVE) return null;
  const member = text.toByteString().slice(1) as LexBound['member']; // bytes of bytes
  return { infinite: 0, member, exclusive: first === EXCLUSIVE };
}

const EMPTY = '' as LexBound['member']; // ASCII
