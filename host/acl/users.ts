// The users of an instance, by name. `default` is always there: new connections are that user.

import type { ByteString } from '../lib/bytes.ts';
import type { AclCommands } from './commands.ts';
import { RULE_ERRORS } from './rule-error.ts';
import { hasSpaces } from './selector.ts';
import { type RuleWorld, User } from './user.ts';

const DEFAULT_NAME = 'default' as ByteString;
const DEFAULT_RULES = ['on', 'nopass', '+@all', '~*', '&*'] as ByteString[]; // ASCII

/** Who must know that a user may do less. */
export interface UserObserver {
  /** It is gone, and what it could do with it. */
  deleted(user: User): void;
  /** Told before `user` becomes `next`. */
  changing(user: User, next: User): void;
}

export class Users implements RuleWorld {
  readonly default: User;
  readonly commands: AclCommands;
  allowsChannels = false;
  readonly #observer: UserObserver;
  #byName = new Map<ByteString, User>();
  /** Users of modules: nobody can log in as one. */
  readonly #unlisted = new Set<User>();

  constructor(commands: AclCommands, observer: UserObserver) {
    this.commands = commands;
    this.#observer = observer;
    this.default = this.#newDefault();
    this.#byName.set(DEFAULT_NAME, this.default);
  }

  #newDefault(): User {
    const user = new User(DEFAULT_NAME, this);
    for (const rule of DEFAULT_RULES) user.apply(rule, this);
    return user;
  }

  get(name: ByteString): User | null {
    return this.#byName.get(name) ?? null;
  }

  /** In the order of their names' bytes. */
  sorted(): User[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Applies all rules to the user, which is made if need be, or none. Returns the error text. */
  set(name: ByteString, rules: readonly ByteString[]): string | null {
    const next = this.get(name)?.clone(this) ?? new User(name, this);
    const refusal = this.#tryRules(next, rules);
    if (refusal === null) this.put(next);
    return refusal;
  }

  /** Adds a user, or changes the one of that name into it. */
  put(next: User): void {
    const user = this.get(next.name);
    if (user === null) this.#byName.set(next.name, next);
    else this.#replace(user, next);
  }

  /** The same for a user that may be listed or not. */
  change(user: User, rules: readonly ByteString[]): string | null {
    const next = user.clone(this);
    const refusal = this.#tryRules(next, rules);
    if (refusal === null) this.#replace(user, next);
    return refusal;
  }

  #tryRules(next: User, rules: readonly ByteString[]): string | null {
    const merged = mergeSelectors(rules);
    if ('unmatched' in merged) {
      return `Unmatched parenthesis in acl selector starting at '${merged.unmatched}'.`;
    }
    for (const rule of merged.rules) {
      const refusal = next.apply(rule, this);
      if (refusal !== null) {
        return `Error in ACL SETUSER modifier '${rule}': ${RULE_ERRORS[refusal]}`;
      }
    }
    return null;
  }

  /** Changes a user in place: clients hold on to it. */
  #replace(user: User, next: User): void {
    this.#observer.changing(user, next);
    user.become(next);
  }

  /** False when there is none. The default user cannot be deleted. */
  delete(name: ByteString): boolean {
    const user = this.get(name);
    if (user === null || user === this.default) return false;
    this.#byName.delete(name);
    this.#drop(user);
    return true;
  }

  #drop(user: User): void {
    user.become(new User(user.name, { commands: this.commands, allowsChannels: false })); // whoever still has it
    this.#observer.deleted(user);
  }

  /** A user that exists for its maker only. */
  createUnlisted(name: ByteString): User {
    const user = new User(name, this);
    this.#unlisted.add(user);
    return user;
  }

  freeUnlisted(user: User): void {
    if (this.#unlisted.delete(user)) this.#drop(user);
  }

  /** Puts other users in the place of all; those that go lose their clients. */
  replaceAll(users: readonly User[]): void {
    const old = this.#byName;
    this.#byName = new Map(users.map((user) => [user.name, user]));
    const next = this.#byName.get(DEFAULT_NAME) ?? this.#newDefault();
    this.default.become(next);
    this.#byName.set(DEFAULT_NAME, this.default);
    for (const user of old.values()) if (user !== this.default) this.#drop(user);
  }

  /** `requirepass`: the default user's only password; empty: it needs none. */
  setDefaultPassword(password: ByteString): void {
    this.default.apply('resetpass' as ByteString, this);
    const rule = password === '' ? 'nopass' : `>${password}`;
    this.default.apply(rule as ByteString, this); // bytes and ASCII
  }

  /** Commands have come or gone: every bit is set anew. */
  recompute(): void {
    for (const user of this.#byName.values()) user.recompute(this.commands);
    for (const user of this.#unlisted) user.recompute(this.commands);
  }
}

export function isUserName(name: ByteString): boolean {
  return !hasSpaces(name);
}

/** Joins the words of each selector: `(~a`, `+get)` are one rule. */
export function mergeSelectors(
  words: readonly ByteString[],
): { rules: ByteString[] } | { unmatched: ByteString; index: number } {
  const rules: ByteString[] = [];
  let start = -1;
  let selector = '';
  for (const [i, word] of words.entries()) {
    if (start >= 0) selector += ` ${word}`;
    else if (word.startsWith('(') && !word.endsWith(')')) {
      start = i;
      selector = word;
      continue;
    } else {
      rules.push(word);
      continue;
    }
    if (!word.endsWith(')')) continue;
    rules.push(selector as ByteString); // words joined
    start = -1;
  }
  return start < 0 ? { rules } : { unmatched: words[start] as ByteString, index: start };
}
