// The configuration of one instance: what differs from the process-wide table of options, who
// wants to hear of changes, and the rules of CONFIG GET and CONFIG SET.

import { asciiLower, type ByteString, bytesOf } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Option, Setting } from './option.ts';
import {
  aliasTable,
  type BoolName,
  type ListName,
  type NamedOption,
  type NumberName,
  named,
  type OptionName,
  optionTable,
  type StringName,
  type ValueOf,
} from './options.ts';

/** Where commands find the configuration of their instance. */
export const CONFIG: ServiceKey<Config> = new ServiceKey<Config>('config');

/** Told of a new value; an answer refuses it, and is the error text, which may be empty. */
export type ChangeListener<V> = (value: V) => string | undefined;

/** What makes an option of a module more than a stored value. */
export interface LiveOption<V = unknown> {
  /** Hears of changes and may refuse them. */
  readonly changed: ChangeListener<V>;
  /** The value as it is now; null: what was set last. */
  readonly read: () => Setting<V> | null;
  /** Runs once after a CONFIG SET with any of the options that share it; may refuse. */
  readonly apply: (() => string | undefined) | null;
}

/** Who sets: what CONFIG SET checks besides the value. */
export interface SetOrigin {
  /** The client is on the same machine: it may set protected options if `local` is allowed. */
  readonly isLocal: boolean;
  /** A data set is being loaded. */
  readonly isLoading: boolean;
}

/** What CONFIG SET answers for the few options that must not change under a loading data set. */
const LOADING = 'LOADING Redis is loading the dataset in memory';

interface Change {
  readonly entry: NamedOption;
  /** As the client spelled it, in lower case: an alias stays one. */
  readonly shownName: string;
  readonly word: string;
}

interface Done {
  readonly change: Change;
  readonly before: Setting;
}

export class Config {
  /** Settings that are not the default: an instance that sets nothing costs nothing. */
  readonly #settings = new Map<string, Setting>();
  readonly #listeners = new Map<string, ChangeListener<unknown>[]>();
  /** Options that modules brought. */
  readonly #registered = new Map<string, NamedOption>();
  readonly #live = new Map<string, LiveOption>();
  readonly #setListeners: ((names: readonly string[]) => void)[] = [];

  /** @param directory absolute; what `dir` is until it is set. */
  constructor(directory: string) {
    this.#settings.set('dir', { value: directory, text: bytesOf(directory) });
  }

  // ---- reading ----------------------------------------------------------------------------

  bool(name: BoolName): boolean {
    return this.#value(name) as boolean; // the kind of the option decides its type
  }

  /** A number; sizes are bytes, and a percentage (maxmemory-clients) is negative. */
  number(name: NumberName): number {
    return this.#value(name) as number; // as above
  }

  /** Text; of an enum one of its words, in lower case. */
  string<N extends StringName>(name: N): ValueOf<N> {
    return this.#value(name) as ValueOf<N>; // as above
  }

  list(name: ListName): readonly string[] {
    return this.#value(name) as readonly string[]; // as above
  }

  /** The value as CONFIG GET answers it, byte for byte: for secrets, which may be no text. */
  bytes(name: OptionName): ByteString {
    return this.#setting(name).text as ByteString; // settings keep one byte a char
  }

  #value(name: string): unknown {
    return this.#setting(name).value;
  }

  #setting(name: string): Setting {
    const setting = this.#live.get(name)?.read() ?? this.#stored(name);
    if (setting === undefined) throw new Error(`no option ${name}`);
    return setting;
  }

  #stored(name: string): Setting | undefined {
    return this.#settings.get(name) ?? this.#entry(name)?.initial;
  }

  #entry(name: string): NamedOption | undefined {
    return optionTable.get(name) ?? this.#registered.get(name);
  }

  /** The option called `name` in any case, or by an alias. */
  find(name: string): NamedOption | undefined {
    const lower = asciiLower(name);
    return this.#entry(aliasTable.get(lower) ?? lower);
  }

  /** All options with their present and default values, for CONFIG REWRITE and documentation. */
  *entries(): Generator<{ entry: NamedOption; setting: Setting; initial: Setting }> {
    for (const table of [optionTable, this.#registered]) {
      for (const entry of table.values()) {
        yield { entry, setting: this.#setting(entry.name), initial: entry.initial };
      }
    }
  }

  /** True when the value given for `name` must not be shown. */
  isSensitive(name: string): boolean {
    return this.find(name)?.option.sensitive ?? false;
  }

  /** Name to value, for each option that any of `patterns` names. O(options × patterns). */
  get(patterns: readonly ByteString[]): Map<string, string> {
    const found = new Map<string, string>();
    const seen = new Set<string>();
    const add = (shown: string, name: string, entry: NamedOption): void => {
      if (seen.has(name)) return;
      seen.add(name);
      found.set(shown, this.#setting(entry.name).text);
    };
    for (const pattern of patterns) {
      if (!/[[*?]/.test(pattern)) {
        const entry = this.find(pattern);
        if (entry) add(pattern, asciiLower(pattern), entry);
        continue;
      }
      for (const [name, entry] of this.#names()) {
        if (entry.option.hidden || !globMatch(pattern, bytesOf(name), true)) continue;
        add(name, name, entry);
      }
    }
    return found;
  }

  *#names(): Generator<[string, NamedOption]> {
    for (const table of [optionTable, this.#registered]) {
      for (const entry of table.values()) {
        yield [entry.name, entry];
        for (const alias of entry.option.aliases ?? []) yield [alias, entry];
      }
    }
  }

  // ---- setting ----------------------------------------------------------------------------

  /**
   * CONFIG SET: all pairs or none. Listeners hear of the options that changed, in the order of
   * the pairs; if one refuses, all values are put back and those who had heard hear again.
   *
   * @returns the error reply, code first, or null.
   */
  set(
    pairs: readonly (readonly [name: string, value: string])[],
    origin: SetOrigin,
  ): string | null {
    const changes: Change[] = [];
    for (const [name, word] of pairs) {
      const entry = this.find(name);
      if (entry === undefined) {
        return `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`;
      }
      const change = { entry, shownName: asciiLower(name), word };
      const reason = this.#forbids(change, changes, origin);
      if (reason !== null) return failed(name, reason);
      if (entry.option.deniesLoading && origin.isLoading) return LOADING;
      changes.push(change);
    }
    const refusal = this.#apply(changes);
    if (refusal !== null) return refusal;
    const names = changes.map(({ entry }) => entry.name);
    for (const listener of this.#setListeners) listener(names);
    return null;
  }

  #forbids(change: Change, before: readonly Change[], origin: SetOrigin): string | null {
    const { option } = change.entry;
    if (option.immutable) return "can't set immutable config";
    if (option.isProtected && !this.#allowsProtected(origin)) return "can't set protected config";
    // As in Redis 7.2 an alias and its name are not duplicates: the later one wins.
    if (before.some((other) => other.shownName === change.shownName)) return 'duplicate parameter';
    return null;
  }

  #allowsProtected({ isLocal }: SetOrigin): boolean {
    const allowed = this.string('enable-protected-configs');
    return allowed === 'yes' || (allowed === 'local' && isLocal);
  }

  #apply(changes: readonly Change[]): string | null {
    const done: Done[] = [];
    for (const change of changes) {
      const { name, option } = change.entry;
      const before = this.#setting(name);
      const words = option.takesMany ? splitSpaces(change.word) : [change.word];
      const setting = this.#parse(change.entry, words, false);
      if (typeof setting === 'string') {
        this.#restore(done);
        return failed(change.shownName, setting);
      }
      if (setting.text === before.text) continue;
      this.#settings.set(name, setting);
      done.push({ change, before });
    }
    return this.#announce(done);
  }

  #announce(done: readonly Done[]): string | null {
    const told = new Set<string>();
    for (const { change } of done) {
      const { name } = change.entry;
      if (told.has(name)) continue;
      told.add(name);
      const reason = this.#tell(name);
      if (reason === undefined) continue;
      this.#takeBack(done, told);
      return failed(change.shownName, reason);
    }
    return this.#applyLive(done, told);
  }

  #applyLive(done: readonly Done[], told: ReadonlySet<string>): string | null {
    const applied = new Set<() => string | undefined>();
    for (const { change } of done) {
      const apply = this.#live.get(change.entry.name)?.apply ?? null;
      if (apply === null || applied.has(apply)) continue;
      applied.add(apply);
      const reason = apply();
      if (reason === undefined) continue;
      this.#takeBack(done, told);
      for (const again of applied) again();
      return failed(change.shownName, reason);
    }
    return null;
  }

  /** Puts the old values back and tells those who have heard of the new ones. */
  #takeBack(done: readonly Done[], told: ReadonlySet<string>): void {
    this.#restore(done);
    for (const name of told) this.#tell(name); // they were accepted before
  }

  #tell(name: string): string | undefined {
    for (const listener of this.#listeners.get(name) ?? []) {
      const reason = listener(this.#stored(name)?.value);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #restore(done: readonly Done[]): void {
    for (let i = done.length - 1; i >= 0; i--) {
      const { change, before } = done[i] as Done; // i stays in range
      this.#settings.set(change.entry.name, before);
    }
  }

  #parse(entry: NamedOption, words: readonly string[], isAppending: boolean): Setting | string {
    const previous = this.#setting(entry.name);
    const directory = this.string('dir');
    return entry.option.parse(words, { previous, isAppending, directory });
  }

  /**
   * Sets an option from a file or the command line: nothing is immutable and nobody is told.
   *
   * @param isAppending the same source has set this option before: save points add up.
   * @returns the error text, or null.
   */
  load(entry: NamedOption, words: readonly string[], isAppending: boolean): string | null {
    const setting = this.#parse(entry, words, isAppending);
    if (typeof setting === 'string') return setting;
    this.#settings.set(entry.name, setting);
    return null;
  }

  /** The server itself changes an option (REPLICAOF, ACL SETUSER): listeners are not told. */
  override(name: OptionName, words: readonly string[]): void {
    const entry = this.#entry(name) as NamedOption; // the name is one of the table's
    const reason = this.load(entry, words, false);
    if (reason !== null) throw new Error(`option ${name}: ${reason}`);
  }

  // ---- listening --------------------------------------------------------------------------

  /** Calls `listener` whenever CONFIG SET has changed the option. */
  onChange<N extends OptionName>(name: N, listener: ChangeListener<ValueOf<N>>): void {
    this.#listen(name, listener as ChangeListener<unknown>); // the name decides the type
  }

  /** The same, and calls `listener` at once: for values kept in a field of a hot path. */
  watch<N extends OptionName>(name: N, listener: (value: ValueOf<N>) => void): void {
    listener(this.#value(name) as ValueOf<N>); // the name decides the type
    this.onChange(name, (value) => {
      listener(value);
      return undefined;
    });
  }

  /** Calls `listener` after each CONFIG SET that succeeded, with the names it was given. */
  onSet(listener: (names: readonly string[]) => void): void {
    this.#setListeners.push(listener);
  }

  #listen(name: string, listener: ChangeListener<unknown>): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, [listener]);
    else listeners.push(listener);
  }

  // ---- options of modules -----------------------------------------------------------------

  /**
   * Adds an option (`module.name`) to this instance. Returns false when there is one already.
   *
   * @param live left out: the value is only stored.
   */
  register(name: string, option: Option, live?: LiveOption): boolean {
    const lower = asciiLower(name);
    if (this.find(lower) !== undefined) return false;
    this.#registered.set(lower, named(lower, option));
    if (live === undefined) return true;
    this.#live.set(lower, live);
    this.#listen(lower, live.changed);
    return true;
  }

  /** Removes an option that `register` added, with its value. Returns false if there is none. */
  unregister(name: string): boolean {
    const lower = asciiLower(name);
    if (!this.#registered.delete(lower)) return false;
    this.#settings.delete(lower);
    this.#listeners.delete(lower);
    this.#live.delete(lower);
    return true;
  }

  /**
   * Sets an option that `register` added, from a file or MODULE LOADEX, or to its default with
   * null. Returns the error text or null; the option must be there.
   */
  setRegistered(name: string, word: string | null): string | null {
    const lower = asciiLower(name);
    const entry = this.#registered.get(lower);
    if (entry === undefined) throw new Error(`no option ${lower}`);
    let setting: Setting | string = entry.initial;
    if (word !== null) {
      const words = entry.option.takesMany ? splitSpaces(word) : [word];
      setting = this.#parse(entry, words, false);
    }
    if (typeof setting === 'string') return setting;
    this.#settings.set(lower, setting);
    return this.#tell(lower) ?? null;
  }

  /** The typed value of an option that `register` added. */
  registeredValue(name: string): unknown {
    return this.#value(asciiLower(name));
  }
}

function failed(name: string, reason: string): string {
  const because = reason === '' ? '' : ` - ${reason}`;
  return `ERR CONFIG SET failed (possibly related to argument '${name}')${because}`;
}

/** No words in nothing, else split at each single space, as CONFIG SET does. */
function splitSpaces(value: string): readonly string[] {
  return value === '' ? [] : value.split(' ');
}
