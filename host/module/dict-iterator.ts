// RedisModuleDictIter: a walk through a dict. It remembers a key rather than a place, so that the
// dict may change under it; the place is kept for as long as it does not.

import type { ByteString } from '../lib/bytes.ts';
import type { Dict, DictPlace } from './dict.ts';
import type { ModuleInstance } from './instance.ts';

const NO_KEY = '' as ByteString; // ASCII

/** Like a rax iterator: after a seek the first step in either direction gives the key found. */
export class DictIterator {
  readonly dict: Dict;
  /** The key that the last seek or step gave. */
  key: ByteString = NO_KEY;
  value = 0;
  /** There is nothing more, in either direction, until the next seek. */
  isAtEnd = true;
  #hasJustSought = false;
  readonly #place: DictPlace = { chunk: 0, index: 0 };
  #version = -1;
  /** The copy of the key in guest memory, and how many bytes there is room for. */
  keyPtr = 0;
  keyCapacity = 0;

  constructor(dict: Dict) {
    this.dict = dict;
  }

  /** Places the iterator by an operator; false for one that is unknown. */
  seek(operator: string, key: ByteString): boolean {
    const { dict } = this;
    const place = this.#place;
    const isInclusive = operator[1] === '=';
    this.#hasJustSought = true;
    switch (operator[0]) {
      case '^':
        this.#arrive(dict.first(place));
        return true;
      case '$':
        this.#arrive(dict.last(place));
        return true;
      case '>':
        this.#arrive(dict.above(key, isInclusive, place));
        return true;
      case '<':
        this.#arrive(dict.below(key, isInclusive, place));
        return true;
      case '=':
        this.#arrive(dict.above(key, true, place) && dict.keyAt(place) === key);
        return true;
      default:
        this.isAtEnd = true;
        return false;
    }
  }

  /** Moves on, or back; false at the end. `key` and `value` are then those of the step. */
  step(isForward: boolean): boolean {
    if (this.isAtEnd) return false;
    if (this.#hasJustSought) {
      this.#hasJustSought = false;
      return true;
    }
    const { dict } = this;
    const place = this.#place;
    let isThere: boolean;
    if (this.#version === dict.version) {
      isThere = isForward ? dict.next(place) : dict.previous(place);
    } else if (isForward) {
      isThere = dict.above(this.key, false, place);
    } else {
      isThere = dict.below(this.key, false, place);
    }
    this.#arrive(isThere);
    return isThere;
  }

  /** Whether `key operator other` holds for the present key. */
  compare(operator: string, other: ByteString): boolean {
    if (this.isAtEnd) return false;
    const { key } = this;
    const isInclusive = operator[1] === '=';
    if (operator[0] === '>') return key > other || (isInclusive && key === other);
    if (operator[0] === '<') return key < other || (isInclusive && key === other);
    return isInclusive && key === other;
  }

  #arrive(isThere: boolean): void {
    this.isAtEnd = !isThere;
    if (!isThere) return;
    this.key = this.dict.keyAt(this.#place);
    this.value = this.dict.valueAt(this.#place);
    this.#version = this.dict.version;
  }
}

/** Address of the present key's bytes in guest memory; valid until the next step. */
export function keyCopy(m: ModuleInstance, iterator: DictIterator): number {
  const needed = iterator.key.length + 1;
  if (iterator.keyCapacity < needed) {
    releaseIterator(m, iterator);
    iterator.keyPtr = m.alloc(needed);
    iterator.keyCapacity = needed;
  }
  m.memory.writeByteString(iterator.keyPtr, iterator.key);
  m.memory.writeU8(iterator.keyPtr + needed - 1, 0);
  return iterator.keyPtr;
}

/** Frees what an iterator holds in guest memory. */
export function releaseIterator(m: ModuleInstance, iterator: DictIterator): void {
  if (iterator.keyPtr !== 0) m.allocator.free(iterator.keyPtr);
  iterator.keyPtr = 0;
  iterator.keyCapacity = 0;
}
