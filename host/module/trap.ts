// ModuleTrap: the error kind for everything that is the guest's fault. Thrown by the lowest
// layer (memory, handles, allocator, printf) and by the module host; never by server code.

const STACK_FRAMES = 20;

/**
 * The guest broke the ABI: an address outside its memory, a dead handle, a double free.
 *
 * Whoever throws knows the argument, rarely the ABI function; the import wrapper that catches
 * the trap on its way out names the function with `inFunction`.
 */
export class ModuleTrap extends Error {
  override readonly name = 'ModuleTrap';
  /** What was wrong, without the place. */
  readonly reason: string;
  /** The argument at fault as the C header names it, or '' when there is none. */
  readonly argument: string;
  #abiFunction = '';

  constructor(reason: string, argument = '', abiFunction = '') {
    const { stackTraceLimit } = Error;
    // The stack tells which function of the ABI was called, however deep below it this is.
    Error.stackTraceLimit = STACK_FRAMES;
    super(describe(reason, argument, abiFunction));
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
    this.argument = argument;
    this.#abiFunction = abiFunction;
  }

  /** The C name of the ABI function that was called, or '' when it is not known. */
  get abiFunction(): string {
    return this.#abiFunction;
  }

  /** Names the ABI function unless a deeper call has named one already; returns this trap. */
  inFunction(abiFunction: string): this {
    if (this.#abiFunction === '') {
      this.#abiFunction = abiFunction;
      this.message = describe(this.reason, this.argument, abiFunction);
    }
    return this;
  }
}

function describe(reason: string, argument: string, abiFunction: string): string {
  const subject = argument === '' ? reason : `argument '${argument}': ${reason}`;
  return abiFunction === '' ? subject : `${abiFunction}: ${subject}`;
}

/** `value` as an unsigned 32-bit hexadecimal address or handle, for messages. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
