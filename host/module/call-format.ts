// The little language of RedisModule_Call, Replicate and EmitAOF: a format string that tells what
// follows as variable arguments, and flags.

import { Argv } from '../lib/argv.ts';
import type { ModuleInstance } from './instance.ts';
import { CSTRING_MAX_BYTES, GUEST_ARGV_MAX_COUNT } from './memory.ts';
import { ModuleTrap } from './trap.ts';
import { VarArgs } from './varargs.ts';

/** Flags of a format. */
export const CALL = {
  replicate: 1 << 0,
  noAof: 1 << 1,
  noReplicas: 1 << 2,
  resp3: 1 << 3,
  respOfClient: 1 << 4,
  asUser: 1 << 5,
  script: 1 << 6,
  noWrites: 1 << 7,
  refuseOom: 1 << 8,
  errorReplies: 1 << 9,
  dryRun: 1 << 10,
  mayBlock: 1 << 11,
} as const;

/** The format has a letter that means nothing. */
export const BAD_FORMAT = -1;

const SCRATCH_BYTES = 1024;
/** Larger scratch memory is given back after the call that needed it. */
const SCRATCH_KEPT_BYTES = 64 * 1024;
/** Views of words beyond these are made anew each time. */
const WORDS_KEPT = 1024;
const A = 0x41;

/** Flags by letter, from A on; 0: no flag. */
const FLAG_OF_LETTER = new Int32Array(26);
for (const [letter, flag] of [
  ['A', CALL.noAof],
  ['R', CALL.noReplicas],
  ['C', CALL.asUser],
  ['S', CALL.script],
  ['W', CALL.noWrites],
  ['M', CALL.refuseOom],
  ['E', CALL.errorReplies],
  ['D', CALL.dryRun | CALL.errorReplies],
  ['K', CALL.mayBlock],
] as const) {
  FLAG_OF_LETTER[letter.charCodeAt(0) - A] = flag;
}

/**
 * Reads calls into an argument vector that is used again. Arguments are copied out of guest
 * memory, which may grow and detach every view while the command runs; strings are borrowed.
 */
export class CallReader {
  /** The words of the last call, valid until the next `read`. */
  readonly argv = new Argv();
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #used = 0;

  /**
   * Fills `argv` with the command's name and arguments.
   *
   * @param args address of the packed variable arguments
   * @returns CALL flags, or BAD_FORMAT
   */
  read(m: ModuleInstance, cmdname: number, fmt: number, args: number): number {
    this.#used = 0;
    if (this.#scratch.length > SCRATCH_KEPT_BYTES) {
      this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    }
    this.argv.clear();
    const { slices } = this.argv;
    if (slices.length > WORDS_KEPT) slices.length = WORDS_KEPT;
    this.#pushCString(m, cmdname, 'cmdname');
    const rest = new VarArgs(m.memory, args);
    const { memory } = m;
    let flags = 0;
    for (let at = fmt >>> 0; ; at++) {
      if (this.argv.length > GUEST_ARGV_MAX_COUNT) {
        throw new ModuleTrap(`more than ${GUEST_ARGV_MAX_COUNT} words`, 'fmt');
      }
      const letter = memory.readU8(at, 'fmt');
      switch (letter) {
        case 0:
          return flags;
        case 0x73: // s
          this.#pushString(m, rest.u32());
          break;
        case 0x63: // c
          this.#pushCString(m, rest.u32(), 'a C string');
          break;
        case 0x6c: // l
          this.#pushText(rest.i64Text());
          break;
        case 0x62: // b
          this.#pushBuffer(m, rest.u32(), rest.u32());
          break;
        case 0x76: // v
          this.#pushVector(m, rest.u32(), rest.u32());
          break;
        case 0x21: // !
          flags |= CALL.replicate;
          break;
        case 0x30: // 0
          flags |= CALL.respOfClient;
          break;
        case 0x33: // 3
          flags |= CALL.resp3;
          break;
        default: {
          const flag = FLAG_OF_LETTER[letter - A] ?? 0;
          if (flag === 0) return BAD_FORMAT;
          flags |= flag;
        }
      }
    }
  }

  #pushString(m: ModuleInstance, handle: number): void {
    const { slice } = m.string(handle, 'a string');
    this.argv.push(slice.buffer, slice.start, slice.end);
  }

  #pushVector(m: ModuleInstance, vector: number, count: number): void {
    m.memory.checkWords(vector, count, 'a vector');
    for (let i = 0; i < count; i++) this.#pushString(m, m.memory.readU32(vector + 4 * i));
  }

  #pushBuffer(m: ModuleInstance, ptr: number, length: number): void {
    m.memory.check(ptr, length, 'a buffer'); // before making room for it
    this.#reserve(length);
    m.memory.copyOut(ptr, length, this.#scratch, this.#used);
    this.#push(length);
  }

  #pushCString(m: ModuleInstance, ptr: number, argument: string): void {
    const { memory } = m;
    const length = memory.copyCString(ptr, this.#scratch, this.#used, CSTRING_MAX_BYTES, argument);
    if (length >= 0) this.#push(length);
    else this.#pushText(memory.cstring(ptr, argument));
  }

  /** @param text one byte a character */
  #pushText(text: string): void {
    this.#reserve(text.length);
    this.#push(this.#scratch.latin1Write(text, this.#used));
  }

  #push(length: number): void {
    this.argv.push(this.#scratch, this.#used, this.#used + length);
    this.#used += length;
  }

  /** Makes room; words pushed before keep the old buffer. */
  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#scratch.length) return;
    this.#scratch = Buffer.allocUnsafeSlow(Math.max(SCRATCH_BYTES, bytes));
    this.#used = 0;
  }
}
