// Runs of 4 KiB units of a guest's heap: which are free, which hold slabs, which large blocks.
// The lower half of allocator.ts; grows the memory when no free run fits.

import { PAGE_BYTES } from './memory.ts';

export const UNIT_BYTES = 4096;
const UNITS_PER_PAGE = PAGE_BYTES / UNIT_BYTES;
/** Memory is grown by at least this share of the heap, so that growing stays rare. */
const GROWTH_SHARE = 8;
const GROWTH_MAX_PAGES = 64;
/** Exact bins for runs of up to this many units, then four bins for each doubling. */
const EXACT_BINS = 32;
const BIN_COUNT = EXACT_BINS + 4 * 16;
/** Runs looked at in a bin whose runs may be too short. */
const SEARCH_MAX = 16;

// States of a unit in #state: FOREIGN, FREE, INSIDE a large block, -(units) - LARGE_BASE at the
// head of a large block; a slab's units hold its number, which is 0 or more.
const FOREIGN = -1;
const FREE = -2;
const INSIDE = -3;
const LARGE_BASE = 3;

export interface PageRunsOptions {
  /** First address the heap may use within the memory's present size. */
  readonly heapStart: number;
  byteLength(): number;
  growPages(pages: number): boolean;
}

/**
 * Units are numbered by address / UNIT_BYTES; unit 0 is never handed out, so 0 means "none".
 * Free runs are joined with free neighbours at once and found through bins by length (a good
 * fit: from the first bin whose runs are all long enough). Take and release are O(1) but for
 * marking the units of a slab.
 */
export class PageRuns {
  readonly #options: PageRunsOptions;
  #state = new Int32Array(0);
  /** At the first and the last unit of a free run: its length. */
  #length = new Int32Array(0);
  // Links of the bins, by first unit of a run; 0 ends a list.
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  readonly #bins = new Int32Array(BIN_COUNT);
  #unitCount = 0;

  constructor(options: PageRunsOptions) {
    this.#options = options;
    const first = Math.max(1, Math.ceil(options.heapStart / UNIT_BYTES));
    this.#addRegion(first, Math.floor(options.byteLength() / UNIT_BYTES));
  }

  /** Units of the heap, free ones included. */
  get unitCount(): number {
    return this.#unitCount;
  }

  /** The number of the slab that covers `address`, or negative. */
  slabAt(address: number): number {
    return this.#state[address >>> 12] ?? FOREIGN;
  }

  /** Units of the large block that starts at `address`, or 0. */
  largeAt(address: number): number {
    const state = this.#state[address >>> 12] ?? FOREIGN;
    return state < -LARGE_BASE && address % UNIT_BYTES === 0 ? -state - LARGE_BASE : 0;
  }

  isFree(address: number): boolean {
    return this.#state[address >>> 12] === FREE;
  }

  /** Takes a run for a large block; 0 if there is no memory. */
  takeLarge(units: number): number {
    const unit = this.#take(units);
    if (unit !== 0) this.#markLarge(unit, units);
    return unit;
  }

  /** Takes a run for slab `id`; 0 if there is no memory. */
  takeSlab(units: number, id: number): number {
    const unit = this.#take(units);
    if (unit !== 0) this.#state.fill(id, unit, unit + units);
    return unit;
  }

  /** Gives a run back. The caller knows that it was taken with this length. */
  release(unit: number, units: number): void {
    let start = unit;
    let length = units;
    if (this.#state[unit - 1] === FREE) {
      const before = this.#length[unit - 1] as number; // a free run's last unit
      start -= before;
      length += before;
      this.#unlink(start, before);
    }
    const after = unit + units;
    if (this.#state[after] === FREE) {
      const behind = this.#length[after] as number; // a free run's first unit
      length += behind;
      this.#unlink(after, behind);
    }
    this.#state.fill(FREE, unit, unit + units);
    this.#link(start, length);
  }

  /** Shortens or lengthens a large block where it is; false if there is no room behind it. */
  resize(unit: number, units: number, wanted: number): boolean {
    if (wanted < units) {
      this.#markLarge(unit, wanted);
      this.release(unit + wanted, units - wanted);
      return true;
    }
    const missing = wanted - units;
    if (missing === 0) return true;
    const after = unit + units;
    if (this.#state[after] !== FREE) return false;
    const available = this.#length[after] as number; // a free run's first unit
    if (available < missing) return false;
    this.#unlink(after, available);
    if (available > missing) this.#link(after + missing, available - missing);
    this.#markLarge(unit, wanted);
    return true;
  }

  #markLarge(unit: number, units: number): void {
    this.#state.fill(INSIDE, unit + 1, unit + units);
    this.#state[unit] = -units - LARGE_BASE;
  }

  #take(units: number): number {
    const found = this.#find(units);
    if (found !== 0) return this.#cut(found, units);
    if (!this.#grow(units)) return 0;
    const grown = this.#find(units);
    return grown === 0 ? 0 : this.#cut(grown, units);
  }

  #cut(start: number, units: number): number {
    const length = this.#length[start] as number; // start is the first unit of a free run
    this.#unlink(start, length);
    if (length > units) this.#link(start + units, length - units);
    return start;
  }

  /** The first unit of a free run of at least `units`, or 0. */
  #find(units: number): number {
    const own = binOf(units);
    let run = this.#bins[own] as number; // binOf stays below BIN_COUNT
    for (let tries = 0; run !== 0 && tries < SEARCH_MAX; tries++) {
      if ((this.#length[run] as number) >= units) return run; // a bin holds first units
      run = this.#next[run] as number;
    }
    for (let bin = own + 1; bin < BIN_COUNT; bin++) {
      const first = this.#bins[bin] as number; // below BIN_COUNT
      if (first !== 0) return first;
    }
    return 0;
  }

  /** Grows the memory so that a run of `units` exists; false if the quota forbids it. */
  #grow(units: number): boolean {
    const before = this.#options.byteLength();
    const end = Math.floor(before / UNIT_BYTES);
    const tail = this.#state[end - 1] === FREE ? (this.#length[end - 1] as number) : 0;
    const needed = Math.max(1, Math.ceil((units - tail) / UNITS_PER_PAGE));
    const share = Math.floor(this.#unitCount / UNITS_PER_PAGE / GROWTH_SHARE);
    const wanted = Math.max(needed, Math.min(share, GROWTH_MAX_PAGES));
    const grew = this.#options.growPages(wanted);
    if (!grew && (wanted === needed || !this.#options.growPages(needed))) return false;
    // The guest may have grown its memory itself: only what was added just now is the heap's.
    this.#addRegion(end, Math.floor(this.#options.byteLength() / UNIT_BYTES));
    return true;
  }

  #addRegion(first: number, end: number): void {
    if (end > this.#state.length) this.#reserve(end);
    if (end <= first) return;
    this.#unitCount += end - first;
    this.release(first, end - first);
  }

  #reserve(units: number): void {
    // One unit more, so that the unit after the last one is readable and foreign.
    const capacity = Math.max(units + 1, Math.ceil(this.#state.length * 1.5));
    const state = new Int32Array(capacity).fill(FOREIGN, this.#state.length);
    state.set(this.#state);
    this.#state = state;
    this.#length = grown(this.#length, capacity);
    this.#next = grown(this.#next, capacity);
    this.#previous = grown(this.#previous, capacity);
  }

  #link(start: number, length: number): void {
    this.#length[start] = length;
    this.#length[start + length - 1] = length;
    const bin = binOf(length);
    const head = this.#bins[bin] as number; // below BIN_COUNT
    this.#next[start] = head;
    this.#previous[start] = 0;
    if (head !== 0) this.#previous[head] = start;
    this.#bins[bin] = start;
  }

  #unlink(start: number, length: number): void {
    const next = this.#next[start] as number; // start is the first unit of a free run
    const previous = this.#previous[start] as number;
    if (next !== 0) this.#previous[next] = previous;
    if (previous !== 0) this.#next[previous] = next;
    else this.#bins[binOf(length)] = next;
  }
}

/** The bin for runs of `units`; all runs of higher bins are longer. */
function binOf(units: number): number {
  if (units <= EXACT_BINS) return units - 1;
  const exponent = 31 - Math.clz32(units);
  const quarter = (units >>> (exponent - 2)) & 3;
  return Math.min(EXACT_BINS + (exponent - 5) * 4 + quarter, BIN_COUNT - 1);
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
