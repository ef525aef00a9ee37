// A user: whether and how it may log in, and what it may do then. Changed by rules of ACL SETUSER.

import { asciiLower, type ByteString } from '../lib/bytes.ts';
import { splitQuoted } from '../lib/quoted-words.ts';
import type { AclCommands } from './commands.ts';
import { hashPassword, isPasswordHash, isSameHash } from './password.ts';
import type { RuleError } from './rule-error.ts';
import { Selector } from './selector.ts';

/** What rules are read with. */
export interface RuleWorld {
  readonly commands: AclCommands;
  /** `acl-pubsub-default`: new selectors may use all channels. */
  readonly allowsChannels: boolean;
}

export class User {
  readonly name: ByteString;
  /** One of its selectors allows everything: nothing need be checked. Read with every command. */
  isUnrestricted = false;
  /** May log in. */
  isEnabled = false;
  /** Any password will do. */
  hasNoPassword = false;
  sanitizesPayloads = true;
  /** SHA-256, hexadecimal. */
  #passwords: string[] = [];
  /** The first is the root, which rules outside of parentheses are about. */
  #selectors: Selector[];

  constructor(name: ByteString, { allowsChannels }: RuleWorld) {
    this.name = name;
    this.#selectors = [new Selector(allowsChannels)];
  }

  /** A copy to try rules on. */
  clone(world: RuleWorld): User {
    const copy = new User(this.name, world);
    copy.become(this);
    return copy;
  }

  /** Takes all but the name of another user. */
  become(other: User): void {
    this.isEnabled = other.isEnabled;
    this.hasNoPassword = other.hasNoPassword;
    this.sanitizesPayloads = other.sanitizesPayloads;
    this.#passwords = [...other.#passwords];
    this.#selectors = other.#selectors.map((selector) => selector.clone());
    this.#settle();
  }

  get passwords(): readonly string[] {
    return this.#passwords;
  }

  get selectors(): readonly Selector[] {
    return this.#selectors;
  }

  get root(): Selector {
    return this.#selectors[0] as Selector; // there always is one
  }

  /** Whether it may log in with `password`. */
  accepts(password: ByteString): boolean {
    if (!this.isEnabled) return false;
    if (this.hasNoPassword) return true;
    const hash = hashPassword(password);
    return this.#passwords.some((known) => isSameHash(known, hash));
  }

  allowsKey(key: ByteString, access: number): boolean {
    return this.#selectors.some((selector) => selector.allowsKey(key, access));
  }

  allowsChannel(channel: ByteString, isPattern: boolean): boolean {
    return this.#selectors.some((selector) => selector.allowsChannel(channel, isPattern));
  }

  // ---- rules ------------------------------------------------------------------------------

  /** Applies one rule. Returns why not, or null; nothing has changed then. */
  apply(rule: ByteString, world: RuleWorld): RuleError | null {
    const refusal = this.#apply(rule, world);
    this.#settle();
    return refusal;
  }

  #apply(rule: ByteString, world: RuleWorld): RuleError | null {
    if (rule === '' || this.#setFlag(asciiLower(rule), world)) return null;
    if (/^[>#]/.test(rule)) return this.#addPassword(rule);
    if (/^[<!]/.test(rule)) return this.#removePassword(rule);
    if (rule.startsWith('(') && rule.endsWith(')')) return this.#addSelector(rule, world);
    return this.root.apply(rule, world.commands);
  }

  /** True when the rule is a word on the user itself. */
  #setFlag(word: string, world: RuleWorld): boolean {
    switch (word) {
      case 'on':
      case 'off':
        this.isEnabled = word === 'on';
        return true;
      case 'nopass':
      case 'resetpass':
        this.hasNoPassword = word === 'nopass';
        this.#passwords = [];
        return true;
      case 'sanitize-payload':
      case 'skip-sanitize-payload':
        this.sanitizesPayloads = word === 'sanitize-payload';
        return true;
      case 'clearselectors':
        this.#selectors.length = 1;
        return true;
      case 'reset':
        this.become(new User(this.name, world));
        return true;
    }
    return false;
  }

  #addPassword(rule: ByteString): RuleError | null {
    const hash = hashOf(rule);
    if (hash === null) return 'badHash';
    if (!this.#passwords.includes(hash)) this.#passwords.push(hash);
    this.hasNoPassword = false;
    return null;
  }

  #removePassword(rule: ByteString): RuleError | null {
    const hash = hashOf(rule);
    if (hash === null) return 'badHash';
    const index = this.#passwords.indexOf(hash);
    if (index < 0) return 'noSuchPassword';
    this.#passwords.splice(index, 1);
    return null;
  }

  /** As in Redis, quotes that are not closed make a selector without rules. */
  #addSelector(rule: ByteString, { commands, allowsChannels }: RuleWorld): RuleError | null {
    const selector = new Selector(allowsChannels);
    for (const word of splitQuoted(rule.slice(1, -1)) ?? []) {
      const refusal = selector.apply(word, commands);
      if (refusal !== null) return refusal;
    }
    this.#selectors.push(selector);
    return null;
  }

  /** Commands have come or gone. */
  recompute(commands: AclCommands): void {
    for (const selector of this.#selectors) selector.recompute(commands);
    this.#settle();
  }

  #settle(): void {
    this.isUnrestricted = this.#selectors.some(
      ({ hasAllCommands, hasAllKeys, hasAllChannels }) =>
        hasAllCommands && hasAllKeys && hasAllChannels,
    );
  }

  // ---- descriptions -----------------------------------------------------------------------

  /** The words for what is not in a selector, in Redis's order. */
  flagNames(): string[] {
    return [
      this.isEnabled ? 'on' : 'off',
      ...(this.hasNoPassword ? ['nopass'] : []),
      this.sanitizesPayloads ? 'sanitize-payload' : 'skip-sanitize-payload',
    ];
  }

  /** Rules that make this user from nothing: ACL LIST, the ACL file, redis.conf. */
  describe(): ByteString {
    const [root = '', ...others] = this.#selectors.map((selector) => selector.describe());
    const hashes = this.#passwords.map((hash) => `#${hash}`);
    const parts = [...this.flagNames(), ...hashes, root, ...others.map((rules) => `(${rules})`)];
    return parts.join(' ') as ByteString; // bytes and ASCII
  }
}

/** The hash that `>password`, `<password`, `#hash` or `!hash` is about; null: it is none. */
function hashOf(rule: ByteString): string | null {
  const rest = rule.slice(1) as ByteString; // part of bytes
  if (/^[><]/.test(rule)) return hashPassword(rest);
  return isPasswordHash(rest) ? rest : null;
}
