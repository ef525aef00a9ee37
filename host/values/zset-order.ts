// The two bodies of a sorted set: sorted arrays while it is small, else a skip list for the
// order and a map for the members. Neither knows of encodings' names, limits or journals.

import type { ByteString } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import { ByteMap } from './byte-map.ts';
import { INDEX_ENTRY_BYTES, SLOT_BYTES, stringBytes } from './estimate.ts';
import { precedes, SkipList, type SkipNode, skipNodeBytes } from './skiplist.ts';

/** What was removed: its heap bytes, and how to put it back (which returns them again). */
export interface RemovedMember {
  readonly bytes: number;
  readonly restore: () => number;
}

/** Ranks and scores ascend; -0 sorts as 0. */
export interface ZsetOrder {
  readonly size: number;
  /** Heap bytes of the content. */
  readonly bytes: number;
  score(member: ByteString): number | undefined;
  /** Adds a member that is not there; returns its heap bytes. */
  add(member: ByteString, score: number): number;
  /** Changes the score of a member that is there. */
  rescore(member: ByteString, score: number): void;
  remove(member: ByteString): RemovedMember | undefined;
  /** -1 for no member. */
  rank(member: ByteString): number;
  memberAt(rank: number): ByteString;
  /** The member at a position below `size` in no particular order; O(1). */
  memberAtPosition(position: number): ByteString;
  /** How many scores are below `score`, or up to it when `inclusive`. */
  countBelow(score: number, inclusive: boolean): number;
  /** How many members sort before `member`, or up to it; all scores are equal. */
  countBefore(member: ByteString, inclusive: boolean): number;
  forEach(
    start: number,
    end: number,
    descending: boolean,
    visit: (member: ByteString, score: number) => void,
  ): void;
  scan(cursor: number, count: number, visit: (member: ByteString, score: number) => void): number;
}

/** Members and scores in two arrays, in order. A score of -0 becomes 0, as in a listpack. */
export class SmallOrder implements ZsetOrder {
  bytes = 0;
  readonly #members: ByteString[] = [];
  readonly #scores: number[] = [];

  get size(): number {
    return this.#members.length;
  }

  score(member: ByteString): number | undefined {
    const at = this.#members.indexOf(member);
    return at < 0 ? undefined : this.#scores[at];
  }

  add(member: ByteString, score: number): number {
    return this.#insertAt(this.#placeOf(member, score), member, score + 0); // -0 + 0 is 0
  }

  rescore(member: ByteString, score: number): void {
    const members = this.#members;
    const scores = this.#scores;
    const from = members.indexOf(member); // it is a member
    const place = this.#placeOf(member, score);
    const up = score > (scores[from] as number);
    const to = up ? place - 1 : place; // moving up, its own old slot goes
    // Moving the entries between beats two pairs of splices by four times at 128 members.
    for (let at = from, step = up ? 1 : -1; at !== to; at += step) {
      members[at] = members[at + step] as ByteString; // from and to are inside
      scores[at] = scores[at + step] as number;
    }
    members[to] = member;
    scores[to] = score + 0; // -0 + 0 is 0
  }

  remove(member: ByteString): RemovedMember | undefined {
    const at = this.#members.indexOf(member);
    if (at < 0) return undefined;
    const score = this.#scores[at] as number; // found
    const bytes = this.#removeAt(at);
    return { bytes, restore: () => this.#insertAt(at, member, score) };
  }

  rank(member: ByteString): number {
    return this.#members.indexOf(member);
  }

  memberAt(rank: number): ByteString {
    return this.#members[rank] as ByteString; // rank < size
  }

  memberAtPosition(position: number): ByteString {
    return this.memberAt(position);
  }

  countBelow(score: number, inclusive: boolean): number {
    const scores = this.#scores;
    let low = 0;
    let high = scores.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const here = scores[middle] as number; // middle < size
      if (here < score || (inclusive && here === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  countBefore(member: ByteString, inclusive: boolean): number {
    const members = this.#members;
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const here = members[middle] as ByteString; // middle < size
      if (here < member || (inclusive && here === member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  forEach(
    start: number,
    end: number,
    descending: boolean,
    visit: (member: ByteString, score: number) => void,
  ): void {
    const step = descending ? -1 : 1;
    let at = descending ? end - 1 : start;
    for (let left = end - start; left > 0; left--, at += step) {
      visit(this.#members[at] as ByteString, this.#scores[at] as number); // within [start, end)
    }
  }

  scan(
    _cursor: number,
    _count: number,
    visit: (member: ByteString, score: number) => void,
  ): number {
    this.forEach(0, this.size, false, visit);
    return 0;
  }

  #placeOf(member: ByteString, score: number): number {
    let low = 0;
    let high = this.#members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const here = this.#members[middle] as ByteString; // middle < size
      if (precedes(this.#scores[middle] as number, here, score, member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertAt(at: number, member: ByteString, score: number): number {
    if (at === this.#members.length) {
      this.#members.push(member);
      this.#scores.push(score);
    } else {
      this.#members.splice(at, 0, member);
      this.#scores.splice(at, 0, score);
    }
    const bytes = smallMemberBytes(member);
    this.bytes += bytes;
    return bytes;
  }

  #removeAt(at: number): number {
    const bytes = smallMemberBytes(this.#members[at] as ByteString); // at < size
    this.#members.splice(at, 1);
    this.#scores.splice(at, 1);
    this.bytes -= bytes;
    return bytes;
  }
}

/** A skip list, and a dense map from members to its nodes for look-ups, scans and picks. */
export class LargeOrder implements ZsetOrder {
  bytes = 0;
  readonly #list: SkipList;
  readonly #nodes = new ByteMap<SkipNode>();

  constructor(random: Random) {
    this.#list = new SkipList(random);
  }

  get size(): number {
    return this.#list.length;
  }

  score(member: ByteString): number | undefined {
    return this.#nodes.get(member)?.score;
  }

  add(member: ByteString, score: number): number {
    const node = this.#list.makeNode(member, score);
    this.#nodes.append(member, node);
    return this.#link(node);
  }

  rescore(member: ByteString, score: number): void {
    this.#list.reinsert(this.#nodes.get(member) as SkipNode, score); // it is a member
  }

  remove(member: ByteString): RemovedMember | undefined {
    const at = this.#nodes.find(member);
    if (at < 0) return undefined;
    const node = this.#nodes.values[at] as SkipNode; // found
    this.#nodes.removeAt(at, false);
    this.#list.remove(node);
    const bytes = largeMemberBytes(node);
    this.bytes -= bytes;
    return { bytes, restore: () => this.#restore(at, node) };
  }

  rank(member: ByteString): number {
    const node = this.#nodes.get(member);
    return node === undefined ? -1 : this.#list.rankOf(node);
  }

  memberAt(rank: number): ByteString {
    return this.#list.at(rank).member;
  }

  memberAtPosition(position: number): ByteString {
    return this.#nodes.keys[position] as ByteString; // position < size
  }

  countBelow(score: number, inclusive: boolean): number {
    return this.#list.countBelow(score, inclusive);
  }

  countBefore(member: ByteString, inclusive: boolean): number {
    return this.#list.countBefore(member, inclusive);
  }

  forEach(
    start: number,
    end: number,
    descending: boolean,
    visit: (member: ByteString, score: number) => void,
  ): void {
    let node: SkipNode | null = this.#first(descending ? end - 1 : start);
    for (let left = end - start; left > 0 && node !== null; left--) {
      visit(node.member, node.score);
      node = descending ? node.previous : (node.next[0] as SkipNode | null); // level 0 exists
    }
  }

  scan(cursor: number, count: number, visit: (member: ByteString, score: number) => void): number {
    return this.#nodes.scan(cursor, count, (at) => {
      const node = this.#nodes.values[at] as SkipNode; // scan stays inside
      visit(node.member, node.score);
    });
  }

  #first(rank: number): SkipNode | null {
    if (rank === 0) return this.#list.head;
    return rank === this.size - 1 ? this.#list.tail : this.#list.at(rank);
  }

  #restore(at: number, node: SkipNode): number {
    this.#nodes.insertAt(at, node.member, node, false);
    return this.#link(node);
  }

  #link(node: SkipNode): number {
    this.#list.insert(node);
    const bytes = largeMemberBytes(node);
    this.bytes += bytes;
    return bytes;
  }
}

function smallMemberBytes(member: ByteString): number {
  return stringBytes(member) + 2 * SLOT_BYTES;
}

function largeMemberBytes(node: SkipNode): number {
  return stringBytes(node.member) + skipNodeBytes(node) + 2 * SLOT_BYTES + INDEX_ENTRY_BYTES;
}
