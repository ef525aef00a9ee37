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

  /** A trap because of `error`, whose stack shows where. */
  static because(error: Error, reason = error.message): ModuleTrap {
    const trap = new ModuleTrap(reason);
    if (error.stack !== undefined) trap.stack = error.stack;
    return trap;
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

/** Whatever stopped the guest, as a trap. Errors of the host itself are passed on. */
export function asTrap(error: unknown): ModuleTrap {
  if (error instanceof ModuleTrap) return error.inFunction(abiFunctionIn(error));
  if (error instanceof WebAssembly.RuntimeError) return ModuleTrap.because(error);
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return ModuleTrap.because(error, 'stack overflow: recursion too deep');
  }
  if (error instanceof WebAssembly.Exception) return new ModuleTrap('uncaught exception');
  throw error;
}

/** The ABI function in which a trap was raised: the stack names it, so calls need no wrapper. */
function abiFunctionIn(error: Error): string {
  for (const line of error.stack?.split('\n') ?? []) {
    if (!FRAME.test(line)) continue;
    if (line.includes('wasm://')) return ''; // the guest itself
    const name = /RedisModule_\w+/.exec(line);
    if (name !== null) return name[0];
  }
  return '';
}

const FRAME = /^ +at /;
