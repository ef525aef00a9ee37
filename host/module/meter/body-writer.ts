// Writes function bodies anew: functions renumbered, memory.grow a host call, the stack probed
// before each call into the host, and what the plan wants charged.
//
// Fuel is a global; it is charged
//
//   on entry      fuel -= units; out of fuel when below 0
//   with loops    fuel -= units + ADVANCE, spent = -ADVANCE (a local)
//     loop header   spent += units; when that reaches 0 the advance is used up: fuel -= ADVANCE + spent
//     return        fuel -= spent: what is left of the advance is given back
//   catch         fuel -= CATCH: whatever was thrown, a guest without fuel cannot go on
//
// A loop without calls and inner loops looks at `spent` and leaves to a loop around it, where the
// call stands that asks for more: V8 unrolls only loops without calls.

import type { WasmModule } from '../binary.ts';
import { InstructionWalker, OP } from '../wasm/instructions.ts';
import type { OffsetMap } from '../wasm/offset-map.ts';
import { WasmReader } from '../wasm/reader.ts';
import { valueTypeCode } from '../wasm/types.ts';
import type { WasmWriter } from '../wasm/writer.ts';
import { ADVANCE_UNITS, bulkShift, CATCH_UNITS } from './cost.ts';
import type { MeterPlan } from './plan.ts';

const EMPTY_BLOCK = 0x40;
const I32 = 0x7f;
/** Bytes kept for the size of a body, which is known only after its content. */
const SIZE_WIDTH = 4;

const FOURFOLD_MAX_UNITS = 24;
const TWOFOLD_MAX_UNITS = 48;
/** So much is paid for by the units that each bulk instruction costs. */
const BULK_FREE_LENGTH = 1024;

/** Indices in the rewritten module. */
export interface CodeTargets {
  /** Functions from the first body on move up by so many. */
  readonly shift: number;
  readonly grow: number;
  readonly probe: number;
  /** Takes units. */
  readonly charge: number;
  readonly refuel: number;
  readonly fuelGlobal: number;
  /** The new index of a function that is not called: an imported one is then another. */
  readonly reference: (index: number) => number;
  /** The type index of blocks with the results of functions that have several. */
  readonly blockType: (type: number) => number;
}

export class BodyWriter {
  readonly #module: WasmModule;
  readonly #bytes: Uint8Array;
  readonly #out: WasmWriter;
  readonly #map: OffsetMap;
  readonly #targets: CodeTargets;
  /** Null: nothing is charged. */
  readonly #plan: MeterPlan | null;
  readonly #reader: WasmReader;
  readonly #walker: InstructionWalker;
  /** First byte not copied yet. */
  #from = 0;
  /** The body charges when it is entered. */
  #isCharged = false;
  /** It has loops, and so an advance. */
  #hasLoops = false;
  /** Index of the local `spent`, if the body is charged. */
  #spent = 0;
  /** Index of the local that holds a length for a moment. */
  #length = 0;
  #body = 0;
  #segment = 0;
  #isAfterConst = false;
  /** By label, outermost first: levels that we have added up to it. */
  #added: Int32Array = new Int32Array(64);

  constructor(
    module: WasmModule,
    out: { readonly writer: WasmWriter; readonly map: OffsetMap },
    targets: CodeTargets,
    plan: MeterPlan | null,
  ) {
    this.#module = module;
    this.#bytes = module.bytes;
    this.#out = out.writer;
    this.#map = out.map;
    this.#targets = targets;
    this.#plan = plan;
    this.#reader = new WasmReader(module.bytes);
    this.#walker = new InstructionWalker(this.#reader);
  }

  /** Writes body number `body`, which stands at `[start, end)` of the original. */
  write(body: number, start: number, end: number): void {
    const reader = this.#reader;
    const out = this.#out;
    reader.pos = start;
    reader.end = end;
    reader.u32('function body size');
    this.#map.add(out.pos, start);
    const sizeAt = out.pos;
    out.u32(0, SIZE_WIDTH);
    const contentAt = out.pos;
    this.#from = reader.pos;
    this.#body = body;
    const { firstSegment, units: segments } = this.#module.code;
    this.#segment = firstSegment[body] as number; // each body has one
    const units = this.#plan?.entryUnits[body] ?? 0;
    this.#isCharged = units > 0;
    this.#hasLoops = this.#chargesLoops(firstSegment[body + 1] ?? segments.length);
    this.#locals();
    if (this.#isCharged) this.#enter(units);
    this.#instructions();
    out.patchU32(sizeAt, out.pos - contentAt, SIZE_WIDTH);
  }

  /** Whether one of the segments up to `end` is a loop that charges. */
  #chargesLoops(end: number): boolean {
    if (this.#plan === null) return false;
    const { loopUnits } = this.#plan;
    for (let i = this.#segment + 1; i < end; i++) if (loopUnits[i] !== 0) return true;
    return false;
  }

  /** Copies the declarations of locals and adds ours behind them. */
  #locals(): void {
    const reader = this.#reader;
    const { code, functions, importedFunctionCount, types } = this.#module;
    const body = this.#body;
    const wanted = this.#plan === null ? 0 : +this.#isCharged + +code.bulky.has(body);
    const groups = reader.u32('local groups');
    const groupsAt = reader.pos;
    let total = 0;
    for (let left = groups; left > 0; left--) {
      total += reader.u32('local count');
      reader.u8('local type');
    }
    const type = functions[importedFunctionCount + body] as number; // one for each body
    const first = (types[type]?.params.length ?? 0) + total;
    this.#spent = first;
    this.#length = first + Number(this.#isCharged);
    if (wanted === 0) return;
    this.#map.add(this.#out.pos, this.#from);
    this.#out.u32(groups + 1);
    this.#copyTo(groupsAt, reader.pos);
    this.#out.u32(wanted);
    this.#out.u8(I32);
  }

  // ---- what is inserted -------------------------------------------------------------------

  /** Copies up to `offset`; what is written next belongs to the instruction there. */
  #insertAt(offset: number): void {
    this.#copyTo(this.#from, offset);
    this.#map.insert(this.#out.pos, offset);
  }

  #copyTo(start: number, end: number): void {
    this.#map.add(this.#out.pos, start);
    this.#out.copy(this.#bytes, start, end);
    this.#from = end;
  }

  #op(opcode: number, index: number): void {
    this.#out.u8(opcode);
    this.#out.u32(index);
  }

  #const(value: number): void {
    this.#out.u8(OP.i32Const);
    this.#out.s32(value);
  }

  #enter(units: number): void {
    const out = this.#out;
    const { fuelGlobal, refuel } = this.#targets;
    this.#insertAt(this.#reader.pos);
    this.#op(OP.globalGet, fuelGlobal);
    this.#const(this.#hasLoops ? units + ADVANCE_UNITS : units);
    out.u8(OP.i32Sub);
    this.#op(OP.localTee, this.#spent);
    this.#op(OP.globalSet, fuelGlobal);
    this.#op(OP.localGet, this.#spent);
    this.#const(0);
    out.u8(OP.i32LtS);
    this.#op(OP.if, EMPTY_BLOCK);
    this.#op(OP.call, refuel);
    out.u8(OP.end);
    if (!this.#hasLoops) return;
    this.#const(-ADVANCE_UNITS);
    this.#op(OP.localSet, this.#spent);
    // Branches to the body's own label end here, before the advance is given back.
    out.u8(OP.block);
    const type = this.#module.functions[this.#module.importedFunctionCount + this.#body] as number;
    const results = this.#module.types[type]?.results ?? [];
    if (results.length > 1) out.s32(this.#targets.blockType(type));
    else out.u8(results.length === 0 ? EMPTY_BLOCK : valueTypeCode(results[0] ?? 'i32'));
  }

  /** Before every way out of a body with loops. */
  #settle(): void {
    const { fuelGlobal } = this.#targets;
    this.#op(OP.globalGet, fuelGlobal);
    this.#op(OP.localGet, this.#spent);
    this.#out.u8(OP.i32Sub);
    this.#op(OP.globalSet, fuelGlobal);
  }

  /** Pays what was spent beyond the advance, and a new advance. */
  #payAdvance(): void {
    this.#op(OP.localGet, this.#spent);
    this.#const(ADVANCE_UNITS);
    this.#out.u8(OP.i32Add);
    this.#op(OP.call, this.#targets.charge);
    this.#const(-ADVANCE_UNITS);
    this.#op(OP.localSet, this.#spent);
  }

  /** `spent += units`; leaves on the stack whether the advance is used up. */
  #spend(units: number): void {
    this.#op(OP.localGet, this.#spent);
    this.#const(units);
    this.#out.u8(OP.i32Add);
    this.#op(OP.localTee, this.#spent);
    this.#const(0);
    this.#out.u8(OP.i32GeS);
  }

  // ---- the original's instructions --------------------------------------------------------

  #instructions(): void {
    const walker = this.#walker;
    walker.reset();
    this.#isAfterConst = false;
    this.#added[0] = 0;
    while (walker.next()) this.#instruction();
    this.#copyTo(this.#from, walker.end);
    if (!this.#hasLoops) return;
    // The copied `end` is that of the block around the body.
    this.#settle();
    this.#out.u8(OP.end);
  }

  #instruction(): void {
    const { opcode } = this.#walker;
    if (opcode <= OP.catchAll) this.#control(opcode);
    else if (opcode === OP.refFunc) this.#reference();
    else if (opcode === OP.memoryGrow) this.#grow();
    else if (opcode > 0xff) this.#bulk(opcode);
    this.#isAfterConst = opcode === OP.i32Const;
  }

  #control(opcode: number): void {
    switch (opcode) {
      case OP.block:
      case OP.if:
      case OP.try:
        this.#open(0);
        return;
      case OP.loop:
        this.#loop();
        return;
      case OP.br:
      case OP.brIf:
      case OP.rethrow:
      case OP.delegate:
        this.#label();
        return;
      case OP.brTable:
        this.#labels();
        return;
      case OP.return:
        if (this.#hasLoops) this.#insertSettle();
        return;
      case OP.catch:
      case OP.catchAll:
        this.#catch();
        return;
      case OP.call:
      case OP.returnCall:
      case OP.returnCallIndirect:
        this.#call(opcode);
        return;
    }
  }

  /** Notes the label that the walker has just opened; we put `added` levels around it. */
  #open(added: number): void {
    const label = this.#walker.depth - 1;
    if (label >= this.#added.length) {
      const longer = new Int32Array(label * 2);
      longer.set(this.#added);
      this.#added = longer;
    }
    this.#added[label] = (this.#added[label - 1] as number) + added; // the body's is below
  }

  #loop(): void {
    const segment = ++this.#segment;
    const units = this.#plan?.loopUnits[segment] ?? 0;
    if (units === 0) this.#open(0);
    else if (this.#module.code.outer.has(segment)) this.#outerLoop(units);
    else this.#innerLoop(units);
  }

  #outerLoop(units: number): void {
    this.#open(0);
    this.#insertAt(this.#walker.end);
    this.#spend(units);
    this.#op(OP.if, EMPTY_BLOCK);
    this.#payAdvance();
    this.#out.u8(OP.end);
  }

  /**
   * A loop without calls, several rounds of which are charged at once:
   *
   *     block $done
   *       loop $pay               pays when the advance is used up
   *         loop $rounds          spent += units * copies; to $pay if that is too much
   *           block $next [body] br $done end        branches to the loop's head go to its end
   *           …
   *           [body]                                 and here to $rounds
   *         end end end
   */
  #innerLoop(units: number): void {
    const walker = this.#walker;
    const out = this.#out;
    const { start, end: bodyStart, depth } = walker;
    const copies = walker.index < 0 ? copiesOf(units) : 1; // a loop with parameters stays single
    this.#insertAt(start);
    if (copies > 1) {
      out.u8(OP.block);
      out.copy(this.#bytes, start + 1, bodyStart);
    }
    out.copy(this.#bytes, start, bodyStart);
    this.#op(OP.localGet, this.#spent);
    this.#const(0);
    out.u8(OP.i32GeS);
    this.#op(OP.if, EMPTY_BLOCK);
    this.#payAdvance();
    out.u8(OP.end);
    out.copy(this.#bytes, start, bodyStart);
    this.#spend(units * copies);
    this.#op(OP.brIf, 1);
    this.#from = bodyStart;
    for (let copy = 1; copy < copies; copy++) {
      this.#op(OP.block, EMPTY_BLOCK);
      this.#open(3);
      this.#bodyOfLoop(depth);
      this.#insertAt(walker.start);
      this.#op(OP.br, 3);
      out.u8(OP.end);
      this.#from = bodyStart;
      this.#reader.pos = bodyStart;
      walker.resume(depth);
    }
    this.#open(copies > 1 ? 2 : 1);
    this.#bodyOfLoop(depth);
    this.#insertAt(walker.end);
    out.u8(OP.end);
    if (copies > 1) out.u8(OP.end);
  }

  /** Walks to the `end` of the loop whose inside has this depth. */
  #bodyOfLoop(depth: number): void {
    const walker = this.#walker;
    while (walker.next() && walker.depth >= depth) this.#instruction();
  }

  #insertSettle(): void {
    this.#insertAt(this.#walker.start);
    this.#settle();
  }

  #catch(): void {
    if (this.#plan === null) return;
    this.#insertAt(this.#walker.end);
    this.#const(CATCH_UNITS);
    this.#op(OP.call, this.#targets.charge);
  }

  // ---- indices ----------------------------------------------------------------------------

  /** Levels to be added to `label` at the present depth. */
  #extra(label: number): number {
    const top = this.#walker.depth - 1;
    return (this.#added[top] as number) - (this.#added[top - label] as number); // V8 checks labels
  }

  #label(): void {
    const walker = this.#walker;
    const extra = this.#extra(walker.index);
    if (!(extra > 0)) return;
    this.#insertAt(walker.indexStart);
    this.#out.u32(walker.index + extra);
    this.#from = walker.indexEnd;
  }

  #labels(): void {
    const walker = this.#walker;
    if (!((this.#added[walker.depth - 1] as number) > 0)) return;
    this.#insertAt(walker.indexStart);
    const targets = new WasmReader(this.#bytes, walker.indexStart, walker.end);
    this.#out.u32(targets.u32('count'));
    while (!targets.atEnd) {
      const label = targets.u32('label');
      this.#out.u32(label + this.#extra(label));
    }
    this.#from = walker.end;
  }

  #call(opcode: number): void {
    const walker = this.#walker;
    const { shift, probe } = this.#targets;
    if (opcode !== OP.call && this.#hasLoops) this.#insertSettle();
    if (opcode === OP.returnCallIndirect) return;
    if (walker.index < this.#module.importedFunctionCount) {
      if (this.#plan === null) return;
      this.#insertAt(walker.start);
      this.#op(OP.call, probe);
      return;
    }
    this.#insertAt(walker.indexStart);
    this.#out.u32(walker.index + shift);
    this.#from = walker.indexEnd;
  }

  #reference(): void {
    const walker = this.#walker;
    this.#insertAt(walker.indexStart);
    this.#out.u32(this.#targets.reference(walker.index));
    this.#from = walker.indexEnd;
  }

  #grow(): void {
    const walker = this.#walker;
    this.#insertAt(walker.start);
    if (this.#plan !== null) this.#op(OP.call, this.#targets.probe);
    this.#op(OP.call, this.#targets.grow);
    this.#from = walker.end;
  }

  /** Copying and filling cost by length, which lies on top of the stack. */
  #bulk(opcode: number): void {
    const shift = bulkShift(opcode);
    if (shift < 0 || this.#plan === null || this.#isAfterConst) return;
    const out = this.#out;
    this.#insertAt(this.#walker.start);
    this.#op(OP.localTee, this.#length);
    this.#op(OP.localGet, this.#length);
    this.#const(BULK_FREE_LENGTH);
    out.u8(OP.i32GtU);
    this.#op(OP.if, EMPTY_BLOCK);
    this.#op(OP.localGet, this.#length);
    this.#const(shift);
    out.u8(OP.i32ShrU);
    this.#op(OP.call, this.#targets.charge);
    out.u8(OP.end);
  }
}

/** How often the body of a loop of so many units is written: measured, 4 and 2 against 1. */
function copiesOf(units: number): number {
  if (units <= FOURFOLD_MAX_UNITS) return 4;
  return units <= TWOFOLD_MAX_UNITS ? 2 : 1;
}
