// HandleTable: what a guest holds instead of pointers to the host's objects. One table per
// module instance, so a handle means nothing in another instance.

import { hex32, ModuleTrap } from './trap.ts';

// A handle is one i32, never 0:
//
//     31     27 26        22 21                    0
//    +---------+------------+-----------------------+
//    |  kind   | generation |         index         |
//    +---------+------------+-----------------------+
//
// Slots are reused first-in first-out, and not before FREE_MIN of them wait, so that a stale
// handle is recognised for at least FREE_MIN * 32 further handles.

const INDEX_BITS = 22;
const GENERATION_BITS = 5;
const KIND_SHIFT = INDEX_BITS + GENERATION_BITS;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATION_MASK = (1 << GENERATION_BITS) - 1;
const FREE_MIN = 256;
const FIRST_CAPACITY = 512;

/** Kinds are 1 to this. */
export const HANDLE_KIND_MAX = 31;
/** Open scopes; one for each nested call into the guest. */
export const SCOPE_MAX_DEPTH = 64;
/** Handles that live at the same time, retained ones included. */
export const HANDLE_MAX_COUNT = (1 << INDEX_BITS) - SCOPE_MAX_DEPTH;
/** Handles that live in open scopes, retained ones not counted. */
export const SCOPED_HANDLE_MAX_COUNT = 100_000;

/** So many more live handles, and the owner of the table is asked again. */
const ASK_EVERY = 4096;

/** Called for each handle that a scope releases, newest first; it may release others. */
export type OnRelease = (kind: number, object: object) => void;

/**
 * Objects by handle. A handle belongs to the innermost scope open when it was created, which
 * releases it when it closes, or to none (retained), and then lives until it is released.
 * `get` costs one array comparison and allocates nothing.
 */
export class HandleTable {
  /** Names of the kinds for messages: `kindNames[kind]`. */
  readonly #kindNames: readonly string[];
  readonly #onRelease: OnRelease;
  /** The live handle of each slot, 0 when free. */
  #handles = new Int32Array(FIRST_CAPACITY);
  /** Times a slot was freed; from 32 on, when all generations were issued, it cycles 32..255. */
  #generations = new Uint8Array(FIRST_CAPACITY);
  readonly #objects: (object | null)[] = [];
  // Each slot is in one list: that of its scope (circular, with slot `depth` as the sentinel; 0
  // is the list of retained handles), or the queue of free slots (linked by #next only).
  #next = new Int32Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  /** The scope's depth for a live slot, 0 when retained. */
  #scopes = new Uint8Array(FIRST_CAPACITY);
  /** What `issued` was when the handle of a slot was issued. */
  #births = new Int32Array(FIRST_CAPACITY);
  #issued = 0;
  #freeHead = 0;
  #freeTail = 0;
  #freeCount = 0;
  /** Slots ever used. */
  #used = SCOPE_MAX_DEPTH;
  #depth = 0;
  #liveCount = 0;
  #scopedCount = 0;
  readonly #onMore: () => void;
  #askAt = ASK_EVERY;

  /** @param onMore is called now and then while handles become more; it may trap */
  constructor(kindNames: readonly string[], onRelease: OnRelease, onMore = () => {}) {
    if (kindNames.length > HANDLE_KIND_MAX + 1) throw new RangeError('too many kinds of handles');
    this.#kindNames = kindNames;
    this.#onRelease = onRelease;
    this.#onMore = onMore;
    for (let i = 0; i < SCOPE_MAX_DEPTH; i++) {
      this.#next[i] = i;
      this.#previous[i] = i;
      this.#objects.push(null);
    }
  }

  /** Handles alive, retained ones included. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** Handles that open scopes will release. */
  get scopedCount(): number {
    return this.#scopedCount;
  }

  get depth(): number {
    return this.#depth;
  }

  /** A mark for `forEachSince`. */
  get issued(): number {
    return this.#issued;
  }

  /**
   * A new handle for `object` in the innermost scope; retained when no scope is open.
   * The table keeps the object alive until the handle is released.
   */
  create(kind: number, object: object): number {
    if (this.#depth > 0 && this.#scopedCount >= SCOPED_HANDLE_MAX_COUNT) {
      throw new ModuleTrap(`more than ${SCOPED_HANDLE_MAX_COUNT} handles live in one call`);
    }
    return this.#create(kind, object, this.#depth);
  }

  /** A new handle that lives until it is released, whatever scopes close. */
  createRetained(kind: number, object: object): number {
    return this.#create(kind, object, 0);
  }

  /**
   * The object behind `handle`, which must be alive and of kind `kind`.
   * @throws ModuleTrap saying whether it was freed, of another kind, or never issued.
   */
  get(handle: number, kind: number, argument = ''): object {
    const index = handle & INDEX_MASK;
    if (this.#handles[index] !== (handle | 0) || handle >>> KIND_SHIFT !== kind || handle === 0) {
      this.#refuse(handle, kind, argument);
    }
    return this.#objects[index] as object; // a live slot holds an object
  }

  /** Whether `handle` is alive and of kind `kind`. */
  has(handle: number, kind: number): boolean {
    const isLive = handle !== 0 && this.#handles[handle & INDEX_MASK] === (handle | 0);
    return isLive && handle >>> KIND_SHIFT === kind;
  }

  /** Ends the handle's life and returns its object; `onRelease` is not called. */
  release(handle: number, kind: number, argument = ''): object {
    const object = this.get(handle, kind, argument);
    this.#free(handle & INDEX_MASK);
    return object;
  }

  /** Takes the handle out of its scope: it lives until it is released. */
  retain(handle: number, kind: number, argument = ''): void {
    this.get(handle, kind, argument);
    const index = handle & INDEX_MASK;
    if (this.#scopes[index] === 0) return;
    this.#unlink(index);
    this.#link(index, 0);
    this.#scopedCount--;
  }

  /** Opens a scope; returns its depth, which closeScope wants back. */
  openScope(): number {
    if (this.#depth + 1 >= SCOPE_MAX_DEPTH) {
      throw new ModuleTrap(`calls nested deeper than ${SCOPE_MAX_DEPTH - 1}`);
    }
    return ++this.#depth;
  }

  /**
   * Closes the scope of `depth`, and those inside it that a trap left open: releases their
   * handles, newest first. O(handles released).
   */
  closeScope(depth: number): void {
    if (depth < 1 || depth > this.#depth) throw new RangeError(`no open scope ${depth}`);
    while (this.#depth >= depth) {
      const sentinel = this.#depth;
      let index = this.#previous[sentinel] as number; // sentinels are below every capacity
      while (index !== sentinel) {
        const kind = (this.#handles[index] as number) >>> KIND_SHIFT; // a slot in use
        const object = this.#objects[index] as object; // a live slot holds an object
        this.#free(index);
        this.#onRelease(kind, object);
        index = this.#previous[sentinel] as number;
      }
      this.#depth--;
    }
  }

  /** Live handles by kind, for leak reports and INFO: `counts[kind]`. O(slots). */
  countByKind(): number[] {
    const counts = this.#kindNames.map(() => 0);
    for (let index = SCOPE_MAX_DEPTH; index < this.#used; index++) {
      const kind = (this.#handles[index] as number) >>> KIND_SHIFT; // below #used
      if (kind !== 0) counts[kind] = (counts[kind] as number) + 1; // kinds have names
    }
    return counts;
  }

  /** Calls `visit` for every live handle; `visit` may release it. For unload. O(slots). */
  forEach(visit: (handle: number, kind: number, object: object) => void): void {
    for (let index = SCOPE_MAX_DEPTH; index < this.#used; index++) {
      const handle = this.#handles[index] as number; // below #used
      if (handle !== 0) visit(handle, handle >>> KIND_SHIFT, this.#objects[index] as object);
    }
  }

  /** The same for the handles issued after `mark`, of which there are fewer than 2^31. */
  forEachSince(mark: number, visit: (handle: number, kind: number, object: object) => void): void {
    for (let index = SCOPE_MAX_DEPTH; index < this.#used; index++) {
      const handle = this.#handles[index] as number; // below #used
      const age = ((this.#births[index] as number) - mark) | 0; // below #used
      if (handle !== 0 && age > 0) {
        visit(handle, handle >>> KIND_SHIFT, this.#objects[index] as object); // it is live
      }
    }
  }

  #create(kind: number, object: object, scope: number): number {
    if (kind < 1 || kind >= this.#kindNames.length) throw new RangeError(`no handle kind ${kind}`);
    if (this.#liveCount >= this.#askAt) {
      this.#onMore();
      this.#askAt = this.#liveCount + ASK_EVERY;
    }
    const index = this.#freeCount >= FREE_MIN ? this.#takeFree() : this.#takeNew();
    const generation = (this.#generations[index] as number) & GENERATION_MASK; // within capacity
    const handle = (kind << KIND_SHIFT) | (generation << INDEX_BITS) | index;
    this.#handles[index] = handle;
    this.#objects[index] = object;
    this.#issued = (this.#issued + 1) | 0;
    this.#births[index] = this.#issued;
    this.#link(index, scope);
    this.#liveCount++;
    if (scope > 0) this.#scopedCount++;
    return handle;
  }

  #takeFree(): number {
    const index = this.#freeHead;
    this.#freeHead = this.#next[index] as number; // a free slot links to the next
    this.#freeCount--;
    return index;
  }

  #takeNew(): number {
    if (this.#used > INDEX_MASK) {
      if (this.#freeCount > 0) return this.#takeFree();
      throw new ModuleTrap(`more than ${HANDLE_MAX_COUNT} handles`);
    }
    if (this.#used === this.#handles.length) this.#grow();
    this.#objects.push(null);
    return this.#used++;
  }

  #grow(): void {
    const capacity = Math.min(this.#handles.length * 2, 1 << INDEX_BITS);
    this.#handles = grownInt32(this.#handles, capacity);
    this.#next = grownInt32(this.#next, capacity);
    this.#previous = grownInt32(this.#previous, capacity);
    this.#births = grownInt32(this.#births, capacity);
    this.#generations = grownUint8(this.#generations, capacity);
    this.#scopes = grownUint8(this.#scopes, capacity);
  }

  #free(index: number): void {
    this.#unlink(index);
    if ((this.#scopes[index] as number) > 0) this.#scopedCount--; // callers pass live slots
    this.#liveCount--;
    this.#handles[index] = 0;
    this.#objects[index] = null;
    const generation = (this.#generations[index] as number) + 1;
    this.#generations[index] = generation > 255 ? GENERATION_MASK + 1 : generation;
    if (this.#freeCount === 0) this.#freeHead = index;
    else this.#next[this.#freeTail] = index;
    this.#freeTail = index;
    this.#freeCount++;
  }

  #link(index: number, scope: number): void {
    const last = this.#previous[scope] as number; // scope is a sentinel
    this.#next[last] = index;
    this.#previous[index] = last;
    this.#next[index] = scope;
    this.#previous[scope] = index;
    this.#scopes[index] = scope;
  }

  #unlink(index: number): void {
    const next = this.#next[index] as number; // a live slot is in a list
    const previous = this.#previous[index] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  /** The slow path of every check: says what is wrong with the handle. */
  #refuse(handle: number, kind: number, argument: string): never {
    const wanted = this.#kindNames[kind] ?? `kind ${kind}`;
    const index = handle & INDEX_MASK;
    const itsKind = handle >>> KIND_SHIFT;
    const itsName = this.#kindNames[itsKind];
    let reason = 'was never issued';
    if (handle === 0) reason = 'is NULL';
    else if (this.#handles[index] === (handle | 0)) reason = `is a ${itsName}`;
    else if (itsKind > 0 && itsName !== undefined && this.#wasIssued(handle)) {
      reason = `was freed (it was a ${itsName})`;
    }
    throw new ModuleTrap(`handle ${hex32(handle)} ${reason}, not a live ${wanted}`, argument);
  }

  /** Whether a dead handle's generation has been issued for its slot. */
  #wasIssued(handle: number): boolean {
    const index = handle & INDEX_MASK;
    if (index < SCOPE_MAX_DEPTH || index >= this.#used) return false;
    const issued = this.#generations[index] as number; // below #used
    return ((handle >>> INDEX_BITS) & GENERATION_MASK) < issued;
  }
}

function grownInt32(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(array);
  return grown;
}

function grownUint8(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(array);
  return grown;
}
