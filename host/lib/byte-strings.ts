// A small cache of byte strings that come again and again: field names of hashes. Who asks for
// the same bytes twice usually gets the same string: nothing is copied, comparing two of them
// looks at no memory, and a thousand hashes with the same fields keep their names once.

import { type ByteString, byteString } from './bytes.ts';

/** Longer ones are not likely to come again. */
const MAX_BYTES = 40;
const SLOTS = 512;

export class ByteStringCache {
  readonly #slots: (ByteString | null)[] = new Array<ByteString | null>(SLOTS).fill(null);

  /** `buffer[start, end)` as a ByteString, which may be kept. */
  get(buffer: Buffer, start: number, end: number): ByteString {
    const length = end - start;
    if (length === 0 || length > MAX_BYTES) return byteString(buffer, start, end);
    const first = buffer[start] as number; // length > 0
    const last = buffer[end - 1] as number;
    const at =
      (first * 31 + last * 7 + length * 67 + (buffer[start + (length >> 1)] as number)) % SLOTS;
    const known = this.#slots[at] as ByteString | null; // below SLOTS
    if (known !== null && isSame(known, buffer, start, length)) return known;
    const made = byteString(buffer, start, end);
    this.#slots[at] = made;
    return made;
  }
}

function isSame(known: string, buffer: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known.charCodeAt(i) !== buffer[start + i]) return false;
  return true;
}
