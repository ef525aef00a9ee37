// An open-addressing hash table of (hash, address) pairs with incremental rehash and stateless
// scan cursors. It knows nothing of keys: whoever searches compares the records itself.
//
// Linear probing. In the table that only shrinks during a rehash, moved or deleted slots become
// tombstones (address −1); in the live table deletion shifts the run back, so it has none.

const MIN_CAPACITY = 4;
/** Slots looked at per operation while a rehash is going on. */
const REHASH_STEP_SLOTS = 32;
const TOMBSTONE = -1;

/** Tells whether the record at `address` is the one looked for. */
export interface SlotTableOwner {
  /** Called by scans for each record; `address` is never 0 or negative. */
  visit(address: number): void;
}

/** Memory that tables share; each takes from it what it grows by. */
export interface TableRoom {
  tableRoomBytes: number;
}

const SLOT_BYTES = 8;

export class SlotTable {
  /** Interleaved: slots[2i] = hash, slots[2i+1] = address (0: empty). */
  slots: Int32Array;
  mask: number;
  /** The table being emptied by a rehash, or null. */
  old: Int32Array | null = null;
  oldMask = 0;
  #rehashAt = 0;
  #oldCount = 0;
  #count = 0;
  readonly #room: TableRoom | null;

  /** @param room none: there is no limit */
  constructor(room: TableRoom | null = null) {
    this.#room = room;
    this.slots = new Int32Array(MIN_CAPACITY * 2);
    this.mask = MIN_CAPACITY - 1;
  }

  /** Records in the table. */
  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.slots.byteLength + (this.old?.byteLength ?? 0);
  }

  /** Adds a record that is known not to be there. Amortised O(1). */
  insert(hash: number, address: number): void {
    if (this.old !== null) this.rehashStep(REHASH_STEP_SLOTS);
    // At most half full: longer probe runs cost more than the memory is worth.
    if ((this.#count - this.#oldCount + 1) * 2 > this.mask + 1) this.#grow();
    this.#place(hash, address);
    this.#count++;
  }

  /** Removes the record with this address; false when it is not there. */
  remove(hash: number, address: number): boolean {
    if (this.old !== null) this.rehashStep(REHASH_STEP_SLOTS);
    const slots = this.slots;
    for (let i = hash & this.mask; slots[2 * i + 1] !== 0; i = (i + 1) & this.mask) {
      if (slots[2 * i + 1] === address) {
        this.#closeGap(i);
        this.#count--;
        this.#shrinkIfSparse();
        return true;
      }
    }
    const old = this.old;
    if (old === null) return false;
    for (let i = hash & this.oldMask; old[2 * i + 1] !== 0; i = (i + 1) & this.oldMask) {
      if (old[2 * i + 1] === address) {
        old[2 * i + 1] = TOMBSTONE;
        this.#oldCount--;
        this.#count--;
        return true;
      }
    }
    return false;
  }

  /** A random record's address, or 0 when empty. Near-uniform; expected O(1). */
  random(below: (bound: number) => number): number {
    if (this.#count === 0) return 0;
    for (;;) {
      const oldSlots = this.old === null ? 0 : this.oldMask + 1;
      const pick = below(this.mask + 1 + oldSlots);
      const address =
        pick <= this.mask
          ? (this.slots[2 * pick + 1] as number)
          : ((this.old as Int32Array)[2 * (pick - this.mask - 1) + 1] as number);
      if (address > 0) return address;
    }
  }

  /**
   * Visits the records of one cursor position and returns the next cursor (0: done). A record
   * that is in the table from the first call to the last is visited at least once.
   * Algorithm: reverse-binary increments over home buckets (Pieter Noordhuis, dict.c); a record
   * is visited with its home bucket wherever probing has put it.
   */
  scan(cursor: number, owner: SlotTableOwner): number {
    if (this.old === null) {
      this.#visitHome(this.slots, this.mask, cursor & this.mask, owner);
      return nextCursor(cursor, this.mask);
    }
    const oldIsSmaller = this.oldMask < this.mask;
    const small = oldIsSmaller ? this.old : this.slots;
    const smallMask = oldIsSmaller ? this.oldMask : this.mask;
    const large = oldIsSmaller ? this.slots : this.old;
    const largeMask = oldIsSmaller ? this.mask : this.oldMask;
    this.#visitHome(small, smallMask, cursor & smallMask, owner);
    let at = cursor;
    do {
      this.#visitHome(large, largeMask, at & largeMask, owner);
      at = nextCursor(at, largeMask);
    } while ((at & (smallMask ^ largeMask)) !== 0);
    return at;
  }

  /** Moves up to `slotBudget` slots of a rehash; true while there is more to do. */
  rehashStep(slotBudget: number): boolean {
    const old = this.old;
    if (old === null) return false;
    const end = Math.min(this.#rehashAt + slotBudget, this.oldMask + 1);
    for (let i = this.#rehashAt; i < end; i++) {
      const address = old[2 * i + 1] as number;
      if (address <= 0) continue;
      this.#place(old[2 * i] as number, address);
      old[2 * i + 1] = TOMBSTONE;
      this.#oldCount--;
    }
    this.#rehashAt = end;
    if (end > this.oldMask || this.#oldCount === 0) this.old = null;
    return this.old !== null;
  }

  #visitHome(slots: Int32Array, mask: number, home: number, owner: SlotTableOwner): void {
    for (let i = home, probes = 0; slots[2 * i + 1] !== 0 && probes <= mask; probes++) {
      const address = slots[2 * i + 1] as number;
      if (address > 0 && ((slots[2 * i] as number) & mask) === home) owner.visit(address);
      i = (i + 1) & mask;
    }
  }

  #place(hash: number, address: number): void {
    const slots = this.slots;
    let i = hash & this.mask;
    while (slots[2 * i + 1] !== 0) i = (i + 1) & this.mask;
    slots[2 * i] = hash;
    slots[2 * i + 1] = address;
  }

  /** Backward-shift deletion: later members of the run move up unless they are at home. */
  #closeGap(gap: number): void {
    const slots = this.slots;
    const mask = this.mask;
    let hole = gap;
    for (let i = (hole + 1) & mask; slots[2 * i + 1] !== 0; i = (i + 1) & mask) {
      const home = (slots[2 * i] as number) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        slots[2 * hole] = slots[2 * i] as number;
        slots[2 * hole + 1] = slots[2 * i + 1] as number;
        hole = i;
      }
    }
    slots[2 * hole + 1] = 0;
  }

  /** Twice as many slots, unless memory is short and a quarter is still free. */
  #grow(): void {
    const capacity = this.mask + 1;
    const bytes = capacity * 2 * SLOT_BYTES;
    const room = this.#room;
    if (room !== null) {
      const isFullEnough = (this.#count - this.#oldCount + 1) * 4 > capacity * 3;
      if (bytes > room.tableRoomBytes && !isFullEnough) return;
      room.tableRoomBytes -= bytes;
    }
    this.#resize(capacity * 2);
  }

  #shrinkIfSparse(): void {
    const capacity = this.mask + 1;
    if (this.old !== null || capacity <= 64 || this.#count * 10 > capacity) return;
    let target = capacity;
    while (target > MIN_CAPACITY && this.#count * 4 <= target) target /= 2;
    this.#resize(target);
  }

  #resize(capacity: number): void {
    while (this.rehashStep(1 << 20)); // a rehash still going on is finished first
    this.old = this.slots;
    this.oldMask = this.mask;
    this.#oldCount = this.#count;
    this.#rehashAt = 0;
    this.slots = new Int32Array(capacity * 2);
    this.mask = capacity - 1;
    if (this.#oldCount === 0) this.old = null;
    else if (capacity <= 1024) while (this.rehashStep(2048)); // small: at once
  }
}

function nextCursor(cursor: number, mask: number): number {
  let v = reverseBits(cursor | ~mask);
  v = (v + 1) | 0;
  return reverseBits(v) >>> 0;
}

function reverseBits(value: number): number {
  let v = value;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  return (v >>> 16) | (v << 16);
}
