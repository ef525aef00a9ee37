// Which functions and loops charge how much. Every circle in the control flow passes a place
// that charges, and between two such places lies a bounded amount of work:
//
//   loop                          charges at its header, for one round; or a function that it calls
//                                 in every round charges for it; of one with a known number of
//                                 rounds all are charged where it stands
//   circle of direct calls        one function of each charges when it is entered
//   circle through call_indirect  each function in it whose address is taken does
//   straight functions            cost what they hold; the dear ones charge, the rest is charged
//                                 to their callers

import {
  CALL_UNITS,
  COUNTED_LOOP_MAX_UNITS,
  FREE_FUNCTION_MAX_UNITS,
  FREE_TARGET_MAX_UNITS,
  HOST_CALL_UNITS,
  UNITS_MAX,
} from './cost.ts';
import { type CodeFacts, UNKNOWN_CALLEE } from './facts.ts';

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

export interface MeterPlan {
  /** By body: units charged on entry; 0: the callers are charged. */
  readonly entryUnits: Int32Array;
  /** By segment: units of one round of that loop; 0: charged elsewhere. */
  readonly loopUnits: Int32Array;
}

/** @param importedCount functions numbered before the first body */
export function planMeter(facts: CodeFacts, importedCount: number): MeterPlan {
  return new Planner(facts, importedCount).run();
}

class Planner {
  readonly #facts: CodeFacts;
  readonly #importedCount: number;
  readonly #count: number;
  /** By body: charges on entry. */
  readonly #charges: Uint8Array;
  readonly #state: Uint8Array;
  /** By body: may reach a call_indirect before anything charges. */
  readonly #isOpenEnded: Uint8Array;
  /** By body without loops: what one call costs. */
  readonly #cost: Int32Array;
  /** What the dearest function costs that may be behind a call_indirect and does not charge. */
  #targetUnits = 0;
  /** The next pair in facts.calls to look at, for bodies that are OPEN. */
  readonly #nextCall: Int32Array;

  constructor(facts: CodeFacts, importedCount: number) {
    this.#facts = facts;
    this.#importedCount = importedCount;
    this.#count = facts.firstSegment.length;
    this.#charges = new Uint8Array(this.#count);
    this.#state = new Uint8Array(this.#count);
    this.#isOpenEnded = new Uint8Array(this.#count);
    this.#cost = new Int32Array(this.#count);
    this.#nextCall = Int32Array.from(facts.firstCall);
  }

  run(): MeterPlan {
    for (let body = 0; body < this.#count; body++) {
      if (this.#loopCount(body) > 0) this.#charges[body] = 1;
    }
    this.#targetUnits = FREE_TARGET_MAX_UNITS; // until they are known
    for (let body = 0; body < this.#count; body++) this.#visit(body);
    this.#targetUnits = this.#dearestTarget();
    const loopUnits = this.#segments();
    const entryUnits = new Int32Array(this.#count);
    for (let body = 0; body < this.#count; body++) {
      if (this.#charges[body] === 0) continue;
      entryUnits[body] = loopUnits[this.#facts.firstSegment[body] as number] as number; // each has one
    }
    this.#exempt(loopUnits, entryUnits);
    return { entryUnits, loopUnits };
  }

  /** Units of each segment, what it calls included. */
  #segments(): Int32Array {
    const segments = Int32Array.from(this.#facts.units);
    const { calls } = this.#facts;
    for (let i = 0; i < calls.length; i += 2) {
      const segment = calls[i] as number; // pairs
      const units = (segments[segment] as number) + this.#price(calls[i + 1] as number);
      segments[segment] = Math.min(units, UNITS_MAX);
    }
    this.#foldCounted(segments);
    return segments;
  }

  /** Loops of known cost are charged by what is around them; inner ones have higher numbers. */
  #foldCounted(segments: Int32Array): void {
    const { parent, rounds } = this.#facts;
    for (let segment = segments.length - 1; segment > 0; segment--) {
      const units = (segments[segment] as number) * (rounds[segment] as number); // one for each
      if (units === 0 || units > COUNTED_LOOP_MAX_UNITS) continue;
      const around = parent[segment] as number;
      segments[around] = Math.min((segments[around] as number) + units, UNITS_MAX);
      segments[segment] = 0;
    }
  }

  /** Loops that call a function which charges need not: it charges for their dearest. */
  #exempt(loopUnits: Int32Array, entryUnits: Int32Array): void {
    const { sure } = this.#facts;
    const more = new Int32Array(this.#count);
    for (let i = 0; i < sure.length; i += 2) {
      const loop = sure[i] as number; // pairs
      const body = (sure[i + 1] as number) - this.#importedCount;
      if (body < 0 || this.#charges[body] === 0) continue;
      more[body] = Math.max(more[body] as number, loopUnits[loop] as number);
      loopUnits[loop] = 0;
    }
    for (let body = 0; body < this.#count; body++) {
      entryUnits[body] = Math.min((entryUnits[body] as number) + (more[body] as number), UNITS_MAX);
    }
  }

  #loopCount(body: number): number {
    const { firstSegment, units } = this.#facts;
    const end = firstSegment[body + 1] ?? units.length;
    return end - (firstSegment[body] as number) - 1; // body is below their count
  }

  /** Walks the calls depth first without recursing: they may be 50,000 deep. */
  #visit(root: number): void {
    if (this.#state[root] !== UNSEEN) return;
    const path = [root];
    this.#state[root] = OPEN;
    while (path.length > 0) {
      const body = path.at(-1) as number; // not empty
      const callee = this.#nextCallee(body);
      if (callee === null) {
        this.#close(body);
        path.pop();
      } else if (this.#state[callee] === UNSEEN) {
        this.#state[callee] = OPEN;
        path.push(callee);
      } else if (this.#state[callee] === OPEN) {
        this.#charges[callee] = 1; // the circle is closed here
      }
    }
  }

  /** The next body that `body` calls, or null. */
  #nextCallee(body: number): number | null {
    const { calls } = this.#facts;
    const end = this.#endOfCalls(body);
    for (let at = this.#nextCall[body] as number; at < end; at += 2) {
      const callee = (calls[at + 1] as number) - this.#importedCount;
      if (callee < 0) continue;
      this.#nextCall[body] = at + 2;
      return callee;
    }
    this.#nextCall[body] = end;
    return null;
  }

  #dearestTarget(): number {
    let units = 0;
    for (const index of this.#facts.referenced) {
      const body = index - this.#importedCount;
      if (body < 0) units = HOST_CALL_UNITS;
      else if (this.#charges[body] === 0) units = Math.max(units, this.#cost[body] as number);
    }
    return units;
  }

  #endOfCalls(body: number): number {
    return this.#facts.firstCall[body + 1] ?? this.#facts.calls.length;
  }

  /** All that `body` calls is known. */
  #close(body: number): void {
    this.#state[body] = DONE;
    const { calls, firstCall, firstSegment, units, referenced } = this.#facts;
    const end = this.#endOfCalls(body);
    let cost = units[firstSegment[body] as number] as number;
    let isOpenEnded = false;
    for (let at = firstCall[body] as number; at < end; at += 2) {
      const callee = calls[at + 1] as number;
      cost = Math.min(cost + this.#price(callee), UNITS_MAX);
      isOpenEnded ||= this.#reachesTable(callee);
    }
    this.#cost[body] = cost;
    this.#isOpenEnded[body] = isOpenEnded ? 1 : 0;
    const isTarget = referenced.has(body + this.#importedCount);
    const isDear = cost > (isTarget ? FREE_TARGET_MAX_UNITS : FREE_FUNCTION_MAX_UNITS);
    if (isDear || (isTarget && isOpenEnded)) this.#charges[body] = 1;
  }

  #reachesTable(callee: number): boolean {
    if (callee === UNKNOWN_CALLEE) return true;
    const body = callee - this.#importedCount;
    return body >= 0 && this.#charges[body] === 0 && this.#isOpenEnded[body] === 1;
  }

  /** What a call costs its caller. */
  #price(callee: number): number {
    if (callee === UNKNOWN_CALLEE) return CALL_UNITS + this.#targetUnits;
    const body = callee - this.#importedCount;
    if (body < 0) return HOST_CALL_UNITS;
    return CALL_UNITS + (this.#charges[body] === 1 ? 0 : (this.#cost[body] as number));
  }
}
