// Memory for key records: a slab allocator over large buffers, addressed by 8-byte units.
//
//   address (units of 8 bytes) = segment << 17 | unit in segment
//   segment: 1 MB (the first one starts at 4 KB and doubles), cut into pages
//   page:    8 KB, blocks of one size class; its first 8 bytes are unused, so that no block
//            has address 0 and a page that empties can serve another class
//
// Free blocks are chained inside their page, which bounds fragmentation: memory of a class that
// is no longer used comes back as soon as a page is empty.

const UNIT_BYTES = 8;
const SEGMENT_SHIFT = 17;
const SEGMENT_BYTES = UNIT_BYTES << SEGMENT_SHIFT;
const UNIT_MASK = (1 << SEGMENT_SHIFT) - 1;
const PAGE_SHIFT = 10;
const PAGE_BYTES = UNIT_BYTES << PAGE_SHIFT;
const PAGES_PER_SEGMENT = SEGMENT_BYTES / PAGE_BYTES;
const FIRST_SEGMENT_BYTES = 4096;
const NONE = -1;

/** Blocks larger than this are not the arena's business. */
export const MAX_BLOCK_BYTES = 2048;

/** Block size in bytes of each class; class 0 is unused. */
export const CLASS_BYTES = classSizes();
const CLASS_OF_UNITS = classIndex(CLASS_BYTES);

/** The class of the smallest block that holds `bytes` (≤ MAX_BLOCK_BYTES). */
export function classFor(bytes: number): number {
  return CLASS_OF_UNITS[(bytes + UNIT_BYTES - 1) >> 3] as number;
}

/** One segment's memory as bytes, 32-bit words and doubles. */
export class Segment {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }
}

export class Arena {
  /** Indexed by `address >>> 17`; an entry is replaced when the first segment grows. */
  readonly segments: Segment[] = [];
  /** Bytes of all blocks in use. */
  usedBytes = 0;
  #pageCount = 0;
  #classOfPage = new Uint8Array(8);
  #liveOfPage = new Uint16Array(8);
  /** First free block of a page that was freed, as unit in page; 0: none. */
  #freeOfPage = new Uint16Array(8);
  /** First byte of a page never handed out. */
  #bumpOfPage = new Uint16Array(8);
  #nextPage = new Int32Array(8);
  #previousPage = new Int32Array(8);
  /** Per class, the pages with room. */
  readonly #pagesWithRoom = new Int32Array(CLASS_BYTES.length).fill(NONE);
  /** Empty pages, chained by #nextPage. */
  #emptyPages = NONE;

  /** Bytes reserved from the system. */
  get reservedBytes(): number {
    let total = 0;
    for (const segment of this.segments) total += segment.bytes.length;
    return total;
  }

  segmentOf(address: number): Segment {
    return this.segments[address >>> SEGMENT_SHIFT] as Segment; // addresses come from alloc
  }

  /** Byte offset of an address within its segment. */
  offsetOf(address: number): number {
    return (address & UNIT_MASK) << 3;
  }

  /** Returns the address of a block of class `cls`; its content is undefined. */
  alloc(cls: number): number {
    const size = CLASS_BYTES[cls] as number;
    let page = this.#pagesWithRoom[cls] as number;
    if (page === NONE) page = this.#openPage(cls);
    this.usedBytes += size;
    this.#liveOfPage[page]!++;
    const base = page << PAGE_SHIFT;
    const unit = this.#freeOfPage[page] as number;
    if (unit !== 0) {
      const address = base + unit;
      this.#freeOfPage[page] = this.segmentOf(address).words[(this.offsetOf(address) >> 2) + 1]!;
      this.#unlinkIfFull(page, cls, size);
      return address;
    }
    const bump = this.#bumpOfPage[page] as number;
    this.#bumpOfPage[page] = bump + size;
    this.#unlinkIfFull(page, cls, size);
    const address = base + (bump >> 3);
    const end = this.offsetOf(address) + size;
    if (address >>> SEGMENT_SHIFT === 0 && end > this.#firstSegmentBytes()) this.#growFirst(end);
    return address;
  }

  /** Gives a block back. Its first word becomes 0, which marks it free for walkers. */
  free(address: number, cls: number): void {
    const page = address >>> PAGE_SHIFT;
    const size = CLASS_BYTES[cls] as number;
    const wasFull = this.#isFull(page, size);
    const words = this.segmentOf(address).words;
    const at = this.offsetOf(address) >> 2;
    words[at] = 0;
    words[at + 1] = this.#freeOfPage[page] as number;
    this.#freeOfPage[page] = address & ((1 << PAGE_SHIFT) - 1);
    this.usedBytes -= size;
    this.#liveOfPage[page]!--;
    if (wasFull) this.#link(page, cls);
    if (this.#liveOfPage[page] === 0) this.#closePage(page, cls);
  }

  /** Number of pages ever opened; walkers go through [0, pageCount). */
  get pageCount(): number {
    return this.#pageCount;
  }

  /**
   * The address of the first block in use at or behind block `index` of a page, or 0.
   * Blocks in use have a first word other than 0. Cost: the blocks passed over.
   */
  blockAt(page: number, index: number): { address: number; next: number } {
    const size = CLASS_BYTES[this.#classOfPage[page] as number] as number;
    if (size === 0) return { address: 0, next: index };
    const base = page << PAGE_SHIFT;
    const bump = this.#bumpOfPage[page] as number;
    for (let i = index; UNIT_BYTES + (i + 1) * size <= bump; i++) {
      const address = base + ((UNIT_BYTES + i * size) >> 3);
      if (this.segmentOf(address).words[this.offsetOf(address) >> 2] !== 0) {
        return { address, next: i + 1 };
      }
    }
    return { address: 0, next: index };
  }

  #firstSegmentBytes(): number {
    return (this.segments[0] as Segment).bytes.length;
  }

  #isFull(page: number, size: number): boolean {
    return this.#freeOfPage[page] === 0 && (this.#bumpOfPage[page] as number) + size > PAGE_BYTES;
  }

  #unlinkIfFull(page: number, cls: number, size: number): void {
    if (this.#isFull(page, size)) this.#unlink(page, cls);
  }

  #openPage(cls: number): number {
    let page = this.#emptyPages;
    if (page !== NONE) {
      this.#emptyPages = this.#nextPage[page] as number;
    } else {
      page = this.#pageCount++;
      if (page >= this.#classOfPage.length) this.#growPageTables();
      this.#addSegmentFor(page);
    }
    this.#classOfPage[page] = cls;
    this.#liveOfPage[page] = 0;
    this.#freeOfPage[page] = 0;
    this.#bumpOfPage[page] = UNIT_BYTES;
    this.#link(page, cls);
    return page;
  }

  #closePage(page: number, cls: number): void {
    this.#unlink(page, cls);
    this.#classOfPage[page] = 0;
    this.#nextPage[page] = this.#emptyPages;
    this.#emptyPages = page;
  }

  #link(page: number, cls: number): void {
    const head = this.#pagesWithRoom[cls] as number;
    this.#nextPage[page] = head;
    this.#previousPage[page] = NONE;
    if (head !== NONE) this.#previousPage[head] = page;
    this.#pagesWithRoom[cls] = page;
  }

  #unlink(page: number, cls: number): void {
    const next = this.#nextPage[page] as number;
    const previous = this.#previousPage[page] as number;
    if (next !== NONE) this.#previousPage[next] = previous;
    if (previous !== NONE) this.#nextPage[previous] = next;
    else this.#pagesWithRoom[cls] = next;
  }

  #addSegmentFor(page: number): void {
    const index = Math.floor(page / PAGES_PER_SEGMENT);
    if (index < this.segments.length) return;
    this.segments.push(new Segment(index === 0 ? FIRST_SEGMENT_BYTES : SEGMENT_BYTES));
  }

  #growFirst(needed: number): void {
    const old = this.segments[0] as Segment;
    let size = old.bytes.length;
    while (size < needed) size *= 2;
    const grown = new Segment(size);
    old.bytes.copy(grown.bytes);
    this.segments[0] = grown;
  }

  #growPageTables(): void {
    const size = this.#classOfPage.length * 2;
    const copy = <T extends Uint8Array | Uint16Array | Int32Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#classOfPage = copy(new Uint8Array(size), this.#classOfPage);
    this.#liveOfPage = copy(new Uint16Array(size), this.#liveOfPage);
    this.#freeOfPage = copy(new Uint16Array(size), this.#freeOfPage);
    this.#bumpOfPage = copy(new Uint16Array(size), this.#bumpOfPage);
    this.#nextPage = copy(new Int32Array(size), this.#nextPage);
    this.#previousPage = copy(new Int32Array(size), this.#previousPage);
  }
}

/** 8-byte steps to 256, 32 to 512, 64 to 1024, 128 to 2048: at most 12 % of a block is unused. */
function classSizes(): number[] {
  const sizes = [0];
  for (let size = 16; size <= 256; size += 8) sizes.push(size);
  for (let size = 288; size <= 512; size += 32) sizes.push(size);
  for (let size = 576; size <= 1024; size += 64) sizes.push(size);
  for (let size = 1152; size <= MAX_BLOCK_BYTES; size += 128) sizes.push(size);
  return sizes;
}

function classIndex(sizes: number[]): Uint8Array {
  const index = new Uint8Array(MAX_BLOCK_BYTES / UNIT_BYTES + 1);
  let cls = 1;
  for (let units = 0; units < index.length; units++) {
    while ((sizes[cls] as number) < units * UNIT_BYTES) cls++;
    index[units] = cls;
  }
  return index;
}
