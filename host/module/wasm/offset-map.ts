// Maps byte offsets of a rewritten binary back to the original one, so that debug information
// made for the original (DWARF, source maps) explains traps in the rewritten code.

/** Pieces of the new file that were copied from the old one, in rising order of new offsets. */
export class OffsetMap {
  // Pairs: first new offset of a piece, its old offset; of pieces put in, -1 - old offset.
  readonly #pieces: number[] = [];
  #delta = Number.NaN;

  /** Notes that the new byte `newOffset` and those after it came from `oldOffset` and after. */
  add(newOffset: number, oldOffset: number): void {
    const delta = newOffset - oldOffset;
    if (delta === this.#delta) return;
    this.#delta = delta;
    this.#pieces.push(newOffset, oldOffset);
  }

  /** Notes that what comes from `newOffset` on was put in before the old byte `oldOffset`. */
  insert(newOffset: number, oldOffset: number): void {
    this.#delta = Number.NaN;
    this.#pieces.push(newOffset, -1 - oldOffset);
  }

  /** The old offset of `newOffset`, or -1 before the first copied byte. O(log pieces). */
  toOld(newOffset: number): number {
    let low = 0;
    let high = this.#pieces.length / 2; // the answer is the last piece that starts at or before
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pieces[middle * 2] as number) <= newOffset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    const newStart = this.#pieces[low * 2 - 2] as number; // low is at least 1 here
    const oldStart = this.#pieces[low * 2 - 1] as number;
    return oldStart < 0 ? -1 - oldStart : oldStart + newOffset - newStart;
  }
}
