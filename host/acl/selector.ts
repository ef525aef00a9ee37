// A selector: one set of permissions of a user. Which commands as a bit for each, which keys and
// channels as patterns. A user may do what any of its selectors allows.

import { asciiLower, type ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import type { AclCommand, AclCommands } from './commands.ts';
import type { RuleError } from './rule-error.ts';

/** Bits of `KeyPattern.access`. */
export const KEY_READ = 1;
export const KEY_WRITE = 2;

interface KeyPattern {
  readonly pattern: ByteString;
  access: number;
}

export class Selector {
  hasAllKeys = false;
  hasAllChannels: boolean;
  /** May run every command, whatever its bit. */
  hasAllCommands = false;
  #keyPatterns: KeyPattern[] = [];
  #channels: ByteString[] = [];
  /** Commands that have no bit: all or none of them. So has what modules bring later. */
  #allowsOthers = false;
  /** Null while all commands are alike. */
  #bits: Uint32Array | null = null;
  /** First arguments with which a forbidden command is allowed, by its number, in lower case. */
  #firstArgs: Map<number, string[]> | null = null;
  /** The rules on commands since the last `+@all` or `-@all`, without what they undid. */
  #rules: string[] = [];

  /** @param hasAllChannels what `acl-pubsub-default` says */
  constructor(hasAllChannels: boolean) {
    this.hasAllChannels = hasAllChannels;
  }

  clone(): Selector {
    const copy = new Selector(this.hasAllChannels);
    copy.hasAllKeys = this.hasAllKeys;
    copy.hasAllCommands = this.hasAllCommands;
    copy.#keyPatterns = this.#keyPatterns.map((pattern) => ({ ...pattern }));
    copy.#channels = [...this.#channels];
    copy.#allowsOthers = this.#allowsOthers;
    copy.#bits = this.#bits === null ? null : this.#bits.slice();
    const { size = 0 } = this.#firstArgs ?? {};
    if (size > 0) {
      copy.#firstArgs = new Map([...(this.#firstArgs ?? [])].map(([n, args]) => [n, [...args]]));
    }
    copy.#rules = [...this.#rules];
    return copy;
  }

  // ---- checks -----------------------------------------------------------------------------

  /** The bit of a command. */
  allows(number: number): boolean {
    const bits = this.#bits;
    if (bits === null) return this.#allowsOthers;
    const word = bits[number >>> 5];
    return word === undefined ? this.#allowsOthers : (word & (1 << (number & 31))) !== 0;
  }

  /** Whether a forbidden command is allowed with this first argument. */
  allowsFirstArg(number: number, firstArg: ByteString): boolean {
    return this.#firstArgs?.get(number)?.includes(asciiLower(firstArg)) ?? false;
  }

  /** @param access KEY_READ, KEY_WRITE, both, or 0 for any use */
  allowsKey(key: ByteString, access: number): boolean {
    if (this.hasAllKeys) return true;
    for (const { pattern, access: granted } of this.#keyPatterns) {
      if ((granted & access) === access && globMatch(pattern, key)) return true;
    }
    return false;
  }

  /** Whether no key is out of reach: for commands that read keys nobody names. */
  allowsEveryKey(access: number): boolean {
    if (this.hasAllKeys) return true;
    return this.#keyPatterns.some(
      ({ pattern, access: granted }) => (granted & access) === access && pattern === '*',
    );
  }

  /** Patterns that a client subscribes to are compared as they are. */
  allowsChannel(channel: ByteString, isPattern: boolean): boolean {
    return this.hasAllChannels || isChannelAmong(this.#channels, channel, isPattern);
  }

  get channels(): readonly ByteString[] {
    return this.#channels;
  }

  // ---- rules ------------------------------------------------------------------------------

  /** Applies one rule on commands, keys or channels. Returns why not, or null. */
  apply(rule: ByteString, commands: AclCommands): RuleError | null {
    switch (asciiLower(rule)) {
      case 'allkeys':
      case '~*':
        return this.#resetKeys(true);
      case 'resetkeys':
        return this.#resetKeys(false);
      case 'allchannels':
      case '&*':
        return this.#resetChannels(true);
      case 'resetchannels':
        return this.#resetChannels(false);
      case 'allcommands':
      case '+@all':
        return this.#resetCommands(true);
      case 'nocommands':
      case '-@all':
        return this.#resetCommands(false);
    }
    if (rule.startsWith('~') || rule.startsWith('%')) return this.#addKeys(rule);
    if (rule.startsWith('&')) return this.#addChannels(rule.slice(1) as ByteString); // bytes
    const isAllowed = rule.startsWith('+');
    if (!isAllowed && !rule.startsWith('-')) return 'syntax';
    const name = asciiLower(rule.slice(1));
    if (name.startsWith('@')) return this.#setCategory(name, isAllowed, commands);
    if (isAllowed && name.includes('|')) return this.#addSubcommand(name, commands);
    const command = commands.original(name);
    if (command === undefined) return 'unknown';
    this.#setCommand(command, isAllowed);
    this.#noteRule(command.fullName, isAllowed);
    return null;
  }

  /** Sets the bits anew: commands have come or gone. Rules on those that are gone stay. */
  recompute(commands: AclCommands): void {
    const rules = this.#rules;
    if (this.hasAllCommands && rules.length === 0) return;
    this.#resetCommands(this.#allowsOthers);
    for (const rule of rules) {
      // Redis differs: it ends when a rule names a command of a module that was unloaded.
      if (this.apply(rule as ByteString, commands) !== null) this.#rules.push(rule); // ASCII or bytes
    }
  }

  #resetKeys(hasAll: boolean): null {
    this.hasAllKeys = hasAll;
    this.#keyPatterns = [];
    return null;
  }

  #resetChannels(hasAll: boolean): null {
    this.hasAllChannels = hasAll;
    this.#channels = [];
    return null;
  }

  #resetCommands(hasAll: boolean): null {
    this.hasAllCommands = hasAll;
    this.#allowsOthers = hasAll;
    this.#bits = null;
    this.#firstArgs = null;
    this.#rules = [];
    return null;
  }

  /** `~pattern` or `%RW~pattern`; as in Redis a `%R` alone is the empty pattern. */
  #addKeys(rule: ByteString): RuleError | null {
    if (this.hasAllKeys) return 'allKeys';
    let access = KEY_READ | KEY_WRITE;
    let pattern = rule.slice(1);
    if (rule.startsWith('%')) {
      const match = /^%(r|w|rw|wr)(?:~|$)/i.exec(rule);
      if (match === null) return 'syntax';
      const letters = (match[1] as string).toLowerCase(); // the group takes part
      access = (letters.includes('r') ? KEY_READ : 0) | (letters.includes('w') ? KEY_WRITE : 0);
      pattern = rule.slice(match[0].length);
    }
    if (hasSpaces(pattern)) return 'syntax';
    const known = this.#keyPatterns.find((other) => other.pattern === pattern);
    if (known !== undefined) known.access |= access;
    else this.#keyPatterns.push({ pattern: pattern as ByteString, access }); // part of bytes
    return null;
  }

  #addChannels(pattern: ByteString): RuleError | null {
    if (this.hasAllChannels) return 'allChannels';
    if (hasSpaces(pattern)) return 'syntax';
    if (!this.#channels.includes(pattern)) this.#channels.push(pattern);
    return null;
  }

  #setCategory(name: string, isAllowed: boolean, commands: AclCommands): RuleError | null {
    const bit = commands.categoryBit(name.slice(1));
    if (bit === 0n) return 'unknown';
    this.#noteRule(name, isAllowed);
    for (const command of commands.originals()) {
      if ((command.categories & bit) !== 0n) this.#setCommand(command, isAllowed);
      for (const sub of command.subcommands.values()) {
        if ((sub.categories & bit) !== 0n) this.#setCommand(sub, isAllowed);
      }
    }
    return null;
  }

  /** `+config|get`, or a first argument of a command without subcommands. */
  #addSubcommand(name: string, commands: AclCommands): RuleError | null {
    const bar = name.lastIndexOf('|');
    const command = commands.original(name.slice(0, bar));
    const word = name.slice(bar + 1);
    if (command === undefined) return 'unknown';
    if (command.parent !== null) return 'firstArgOfSubcommand';
    if (word === '') return 'syntax';
    if (command.subcommands.size > 0) {
      const sub = command.subcommands.get(word);
      if (sub === undefined) return 'unknown';
      this.#setCommand(sub, true);
    } else {
      this.#addFirstArg(command.number, word);
    }
    this.#noteRule(name, true);
    return null;
  }

  #addFirstArg(number: number, word: string): void {
    this.#firstArgs ??= new Map();
    const known = this.#firstArgs.get(number);
    if (known === undefined) this.#firstArgs.set(number, [word]);
    else if (!known.includes(word)) known.push(word);
  }

  #setCommand(command: AclCommand, isAllowed: boolean): void {
    this.#setBit(command.number, isAllowed);
    this.#firstArgs?.delete(command.number);
    for (const sub of command.subcommands.values()) this.#setBit(sub.number, isAllowed);
  }

  #setBit(number: number, isAllowed: boolean): void {
    if (!isAllowed) this.hasAllCommands = false;
    if (this.allows(number) === isAllowed) return;
    const word = number >>> 5;
    let bits = this.#bits;
    if (bits === null || word >= bits.length) {
      bits = new Uint32Array(word + 1).fill(this.#allowsOthers ? 0xffffffff : 0);
      if (this.#bits !== null) bits.set(this.#bits);
      this.#bits = bits;
    }
    bits[word] = (bits[word] as number) ^ (1 << (number & 31)); // word < length
  }

  /** A later rule on the same name, or on the container of a subcommand, takes its place. */
  #noteRule(name: string, isAllowed: boolean): void {
    this.#rules = this.#rules.filter((rule) => {
      const other = rule.slice(1);
      return other !== name && !other.startsWith(`${name}|`);
    });
    this.#rules.push(`${isAllowed ? '+' : '-'}${name}`);
  }

  // ---- descriptions -----------------------------------------------------------------------

  /** The rules on commands that make this selector from nothing. */
  describeCommands(): string {
    return [this.#allowsOthers ? '+@all' : '-@all', ...this.#rules].join(' ');
  }

  describeKeys(): string {
    return this.hasAllKeys ? '~*' : this.#keyPatterns.map(patternRule).join(' ');
  }

  describeChannels(): string {
    return this.hasAllChannels ? '&*' : this.#channels.map((pattern) => `&${pattern}`).join(' ');
  }

  /** All rules, as ACL LIST shows them. */
  describe(): string {
    const parts = [
      this.describeKeys(),
      this.hasAllChannels ? '' : 'resetchannels',
      this.describeChannels(),
      this.describeCommands(),
    ];
    return parts.filter((part) => part !== '').join(' ');
  }
}

function patternRule({ pattern, access }: KeyPattern): string {
  if (access === KEY_READ) return `%R~${pattern}`;
  return access === KEY_WRITE ? `%W~${pattern}` : `~${pattern}`;
}

/** Whether one of `patterns` stands for a channel, or is the same as a pattern. */
export function isChannelAmong(
  patterns: readonly ByteString[],
  channel: ByteString,
  isPattern: boolean,
): boolean {
  return isPattern
    ? patterns.includes(channel)
    : patterns.some((pattern) => globMatch(pattern, channel));
}

/** Rules are kept and shown as words: a name or a pattern must be one. */
export function hasSpaces(text: string): boolean {
  return /[ \t\n\v\f\r\0]/.test(text);
}
