// The list value: byte strings in order, cheap at both ends.

import type { ByteString } from '../lib/bytes.ts';
import { VALUE_BYTES } from './estimate.ts';
import type { Ledger, Value } from './ledger.ts';
import type { EncodingLimits } from './limits.ts';
import { LISTPACK_OVERHEAD_BYTES } from './listpack-size.ts';
import { exceedsNodeLimit, type ListNode, nodeLimit, Quicklist, UNLIMITED } from './quicklist.ts';

export type ListEncoding = 'listpack' | 'quicklist';

/** Indices count from the head and are within [0, length) unless a method says otherwise. */
export class ListValue implements Value {
  readonly type = 'list';
  encoding: ListEncoding = 'listpack';
  memoryBytes = VALUE_BYTES;
  ledger: Ledger | null = null;
  readonly #limits: EncodingLimits;
  readonly #body: Quicklist = new Quicklist(this);

  constructor(limits: EncodingLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#body.length;
  }

  touch(): number {
    return this.#body.length;
  }

  pushHead(element: ByteString): void {
    this.#grow(1, element.length);
    this.#body.pushHead(element);
  }

  pushTail(element: ByteString): void {
    this.#grow(1, element.length);
    this.#body.pushTail(element);
  }

  /** Pushes one after another, so that the last comes first; converts as one command does. */
  pushAllHead(elements: readonly ByteString[]): void {
    this.#grow(elements.length, totalBytes(elements));
    for (const element of elements) this.#body.pushHead(element);
  }

  /** Pushes in order; converts as one command does. */
  pushAllTail(elements: readonly ByteString[]): void {
    this.#grow(elements.length, totalBytes(elements));
    for (const element of elements) this.#body.pushTail(element);
  }

  /** Removes and returns the first element; undefined when empty. */
  popHead(): ByteString | undefined {
    const node = this.#body.head;
    return node === null ? undefined : this.#take(node, 0);
  }

  /** Removes and returns the last element; undefined when empty. */
  popTail(): ByteString | undefined {
    const node = this.#body.tail;
    return node === null ? undefined : this.#take(node, node.items.length - 1);
  }

  /** The element at any index; undefined outside. */
  at(index: number): ByteString | undefined {
    if (index < 0 || index >= this.length) return undefined;
    const { node, offset } = this.#body.locate(index);
    return node.items[offset];
  }

  /** Replaces an element. */
  set(index: number, element: ByteString): void {
    this.#grow(1, element.length);
    this.#body.replace(this.#body.locate(index), element);
    this.#shrink();
  }

  /** Inserts next to the first element that equals `pivot`. @returns false when there is none. */
  insert(pivot: ByteString, element: ByteString, where: 'before' | 'after'): boolean {
    this.#grow(1, element.length); // even when the pivot is not found, as in Redis
    for (let node = this.#body.head; node !== null; node = node.next) {
      const offset = node.items.indexOf(pivot);
      if (offset < 0) continue;
      if (where === 'before') this.#body.insertBefore({ node, offset }, element);
      else this.#body.insertAfter({ node, offset }, element);
      return true;
    }
    return false;
  }

  /** Inserts before the element at `index`; at `length` it appends. */
  insertAt(index: number, element: ByteString): void {
    this.#grow(1, element.length);
    if (index === this.length) this.#body.pushTail(element);
    else this.#body.insertBefore(this.#body.locate(index), element);
  }

  /** Removes and returns one element. */
  removeAt(index: number): ByteString {
    const { node, offset } = this.#body.locate(index);
    return this.#take(node, offset);
  }

  /** Removes `count` elements from `start` on; start + count ≤ length. */
  removeRange(start: number, count: number): void {
    if (count <= 0) return;
    let { node, offset } = this.#body.locate(start);
    for (let left = count; left > 0; ) {
      const here = Math.min(left, node.items.length - offset);
      const next = node.next;
      this.#body.removeFrom(node, offset, here);
      left -= here;
      if (left > 0) node = next as ListNode; // the range is inside
      offset = 0;
    }
    this.#shrink();
  }

  /**
   * Removes elements equal to `element`, at most `most` (0: all), from the head or the tail.
   * @returns how many. O(length).
   */
  removeMatching(element: ByteString, most: number, from: 'head' | 'tail' = 'head'): number {
    const limit = most === 0 ? Infinity : most;
    let removed = 0;
    let node = from === 'head' ? this.#body.head : this.#body.tail;
    while (node !== null && removed < limit) {
      const following: ListNode | null = from === 'head' ? node.next : node.previous;
      removed += this.#removeIn(node, element, limit - removed, from);
      node = following;
    }
    if (removed > 0) this.#shrink();
    return removed;
  }

  /** Visits `count` elements from `start` on; start + count ≤ length. */
  forEach(start: number, count: number, visit: (element: ByteString) => void): void {
    if (count <= 0) return;
    let { node, offset } = this.#body.locate(start);
    for (let left = count; ; offset = 0) {
      const end = Math.min(node.items.length, offset + left);
      left -= end - offset;
      for (let i = offset; i < end; i++) visit(node.items[i] as ByteString); // i < items.length
      if (left === 0) return;
      node = node.next as ListNode; // the range is inside
    }
  }

  /**
   * Walks from `start` towards the tail, or the head when `backward`, until `visit` returns
   * false. A start outside visits nothing. The list must not change meanwhile.
   */
  walk(
    start: number,
    backward: boolean,
    visit: (element: ByteString, index: number) => boolean,
  ): void {
    if (start < 0 || start >= this.length) return;
    const step = backward ? -1 : 1;
    let { node, offset } = this.#body.locate(start);
    for (let index = start; ; index += step, offset += step) {
      if (offset < 0 || offset >= node.items.length) {
        const neighbour = backward ? node.previous : node.next;
        if (neighbour === null) return;
        node = neighbour;
        offset = backward ? node.items.length - 1 : 0;
      }
      if (!visit(node.items[offset] as ByteString, index)) return; // just brought inside
    }
  }

  /** The elements of each node, head first: what RDB saves as one listpack each. Views. */
  *nodes(): Generator<readonly ByteString[]> {
    for (let node = this.#body.head; node !== null; node = node.next) yield node.items;
  }

  /** Appends a whole node whatever its size; a loader calls `settle` after the last. */
  loadNode(elements: readonly ByteString[]): void {
    if (this.encoding === 'listpack') this.#toQuicklist();
    this.#body.appendNode(elements);
  }

  /** Appends with no thought of encodings; a builder calls `settle` after the last. */
  loadElement(element: ByteString): void {
    this.#body.pushTail(element);
  }

  /** Chooses the encoding for what the list now holds. */
  settle(): void {
    if (this.encoding === 'listpack') this.#grow(0, 0);
    else this.#tryListpack(1);
  }

  /** A detached copy with the same nodes and encoding. */
  clone(): ListValue {
    const copy = new ListValue(this.#limits);
    copy.encoding = this.encoding;
    copy.#body.limit = this.#body.limit;
    for (const elements of this.nodes()) copy.#body.appendNode(elements);
    return copy;
  }

  #take(node: ListNode, offset: number): ByteString {
    const element = node.items[offset] as ByteString; // the caller's place is valid
    this.#body.removeFrom(node, offset, 1);
    this.#shrink();
    return element;
  }

  #removeIn(node: ListNode, element: ByteString, most: number, from: 'head' | 'tail'): number {
    const { items } = node;
    let removed = 0;
    let at = from === 'head' ? items.indexOf(element) : items.lastIndexOf(element);
    while (at >= 0 && removed < most) {
      const isLast = items.length === 1; // then the node itself goes, elements and all
      this.#body.removeFrom(node, at, 1);
      removed++;
      if (isLast) break;
      if (from === 'head') at = items.indexOf(element, at);
      else at = at === 0 ? -1 : items.lastIndexOf(element, at - 1);
    }
    return removed;
  }

  /** Before elements come: does a compact list have to give up its encoding? */
  #grow(count: number, bytes: number): void {
    if (this.encoding !== 'listpack') return;
    const body = this.#body;
    const listpackBytes = body.head === null ? LISTPACK_OVERHEAD_BYTES : body.head.listpackBytes;
    const limit = nodeLimit(this.#limits.listMaxListpackSize);
    if (exceedsNodeLimit(limit, listpackBytes + bytes, body.length + count)) this.#toQuicklist();
  }

  /** After elements went: below half of the limit a list may be compact again. */
  #shrink(): void {
    if (this.encoding === 'quicklist') this.#tryListpack(2);
  }

  #tryListpack(divisor: 1 | 2): void {
    const { head, isSingle, length } = this.#body;
    if (head === null || !isSingle) return;
    const limit = nodeLimit(this.#limits.listMaxListpackSize);
    const most = Math.floor(limit.count / divisor);
    if (head.listpackBytes > limit.bytes / divisor || length > most) return;
    this.#body.setLimit(UNLIMITED);
    this.#setEncoding('listpack');
  }

  #toQuicklist(): void {
    this.#body.setLimit(nodeLimit(this.#limits.listMaxListpackSize));
    this.#setEncoding('quicklist');
  }

  #setEncoding(encoding: ListEncoding): void {
    const former = this.encoding;
    this.encoding = encoding;
    this.ledger?.undo?.push(() => {
      this.encoding = former;
    });
  }
}

function totalBytes(elements: readonly ByteString[]): number {
  let bytes = 0;
  for (const element of elements) bytes += element.length;
  return bytes;
}
