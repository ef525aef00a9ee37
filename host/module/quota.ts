// Quota: what the server holds for one module beside its linear memory. One rule: linear memory and
// everything held together stay below module-max-memory.

import { ModuleTrap } from './trap.ts';

/** What a live handle costs: its slot and the object behind it, without variable parts. */
export const HANDLE_BYTES = 128;
/** A timer, a subscription, a lasting context: a few closures and a map entry. */
export const REGISTRATION_BYTES = 256;
/** Between two looks at the whole sum so much may be charged, as long as there is far more room. */
const STRIDE_BYTES = 64 * 1024;

/** Where the rest of the sum is kept. */
export interface QuotaSources {
  readonly limitBytes: number;
  linearBytes(): number;
  liveHandles(): number;
}

/** Charged before a thing is made, released when it is gone. O(1), a few nanoseconds. */
export class Quota {
  readonly #sources: QuotaSources;
  #heldBytes = 0;
  /** Of that: until the outermost call into the guest ends. */
  #callBytes = 0;
  /** Up to here nothing has to be summed up. */
  #checkedBytes = 0;

  constructor(sources: QuotaSources) {
    this.#sources = sources;
  }

  /** Objects of the host that are held for the module. */
  get objectBytes(): number {
    return this.#heldBytes + this.#sources.liveHandles() * HANDLE_BYTES;
  }

  get roomBytes(): number {
    const { limitBytes } = this.#sources;
    return Math.max(0, limitBytes - this.#sources.linearBytes() - this.objectBytes);
  }

  /** Traps unless `bytes` more fit. `what` is a noun with its article. */
  need(bytes: number, what: string, argument = ''): void {
    if (bytes > this.roomBytes) this.refuse(bytes, what, argument);
  }

  refuse(bytes: number, what: string, argument = ''): never {
    const { limitBytes } = this.#sources;
    const used = this.#sources.linearBytes() + this.objectBytes;
    throw new ModuleTrap(
      `${what} of ${bytes} bytes does not fit: ` +
        `${used} of ${limitBytes} bytes are in use (module-max-memory)`,
      argument,
    );
  }

  /** Takes `bytes`; traps unless they fit. */
  charge(bytes: number, what: string, argument = ''): void {
    if (this.#heldBytes + bytes > this.#checkedBytes) {
      this.need(bytes, what, argument);
      this.#checkedBytes = this.#heldBytes + bytes + Math.min(STRIDE_BYTES, this.roomBytes / 16);
    }
    this.#heldBytes += bytes;
  }

  /** Takes them in any case: what is put back by an undo had been charged before. */
  restore(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /** Charges what the server holds back until the outermost call has ended. */
  chargeCall(bytes: number, what: string): void {
    this.charge(bytes, what);
    this.#callBytes += bytes;
  }

  /** The outermost call has ended. */
  endCall(): void {
    if (this.#callBytes === 0) return;
    this.#heldBytes -= this.#callBytes;
    this.#callBytes = 0;
  }

  /** Memory or handles have grown: the next charge looks at the whole sum. */
  recheck(): void {
    this.#checkedBytes = 0;
  }
}
