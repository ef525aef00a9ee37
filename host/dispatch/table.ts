// The command table of an instance: the process-wide, immutable entries of all built-in commands,
// and over them what this instance changed: renamed commands and those of its modules.

import type { AclCommands } from '../acl/commands.ts';
import type { Argv } from '../lib/argv.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Slice } from '../lib/slice.ts';
import { CATEGORY_NAMES } from './categories.ts';
import { NameIndex } from './name-index.ts';
import { builtinCount, CommandEntry, type CommandSpec } from './spec.ts';

export const COMMAND_TABLE = new ServiceKey<CommandTable>('command-table');

/** The built-in commands, made once a process and shared by all tables. */
export class CommandCatalog {
  readonly names = new NameIndex<CommandEntry>();
  /** In the order given. */
  readonly entries: readonly CommandEntry[];
  /** Numbers from here on are free for an instance's own entries. */
  readonly firstFreeNumber: number;

  /** Throws Error when two entries have one name. */
  constructor(entries: readonly CommandEntry[]) {
    for (const entry of entries) this.names.add(entry.name, entry);
    this.entries = entries;
    this.firstFreeNumber = builtinCount();
  }
}

const CATEGORY_MAX_COUNT = 64;

/** Why a change was refused. */
export type TableError = 'no such command' | 'name is taken';

/** One instance's view of the commands. A table that nobody changed is a few words. */
export class CommandTable implements AclCommands {
  readonly catalog: CommandCatalog;
  /** `catalog.names`, one load nearer to `lookup`. */
  readonly #builtins: NameIndex<CommandEntry>;
  /** Names that this instance gave: renamed built-ins and module commands. */
  #own: NameIndex<CommandEntry> | null = null;
  /** Built-ins whose own name does not lead to them any more. */
  #hidden: Set<CommandEntry> | null = null;
  /** Numbers of removed entries, used again first. */
  readonly #freeNumbers: number[] = [];
  #nextNumber: number;
  /** The built-in categories and, behind them, those of modules. */
  #categoryNames: readonly string[] = CATEGORY_NAMES;

  constructor(catalog: CommandCatalog) {
    this.catalog = catalog;
    this.#builtins = catalog.names;
    this.#nextNumber = catalog.firstFreeNumber;
  }

  /** How many commands can be called; subcommands do not count. */
  get size(): number {
    return this.catalog.names.size - (this.#hidden?.size ?? 0) + (this.#own?.size ?? 0);
  }

  /** The command called `name` in any case. Hot: once a command. */
  lookup(name: Slice): CommandEntry | undefined {
    const entry = this.#builtins.find(name);
    if (entry !== undefined && (this.#hidden === null || !this.#hidden.has(entry))) return entry;
    return this.#own === null ? undefined : this.#own.find(name);
  }

  /** The subcommand called `name` in any case. */
  lookupSubcommand(container: CommandEntry, name: Slice): CommandEntry | undefined {
    return container.subcommandNames.find(name);
  }

  /**
   * The command or subcommand that `argv` calls; a container alone is itself. Undefined when
   * there is no such command, or no such subcommand.
   */
  lookupCall(argv: Argv): CommandEntry | undefined {
    const entry = this.lookup(argv.at(0));
    if (entry === undefined || entry.subcommands.size === 0 || argv.length === 1) return entry;
    return entry.subcommandNames.find(argv.at(1));
  }

  /** The entry of a name as ACL rules and COMMAND INFO write it: `get`, `config|get`. */
  lookupName(name: string): CommandEntry | undefined {
    const [command = '', sub, ...rest] = name.toLowerCase().split('|');
    if (rest.length > 0) return undefined;
    const entry = this.#named(command);
    return sub === undefined ? entry : entry?.subcommands.get(sub);
  }

  /** As `lookupName`, but by the name from before any rename-command: ACL rules do not see those. */
  original(name: string): CommandEntry | undefined {
    const [command = '', sub, ...rest] = name.toLowerCase().split('|');
    if (rest.length > 0) return undefined;
    const own = this.#own?.get(command);
    const entry = this.catalog.names.get(command) ?? (this.#isModules(own) ? own : undefined);
    return sub === undefined ? entry : entry?.subcommands.get(sub);
  }

  *originals(): IterableIterator<CommandEntry> {
    yield* this.catalog.entries;
    for (const [, entry] of this.#own?.entries() ?? []) if (this.#isModules(entry)) yield entry;
  }

  #isModules(entry: CommandEntry | undefined): boolean {
    return entry !== undefined && entry.number >= this.catalog.firstFreeNumber;
  }

  /** Names of categories; the index is the bit. */
  get categories(): readonly string[] {
    return this.#categoryNames;
  }

  categoryBit(name: string): bigint {
    const index = this.#categoryNames.indexOf(name.toLowerCase());
    return index < 0 ? 0n : 1n << BigInt(index);
  }

  /** Adds a category of a module. */
  addCategory(name: string): 'exists' | 'full' | null {
    if (this.categoryBit(name) !== 0n) return 'exists';
    if (this.#categoryNames.length >= CATEGORY_MAX_COUNT) return 'full';
    this.#categoryNames = [...this.#categoryNames, name];
    return null;
  }

  /** Takes back the newest category: its module could not be loaded. */
  removeCategory(name: string): void {
    this.#categoryNames = this.#categoryNames.filter((other) => other !== name);
  }

  /** All commands that can be called, each once; subcommands are inside their containers. */
  *commands(): IterableIterator<CommandEntry> {
    const own = new Set<CommandEntry>();
    for (const [, entry] of this.#own?.entries() ?? []) own.add(entry);
    for (const entry of this.catalog.entries) {
      if (own.delete(entry) || !this.#hidden?.has(entry)) yield entry;
    }
    yield* own;
  }

  /**
   * rename-command: makes `from` answer to `to`, or to nothing when `to` is empty. Only names
   * change; the entry with its number and its ACL rules stays what it was.
   */
  rename(from: string, to: string): TableError | null {
    const oldName = from.toLowerCase();
    const newName = to.toLowerCase();
    const entry = this.#named(oldName);
    if (entry === undefined) return 'no such command';
    if (newName === oldName) return null;
    if (newName !== '' && this.#named(newName) !== undefined) return 'name is taken';
    this.#takeName(oldName, entry);
    if (newName !== '') this.#giveName(newName, entry);
    return null;
  }

  /** Adds a module's command. Its entry belongs to this table. */
  add(spec: CommandSpec): CommandEntry | TableError {
    const name = spec.name.toLowerCase();
    if (this.#named(name) !== undefined) return 'name is taken';
    const entry = new CommandEntry({ ...spec, name }, () => this.#takeNumber());
    this.#giveName(name, entry);
    return entry;
  }

  /**
   * Puts a new entry in the place of one that `add` made: a module told more of its command, or
   * gave it a subcommand. The number stays, those of subcommands stay by their names.
   */
  redefine(entry: CommandEntry, spec: CommandSpec): CommandEntry | TableError {
    const name = spec.name.toLowerCase();
    if (this.#own?.get(entry.name) !== entry || name !== entry.name) return 'no such command';
    const kept = [entry.number];
    for (const sub of spec.subcommands ?? []) {
      kept.push(entry.subcommands.get(sub.name)?.number ?? this.#takeNumber());
    }
    let next = 0;
    // The constructor asks for its own number and then for its subcommands' in their order.
    const changed = new CommandEntry({ ...spec, name }, () => kept[next++] as number);
    for (const sub of entry.subcommands.values()) {
      if (!kept.includes(sub.number)) this.#freeNumbers.push(sub.number);
    }
    this.#own.delete(name);
    this.#own.add(name, changed);
    return changed;
  }

  /**
   * Removes a command that `add` made.
   *
   * @returns the numbers that are free again; whoever counts by number forgets them.
   */
  remove(entry: CommandEntry): readonly number[] {
    if (entry.number < this.catalog.firstFreeNumber) throw new Error(`${entry.name} is built in`);
    const numbers = [entry.number, ...[...entry.subcommands.values()].map((sub) => sub.number)];
    for (const [name, owned] of [...(this.#own?.entries() ?? [])]) {
      if (owned === entry) this.#own?.delete(name);
    }
    this.#freeNumbers.push(...numbers);
    return numbers;
  }

  #named(name: string): CommandEntry | undefined {
    const entry = this.catalog.names.get(name);
    if (entry !== undefined && !this.#hidden?.has(entry)) return entry;
    return this.#own?.get(name);
  }

  #takeName(name: string, entry: CommandEntry): void {
    if (this.#own?.delete(name)) return;
    this.#hidden ??= new Set();
    this.#hidden.add(entry);
  }

  #giveName(name: string, entry: CommandEntry): void {
    if (this.#hidden?.has(entry) && this.catalog.names.get(name) === entry) {
      this.#hidden.delete(entry);
      return;
    }
    this.#own ??= new NameIndex();
    this.#own.add(name, entry);
  }

  #takeNumber(): number {
    return this.#freeNumbers.pop() ?? this.#nextNumber++;
  }
}
