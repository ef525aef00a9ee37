// Finds a command by its name without making a string: a small open-addressing hash table over
// the lower-cased bytes of a Slice. One serves all instances for the built-in commands, one each
// for what an instance adds, one each for a container's subcommands.

import type { Slice } from '../lib/slice.ts';

/** ASCII lower case of every byte. */
const LOWER = new Uint8Array(256);
for (let c = 0; c < 256; c++) LOWER[c] = c >= 65 && c <= 90 ? c + 32 : c;

class Bucket<T> {
  readonly name: string;
  /** Latin-1 bytes of `name`, lower case. */
  readonly bytes: Buffer;
  readonly entry: T;

  constructor(name: string, bytes: Buffer, entry: T) {
    this.name = name;
    this.bytes = bytes;
    this.entry = entry;
  }
}

/** Names (lower case) and the entries they stand for; a name may differ from the entry's own. */
export class NameIndex<T> {
  /** Power-of-two slots, at most half full, probed linearly. */
  #slots: (Bucket<T> | null)[] = new Array<Bucket<T> | null>(8).fill(null);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * The entry called `name` in any case, or undefined. About 15 ns for three bytes and 1 ns for
   * each one more; allocates nothing.
   */
  find(name: Slice): T | undefined {
    const { buffer, start, end } = name;
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = hashOf(buffer, start, end) & mask; ; at = (at + 1) & mask) {
      const bucket = slots[at] as Bucket<T> | null; // at ≤ mask
      if (bucket === null) return undefined;
      if (equals(bucket.bytes, buffer, start, end)) return bucket.entry;
    }
  }

  /** The entry called `name`, which is lower case, or undefined. */
  get(name: string): T | undefined {
    return this.#slots[this.#slotOf(bytesOf(name))]?.entry;
  }

  /** Adds a name. Throws Error when it is taken. */
  add(name: string, entry: T): void {
    const bytes = bytesOf(name);
    if (this.#slots[this.#slotOf(bytes)]) throw new Error(`two commands are called ${name}`);
    if ((this.#size + 1) * 2 > this.#slots.length) this.#resize(this.#slots.length * 2);
    this.#slots[this.#slotOf(bytes)] = new Bucket(name, bytes, entry);
    this.#size++;
  }

  /** Removes a name; false when it was not there. O(size): commands rarely go away. */
  delete(name: string): boolean {
    const at = this.#slotOf(bytesOf(name));
    if (!this.#slots[at]) return false;
    this.#slots[at] = null;
    this.#size--;
    this.#resize(this.#slots.length); // closes the gap in probe runs
    return true;
  }

  /** Names and entries in no particular order. */
  *entries(): IterableIterator<[name: string, entry: T]> {
    for (const bucket of this.#slots) if (bucket !== null) yield [bucket.name, bucket.entry];
  }

  #resize(length: number): void {
    const old = this.#slots;
    this.#slots = new Array<Bucket<T> | null>(length).fill(null);
    for (const bucket of old) {
      if (bucket !== null) this.#slots[this.#slotOf(bucket.bytes)] = bucket;
    }
  }

  /** The slot that holds the bytes, or the free one where they belong. */
  #slotOf(bytes: Buffer): number {
    const mask = this.#slots.length - 1;
    let at = hashOf(bytes, 0, bytes.length) & mask;
    for (;;) {
      const bucket = this.#slots[at] as Bucket<T> | null; // at ≤ mask
      if (bucket === null || equals(bucket.bytes, bytes, 0, bytes.length)) return at;
      at = (at + 1) & mask;
    }
  }
}

/**
 * Length, first, second, middle and last byte: enough to tell command names apart (the built-in
 * ones need 1.2 probes), and half the time of a hash over all bytes.
 */
function hashOf(buffer: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const first = LOWER[buffer[start] as number] as number; // length > 0
  const second = LOWER[buffer[start + (length > 1 ? 1 : 0)] as number] as number;
  const middle = LOWER[buffer[start + (length >> 1)] as number] as number; // below end
  const last = LOWER[buffer[end - 1] as number] as number;
  return length * 289 + first * 93 + second * 165 + middle * 561 + last * 163;
}

function equals(bytes: Buffer, buffer: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const c = buffer[start + i] as number; // start + i < end
    if (c !== bytes[i] && LOWER[c] !== bytes[i]) return false;
  }
  return true;
}

/** A Buffer, as a Slice has: two kinds of array would make every access slower. */
function bytesOf(name: string): Buffer {
  const bytes = Buffer.alloc(name.length);
  for (let i = 0; i < name.length; i++) bytes[i] = LOWER[name.charCodeAt(i) & 0xff] as number; // < 256
  return bytes;
}
