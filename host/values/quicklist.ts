// The body of lists: a chain of nodes, each with as many elements as one of Redis's listpacks
// would hold. Where nodes begin and end follows Redis exactly, because a list's encoding and
// its serialized form depend on it.

import type { ByteString } from '../lib/bytes.ts';
import { SLOT_BYTES, stringBytes } from './estimate.ts';
import type { Undo, Value } from './ledger.ts';
import { LISTPACK_OVERHEAD_BYTES, listpackEntryBytes } from './listpack-size.ts';

/** Nodes limited by count may still not be larger than this. */
const COUNTED_NODE_MAX_BYTES = 8192;
/** What Redis adds to an element's length to guess the size of its entry. */
const ENTRY_GUESS_BYTES = 8;
/** `list-max-listpack-size` -1 … -5; smaller numbers count as -5. */
const SIZE_CLASSES = [4096, 8192, 16384, 32768, 65536] as const;
const FILL_MAX = 2 ** 15 - 1;
const NODE_BYTES = 120;

/** The limits of a node for a `list-max-listpack-size`. */
export interface NodeLimit {
  /** Infinity when elements are counted. */
  readonly bytes: number;
  /** Infinity when bytes are. */
  readonly count: number;
}

export function nodeLimit(fill: number): NodeLimit {
  if (fill >= 0) return { bytes: Infinity, count: Math.max(1, Math.min(fill, FILL_MAX)) };
  const bytes = SIZE_CLASSES[Math.min(-fill, SIZE_CLASSES.length) - 1] as number; // 1 … 5
  return { bytes, count: Infinity };
}

/** Whether a listpack of so many bytes and elements would be too large for a node. */
export function exceedsNodeLimit(limit: NodeLimit, bytes: number, count: number): boolean {
  if (limit.count === Infinity) return bytes > limit.bytes;
  return bytes > COUNTED_NODE_MAX_BYTES || count > limit.count;
}

/** No limit: the one node of a list in listpack encoding. */
export const UNLIMITED: NodeLimit = { bytes: Infinity, count: Infinity };

export class ListNode {
  /** Read-only outside this file, as all fields. */
  readonly items: ByteString[] = [];
  /** The size as a listpack. */
  listpackBytes = LISTPACK_OVERHEAD_BYTES;
  /** The estimate of what it takes here. */
  heapBytes = NODE_BYTES;
  previous: ListNode | null = null;
  next: ListNode | null = null;
}

/** An element's node and its position there. */
export interface Place {
  readonly node: ListNode;
  readonly offset: number;
}

/**
 * Every change is made of six primitives (insert, remove, replace, link, unlink, limit), each of
 * which notes its exact inverse and counts its bytes in the list that owns this body.
 */
export class Quicklist {
  head: ListNode | null = null;
  tail: ListNode | null = null;
  /** Number of elements. */
  length = 0;
  /** Read-only outside; changed by `setLimit`. */
  limit: NodeLimit = UNLIMITED;
  readonly #owner: Value;

  constructor(owner: Value) {
    this.#owner = owner;
  }

  /** Whether all elements are in one node, or there are none. */
  get isSingle(): boolean {
    return this.head === this.tail;
  }

  pushHead(element: ByteString): void {
    const node = this.head;
    const target = node !== null && this.#hasRoom(node, element) ? node : this.#linkNew(null);
    this.#insert(target, 0, element);
  }

  pushTail(element: ByteString): void {
    const node = this.tail;
    const target = node !== null && this.#hasRoom(node, element) ? node : this.#linkNew(node);
    this.#insert(target, target.items.length, element);
  }

  /** Adds a node with these elements at the tail, whatever its size; for loaders. */
  appendNode(elements: readonly ByteString[]): void {
    if (elements.length > 0) this.#insertAll(this.#linkNew(this.tail), 0, elements);
  }

  /** The place of an index in [0, length); O(nodes from the nearer end). */
  locate(index: number): Place {
    if (index < this.length / 2) {
      let node = this.head as ListNode; // length > 0
      let offset = index;
      while (offset >= node.items.length) {
        offset -= node.items.length;
        node = node.next as ListNode; // the counts add up to length
      }
      return { node, offset };
    }
    let node = this.tail as ListNode; // length > 0
    let after = this.length - index; // elements from this one to the end
    while (after > node.items.length) {
      after -= node.items.length;
      node = node.previous as ListNode; // the counts add up to length
    }
    return { node, offset: node.items.length - after };
  }

  replace(place: Place, element: ByteString): void {
    this.#replace(place.node, place.offset, element);
  }

  /** Removes `count` elements of one node; a node that would be empty goes with its elements. */
  removeFrom(node: ListNode, offset: number, count: number): void {
    if (offset === 0 && count >= node.items.length) this.#unlink(node);
    else if (count === 1) this.#removeOne(node, offset);
    else this.#remove(node, offset, count);
  }

  insertBefore(place: Place, element: ByteString): void {
    const { node, offset } = place;
    const previous = node.previous;
    if (this.#hasRoom(node, element)) {
      this.#insert(node, offset, element);
    } else if (offset > 0) {
      const front = this.#linkNew(previous);
      this.#move(node, 0, offset, front);
      this.#insert(front, front.items.length, element);
      this.#mergeAround(node);
    } else if (previous !== null && this.#hasRoom(previous, element)) {
      this.#insert(previous, previous.items.length, element);
    } else {
      this.#insert(this.#linkNew(previous), 0, element);
    }
  }

  insertAfter(place: Place, element: ByteString): void {
    const { node, offset } = place;
    const next = node.next;
    const end = node.items.length;
    if (this.#hasRoom(node, element)) {
      this.#insert(node, offset + 1, element);
    } else if (offset < end - 1) {
      const back = this.#linkNew(node);
      this.#move(node, offset + 1, end - offset - 1, back);
      this.#insert(back, 0, element);
      this.#mergeAround(node);
    } else if (next !== null && this.#hasRoom(next, element)) {
      this.#insert(next, 0, element);
    } else {
      this.#insert(this.#linkNew(node), 0, element);
    }
  }

  setLimit(limit: NodeLimit): void {
    const former = this.limit;
    this.limit = limit;
    if (this.#isJournaled()) {
      this.#note(() => {
        this.limit = former;
      });
    }
  }

  #hasRoom(node: ListNode, element: ByteString): boolean {
    const bytes = node.listpackBytes + element.length + ENTRY_GUESS_BYTES;
    return this.limit === UNLIMITED || !exceedsNodeLimit(this.limit, bytes, node.items.length + 1);
  }

  /** After a split Redis joins neighbours again where two fit into one, in this order. */
  #mergeAround(centre: ListNode): void {
    const { previous, next } = centre;
    if (previous !== null) this.#tryMerge(previous.previous, previous);
    if (next !== null) this.#tryMerge(next, next.next);
    const before = centre.previous;
    const target = this.#tryMerge(before, centre) && before !== null ? before : centre;
    this.#tryMerge(target, target.next);
  }

  /** Moves all of `b` to the end of `a`, its neighbour, if one node may hold both. */
  #tryMerge(a: ListNode | null, b: ListNode | null): boolean {
    if (a === null || b === null) return false;
    const bytes = a.listpackBytes + b.listpackBytes - LISTPACK_OVERHEAD_BYTES;
    if (exceedsNodeLimit(this.limit, bytes, a.items.length + b.items.length)) return false;
    this.#move(b, 0, b.items.length, a);
    this.#unlink(b);
    return true;
  }

  /** Moves elements to the end of another node. */
  #move(from: ListNode, offset: number, count: number, to: ListNode): void {
    const elements = from.items.slice(offset, offset + count);
    this.#remove(from, offset, count);
    this.#insertAll(to, to.items.length, elements);
  }

  // The primitives. Their raw halves below do the work and are each other's inverses; closures
  // are kept out of the functions that run without a journal.

  #insert(node: ListNode, offset: number, element: ByteString): void {
    this.#rawInsert(node, offset, element);
    if (this.#isJournaled()) this.#noteInsert(node, offset, 1);
  }

  #insertAll(node: ListNode, offset: number, elements: readonly ByteString[]): void {
    this.#rawInsertAll(node, offset, elements);
    if (this.#isJournaled()) this.#noteInsert(node, offset, elements.length);
  }

  #remove(node: ListNode, offset: number, count: number): void {
    const removed = this.#rawRemove(node, offset, count);
    if (this.#isJournaled()) this.#note(() => this.#rawInsertAll(node, offset, removed));
  }

  #removeOne(node: ListNode, offset: number): void {
    const removed = this.#rawRemoveOne(node, offset);
    if (this.#isJournaled()) this.#noteRemoveOne(node, offset, removed);
  }

  #replace(node: ListNode, offset: number, element: ByteString): void {
    const former = this.#rawReplace(node, offset, element);
    if (this.#isJournaled()) this.#note(() => this.#rawReplace(node, offset, former));
  }

  /** A new, empty node after `previous`, or at the head. */
  #linkNew(previous: ListNode | null): ListNode {
    const node = new ListNode();
    this.#rawLink(node, previous);
    if (this.#isJournaled()) this.#note(() => this.#rawUnlink(node));
    return node;
  }

  /** Takes out a node with all it holds. */
  #unlink(node: ListNode): void {
    const previous = node.previous;
    this.#rawUnlink(node);
    if (this.#isJournaled()) this.#note(() => this.#rawLink(node, previous));
  }

  #rawInsert(node: ListNode, offset: number, element: ByteString): void {
    const items = node.items;
    if (offset === items.length) items.push(element);
    else if (offset === 0) items.unshift(element);
    else items.splice(offset, 0, element);
    this.#count(node, element, 1);
  }

  #rawInsertAll(node: ListNode, offset: number, elements: readonly ByteString[]): void {
    const rest = node.items.splice(offset);
    for (const element of elements) {
      node.items.push(element); // one by one: a spread of many arguments can overflow the stack
      this.#count(node, element, 1);
    }
    for (const element of rest) node.items.push(element);
  }

  #rawRemove(node: ListNode, offset: number, count: number): ByteString[] {
    const removed = node.items.splice(offset, count);
    for (const element of removed) this.#count(node, element, -1);
    return removed;
  }

  /** Most removals are pops: `shift` and `pop` need no array and V8 does not move the rest. */
  #rawRemoveOne(node: ListNode, offset: number): ByteString {
    const { items } = node;
    const element = items[offset] as ByteString; // the caller's place is valid
    if (offset === 0) items.shift();
    else if (offset === items.length - 1) items.pop();
    else items.splice(offset, 1);
    this.#count(node, element, -1);
    return element;
  }

  #rawReplace(node: ListNode, offset: number, element: ByteString): ByteString {
    const former = node.items[offset] as ByteString; // the caller's place is valid
    node.items[offset] = element;
    this.#count(node, former, -1);
    this.#count(node, element, 1);
    return former;
  }

  #rawLink(node: ListNode, previous: ListNode | null): void {
    const next = previous === null ? this.head : previous.next;
    node.previous = previous;
    node.next = next;
    if (previous === null) this.head = node;
    else previous.next = node;
    if (next === null) this.tail = node;
    else next.previous = node;
    this.length += node.items.length;
    this.#account(node.heapBytes);
  }

  #rawUnlink(node: ListNode): void {
    const { previous, next } = node;
    if (previous === null) this.head = next;
    else previous.next = next;
    if (next === null) this.tail = previous;
    else next.previous = previous;
    this.length -= node.items.length;
    this.#account(-node.heapBytes);
  }

  /** Counts an element that came into (1) or left (-1) a linked node. */
  #count(node: ListNode, element: ByteString, sign: 1 | -1): void {
    const heapBytes = sign * (stringBytes(element) + SLOT_BYTES);
    node.listpackBytes += sign * listpackEntryBytes(element);
    node.heapBytes += heapBytes;
    this.length += sign;
    this.#account(heapBytes);
  }

  #account(delta: number): void {
    const owner = this.#owner;
    owner.memoryBytes += delta;
    if (owner.ledger !== null) owner.ledger.valueBytes += delta;
  }

  #isJournaled(): boolean {
    const ledger = this.#owner.ledger;
    return ledger !== null && ledger.undo !== null;
  }

  #note(undo: Undo): void {
    this.#owner.ledger?.undo?.push(undo);
  }

  #noteInsert(node: ListNode, offset: number, count: number): void {
    this.#note(() => this.#rawRemove(node, offset, count));
  }

  #noteRemoveOne(node: ListNode, offset: number, removed: ByteString): void {
    this.#note(() => this.#rawInsert(node, offset, removed));
  }
}
