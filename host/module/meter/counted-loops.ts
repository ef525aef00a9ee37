// Finds loops that run a known number of rounds, in the one form that compilers give them:
//
//     i32.const A  local.set $i  …  loop  …  local.get $i  i32.const STEP  i32.add  local.tee $i
//     [i32.const END  i32.ne]  br_if 0  end
//
// where nothing joins between the first set and the loop, nothing else sets $i inside, and there
// is no other branch back to the head. A hash function's rounds, a matrix of fixed size.

import { type InstructionWalker, OP } from '../wasm/instructions.ts';

/** Loops of more rounds are not of interest. */
const ROUNDS_MAX = 1 << 16;

// How much of the tail has been seen.
const NOTHING = 0;
const GET = 1;
const STEP = 2;
const ADDED = 3;
const SET = 4;
const END_CONST = 5;
const COMPARED = 6;

export class CountedLoops {
  // By local. Instructions and joins are numbered through all bodies, so nothing is ever cleared.
  #lastSet: Int32Array = new Int32Array(256);
  #constant: Int32Array = new Int32Array(256);
  #constantJoin: Int32Array = new Int32Array(256);
  #instruction = 1;
  #join = 1;
  #hasConst = false;
  #const = 0;
  // Of the tail.
  #state = NOTHING;
  #local = 0;
  #step = 0;
  #end = 0;
  /** $i was last set so long ago before the tail, and to what. */
  #start = 0;
  #startJoin = 0;
  #setBefore = 0;
  /** Byte offset after a whole tail; 0: none. */
  #tailEnd = 0;

  /** Numbers of the present instruction and join: for a loop to remember where it begins. */
  get instruction(): number {
    return this.#instruction;
  }

  get join(): number {
    return this.#join;
  }

  /** Paths may come together here: what was known of locals no longer is. */
  joined(): void {
    this.#join++;
    this.#state = NOTHING;
    this.#hasConst = false;
  }

  /** Every instruction that is not told by `joined`. */
  visit(walker: InstructionWalker): void {
    this.#instruction++;
    const state = this.#state;
    this.#state = NOTHING;
    const hadConst = this.#hasConst;
    this.#hasConst = false;
    switch (walker.opcode) {
      case OP.i32Const:
        this.#hasConst = true;
        this.#const = walker.index;
        if (state === GET) {
          this.#step = walker.index;
          this.#state = STEP;
        } else if (state === SET) {
          this.#end = walker.index;
          this.#state = END_CONST;
        }
        return;
      case OP.localGet:
        this.#local = walker.index;
        this.#state = GET;
        return;
      case OP.i32Add:
        if (state === STEP) this.#state = ADDED;
        return;
      case OP.localSet:
      case OP.localTee:
        this.#set(walker, state, hadConst);
        return;
      case OP.i32Ne:
        if (state === END_CONST) this.#state = COMPARED;
        return;
      case OP.brIf:
        if (state === SET) this.#end = 0;
        if (walker.index === 0 && (state === SET || state === COMPARED)) this.#tailEnd = walker.end;
        return;
    }
  }

  #set(walker: InstructionWalker, state: number, hadConst: boolean): void {
    const local = walker.index;
    if (local >= this.#lastSet.length) this.#grow(local + 1);
    if (walker.opcode === OP.localTee && state === ADDED && local === this.#local) {
      this.#setBefore = this.#lastSet[local] as number; // grown above
      this.#start = this.#constant[local] as number;
      this.#startJoin = this.#constantJoin[local] as number;
      this.#state = SET;
    }
    this.#lastSet[local] = this.#instruction;
    this.#constantJoin[local] = hadConst ? this.#join : 0;
    this.#constant[local] = this.#const;
  }

  #grow(count: number): void {
    const longer = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(count * 2);
      grown.set(old);
      return grown;
    };
    this.#lastSet = longer(this.#lastSet);
    this.#constant = longer(this.#constant);
    this.#constantJoin = longer(this.#constantJoin);
  }

  /**
   * Rounds of the loop whose `end` stands at `endOffset`, or 0 when they are not known.
   * @param instruction number of its first instruction
   * @param join number of the join before it
   */
  roundsOf(endOffset: number, instruction: number, join: number): number {
    const isKnown = this.#tailEnd === endOffset && this.#startJoin === join;
    if (!isKnown || this.#setBefore > instruction || this.#step === 0) return 0;
    const distance = (this.#end - this.#start) | 0;
    const rounds = distance / this.#step;
    return Number.isInteger(rounds) && rounds > 0 && rounds <= ROUNDS_MAX ? rounds : 0;
  }
}
