// The set value: distinct members; small sets of integers are kept sorted.

import type { ByteString } from '../lib/bytes.ts';
import { isInt64 } from '../lib/number.ts';
import type { Random } from '../lib/random.ts';
import { ByteSet } from './byte-set.ts';
import { INDEX_ENTRY_BYTES, SLOT_BYTES, stringBytes, VALUE_BYTES } from './estimate.ts';
import type { Ledger, Value } from './ledger.ts';
import type { EncodingLimits } from './limits.ts';

export type SetEncoding = 'intset' | 'listpack' | 'hashtable';

/** Redis caps intsets here whatever the directive says. */
const INTSET_MAX = 2 ** 30;

/**
 * Order of members: ascending by number (intset), by insertion (listpack), unspecified
 * (hashtable). All encodings share one dense array, so converting moves nothing.
 */
export class SetValue implements Value {
  readonly type = 'set';
  encoding: SetEncoding = 'intset';
  memoryBytes = VALUE_BYTES;
  ledger: Ledger | null = null;
  readonly #limits: EncodingLimits;
  readonly #set = new ByteSet();

  constructor(limits: EncodingLimits) {
    this.#limits = limits;
  }

  /** An empty set in the encoding that suits its first member and the number expected. */
  static for(limits: EncodingLimits, first: ByteString, expected: number): SetValue {
    const set = new SetValue(limits);
    if (isInt64(first) && expected <= limits.setMaxIntsetEntries) return set;
    set.encoding = expected <= limits.setMaxListpackEntries ? 'listpack' : 'hashtable';
    return set;
  }

  /** An empty set that starts in a given encoding, for loaders. */
  static withEncoding(limits: EncodingLimits, encoding: SetEncoding): SetValue {
    const set = new SetValue(limits);
    set.encoding = encoding;
    return set;
  }

  touch(): number {
    return this.#set.size;
  }

  get size(): number {
    return this.#set.size;
  }

  has(member: ByteString): boolean {
    return this.#find(member) >= 0;
  }

  /** @returns whether the member is new. */
  add(member: ByteString): boolean {
    if (this.encoding === 'intset') {
      if (isInt64(member)) return this.#addInteger(member);
      this.#leaveIntset(member);
      this.#append(member);
      return true;
    }
    if (this.#set.find(member) >= 0) return false;
    if (this.encoding === 'listpack' && !this.#fitsListpack(member)) this.#convert('hashtable');
    this.#append(member);
    return true;
  }

  /** Says that `members` are about to be added; many at once convert before, as in Redis. */
  expect(members: number): void {
    const { setMaxIntsetEntries, setMaxListpackEntries } = this.#limits;
    const tooMany =
      (this.encoding === 'intset' && members > setMaxIntsetEntries) ||
      (this.encoding === 'listpack' && members > setMaxListpackEntries);
    if (tooMany) this.#convert('hashtable');
  }

  /** @returns whether it was a member. */
  remove(member: ByteString): boolean {
    const at = this.#find(member);
    if (at < 0) return false;
    this.removeAt(at);
    return true;
  }

  /** Removes the member at a position below `size`. */
  removeAt(at: number): ByteString {
    const member = this.#set.keys[at] as ByteString; // at < size
    this.#set.removeAt(at, this.encoding !== 'hashtable');
    this.#account(-this.#memberBytes(member));
    if (this.#isJournaled()) this.#noteRemove(at, member);
    return member;
  }

  /** Removes and returns a member picked at random; the set is not empty. */
  pop(random: Random): ByteString {
    return this.removeAt(random.below(this.size));
  }

  /** A member picked at random; the set is not empty. */
  random(random: Random): ByteString {
    return this.#set.keys[random.below(this.size)] as ByteString; // below size
  }

  /** All members by position; a view, valid until the next change. */
  get members(): readonly ByteString[] {
    return this.#set.keys;
  }

  /**
   * One SSCAN step; compact sets are visited whole, as in Redis.
   * @returns the next cursor, 0 when done.
   */
  scan(cursor: number, count: number, visit: (member: ByteString) => void): number {
    const keys = this.#set.keys;
    const visitAt = (at: number) => visit(keys[at] as ByteString); // loops stay inside
    if (this.encoding === 'hashtable') return this.#set.scan(cursor, count, visitAt);
    for (let at = 0; at < keys.length; at++) visitAt(at);
    return 0;
  }

  /**
   * Turns a detached set whose members are all integers into an intset, when it is small enough
   * (what SINTERSTORE does with its result).
   */
  compactIntegers(): void {
    if (this.encoding === 'intset' || this.size > this.#intsetMax()) return;
    if (!this.#set.keys.every(isInt64)) return;
    const sorted = [...this.#set.keys].sort(compareIntegers);
    this.#convert('intset');
    if (this.#isJournaled()) this.#noteReorder([...this.#set.keys]);
    this.#reorder(sorted);
  }

  /** A detached copy with the same encoding. */
  clone(): SetValue {
    const copy = SetValue.withEncoding(this.#limits, this.encoding);
    for (const member of this.#set.keys) copy.#set.append(member);
    copy.memoryBytes = this.memoryBytes;
    return copy;
  }

  #find(member: ByteString): number {
    if (this.encoding !== 'intset') return this.#set.find(member);
    if (!isInt64(member)) return -1;
    const at = this.#lowerBound(member);
    return this.#set.keys[at] === member ? at : -1;
  }

  /** The first position whose integer is not below `member`; intset only. */
  #lowerBound(member: ByteString): number {
    const keys = this.#set.keys;
    let low = 0;
    let high = keys.length;
    if (high > 0 && compareIntegers(keys[high - 1] as ByteString, member) < 0) return high; // usual
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIntegers(keys[middle] as ByteString, member) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #addInteger(member: ByteString): boolean {
    const at = this.#lowerBound(member);
    if (this.#set.keys[at] === member) return false;
    this.#set.insertAt(at, member, true);
    this.#account(this.#memberBytes(member));
    if (this.#isJournaled()) this.#noteInsert(at);
    if (this.size > this.#intsetMax()) this.#convert('hashtable');
    return true;
  }

  /** A member that is no integer comes into an intset: which encoding will take both? */
  #leaveIntset(member: ByteString): void {
    const keys = this.#set.keys;
    const longest = Math.max(keys[0]?.length ?? 0, keys.at(-1)?.length ?? 0); // ends are longest
    const fits = this.#fitsListpack(member) && longest <= this.#limits.setMaxListpackValue;
    this.#convert(fits ? 'listpack' : 'hashtable');
  }

  #fitsListpack(member: ByteString): boolean {
    const { setMaxListpackEntries, setMaxListpackValue } = this.#limits;
    return this.size < setMaxListpackEntries && member.length <= setMaxListpackValue;
  }

  #intsetMax(): number {
    return Math.min(this.#limits.setMaxIntsetEntries, INTSET_MAX);
  }

  #append(member: ByteString): void {
    this.#set.append(member);
    this.#account(this.#memberBytes(member));
    if (this.#isJournaled()) this.#noteInsert(this.size - 1);
  }

  #convert(encoding: SetEncoding): void {
    const former = this.encoding;
    this.#setEncoding(encoding);
    if (this.#isJournaled()) this.#noteConversion(former);
  }

  #setEncoding(encoding: SetEncoding): void {
    const before = this.#placeBytes();
    this.encoding = encoding;
    this.#account(this.size * (this.#placeBytes() - before));
  }

  #reorder(members: readonly ByteString[]): void {
    while (this.#set.size > 0) this.#set.removeAt(this.#set.size - 1, false);
    for (const member of members) this.#set.append(member);
  }

  #placeBytes(): number {
    return this.encoding === 'hashtable' ? INDEX_ENTRY_BYTES + SLOT_BYTES : SLOT_BYTES;
  }

  #memberBytes(member: ByteString): number {
    return stringBytes(member) + this.#placeBytes();
  }

  #account(delta: number): void {
    this.memoryBytes += delta;
    if (this.ledger !== null) this.ledger.valueBytes += delta;
  }

  // As in hash.ts, closures are kept out of the functions that run without a journal.

  #isJournaled(): boolean {
    return this.ledger !== null && this.ledger.undo !== null;
  }

  #noteInsert(at: number): void {
    this.ledger?.undo?.push(() => {
      const member = this.#set.keys[at] as ByteString; // what the forward operation put there
      this.#set.removeAt(at, true);
      this.#account(-this.#memberBytes(member));
    });
  }

  #noteRemove(at: number, member: ByteString): void {
    this.ledger?.undo?.push(() => {
      this.#set.insertAt(at, member, this.encoding !== 'hashtable');
      this.#account(this.#memberBytes(member));
    });
  }

  #noteConversion(former: SetEncoding): void {
    this.ledger?.undo?.push(() => this.#setEncoding(former));
  }

  #noteReorder(members: readonly ByteString[]): void {
    this.ledger?.undo?.push(() => this.#reorder(members));
  }
}

/** Orders canonical decimal integers by value without parsing them. */
export function compareIntegers(a: ByteString, b: ByteString): number {
  const negativeA = a.charCodeAt(0) === 0x2d;
  const negativeB = b.charCodeAt(0) === 0x2d;
  if (negativeA !== negativeB) return negativeA ? -1 : 1;
  const sign = negativeA ? -1 : 1;
  if (a.length !== b.length) return a.length < b.length ? -sign : sign;
  if (a === b) return 0;
  return a < b ? -sign : sign;
}
