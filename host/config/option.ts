// What an option is, and the kinds of them: each builder returns an Option that can read a value
// from words, in the way and with the error texts of Redis. The table of options is options.ts.

import { asciiLower, type bytesOf, textOf } from '../lib/bytes.ts';
import { quote } from '../lib/quoted-words.ts';

export type OptionKind =
  | 'bool'
  | 'int'
  | 'memory'
  | 'percent-or-memory'
  | 'octal'
  | 'enum'
  | 'enum-set'
  | 'string'
  | 'list';

/** A value in force: typed for the server, and the bytes that CONFIG GET answers. */
export interface Setting<V = unknown> {
  readonly value: V;
  readonly text: string;
}

/** What a parser may want to know besides the words. */
export interface ParseContext {
  readonly previous: Setting;
  /** A configuration file is being read and has named this option before. */
  readonly isAppending: boolean;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** Reads words (one byte a char); a string is the error text. */
export type Parse<V> = (words: readonly string[], context: ParseContext) => Setting<V> | string;

export interface OptionFlags {
  readonly aliases?: readonly string[];
  /** Only the file and the command line may set it. */
  readonly immutable?: boolean;
  /** CONFIG SET needs `enable-protected-configs`. */
  readonly isProtected?: boolean;
  /** CONFIG GET shows it only under its exact name. */
  readonly hidden?: boolean;
  /** Its value is a secret: not for the slow log or MONITOR. */
  readonly sensitive?: boolean;
  /** CONFIG SET is refused while a data set is being loaded. */
  readonly deniesLoading?: boolean;
  /** Its lines do not depend on each other: CONFIG REWRITE need not add those with defaults. */
  readonly hasSeparateLines?: boolean;
}

export interface Option<K extends OptionKind = OptionKind, V = unknown> extends OptionFlags {
  readonly kind: K;
  /** The words of the default value. */
  readonly initial: readonly string[];
  readonly doc: string;
  /** A CONFIG SET value is split at spaces, a line may have several words. */
  readonly takesMany: boolean;
  parse(words: readonly string[], context: ParseContext): Setting<V> | string;
  /** The lines (without the name) that CONFIG REWRITE writes. */
  lines(setting: Setting<V>): readonly string[];
}

const WORD_COUNT = 'wrong number of arguments';
const TWO_64 = 1n << 64n;
const INT64_MAX = 2n ** 63n - 1n;
const INT_MAX = 2 ** 31 - 1;

const textLine = (setting: Setting): readonly string[] => [setting.text];
const quotedLine = (setting: Setting): readonly string[] => [quote(setting.text)];

/** Makes the parser of an option that takes exactly one word. */
function one<V>(parse: (word: string, context: ParseContext) => Setting<V> | string): Parse<V> {
  return (words, context) => (words.length === 1 ? parse(words[0] as string, context) : WORD_COUNT); // length is 1
}

export function bool(
  initial: boolean,
  doc: string,
  flags: OptionFlags = {},
  refuses: (value: boolean) => string | null = () => null,
): Option<'bool', boolean> {
  const parse = one<boolean>((word) => {
    const text = asciiLower(word);
    if (text !== 'yes' && text !== 'no') return "argument must be 'yes' or 'no'";
    const value = text === 'yes';
    return refuses(value) ?? { value, text };
  });
  const words = [initial ? 'yes' : 'no'];
  return { ...flags, kind: 'bool', initial: words, doc, takesMany: false, parse, lines: textLine };
}

/** Bounds of a number; both belong to it. `clamp` forces an accepted value into tighter ones. */
export interface Bounds {
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  readonly clamp?: readonly [min: number | bigint, max: number | bigint];
}

export const LONG: Bounds = { max: INT64_MAX };
export const PORT: Bounds = { max: 65535 };

/** An integer from `min` (0) to `max` (2^31-1). Beyond 2^53 the number is the nearest double. */
export function int(
  initial: number,
  doc: string,
  bounds: Bounds = {},
  flags: OptionFlags = {},
): Option<'int', number> {
  const parse = one<number>((word) => {
    if (!/^(0|-?[1-9]\d{0,18})$/.test(word)) return "argument couldn't be parsed into an integer";
    const value = BigInt(word);
    if (value > INT64_MAX || value < -INT64_MAX - 1n) {
      return "argument couldn't be parsed into an integer";
    }
    return within(value, bounds) ?? numeric(clamped(value, bounds));
  });
  const words = [String(initial)];
  return { ...flags, kind: 'int', initial: words, doc, takesMany: false, parse, lines: textLine };
}

/** Permission bits in octal. */
export function octal(
  initial: number,
  doc: string,
  max: number,
  flags: OptionFlags = {},
): Option<'octal', number> {
  const parse = one<number>((word) => {
    const match = /^\s*([+-]?)([0-7]*)$/.exec(word);
    if (match === null) return "argument couldn't be parsed as an octal number";
    const value = Number.parseInt(`0${match[2]}`, 8) * (match[1] === '-' ? -1 : 1);
    if (value < 0 || value > max) {
      return `argument must be between 0 and ${max.toString(8)} inclusive`;
    }
    return { value, text: value.toString(8) };
  });
  const words = [initial.toString(8)];
  return { ...flags, kind: 'octal', initial: words, doc, takesMany: false, parse, lines: textLine };
}

/** Bytes, with an optional unit. `max` undefined: the whole unsigned 64-bit range. */
export function memory(
  initial: string,
  doc: string,
  bounds: Bounds = {},
  flags: OptionFlags = {},
): Option<'memory', number> {
  const parse = one<number>((word) => {
    const value = parseMemory(word);
    if (value === null) return 'argument must be a memory value';
    return within(value, { max: TWO_64 - 1n, ...bounds }) ?? numeric(clamped(value, bounds));
  });
  const lines = (setting: Setting): string[] => [formatMemory(BigInt(setting.text))];
  return { ...flags, kind: 'memory', initial: [initial], doc, takesMany: false, parse, lines };
}

/** Bytes, or a percentage, which is kept as a negative number. */
export function percentOrMemory(
  initial: string,
  doc: string,
  flags: OptionFlags = {},
): Option<'percent-or-memory', number> {
  const parse = one<number>((word) => {
    const percent = /^(\d+)%$/.exec(word);
    const value = percent ? -BigInt(percent[1] as string) : parseMemory(word); // group 1 is there
    if (value === null) return 'argument must be a memory or percent value';
    const signed = BigInt.asIntN(64, value); // as Redis: a huge size wraps into a percentage
    if (signed < -100n) return 'percentage argument must be less or equal to 100';
    return { value: Number(signed), text: signed < 0n ? `${-signed}%` : String(signed) };
  });
  const lines = ({ text }: Setting): string[] => [
    text.endsWith('%') ? text : formatMemory(BigInt(text)),
  ];
  const kind = 'percent-or-memory';
  return { ...flags, kind, initial: [initial], doc, takesMany: false, parse, lines };
}

/** One of `words`, in any case. A synonym is taken for the word it stands for. */
export function oneOf<const W extends readonly string[]>(
  words: W,
  initial: W[number],
  doc: string,
  flags: OptionFlags = {},
  synonyms: Readonly<Record<string, W[number]>> = {},
): Option<'enum', W[number]> {
  const parse = one<W[number]>((word) => {
    const lower = asciiLower(word);
    const text = synonyms[lower] ?? lower;
    return words.includes(text) ? { value: text, text } : notOneOf(words);
  });
  return {
    ...flags,
    kind: 'enum',
    initial: [initial],
    doc,
    takesMany: false,
    parse,
    lines: textLine,
  };
}

/** Any of `words`; the first stands for none of the others. */
export function someOf(
  words: readonly string[],
  doc: string,
  refuses: (chosen: readonly string[]) => string | null,
  flags: OptionFlags = {},
): Option<'enum-set', readonly string[]> {
  const none = words[0] as string; // a set without words would be pointless
  const parse: Parse<readonly string[]> = (given) => {
    const lower = given.map((word) => asciiLower(word));
    if (lower.length === 0 || lower.some((word) => !words.includes(word))) return notOneOf(words);
    const value = words.filter((word) => word !== none && lower.includes(word));
    return refuses(value) ?? { value, text: value.length === 0 ? none : value.join(' ') };
  };
  const initial = [none];
  return { ...flags, kind: 'enum-set', initial, doc, takesMany: true, parse, lines: textLine };
}

/** Any bytes that `check` has nothing against: its answer is the error text. */
export function string(
  initial: string,
  doc: string,
  flags: OptionFlags = {},
  check: (text: string) => string | null = () => null,
): Option<'string', string> {
  const parse = one<string>((word) => check(word) ?? { value: decode(word), text: word });
  return stringOption(initial, doc, flags, parse);
}

/** A string whose parser is given in full. */
export function stringOption(
  initial: string,
  doc: string,
  flags: OptionFlags,
  parse: Parse<string>,
): Option<'string', string> {
  return {
    ...flags,
    kind: 'string',
    initial: [initial],
    doc,
    takesMany: false,
    parse,
    lines: quotedLine,
  };
}

/** Several words with rules of their own: see special.ts. */
export function list(
  initial: readonly string[],
  doc: string,
  parse: Parse<readonly string[]>,
  lines: (setting: Setting<readonly string[]>) => readonly string[] = textLine,
  flags: OptionFlags = {},
): Option<'list', readonly string[]> {
  return { ...flags, kind: 'list', initial, doc, takesMany: true, parse, lines };
}

/** Bytes as text: what the server uses for paths and names. */
export function decode(bytes: string): string {
  return textOf(bytesAs(bytes));
}

function bytesAs(bytes: string): ReturnType<typeof bytesOf> {
  return bytes as ReturnType<typeof bytesOf>; // words hold one byte a char
}

const UNITS: Record<string, bigint> = {
  '': 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
};

/**
 * A size with its unit (1k is 1000, 1kb is 1024); null if it is none. As in Redis no digits are
 * zero, too many are 2^64-1, and a unit may wrap around.
 */
export function parseMemory(word: string): bigint | null {
  const match = /^(\d*)([a-z]*)$/i.exec(word);
  const unit = match ? UNITS[asciiLower(match[2] as string)] : undefined; // group 2 takes part
  if (match === null || unit === undefined || (match[1] as string).length > 127) return null;
  const count = BigInt(match[1] as string); // BigInt('') is 0n
  return BigInt.asUintN(64, (count >= TWO_64 ? TWO_64 - 1n : count) * unit);
}

/** The largest unit that divides the size. */
export function formatMemory(bytes: bigint): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const size = UNITS[unit] as bigint; // the three are in the table
    if (bytes !== 0n && bytes % size === 0n) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function within(value: bigint, { min = 0, max = INT_MAX }: Bounds): string | null {
  if (value >= BigInt(min) && value <= BigInt(max)) return null;
  return `argument must be between ${min} and ${max} inclusive`;
}

function clamped(value: bigint, { clamp }: Bounds): bigint {
  if (clamp === undefined) return value;
  const [min, max] = clamp;
  if (value < BigInt(min)) return BigInt(min);
  return value > BigInt(max) ? BigInt(max) : value;
}

function numeric(value: bigint): Setting<number> {
  return { value: Number(value), text: String(value) };
}

function notOneOf(words: readonly string[]): string {
  return `argument(s) must be one of the following: ${words.join(', ')}`;
}
