// The fuel of one guest. Its code charges a global (meter/); when that is used up it asks here for
// more, and here the clock decides. A guest that has been killed gets none, and the handlers of
// its exceptions are charged too: it cannot go on.

import type { Deadline } from './deadline.ts';
import { FUEL_EXPORT } from './rewriter.ts';
import { ModuleTrap } from './trap.ts';

/** Work of the host, in units of about a nanosecond, between two looks at the clock. */
const HOST_SLICE_UNITS = 100_000;

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

  /** Charges work that the host is going to do for the guest: about a nanosecond is a unit. */
  charge(units: number): void {
    this.#hostUnits += units;
    if (this.#hostUnits > HOST_SLICE_UNITS) this.#lookAtClock();
  }

  #lookAtClock(): void {
    this.#hostUnits = 0;
    this.check();
    if (this.#deadline.slice() === 0) throw this.#killed(this.#deadline.description);
  }

  /** The same for work that has been done, by somebody who knows the time. */
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
