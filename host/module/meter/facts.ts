// What the meter has to know of the code before it can write any: gathered while the binary is
// read, so that the bodies are not walked once more.

import { type InstructionWalker, OP } from '../wasm/instructions.ts';
import { BULK_UNITS, bulkShift, HOST_CALL_UNITS, UNITS_MAX } from './cost.ts';
import { CountedLoops } from './counted-loops.ts';

/** Stands for the function called in a call_indirect. */
export const UNKNOWN_CALLEE = -1;

/** A loop that the walker is inside of. */
interface OpenLoop {
  /** Of the code in it. */
  readonly depth: number;
  readonly segment: number;
  /** Branches back to its head that have been passed. */
  branches: number;
  /** Where it begins, in the numbers of CountedLoops. */
  readonly instruction: number;
  readonly join: number;
}

const NO_LOOP: OpenLoop = { depth: 0, segment: 0, branches: 0, instruction: 0, join: 0 };

/**
 * Code in segments: each body has one for its straight part and then one for each loop, in the
 * order of their `loop` instructions. What is inside of a loop belongs to the innermost one.
 */
export class CodeFacts {
  /** Instructions in each segment, and what their immediates say of their cost. */
  readonly units: number[] = [];
  /** Of loops: the segment around it, and its rounds if they are known, else 0. */
  readonly parent: number[] = [];
  readonly rounds: number[] = [];
  /** First segment of each body, in the order of bodies. */
  readonly firstSegment: number[] = [];
  /** Pairs: a segment and the function that is called there, or UNKNOWN_CALLEE. */
  readonly calls: number[] = [];
  /** Where the pairs of each body begin in `calls`. */
  readonly firstCall: number[] = [];
  /** Loops that hold another loop or a call. */
  readonly outer = new Set<number>();
  /** Pairs: a loop and a function that every round of it calls. */
  readonly sure: number[] = [];
  /** Bodies with bulk instructions of unknown length. */
  readonly bulky = new Set<number>();
  /** Functions that something besides a call refers to. */
  readonly referenced = new Set<number>();

  readonly #counted = new CountedLoops();
  /** Loops around the innermost one. */
  readonly #loops: OpenLoop[] = [];
  #loop: OpenLoop = NO_LOOP;
  #segment = 0;
  #previousConst = -1;

  /** A body begins. */
  begin(): void {
    this.#segment = this.#addSegment(0);
    this.firstSegment.push(this.#segment);
    this.firstCall.push(this.calls.length);
    this.#loops.length = 0;
    this.#loop = NO_LOOP;
    this.#previousConst = -1;
    this.#counted.joined();
  }

  /** The walker stands on the next instruction of the body. */
  visit(walker: InstructionWalker): void {
    const { opcode } = walker;
    (this.units[this.#segment] as number)++; // made by begin or #enter
    if (opcode <= OP.catchAll && isJoin(opcode)) this.#join(walker);
    else this.#counted.visit(walker);
    if (opcode === OP.i32Const) {
      this.#previousConst = walker.index >>> 0;
      return;
    }
    if (opcode <= OP.delegate) this.#control(walker);
    else if (opcode === OP.refFunc) this.referenced.add(walker.index);
    else if (opcode > 0xff) this.#bulk(opcode);
    else if (opcode === OP.memoryGrow) this.#add(HOST_CALL_UNITS);
    this.#previousConst = -1;
  }

  #control(walker: InstructionWalker): void {
    switch (walker.opcode) {
      case OP.br:
      case OP.brIf:
        this.#branch(walker.depth - walker.index);
        return;
      case OP.brTable:
        this.#branch(0);
        return;
      case OP.call:
        // At the loop's own level nothing jumps over it, but a branch back may come before it.
        if (walker.depth === this.#loop.depth && this.#loop.branches === 0) {
          this.sure.push(this.#segment, walker.index);
        }
        this.#call(walker.index);
        return;
      case OP.returnCall:
        this.#call(walker.index);
        return;
      case OP.callIndirect:
      case OP.returnCallIndirect:
        this.#call(UNKNOWN_CALLEE);
        return;
    }
  }

  /** A branch to the block at depth `target`; 0: to any of them. */
  #branch(target: number): void {
    if (this.#loop === NO_LOOP) return;
    if (target === 0 || target === this.#loop.depth) this.#loop.branches++;
    for (const loop of this.#loops) {
      if (loop !== NO_LOOP && (target === 0 || target === loop.depth)) loop.branches++;
    }
  }

  #join(walker: InstructionWalker): void {
    if (walker.opcode === OP.loop) {
      if (this.#loop !== NO_LOOP) this.outer.add(this.#segment);
      this.#loops.push(this.#loop);
      const { instruction, join } = this.#counted;
      const segment = this.#addSegment(this.#segment);
      this.#loop = { depth: walker.depth, segment, branches: 0, instruction, join };
      this.#segment = segment;
    } else if (walker.depth < this.#loop.depth) this.#exit(walker);
    this.#counted.joined();
  }

  #exit(walker: InstructionWalker): void {
    const { segment, branches, instruction, join } = this.#loop;
    if (branches === 1) {
      this.rounds[segment] = this.#counted.roundsOf(walker.start, instruction, join);
    }
    this.#segment = this.parent[segment] as number; // set when it was opened
    this.#loop = this.#loops.pop() as OpenLoop; // as many as were opened
  }

  #addSegment(parent: number): number {
    this.parent.push(parent);
    this.rounds.push(0);
    return this.units.push(0) - 1;
  }

  #call(callee: number): void {
    this.calls.push(this.#segment, callee);
    if (this.#loop !== NO_LOOP) this.outer.add(this.#segment);
  }

  #bulk(opcode: number): void {
    const shift = bulkShift(opcode);
    if (shift < 0) return;
    const length = this.#previousConst;
    if (length < 0) this.bulky.add(this.firstSegment.length - 1);
    const moved = length < 0 ? 0 : length >>> shift;
    this.#add(BULK_UNITS + moved);
  }

  #add(units: number): void {
    const sum = (this.units[this.#segment] as number) + units; // as in visit
    this.units[this.#segment] = Math.min(sum, UNITS_MAX);
  }
}

/** Instructions where paths come together, or a path begins that others came to before. */
function isJoin(opcode: number): boolean {
  switch (opcode) {
    case OP.loop:
    case OP.else:
    case OP.end:
    case OP.catch:
    case OP.catchAll:
    case OP.delegate:
      return true;
    default:
      return false;
  }
}
