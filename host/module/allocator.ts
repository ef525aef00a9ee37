// The allocator behind RedisModule_Alloc: hands out a guest's linear memory, and keeps what it
// knows about it on the host's side, where the guest cannot corrupt it.
//
// Small blocks come from slabs (this file), large ones and the slabs themselves are runs of
// 4 KiB units (page-runs.ts).

import type { GuestMemory } from './memory.ts';
import { PageRuns, UNIT_BYTES } from './page-runs.ts';
import { hex32, ModuleTrap } from './trap.ts';

/** Blocks up to this size come from slabs. */
const SMALL_MAX_BYTES = 16_384;
const ALIGNMENT = 16;
/** Requests above this fail as malloc does: 2 GiB is all a guest's memory. */
const ALLOC_MAX_BYTES = 0x7fff0000;

/** Usable sizes: multiples of 16 to 128, then four steps for each doubling. */
const CLASS_BYTES: readonly number[] = makeClasses();
/** Class of a size: `CLASS_OF[(size + 15) >> 4]`. */
const CLASS_OF: Uint8Array = makeClassTable();
const SLAB_UNITS: readonly number[] = CLASS_BYTES.map(slabUnits);

// States of a block in a slab's links: allocated, or the next free block of the slab.
const ALLOCATED = 0xffff;
const LAST_FREE = 0xfffe;

/** A run of units cut into blocks of one class. */
interface Slab {
  readonly ptr: number;
  readonly sizeClass: number;
  readonly blockBytes: number;
  readonly units: number;
  /** By block: ALLOCATED, LAST_FREE or the index of the next free block. */
  readonly links: Uint16Array;
  /** First free block, or LAST_FREE. */
  free: number;
  live: number;
  // The class's list of slabs that have free blocks.
  next: Slab | null;
  previous: Slab | null;
  isListed: boolean;
}

export interface AllocatorOptions {
  readonly memory: GuestMemory;
  /**
   * First address the allocator may use within the memory's present size: `__heap_base`, or
   * the size itself when the guest brings a malloc, which takes all from `__heap_base` on.
   */
  readonly heapStart: number;
  /** Grows the memory by so many wasm pages if the quota allows; false if not. */
  growPages(pages: number): boolean;
}

/** Blocks and bytes that a command left behind. */
export interface Outstanding {
  readonly blocks: number;
  readonly bytes: number;
}

/** A heap inside one guest's memory. Addresses are unsigned; 0 means "no memory". */
export class Allocator {
  readonly #memory: GuestMemory;
  readonly #runs: PageRuns;
  /** By class: head of the list of slabs with free blocks. */
  readonly #slabs: (Slab | null)[] = CLASS_BYTES.map(() => null);
  /** By the slab number that PageRuns keeps for each unit; null when the number is free. */
  readonly #slabById: (Slab | null)[] = [];
  readonly #freeIds: number[] = [];
  #liveBytes = 0;
  #peakBytes = 0;
  #allocations = 0;
  #frees = 0;
  #markBlocks = 0;
  #markBytes = 0;
  #leftBlocks = 0;
  #leftBytes = 0;

  constructor(options: AllocatorOptions) {
    this.#memory = options.memory;
    this.#runs = new PageRuns({
      heapStart: options.heapStart,
      byteLength: () => options.memory.byteLength,
      growPages: (pages) => options.growPages(pages),
    });
  }

  /** Usable bytes of all live blocks. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** The highest liveBytes so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  get liveBlocks(): number {
    return this.#allocations - this.#frees;
  }

  /** Blocks ever allocated. */
  get allocations(): number {
    return this.#allocations;
  }

  /** Blocks ever freed. */
  get frees(): number {
    return this.#frees;
  }

  /** Bytes of guest memory that the heap has taken, free ones included. */
  get heapBytes(): number {
    return this.#runs.unitCount * UNIT_BYTES;
  }

  /** A block of at least `size` bytes, 16-byte aligned, or 0. Its bytes are not defined. */
  alloc(size: number): number {
    const bytes = size >>> 0;
    if (bytes > SMALL_MAX_BYTES) return this.#allocLarge(bytes);
    const sizeClass = CLASS_OF[(bytes + 15) >> 4] as number; // covers 0..SMALL_MAX_BYTES
    const slab = this.#slabs[sizeClass] ?? this.#addSlab(sizeClass);
    if (slab === null) return 0;
    const block = slab.free;
    const next = slab.links[block] as number; // a listed slab has a free block
    slab.links[block] = ALLOCATED;
    slab.free = next;
    slab.live++;
    if (next === LAST_FREE) this.#unlist(slab);
    this.#count(slab.blockBytes);
    return slab.ptr + block * slab.blockBytes;
  }

  /** A zeroed block for `count` items of `size` bytes, or 0, also when the product is too big. */
  calloc(count: number, size: number): number {
    const bytes = (count >>> 0) * (size >>> 0); // exact: below 2^64 or at least far above the cap
    if (bytes > ALLOC_MAX_BYTES) return 0;
    const ptr = this.alloc(bytes);
    if (ptr !== 0) this.#memory.fill(ptr, bytes, 0);
    return ptr;
  }

  /**
   * Resizes the block at `ptr`, moving it if it must; 0 leaves the old block as it is.
   * As in Redis, a NULL `ptr` allocates, and size 0 frees and returns 0.
   */
  realloc(ptr: number, size: number, argument = 'ptr'): number {
    if (ptr === 0) return this.alloc(size);
    const oldBytes = this.usableSize(ptr, argument);
    const bytes = size >>> 0;
    if (bytes === 0) {
      this.free(ptr, argument);
      return 0;
    }
    if (this.#resizeInPlace(ptr >>> 0, oldBytes, bytes)) return ptr >>> 0;
    const moved = this.alloc(bytes);
    if (moved === 0) return bytes <= oldBytes ? ptr >>> 0 : 0; // too big is no reason to fail
    this.#memory.move(moved, ptr, Math.min(oldBytes, bytes));
    this.free(ptr, argument);
    return moved;
  }

  /**
   * Frees the block at `ptr`; NULL is ignored.
   * @throws ModuleTrap for a double free and for an address that is no block.
   */
  free(ptr: number, argument = 'ptr'): void {
    if (ptr === 0) return;
    const address = ptr >>> 0;
    const id = this.#runs.slabAt(address);
    if (id < 0) {
      this.#freeLarge(address, argument);
      return;
    }
    const slab = this.#slabById[id] as Slab; // PageRuns holds numbers of live slabs only
    const block = blockIndex(slab, address, argument);
    slab.links[block] = slab.free;
    slab.free = block;
    slab.live--;
    this.#liveBytes -= slab.blockBytes;
    this.#frees++;
    if (!slab.isListed) this.#list(slab);
    // The last slab of a class stays, or a block allocated and freed in turn would cut and
    // return a slab each time.
    else if (slab.live === 0 && (slab.next !== null || slab.previous !== null)) {
      this.#removeSlab(slab, id);
    }
  }

  /** Bytes the guest may use at `ptr`, at least what it asked for. Traps as `free` does. */
  usableSize(ptr: number, argument = 'ptr'): number {
    const address = ptr >>> 0;
    const id = this.#runs.slabAt(address);
    if (id < 0) return this.#largeUnits(address, argument) * UNIT_BYTES;
    const slab = this.#slabById[id] as Slab; // as in free
    blockIndex(slab, address, argument);
    return slab.blockBytes;
  }

  /** Whether `ptr` is the address of a live block. */
  owns(ptr: number): boolean {
    const address = ptr >>> 0;
    const id = this.#runs.slabAt(address);
    if (id < 0) return this.#runs.largeAt(address) > 0;
    const slab = this.#slabById[id] as Slab; // as in free
    const block = (address - slab.ptr) / slab.blockBytes;
    return slab.links[block] === ALLOCATED; // undefined for a fraction
  }

  /** A command begins. */
  mark(): void {
    this.#markBlocks = this.liveBlocks;
    this.#markBytes = this.#liveBytes;
  }

  /** A command has ended: what it left is kept for `outstanding`. */
  settle(): void {
    this.#leftBlocks = this.liveBlocks - this.#markBlocks;
    this.#leftBytes = this.#liveBytes - this.#markBytes;
  }

  /** What the last command allocated and did not free; negative when it freed more. */
  get outstanding(): Outstanding {
    return { blocks: this.#leftBlocks, bytes: this.#leftBytes };
  }

  #count(bytes: number): void {
    this.#allocations++;
    this.#liveBytes += bytes;
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
  }

  #allocLarge(bytes: number): number {
    if (bytes > ALLOC_MAX_BYTES) return 0;
    const units = Math.ceil(bytes / UNIT_BYTES);
    let unit = this.#runs.takeLarge(units);
    if (unit === 0 && this.#trim()) unit = this.#runs.takeLarge(units);
    if (unit === 0) return 0;
    this.#count(units * UNIT_BYTES);
    return unit * UNIT_BYTES;
  }

  #freeLarge(address: number, argument: string): void {
    const units = this.#largeUnits(address, argument);
    this.#runs.release(address / UNIT_BYTES, units);
    this.#liveBytes -= units * UNIT_BYTES;
    this.#frees++;
  }

  #largeUnits(address: number, argument: string): number {
    const units = this.#runs.largeAt(address);
    if (units > 0) return units;
    const state = this.#runs.isFree(address)
      ? 'is free: freed twice, or never allocated'
      : 'is not an address that Alloc returned';
    throw new ModuleTrap(`${hex32(address)} ${state}`, argument);
  }

  #resizeInPlace(ptr: number, oldBytes: number, bytes: number): boolean {
    if (oldBytes <= SMALL_MAX_BYTES) {
      if (bytes > SMALL_MAX_BYTES) return false;
      return CLASS_BYTES[CLASS_OF[(bytes + 15) >> 4] as number] === oldBytes;
    }
    if (bytes <= SMALL_MAX_BYTES || bytes > ALLOC_MAX_BYTES) return false;
    const units = Math.ceil(bytes / UNIT_BYTES);
    const oldUnits = oldBytes / UNIT_BYTES;
    if (!this.#runs.resize(ptr / UNIT_BYTES, oldUnits, units)) return false;
    this.#liveBytes += (units - oldUnits) * UNIT_BYTES;
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
    return true;
  }

  #addSlab(sizeClass: number): Slab | null {
    const units = SLAB_UNITS[sizeClass] as number; // both tables have an entry for each class
    const blockBytes = CLASS_BYTES[sizeClass] as number;
    const id = this.#freeIds.pop() ?? this.#slabById.length;
    let unit = this.#runs.takeSlab(units, id);
    if (unit === 0 && this.#trim()) unit = this.#runs.takeSlab(units, id);
    if (unit === 0) {
      this.#returnId(id);
      return null;
    }
    const count = Math.floor((units * UNIT_BYTES) / blockBytes);
    const links = new Uint16Array(count);
    for (let i = 0; i < count; i++) links[i] = i + 1;
    links[count - 1] = LAST_FREE;
    const slab: Slab = {
      ptr: unit * UNIT_BYTES,
      sizeClass,
      blockBytes,
      units,
      links,
      free: 0,
      live: 0,
      next: null,
      previous: null,
      isListed: false,
    };
    this.#slabById[id] = slab;
    this.#list(slab);
    return slab;
  }

  #removeSlab(slab: Slab, id: number): void {
    this.#unlist(slab);
    this.#runs.release(slab.ptr / UNIT_BYTES, slab.units);
    this.#slabById[id] = null;
    this.#freeIds.push(id);
  }

  /** Gives back the slabs that were kept without live blocks; false if there were none. */
  #trim(): boolean {
    let isTrimmed = false;
    this.#slabById.forEach((slab, id) => {
      if (slab === null || slab.live > 0) return;
      this.#removeSlab(slab, id);
      isTrimmed = true;
    });
    return isTrimmed;
  }

  #returnId(id: number): void {
    if (id < this.#slabById.length) this.#freeIds.push(id);
  }

  #list(slab: Slab): void {
    const head = this.#slabs[slab.sizeClass] ?? null;
    slab.next = head;
    slab.previous = null;
    if (head !== null) head.previous = slab;
    this.#slabs[slab.sizeClass] = slab;
    slab.isListed = true;
  }

  #unlist(slab: Slab): void {
    const { next, previous } = slab;
    if (next !== null) next.previous = previous;
    if (previous !== null) previous.next = next;
    else this.#slabs[slab.sizeClass] = next;
    slab.next = null;
    slab.previous = null;
    slab.isListed = false;
  }
}

/** The index of the live block at `address`; traps for a freed one and for its inside. */
function blockIndex(slab: Slab, address: number, argument: string): number {
  const offset = address - slab.ptr;
  const block = (offset / slab.blockBytes) | 0;
  if (slab.links[block] === ALLOCATED && block * slab.blockBytes === offset) return block;
  const isStart = block * slab.blockBytes === offset && block < slab.links.length;
  const state = isStart
    ? 'is free: freed twice, or never allocated'
    : 'is not an address that Alloc returned';
  throw new ModuleTrap(`${hex32(address)} ${state}`, argument);
}

function makeClasses(): number[] {
  const classes: number[] = [];
  for (let size = ALIGNMENT; size <= 128; size += ALIGNMENT) classes.push(size);
  for (let base = 128; base < SMALL_MAX_BYTES; base *= 2) {
    for (let step = 1; step <= 4; step++) classes.push(base + (base / 4) * step);
  }
  return classes;
}

function makeClassTable(): Uint8Array {
  const table = new Uint8Array(SMALL_MAX_BYTES / ALIGNMENT + 1);
  let sizeClass = 0;
  for (let i = 0; i < table.length; i++) {
    while ((CLASS_BYTES[sizeClass] as number) < i * ALIGNMENT) sizeClass++; // the last fits all
    table[i] = sizeClass;
  }
  return table;
}

/** Units of a slab: small for small classes, and so that little is left over at its end. */
function slabUnits(blockBytes: number): number {
  const least = Math.max(2, Math.ceil((blockBytes * 4) / UNIT_BYTES));
  let best = least;
  let bestWaste = 1;
  for (let units = least; units <= least * 2; units++) {
    const waste = ((units * UNIT_BYTES) % blockBytes) / (units * UNIT_BYTES);
    if (waste < bestWaste - 0.01) {
      best = units;
      bestWaste = waste;
    }
  }
  return best;
}
