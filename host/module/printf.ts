// C's printf over a guest's format string and variable arguments, with the exact output of
// glibc on x86-64 in the C locale, which is what modules print under Redis.

import type { ByteString } from '../lib/bytes.ts';
import {
  type ExactFloat,
  exactOfDouble,
  fixedText,
  generalText,
  hexText,
  scientificText,
} from './exact-float.ts';
import { exactOfBinary128, X87_LAYOUT } from './long-double.ts';
import type { GuestMemory } from './memory.ts';
import { ModuleTrap } from './trap.ts';
import type { VarArgs } from './varargs.ts';

const MINUS = 1;
const PLUS = 2;
const SPACE = 4;
const ALTERNATE = 8;
const ZERO = 16;
/** `%a` of a double: one bit before the point. */
const DOUBLE_LAYOUT = { leadBits: 1, minExponent: -1022 } as const;
/** Longest format string. */
const FORMAT_MAX_BYTES = 64 * 1024;
/** `%f` digits that are computed; a double has at most 1074 and binary128 16,494 that matter. */
const DIGITS_MAX = 17_000;

type Length = '' | 'hh' | 'h' | 'l' | 'll' | 'j' | 'z' | 't' | 'L';

interface Directive {
  flags: number;
  width: number;
  /** -1: not given. */
  precision: number;
  length: Length;
  conversion: string;
}

export interface PrintfResult {
  readonly text: ByteString;
  /** The output was longer than `maxBytes` and is cut there. */
  readonly isTruncated: boolean;
}

/**
 * Formats the C string at `format` with `args`. Integer sizes are wasm32's: `long`, `size_t`
 * and pointers have 32 bits. O(output), which `maxBytes` bounds: width and precision are the
 * guest's to choose.
 *
 * Redis differs: `%n` traps, as nothing may write through a format string.
 * @throws ModuleTrap for %n, positional arguments and pointers outside the guest's memory.
 */
export function formatPrintf(
  memory: GuestMemory,
  format: number,
  args: VarArgs,
  maxBytes: number,
): PrintfResult {
  const source = memory.cstring(format, 'fmt', FORMAT_MAX_BYTES);
  return new Printf(memory, source, args, maxBytes).run();
}

class Printf {
  readonly #memory: GuestMemory;
  readonly #source: ByteString;
  readonly #args: VarArgs;
  readonly #maxBytes: number;
  #pos = 0;
  #out = '';

  constructor(memory: GuestMemory, source: ByteString, args: VarArgs, maxBytes: number) {
    this.#memory = memory;
    this.#source = source;
    this.#args = args;
    this.#maxBytes = maxBytes;
  }

  run(): PrintfResult {
    const source = this.#source;
    while (this.#pos < source.length && this.#out.length <= this.#maxBytes) {
      const percent = source.indexOf('%', this.#pos);
      const end = percent < 0 ? source.length : percent;
      this.#out += source.slice(this.#pos, end);
      this.#pos = end;
      if (percent < 0) break;
      this.#pos++;
      const directive = this.#directive();
      const isKnown = directive !== null && this.#convert(directive);
      if (!isKnown) this.#out += source.slice(percent, this.#pos); // as glibc prints it
    }
    const isTruncated = this.#out.length > this.#maxBytes;
    // Every piece is made of bytes: slices of ByteStrings and ASCII digits.
    return { text: this.#out.slice(0, this.#maxBytes) as ByteString, isTruncated };
  }

  /** Reads what follows a '%'; null at the end of the format. */
  #directive(): Directive | null {
    const source = this.#source;
    let flags = this.#flags();
    let width = this.#number();
    if (source[this.#pos] === '$') {
      throw new ModuleTrap('positional arguments (%1$d) are not supported', 'fmt');
    }
    if (width < 0) {
      flags |= MINUS;
      width = -width;
    }
    let precision = -1;
    if (source[this.#pos] === '.') {
      this.#pos++;
      precision = Math.max(this.#number(), -1);
    }
    const length = this.#length();
    const conversion = source[this.#pos];
    if (conversion === undefined) return null;
    this.#pos++;
    return { flags, width, precision, length, conversion };
  }

  #flags(): number {
    let flags = 0;
    for (;;) {
      const at = "-+ #0'I".indexOf(this.#source[this.#pos] ?? '?');
      if (at < 0) return flags;
      if (at < 5) flags |= 1 << at; // ' and I change nothing in the C locale
      this.#pos++;
    }
  }

  /** A width or precision: digits or '*'; 0 if there is neither. */
  #number(): number {
    const source = this.#source;
    if (source[this.#pos] === '*') {
      this.#pos++;
      return this.#args.i32();
    }
    let value = 0;
    for (;;) {
      const digit = source.charCodeAt(this.#pos) - 48; // NaN at the end: both tests are false
      if (!(digit >= 0 && digit <= 9)) return value;
      value = Math.min(value * 10 + digit, 0x7fffffff);
      this.#pos++;
    }
  }

  #length(): Length {
    const first = this.#source[this.#pos] ?? '';
    if (first === '' || !'hlqjzZtL'.includes(first)) return '';
    this.#pos++;
    if (first === 'q') return 'll';
    if (first === 'Z') return 'z';
    const isDouble = (first === 'h' || first === 'l') && this.#source[this.#pos] === first;
    if (isDouble) this.#pos++;
    return (isDouble ? first + first : first) as Length; // all eight are listed in Length
  }

  /** Writes one conversion; false if it is none. */
  #convert(directive: Directive): boolean {
    switch (directive.conversion) {
      case 'd':
      case 'i':
        this.#signed(directive);
        return true;
      case 'u':
        this.#unsigned(directive, 10, '');
        return true;
      case 'o':
        this.#unsigned(directive, 8, '');
        return true;
      case 'x':
        this.#unsigned(directive, 16, '0x');
        return true;
      case 'X':
        this.#unsigned(directive, 16, '0X');
        return true;
      case 'p':
        this.#pointer(directive);
        return true;
      case 'c':
      case 'C':
        this.#pad(directive, '', this.#char(directive), false);
        return true;
      case 's':
      case 'S':
        this.#string(directive);
        return true;
      case '%':
        this.#out += '%';
        return true;
      case 'n':
        throw new ModuleTrap('%n is not supported: it writes through the format string', 'fmt');
      default:
        if (!'fFeEgGaA'.includes(directive.conversion)) return false;
        this.#float(directive);
        return true;
    }
  }

  #signed(directive: Directive): void {
    const value = this.#integer(directive.length, true);
    const digits = (value < 0n ? -value : value).toString();
    this.#digits(directive, signText(directive.flags, value < 0n), digits, value === 0n);
  }

  #unsigned(directive: Directive, radix: number, prefix: string): void {
    const value = this.#integer(directive.length, false);
    const isAlternate = (directive.flags & ALTERNATE) !== 0;
    let digits = value.toString(radix);
    if (prefix === '0X') digits = digits.toUpperCase();
    if (radix !== 8 || !isAlternate) {
      this.#digits(directive, isAlternate && value !== 0n ? prefix : '', digits, value === 0n);
      return;
    }
    // "#o" raises the precision until the first digit is 0.
    const precision = Math.max(directive.precision, value === 0n ? 1 : digits.length + 1);
    const isPadded = (directive.flags & ZERO) !== 0 && directive.precision < 0;
    const isWide = isPadded && directive.width >= precision;
    const adjusted = isWide ? directive : { ...directive, precision };
    this.#digits(adjusted, '', digits, value === 0n);
  }

  /** Pads the digits of an integer by precision and width. */
  #digits(directive: Directive, prefix: string, digits: string, isZero: boolean): void {
    const { precision } = directive;
    if (precision < 0) {
      this.#pad(directive, prefix, digits, true);
      return;
    }
    const shown = isZero && precision === 0 ? '' : digits;
    const zeros = Math.min(Math.max(precision - shown.length, 0), this.#room());
    this.#pad(directive, prefix, '0'.repeat(zeros) + shown, false); // a precision turns 0 off
  }

  #integer(length: Length, isSigned: boolean): bigint {
    switch (length) {
      case 'll':
      case 'j':
      case 'L':
        return isSigned ? this.#args.i64() : this.#args.u64();
      case 'hh':
        return narrow(this.#args.i32(), 8, isSigned);
      case 'h':
        return narrow(this.#args.i32(), 16, isSigned);
      default:
        return narrow(this.#args.i32(), 32, isSigned);
    }
  }

  #pointer(directive: Directive): void {
    const value = this.#args.u32();
    if (value === 0) {
      this.#pad(directive, '', '(nil)', false);
      return;
    }
    const sign = signText(directive.flags, false);
    this.#digits(directive, `${sign}0x`, value.toString(16), false);
  }

  #char(directive: Directive): string {
    const value = this.#args.i32();
    if (directive.length === 'l' || directive.conversion === 'C') return wideText([value]);
    return String.fromCharCode(value & 0xff);
  }

  #string(directive: Directive): void {
    const ptr = this.#args.u32();
    const { precision } = directive;
    if (ptr === 0) {
      this.#pad(directive, '', precision < 0 || precision >= 6 ? '(null)' : '', false);
      return;
    }
    if (directive.length === 'l' || directive.conversion === 'S') {
      const text = wideText(this.#wide(ptr));
      this.#pad(directive, '', precision < 0 ? text : text.slice(0, precision), false);
      return;
    }
    const text =
      precision < 0
        ? this.#memory.cstring(ptr, '%s')
        : this.#memory.cstringPrefix(ptr, precision, '%s');
    this.#pad(directive, '', text, false);
  }

  /** The wchar_t string at `ptr`, as far as there is room for it. */
  #wide(ptr: number): number[] {
    const codes: number[] = [];
    while (codes.length <= this.#room()) {
      const code = this.#memory.readI32(ptr + codes.length * 4, '%ls');
      if (code === 0) break;
      codes.push(code);
    }
    return codes;
  }

  #float(directive: Directive): void {
    const isLong = directive.length === 'L';
    const value = isLong
      ? exactOfBinary128(this.#args.longDouble())
      : exactOfDouble(this.#args.f64());
    const isUpper = directive.conversion < 'a';
    const sign = signText(directive.flags, value.isNegative);
    if (value.kind !== 'finite') {
      const word = value.kind === 'nan' ? 'nan' : 'inf';
      this.#pad(directive, sign, isUpper ? word.toUpperCase() : word, false);
      return;
    }
    const lower = moreZeros(directive, floatText(directive, value, isLong), this.#room());
    const text = isUpper ? lower.toUpperCase() : lower;
    if (text.startsWith('0x') || text.startsWith('0X')) {
      this.#pad(directive, sign + text.slice(0, 2), text.slice(2), true);
    } else this.#pad(directive, sign, text, true);
  }

  /** Appends prefix and body padded to the width: spaces around, or zeros between them. */
  #pad(directive: Directive, prefix: string, body: string, mayZero: boolean): void {
    const missing = directive.width - prefix.length - body.length;
    if (missing <= 0) {
      this.#out += prefix + body;
      return;
    }
    const padding = Math.min(missing, this.#room());
    if (directive.flags & MINUS) this.#out += prefix + body + ' '.repeat(padding);
    else if (mayZero && directive.flags & ZERO) this.#out += prefix + '0'.repeat(padding) + body;
    else this.#out += ' '.repeat(padding) + prefix + body;
  }

  /** Bytes that may still be added, and one more so that run() sees the overflow. */
  #room(): number {
    return Math.max(this.#maxBytes - this.#out.length + 1, 0);
  }
}

function signText(flags: number, isNegative: boolean): string {
  if (isNegative) return '-';
  if (flags & PLUS) return '+';
  return flags & SPACE ? ' ' : '';
}

function narrow(value: number, bits: number, isSigned: boolean): bigint {
  const wide = BigInt(value);
  return isSigned ? BigInt.asIntN(bits, wide) : BigInt.asUintN(bits, wide);
}

function floatText(directive: Directive, value: ExactFloat, isLong: boolean): string {
  const keep = (directive.flags & ALTERNATE) !== 0;
  const asked = Math.min(directive.precision, DIGITS_MAX);
  const precision = asked < 0 ? 6 : asked;
  switch (directive.conversion.toLowerCase()) {
    case 'f':
      return fixedText(value, precision, keep);
    case 'e':
      return scientificText(value, precision, keep);
    case 'g':
      return generalText(value, precision, keep);
    default:
      return hexText(value, isLong ? X87_LAYOUT : DOUBLE_LAYOUT, asked, keep);
  }
}

/** Adds the digits beyond DIGITS_MAX, all zeros, as far as there is room. */
function moreZeros(directive: Directive, text: string, room: number): string {
  const missing = Math.min(directive.precision - DIGITS_MAX, room);
  if (missing <= 0) return text;
  const kind = directive.conversion.toLowerCase();
  if (kind === 'g' && (directive.flags & ALTERNATE) === 0) return text;
  const at = text.indexOf(kind === 'a' ? 'p' : 'e');
  const end = at < 0 ? text.length : at;
  return text.slice(0, end) + '0'.repeat(missing) + text.slice(end);
}

/** wchar_t values as UTF-8 bytes; what is no character becomes '?'. */
function wideText(codes: readonly number[]): string {
  let text = '';
  for (const code of codes) {
    const isCharacter = code >= 0 && code <= 0x10ffff && (code & 0xfffff800) !== 0xd800;
    text += isCharacter ? String.fromCodePoint(code) : '?';
  }
  return Buffer.from(text, 'utf8').toString('latin1');
}
