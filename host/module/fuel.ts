// The fuel of one guest. Its code charges a global (meter/); when that is used up it asks here for
// more, and here the clock decides. A guest that has been killed gets none, and the handlers of
// its exceptions are charged too: it cannot go on.

import type { Deadline } from './deadline.ts';
import { BULK_BYTES_SHIFT } from './meter/cost.ts';
import { FUEL_EXPORT } from './rewriter.ts';
import { ModuleTrap } from './trap.ts';

/** The guest's fuel is written so rarely that it costs nothing: 256 KB moved, 40 elements shown. */
const HOST_SLICE_UNITS = 4096;
/** Far from where an i32 wraps around. */
const LEAST_FUEL = -(2 ** 30);

export class Fuel {
  readonly #deadline: Deadline;
  /** Why the present call has to end; kept until it has. */
  #kill: ModuleTrap | null = null;
  #hostUnits = 0;
  /** Units given to the outermost call, under module-fuel-limit. */
  #given = 0;
  #global: WebAssembly.Global | null = null;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  bind(exports: WebAssembly.Exports): void {
    const global: unknown = exports[FUEL_EXPORT];
    if (global instanceof WebAssembly.Global) this.#global = global;
  }

  /** Under module-fuel-limit every outermost call begins with the same fuel. */
  begin(): void {
    this.#given = 0;
    this.#hostUnits = 0;
    if (this.#global !== null) this.#global.value = 0;
  }

  /** The guest's fuel is used up: units it gets, or ModuleTrap. */
  refuel(): number {
    this.check();
    const units = this.#deadline.slice();
    if (units === 0) throw this.#killed(this.#deadline.description);
    const { fuelLimit } = this.#deadline;
    if (fuelLimit === 0) return units;
    const left = fuelLimit - this.#given;
    if (left <= 0) {
      throw this.#killed(`fuel limit of ${fuelLimit} units (module-fuel-limit)`);
    }
    const granted = Math.min(left, units);
    this.#given += granted;
    return granted;
  }

  /**
   * Charges work that the host has done for the guest, besides what each call costs. Nothing is
   * thrown: whoever is at work may be half-way. The guest's own code looks at its fuel next.
   */
  charge(units: number): void {
    this.#hostUnits += units;
    if (this.#hostUnits < HOST_SLICE_UNITS || this.#global === null) return;
    const left = (this.#global.value as number) - this.#hostUnits; // an i32
    this.#global.value = Math.max(left, LEAST_FUEL);
    this.#hostUnits = 0;
  }

  /** Bytes that were moved for the guest. */
  chargeBytes(bytes: number): void {
    this.charge(bytes >>> BULK_BYTES_SHIFT);
  }

  /**
   * Throws ModuleTrap when the time is up at `nowMs`: for those who have done work of any length,
   * know the time and have nothing half done.
   */
  checkAt(nowMs: number): void {
    if (this.#deadline.isOver(nowMs)) throw this.#killed(this.#deadline.description);
  }

  /** Throws ModuleTrap if the guest has been killed. */
  check(): void {
    if (this.#kill !== null) throw this.#kill;
  }

  /** The call ends: why it was killed, or null. What is around it will find out for itself. */
  end(): ModuleTrap | null {
    const kill = this.#kill;
    this.#kill = null;
    return kill;
  }

  #killed(limit: string): ModuleTrap {
    this.#kill = new ModuleTrap(`stopped at its ${limit}`);
    return this.#kill;
  }
}
