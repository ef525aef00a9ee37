// What V8 pays to compile a function, estimated while the code is read. Its compilers carry every
// local and operand along every branch, and the optimizing one keeps a value for each local that
// a loop assigns: a file of 10 KB can cost seconds and gigabytes on a thread that nothing stops.
// Measured: a carried value 10 to 120 ns, an assignment in a loop up to 0.5 KB for each loop.
// `npm run siege -- bombs` measures what the limits leave.

import { type InstructionWalker, OP } from './instructions.ts';
import {
  WASM_CARRIED_MAX_VALUES,
  WASM_CARRIED_TOTAL_MAX_VALUES,
  WASM_CARRIED_VALUES_PER_BYTE,
  WASM_LOOP_ASSIGNMENT_MAX_COUNT,
  WASM_LOOP_ASSIGNMENT_TOTAL_MAX_COUNT,
  WASM_LOOP_ASSIGNMENTS_PER_BYTE,
  WASM_NESTING_MAX_DEPTH,
} from './limits.ts';
import { overLimit } from './reader.ts';
import type { FunctionType } from './types.ts';

/** What the estimate must know of the module; all of it stands before the code. */
export interface CostContext {
  readonly types: readonly FunctionType[];
  /** The type index of each function. */
  readonly functions: readonly number[];
  /** The type index of each tag. */
  readonly tags: readonly number[];
}

/** Operands pushed less those popped, by ranges of opcodes. Calls and blocks go by their types. */
function deltas(ranges: readonly (readonly [number, number, number])[]): Int8Array {
  const table = new Int8Array(256);
  for (const [from, to, delta] of ranges) table.fill(delta, from, to + 1);
  return table;
}

const PLAIN = deltas([
  [0x1a, 0x1a, -1],
  [0x1b, 0x1c, -2],
  [0x20, 0x20, 1],
  [0x21, 0x21, -1],
  [0x23, 0x23, 1],
  [0x24, 0x24, -1],
  [0x26, 0x26, -2],
  [0x36, 0x3e, -2],
  [0x3f, 0x3f, 1],
  [0x41, 0x44, 1],
  [0x46, 0x4f, -1],
  [0x51, 0x66, -1],
  [0x6a, 0x78, -1],
  [0x7c, 0x8a, -1],
  [0x92, 0x98, -1],
  [0xa0, 0xa6, -1],
  [0xd0, 0xd0, 1],
  [0xd2, 0xd2, 1],
]);

const MISC = deltas([
  [8, 8, -3],
  [10, 12, -3],
  [14, 14, -3],
  [15, 15, -1],
  [16, 16, 1],
  [17, 17, -3],
]);

const SIMD = deltas([
  [11, 11, -2],
  [12, 12, 1],
  [13, 14, -1],
  [23, 23, -1],
  [26, 26, -1],
  [28, 28, -1],
  [30, 30, -1],
  [32, 32, -1],
  [34, 76, -1],
  [78, 81, -1],
  [82, 82, -2],
  [84, 87, -1],
  [88, 91, -2],
  [101, 102, -1],
  [107, 115, -1],
  [118, 121, -1],
  [123, 123, -1],
  [130, 130, -1],
  [133, 134, -1],
  [139, 147, -1],
  [149, 159, -1],
  [174, 191, -1],
  [206, 223, -1],
  [228, 235, -1],
  [240, 247, -1],
]);

/** What a call costs, in values carried: 2 KB when it is optimized. */
const CALL_VALUES = 100;
/** How much dearer an argument or result of a call is than a value carried along a branch. */
const CALL_WEIGHT = 8;

export class CompileCost {
  readonly #context: CostContext;
  /** Limits of all functions together. */
  readonly #carriedMax: number;
  readonly #assignedMax: number;
  /** By label, outermost first: operands below the block's own, its results, loops so far. */
  readonly #bases = new Int32Array(WASM_NESTING_MAX_DEPTH + 2);
  readonly #results = new Int32Array(WASM_NESTING_MAX_DEPTH + 2);
  readonly #params = new Int32Array(WASM_NESTING_MAX_DEPTH + 2);
  readonly #loops = new Int32Array(WASM_NESTING_MAX_DEPTH + 2);
  readonly #tries = new Int32Array(WASM_NESTING_MAX_DEPTH + 2);
  #level = 0;
  #locals = 0;
  /** Operands on the stack; 0 and more, exact where code can be reached. */
  #height = 0;
  #carriedTotal = 0;
  #assignedTotal = 0;
  /** Of the present function: values carried along branches. */
  carried = 0;
  /** Assignments to locals, each as often as there are loops around it. */
  assigned = 0;

  constructor(context: CostContext, fileBytes: number) {
    this.#context = context;
    this.#carriedMax = WASM_CARRIED_TOTAL_MAX_VALUES + WASM_CARRIED_VALUES_PER_BYTE * fileBytes;
    this.#assignedMax =
      WASM_LOOP_ASSIGNMENT_TOTAL_MAX_COUNT + Math.floor(WASM_LOOP_ASSIGNMENTS_PER_BYTE * fileBytes);
  }

  /** Operands on the stack after the last instruction, where that can be reached. */
  get height(): number {
    return this.#height;
  }

  /** Begins a function with so many locals, parameters included. */
  begin(locals: number): void {
    this.#locals = locals;
    this.#level = 0;
    this.#height = 0;
    this.carried = 0;
    this.assigned = 0;
    this.#bases[0] = 0;
    this.#loops[0] = 0;
    this.#tries[0] = 0;
  }

  /**
   * Counts the instruction that the walker stands on.
   * @throws WasmFormatError when the function is too dear with it.
   */
  add(walker: InstructionWalker): void {
    const { opcode } = walker;
    if (opcode > OP.catchAll) {
      if (opcode < 0x100) {
        this.#height += PLAIN[opcode] as number; // 256 entries
        if (opcode === OP.localSet || opcode === OP.localTee) this.#assign(walker.start);
      } else this.#height += (opcode < 0xfd00 ? MISC : SIMD)[opcode & 0xff] as number;
    } else if (opcode >= OP.block) this.#control(walker);
    else if (opcode === OP.unreachable) this.#leave();
  }

  #assign(offset: number): void {
    const loops = this.#loops[this.#level] as number;
    this.assigned += loops;
    this.#assignedTotal += loops;
    if (this.assigned > WASM_LOOP_ASSIGNMENT_MAX_COUNT) {
      throw overLimit(
        'assignments to locals, times the loops around them',
        this.assigned,
        WASM_LOOP_ASSIGNMENT_MAX_COUNT,
        offset,
      );
    }
    if (this.#assignedTotal > this.#assignedMax) {
      throw overLimit(
        'assignments to locals in all functions, times the loops around them',
        this.#assignedTotal,
        this.#assignedMax,
        offset,
      );
    }
  }

  #carry(count: number, offset: number): void {
    const values = Math.max(count, 0); // below 0 only where nothing can be reached
    this.carried += values;
    this.#carriedTotal += values;
    if (this.carried > WASM_CARRIED_MAX_VALUES) {
      throw overLimit(
        'branches of a function times its locals and operands',
        this.carried,
        WASM_CARRIED_MAX_VALUES,
        offset,
      );
    }
    if (this.#carriedTotal > this.#carriedMax) {
      throw overLimit(
        'branches times locals and operands in all functions',
        this.#carriedTotal,
        this.#carriedMax,
        offset,
      );
    }
  }

  #control(walker: InstructionWalker): void {
    const { opcode, start } = walker;
    switch (opcode) {
      case OP.call:
      case OP.returnCall:
        this.#call(this.#context.functions[walker.index], 0, start);
        if (opcode === OP.returnCall) this.#leave();
        return;
      case OP.callIndirect:
      case OP.returnCallIndirect:
        this.#call(walker.index, 1, start);
        if (opcode === OP.returnCallIndirect) this.#leave();
        return;
    }
    this.#carry(this.#locals + this.#height, start);
    switch (opcode) {
      case OP.if:
        this.#height--;
        this.#open(walker);
        return;
      case OP.block:
      case OP.loop:
      case OP.try:
        this.#open(walker);
        return;
      case OP.else:
        this.#height = this.#base + (this.#params[this.#level] as number);
        return;
      case OP.catch:
        this.#height = this.#base + this.#paramCount(this.#context.tags[walker.index]);
        return;
      case OP.catchAll:
        this.#height = this.#base;
        return;
      case OP.end:
      case OP.delegate:
        if (this.#level === 0) return; // of the function
        this.#height = this.#base + (this.#results[this.#level] as number);
        this.#level--;
        return;
      case OP.brIf:
        this.#height--;
        return;
      case OP.brTable:
        this.#carry((this.#locals + this.#height) * walker.index2, start); // each target is one
        this.#leave();
        return;
      default:
        this.#leave(); // br, return, throw, rethrow
    }
  }

  get #base(): number {
    return this.#bases[this.#level] as number; // the walker bounds the level
  }

  /** What follows cannot be reached: as if the block had no operands. */
  #leave(): void {
    this.#height = this.#base;
  }

  #open({ opcode, index }: InstructionWalker): void {
    const type = index < 0 ? undefined : this.#context.types[index];
    const params = type?.params.length ?? 0;
    const results = type?.results.length ?? (index === -64 ? 0 : 1);
    const outer = this.#level;
    const level = ++this.#level;
    this.#bases[level] = Math.max(this.#height - params, this.#bases[outer] as number);
    this.#params[level] = params;
    this.#results[level] = results;
    this.#loops[level] = (this.#loops[outer] as number) + Number(opcode === OP.loop);
    this.#tries[level] = (this.#tries[outer] as number) + Number(opcode === OP.try);
  }

  #call(type: number | undefined, operands: number, offset: number): void {
    const signature = type === undefined ? undefined : this.#context.types[type];
    const params = signature?.params.length ?? 0;
    const results = signature?.results.length ?? 0;
    // In a try a call is also a branch to the catch.
    const isBranch = (this.#tries[this.#level] as number) > 0;
    const branched = isBranch ? this.#locals + this.#height : 0;
    this.#carry(CALL_VALUES + (params + results) * CALL_WEIGHT + branched, offset);
    this.#height = Math.max(this.#height - operands - params, this.#base) + results;
  }

  #paramCount(type: number | undefined): number {
    return type === undefined ? 0 : (this.#context.types[type]?.params.length ?? 0);
  }
}
