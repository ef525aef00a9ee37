// The kinds of options that modules register: how their values are read from words and shown.
// Like those of config/option.ts, but numbers have all their 64 bits and enums have numbers.

import { CONSTANTS } from '../../abi/constants.ts';
import {
  formatMemory,
  type Option,
  type OptionFlags,
  type OptionKind,
  parseMemory,
  type Setting,
} from '../config/option.ts';
import { asciiLower, type ByteString } from '../lib/bytes.ts';
import { quote } from '../lib/quoted-words.ts';

const FLAG = {
  immutable: CONSTANTS.REDISMODULE_CONFIG_IMMUTABLE,
  sensitive: CONSTANTS.REDISMODULE_CONFIG_SENSITIVE,
  hidden: CONSTANTS.REDISMODULE_CONFIG_HIDDEN,
  isProtected: CONSTANTS.REDISMODULE_CONFIG_PROTECTED,
  deniesLoading: CONSTANTS.REDISMODULE_CONFIG_DENY_LOADING,
};
const MEMORY = CONSTANTS.REDISMODULE_CONFIG_MEMORY;
const BITFLAGS = CONSTANTS.REDISMODULE_CONFIG_BITFLAGS;
const COMMON_FLAGS = Object.values(FLAG).reduce((all, flag) => all | flag, 0);
const INT64_MAX = 2n ** 63n - 1n;
const DOC = 'An option of a module.';

export type ConfigType = 'string' | 'bool' | 'enum' | 'numeric';

/** Whether an option of `type` may have these REDISMODULE_CONFIG_* bits. */
export function flagsFit(type: ConfigType, flags: number): boolean {
  const special = type === 'numeric' ? MEMORY : type === 'enum' ? BITFLAGS : 0;
  return (flags & ~(COMMON_FLAGS | special)) === 0;
}

/** Turns a value of the module into what CONFIG GET shows, and the other way round. */
export interface ValueKind<V> {
  readonly kind: OptionKind;
  /** A string is the error text. */
  parse(words: readonly string[]): { readonly value: V } | string;
  textOf(value: V): string;
  /** As it stands in the configuration file. */
  lineOf(text: string): string;
  readonly takesMany: boolean;
}

const same = (text: string): string => text;

export const stringKind: ValueKind<ByteString> = {
  kind: 'string',
  parse: ([word = '']) => ({ value: word as ByteString }), // words hold one byte a char
  textOf: same,
  lineOf: (text) => quote(text as ByteString), // as above
  takesMany: false,
};

export const boolKind: ValueKind<boolean> = {
  kind: 'bool',
  parse: ([word = '']) => {
    const text = asciiLower(word);
    if (text !== 'yes' && text !== 'no') return "argument must be 'yes' or 'no'";
    return { value: text === 'yes' };
  },
  textOf: (value) => (value ? 'yes' : 'no'),
  lineOf: same,
  takesMany: false,
};

/** An integer from `min` to `max`; with the flag for memory it accepts units. */
export function numericKind(min: bigint, max: bigint, flags: number): ValueKind<bigint> {
  const isMemory = (flags & MEMORY) !== 0;
  return {
    kind: isMemory ? 'memory' : 'int',
    parse: ([word = '']) => {
      const value = isMemory ? parseMemory(word) : parseInteger(word);
      if (value === null) {
        return isMemory
          ? 'argument must be a memory value'
          : "argument couldn't be parsed into an integer";
      }
      if (value >= min && value <= max) return { value };
      return `argument must be between ${min} and ${max} inclusive`;
    },
    textOf: String,
    lineOf: isMemory ? (text) => formatMemory(BigInt(text)) : same,
    takesMany: false,
  };
}

function parseInteger(word: string): bigint | null {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(word)) return null;
  const value = BigInt(word);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? null : value;
}

/** Words and their numbers, in the order that the module named them. */
export type EnumValues = readonly (readonly [word: string, value: number])[];

/** One of the words; with the flag for bits any of them, whose numbers are joined. */
export function enumKind(values: EnumValues, flags: number): ValueKind<number> {
  const hasBits = (flags & BITFLAGS) !== 0;
  const words = values.map(([word]) => word).join(', ');
  const refusal = `argument(s) must be one of the following: ${words}`;
  return {
    kind: hasBits ? 'enum-set' : 'enum',
    parse: (given) => {
      if (given.length === 0) return refusal;
      let joined = 0;
      for (const word of given) {
        const lower = asciiLower(word);
        const found = values.find(([known]) => asciiLower(known) === lower);
        if (found === undefined) return refusal;
        joined |= found[1];
      }
      return { value: joined };
    },
    textOf: (value) => enumText(values, value, hasBits),
    lineOf: same,
    takesMany: hasBits,
  };
}

/** Several words only where bits may be joined; the first ones win. */
function enumText(values: EnumValues, value: number, hasBits: boolean): string {
  const exact = values.find(([, known]) => known === value);
  if (exact !== undefined) return exact[0];
  const names: string[] = [];
  let rest = value;
  for (const [word, known] of hasBits ? values : []) {
    if (known === 0 || (rest & known) !== known) continue;
    names.push(word);
    rest &= ~known;
  }
  return names.length === 0 || rest !== 0 ? 'unknown' : names.join(' ');
}

/** The option that the configuration keeps for a module's; null: it could not have that default. */
export function optionOf<V>(kind: ValueKind<V>, initial: V, flags: number): Option | null {
  const settingOf = (value: V): Setting<V> => ({ value, text: kind.textOf(value) });
  const text = kind.textOf(initial);
  const initialWords = kind.takesMany ? text.split(' ') : [text];
  const again = kind.parse(initialWords);
  if (typeof again === 'string' || again.value !== initial) return null;
  return {
    ...optionFlags(flags),
    kind: kind.kind,
    initial: initialWords,
    doc: DOC,
    takesMany: kind.takesMany,
    parse: (words) => {
      if (!kind.takesMany && words.length !== 1) return 'wrong number of arguments';
      const parsed = kind.parse(words);
      return typeof parsed === 'string' ? parsed : settingOf(parsed.value);
    },
    lines: (setting) => [kind.lineOf(setting.text)],
  };
}

function optionFlags(flags: number): OptionFlags {
  return {
    immutable: (flags & FLAG.immutable) !== 0,
    sensitive: (flags & FLAG.sensitive) !== 0,
    hidden: (flags & FLAG.hidden) !== 0,
    isProtected: (flags & FLAG.isProtected) !== 0,
    deniesLoading: (flags & FLAG.deniesLoading) !== 0,
  };
}
