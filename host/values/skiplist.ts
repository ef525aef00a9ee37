// The order of a large sorted set: a skip list with spans, by score and then by member bytes.

import type { ByteString } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';

const LEVELS_MAX = 32;
/** One node in four reaches each next level. */
const LEVEL_ODDS = 4;
/** A node without its levels, and one level: a link and a span. */
const NODE_BYTES = 104;
const LEVEL_BYTES = 16;

/** A member in the order; `score` changes through `SkipList.reinsert` only. */
export interface SkipNode {
  readonly member: ByteString;
  score: number;
  previous: SkipNode | null;
  /** By level: the next node there, and how many ranks further it is (0 at the end). */
  readonly next: (SkipNode | null)[];
  readonly spans: number[];
}

/** Heap bytes of a node; they depend on its level, which it keeps as long as it exists. */
export function skipNodeBytes(node: SkipNode): number {
  return NODE_BYTES + node.next.length * LEVEL_BYTES;
}

/** Ranks count from 0. All operations are O(log length). */
export class SkipList {
  length = 0;
  tail: SkipNode | null = null;
  readonly #random: Random;
  readonly #header: SkipNode = makeNode('' as ByteString, Number.NEGATIVE_INFINITY, LEVELS_MAX); // ASCII
  #levels = 1;
  // Scratch of insert and remove: by level the last node before the place, and its rank + 1.
  readonly #before: SkipNode[] = new Array(LEVELS_MAX).fill(this.#header);
  readonly #ranks: number[] = new Array(LEVELS_MAX).fill(0);

  constructor(random: Random) {
    this.#random = random;
  }

  get head(): SkipNode | null {
    return this.#header.next[0] as SkipNode | null; // the header has all levels
  }

  /** Makes a node with a random level, not yet in the list. */
  makeNode(member: ByteString, score: number): SkipNode {
    let level = 1;
    while (level < LEVELS_MAX && this.#random.below(LEVEL_ODDS) === 0) level++;
    return makeNode(member, score, level);
  }

  /** Puts a node that is in no list to its place. */
  insert(node: SkipNode): void {
    this.#search(node.score, node.member);
    const height = node.next.length;
    for (let i = this.#levels; i < height; i++) {
      this.#ranks[i] = 0;
      this.#before[i] = this.#header;
      this.#header.spans[i] = this.length;
    }
    if (height > this.#levels) this.#levels = height;
    const rank = this.#ranks[0] as number;
    for (let i = 0; i < height; i++) {
      const before = this.#before[i] as SkipNode; // scratch and nodes have level i
      const skipped = rank - (this.#ranks[i] as number);
      node.next[i] = before.next[i] as SkipNode | null;
      node.spans[i] = (before.spans[i] as number) - skipped;
      before.next[i] = node;
      before.spans[i] = skipped + 1;
    }
    for (let i = height; i < this.#levels; i++) (this.#before[i] as SkipNode).spans[i]!++; // has level i
    this.#linkBack(node);
    this.length++;
  }

  /** Takes out a node that is in this list; it may be inserted again. */
  remove(node: SkipNode): void {
    this.#search(node.score, node.member);
    for (let i = 0; i < this.#levels; i++) {
      const before = this.#before[i] as SkipNode; // scratch and nodes have level i
      if (before.next[i] === node) {
        before.spans[i] = (before.spans[i] as number) + (node.spans[i] as number) - 1;
        before.next[i] = node.next[i] as SkipNode | null;
      } else {
        before.spans[i]!--; // it spans the node, so it is at least 1
      }
    }
    const next = node.next[0] as SkipNode | null; // all nodes have level 0
    if (next === null) this.tail = node.previous;
    else next.previous = node.previous;
    while (this.#levels > 1 && this.#header.next[this.#levels - 1] === null) this.#levels--;
    this.length--;
  }

  /** Gives a node of this list a new score; it moves only when its neighbours demand it. */
  reinsert(node: SkipNode, score: number): void {
    const next = node.next[0] as SkipNode | null; // all nodes have level 0
    const { previous } = node;
    const staysBehind = previous === null || previous.score < score;
    if (staysBehind && (next === null || score < next.score)) {
      node.score = score;
      return;
    }
    this.remove(node);
    node.score = score;
    this.insert(node);
  }

  /** The node of a rank below `length`. */
  at(rank: number): SkipNode {
    let node = this.#header;
    let left = rank + 1;
    for (let i = this.#levels - 1; i >= 0; i--) {
      while (node.next[i] !== null && (node.spans[i] as number) <= left) {
        left -= node.spans[i] as number; // nodes on level i have it
        node = node.next[i] as SkipNode;
      }
      if (left === 0) break;
    }
    return node;
  }

  /** The rank of a node of this list. */
  rankOf(node: SkipNode): number {
    return this.#search(node.score, node.member);
  }

  /** How many members have a score below `score`, or up to it when `inclusive`. */
  countBelow(score: number, inclusive: boolean): number {
    let node = this.#header;
    let count = 0;
    for (let i = this.#levels - 1; i >= 0; i--) {
      for (;;) {
        const next = node.next[i] as SkipNode | null; // nodes on level i have it
        if (next === null || next.score > score || (next.score === score && !inclusive)) break;
        count += node.spans[i] as number;
        node = next;
      }
    }
    return count;
  }

  /** How many members sort before `member` by bytes, or up to it; all scores are equal. */
  countBefore(member: ByteString, inclusive: boolean): number {
    let node = this.#header;
    let count = 0;
    for (let i = this.#levels - 1; i >= 0; i--) {
      for (;;) {
        const next = node.next[i] as SkipNode | null; // nodes on level i have it
        if (next === null || next.member > member || (next.member === member && !inclusive)) break;
        count += node.spans[i] as number;
        node = next;
      }
    }
    return count;
  }

  /** Fills the scratch with the nodes before a place; returns the rank of the place. */
  #search(score: number, member: ByteString): number {
    let node = this.#header;
    let rank = 0;
    for (let i = this.#levels - 1; i >= 0; i--) {
      for (;;) {
        const next = node.next[i] as SkipNode | null; // nodes on level i have it
        if (next === null || !precedes(next.score, next.member, score, member)) break;
        rank += node.spans[i] as number;
        node = next;
      }
      this.#ranks[i] = rank;
      this.#before[i] = node;
    }
    return rank;
  }

  #linkBack(node: SkipNode): void {
    const before = this.#before[0] as SkipNode; // level 0 always exists
    const next = node.next[0] as SkipNode | null;
    node.previous = before === this.#header ? null : before;
    if (next === null) this.tail = node;
    else next.previous = node;
  }
}

/** The order of sorted sets: by score, then by bytes. */
export function precedes(
  scoreA: number,
  memberA: ByteString,
  scoreB: number,
  memberB: ByteString,
): boolean {
  return scoreA < scoreB || (scoreA === scoreB && memberA < memberB);
}

function makeNode(member: ByteString, score: number, level: number): SkipNode {
  return {
    member,
    score,
    previous: null,
    next: new Array<SkipNode | null>(level).fill(null),
    spans: new Array<number>(level).fill(0),
  };
}
