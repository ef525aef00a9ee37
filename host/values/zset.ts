// The sorted set value: members ordered by score and then by bytes.

import type { ByteString } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import { VALUE_BYTES } from './estimate.ts';
import type { Ledger, Value } from './ledger.ts';
import type { EncodingLimits } from './limits.ts';
import { LargeOrder, SmallOrder, type ZsetOrder } from './zset-order.ts';

export type ZsetEncoding = 'listpack' | 'skiplist';

/** Scores between two bounds, infinities allowed. */
export interface ScoreRange {
  readonly min: number;
  readonly max: number;
  readonly minExclusive: boolean;
  readonly maxExclusive: boolean;
}

/** A bound of a range by bytes; `infinite` -1 is before all members, 1 after all. */
export interface LexBound {
  readonly infinite: -1 | 0 | 1;
  readonly member: ByteString;
  readonly exclusive: boolean;
}

/** Ranks [start, end); empty when they are equal. */
export interface RankRange {
  readonly start: number;
  readonly end: number;
}

export type VisitMember = (member: ByteString, score: number) => void;

/**
 * Ranges by score and by bytes are first turned into ranges of ranks (O(log size)), which all
 * reading and removing methods take. Scores are never NaN.
 */
export class ZsetValue implements Value {
  readonly type = 'zset';
  encoding: ZsetEncoding = 'listpack';
  memoryBytes = VALUE_BYTES;
  ledger: Ledger | null = null;
  readonly #limits: EncodingLimits;
  /** Levels of skip list nodes. */
  readonly #random: Random;
  #order: ZsetOrder = new SmallOrder();

  constructor(limits: EncodingLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  touch(): number {
    return this.#order.size;
  }

  get size(): number {
    return this.#order.size;
  }

  score(member: ByteString): number | undefined {
    return this.#order.score(member);
  }

  /** Adds a member or changes its score. @returns whether it is new. */
  add(member: ByteString, score: number): boolean {
    if (Number.isNaN(score)) throw new Error('a score cannot be NaN');
    const former = this.#order.score(member);
    if (former !== undefined) {
      if (former !== score) this.#rescore(member, former, score);
      return false;
    }
    if (this.encoding === 'listpack' && !this.#fitsListpack(member)) this.#toSkiplist();
    this.#account(this.#order.add(member, score));
    if (this.#isJournaled()) this.#noteAdd(member);
    return true;
  }

  /**
   * Says that so many members are about to be added, the longest of so many bytes if known;
   * many at once convert before, as in Redis.
   */
  expect(members: number, longestBytes = 0): void {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.#limits;
    const fits = members <= zsetMaxListpackEntries && longestBytes <= zsetMaxListpackValue;
    if (this.encoding === 'listpack' && !fits) this.#toSkiplist();
  }

  /** @returns whether it was a member. */
  remove(member: ByteString): boolean {
    const removed = this.#order.remove(member);
    if (removed === undefined) return false;
    this.#account(-removed.bytes);
    if (this.#isJournaled()) this.#note(() => this.#account(removed.restore()));
    return true;
  }

  /** Removes the members of some ranks. @returns how many. */
  removeRanks(range: RankRange): number {
    const doomed: ByteString[] = [];
    this.forEach(range, (member) => doomed.push(member));
    for (const member of doomed) this.remove(member);
    return doomed.length;
  }

  /** The rank by ascending score, or -1. */
  rank(member: ByteString): number {
    return this.#order.rank(member);
  }

  /** The member of a rank below `size`. */
  memberAt(rank: number): ByteString {
    return this.#order.memberAt(rank);
  }

  /** The ranks whose scores are in a range. */
  ranksByScore(range: ScoreRange): RankRange {
    const start = this.#order.countBelow(range.min, range.minExclusive);
    const end = this.#order.countBelow(range.max, !range.maxExclusive);
    return { start, end: Math.max(start, end) };
  }

  /** The ranks whose members are in a range of bytes; means something when scores are equal. */
  ranksByLex(min: LexBound, max: LexBound): RankRange {
    const start = this.#lexCount(min, min.exclusive);
    const end = this.#lexCount(max, !max.exclusive);
    return { start, end: Math.max(start, end) };
  }

  /** Visits some ranks in ascending order, or descending. O(log size + visited). */
  forEach(range: RankRange, visit: VisitMember, descending = false): void {
    if (range.start < range.end) this.#order.forEach(range.start, range.end, descending, visit);
  }

  /**
   * One ZSCAN step; compact sorted sets are visited whole, in order, as in Redis.
   * @returns the next cursor, 0 when done.
   */
  scan(cursor: number, count: number, visit: VisitMember): number {
    return this.#order.scan(cursor, count, visit);
  }

  /** A member picked at random; the sorted set is not empty. O(1). */
  random(random: Random): ByteString {
    return this.#order.memberAtPosition(random.below(this.size));
  }

  /** Makes a large encoding compact if the content allows it: results of ZUNIONSTORE and such. */
  compact(): void {
    if (this.encoding === 'listpack' || this.size > this.#limits.zsetMaxListpackEntries) return;
    let longest = 0;
    const all = { start: 0, end: this.size };
    this.forEach(all, (member) => {
      longest = Math.max(longest, member.length);
    });
    if (longest > this.#limits.zsetMaxListpackValue) return;
    const small = new SmallOrder();
    this.forEach(all, (member, score) => small.add(member, score));
    this.#replaceOrder(small, 'listpack');
  }

  /** A detached copy with the same encoding. */
  clone(): ZsetValue {
    const copy = new ZsetValue(this.#limits, this.#random);
    if (this.encoding === 'skiplist') copy.#toSkiplist();
    this.forEach({ start: 0, end: this.size }, (member, score) => {
      copy.#account(copy.#order.add(member, score));
    });
    return copy;
  }

  #fitsListpack(member: ByteString): boolean {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.#limits;
    return this.size < zsetMaxListpackEntries && member.length <= zsetMaxListpackValue;
  }

  #lexCount(bound: LexBound, inclusive: boolean): number {
    if (bound.infinite !== 0) return bound.infinite < 0 ? 0 : this.size;
    return this.#order.countBefore(bound.member, inclusive);
  }

  #rescore(member: ByteString, former: number, score: number): void {
    this.#order.rescore(member, score);
    if (this.#isJournaled()) this.#note(() => this.#order.rescore(member, former));
  }

  #toSkiplist(): void {
    const large = new LargeOrder(this.#random);
    this.forEach({ start: 0, end: this.size }, (member, score) => large.add(member, score));
    this.#replaceOrder(large, 'skiplist');
  }

  #replaceOrder(order: ZsetOrder, encoding: ZsetEncoding): void {
    const former = { order: this.#order, encoding: this.encoding };
    this.#setOrder(order, encoding);
    if (this.#isJournaled()) this.#note(() => this.#setOrder(former.order, former.encoding));
  }

  #setOrder(order: ZsetOrder, encoding: ZsetEncoding): void {
    this.#account(order.bytes - this.#order.bytes);
    this.#order = order;
    this.encoding = encoding;
  }

  #account(delta: number): void {
    this.memoryBytes += delta;
    if (this.ledger !== null) this.ledger.valueBytes += delta;
  }

  #isJournaled(): boolean {
    return this.ledger !== null && this.ledger.undo !== null;
  }

  #note(undo: () => void): void {
    this.ledger?.undo?.push(undo);
  }

  #noteAdd(member: ByteString): void {
    this.#note(() => {
      const removed = this.#order.remove(member);
      if (removed !== undefined) this.#account(-removed.bytes);
    });
  }
}
