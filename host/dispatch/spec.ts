// The form of a command: `command({…})` stands beside every handler and is the one place where
// its facts are written. COMMAND, COMMAND DOCS, GETKEYS, ACL, propagation and hints all read the
// entry it makes; module commands make the same entry at run time.

import { type Arg, deriveArity, type KeyAccess, numberKeys } from './args.ts';
import { type Category, type CommandGroup, deriveCategories } from './categories.ts';
import type { ChannelArgs, GetChannels } from './channels.ts';
import { COMMAND_FLAG, type CommandFlag, commandFlags } from './command-flags.ts';
import type { Context } from './context.ts';
import { deriveKeySpecs, type GetKeys, type KeySpec, legacyRange } from './key-specs.ts';
import { NameIndex } from './name-index.ts';

/** Runs a command. Throws CommandError before the first write, never after it. */
export type Handler = (ctx: Context) => void;

export type DocFlag = 'deprecated' | 'syscmd';

/** What is written by hand. The optional fields below `args` are overrides of derived facts. */
export interface CommandSpec {
  /** Lower case; of a subcommand its own word only. */
  readonly name: string;
  readonly summary: string;
  readonly since: string;
  /** A subcommand has its container's. */
  readonly group?: CommandGroup;
  readonly complexity?: string;
  readonly flags: readonly CommandFlag[];
  readonly args?: readonly Arg[];
  /** Undefined for a container that does nothing itself. */
  readonly run?: Handler | undefined;
  readonly subcommands?: readonly CommandSpec[];
  /** Counts all words; negative is a minimum. */
  readonly arity?: number;
  readonly keySpecs?: readonly KeySpec[];
  /** What the command is about, in place of its group's category. */
  readonly categories?: readonly Category[];
  /** For keys that specs cannot find or whose access varies. */
  readonly getKeys?: GetKeys;
  /** "Command tips" for clients and proxies. */
  readonly tips?: readonly string[];
  /** Version and what it changed, oldest first. */
  readonly history?: readonly (readonly [version: string, change: string])[];
  readonly docFlags?: readonly DocFlag[];
  readonly deprecatedSince?: string;
  readonly replacedBy?: string;
  /** For module commands: the module's name. */
  readonly module?: string;
  /** Bits of the categories that a module command asks for. */
  readonly moduleCategories?: bigint;
  /** Arguments that name channels of pub/sub. */
  readonly channels?: ChannelArgs;
  /** For channels that only the command itself can find. */
  readonly getChannels?: GetChannels;
}

/** The texts of COMMAND DOCS. */
export interface CommandDocs {
  readonly summary: string;
  readonly since: string;
  readonly group: CommandGroup;
  readonly complexity: string | null;
  readonly docFlags: readonly DocFlag[];
  readonly deprecatedSince: string | null;
  readonly replacedBy: string | null;
  readonly history: readonly (readonly [version: string, change: string])[];
  readonly module: string | null;
}

/** A command, immutable and shared by all instances of the process. */
export class CommandEntry {
  /** A small integer of its own, the index of per-instance statistics. */
  readonly number: number;
  /** Lower case; of a subcommand its own word. */
  readonly name: string;
  /** `get`, `config|get`. */
  readonly fullName: string;
  /** The container of a subcommand. */
  readonly parent: CommandEntry | null;
  /** COMMAND_FLAG bits. */
  readonly flags: number;
  readonly arity: number;
  readonly keySpecs: readonly KeySpec[];
  readonly firstKey: number;
  readonly lastKey: number;
  readonly step: number;
  /** Category bits. */
  readonly categories: bigint;
  readonly args: readonly Arg[];
  readonly tips: readonly string[];
  readonly docs: CommandDocs;
  readonly getKeys: GetKeys | null;
  readonly channels: ChannelArgs | null;
  readonly getChannels: GetChannels | null;
  /** By their own word. */
  readonly subcommands: ReadonlyMap<string, CommandEntry>;
  /** The same, to be found by bytes. */
  readonly subcommandNames: NameIndex<CommandEntry>;
  /** Null for a container that does nothing itself. */
  readonly handler: Handler | null;

  /**
   * Derives what `spec` leaves out. Throws Error on a spec that contradicts itself.
   *
   * @param numbers gives this entry and each of its subcommands a number of their own.
   */
  constructor(spec: CommandSpec, numbers: () => number, parent: CommandEntry | null = null) {
    const group = spec.group ?? parent?.docs.group;
    if (group === undefined) throw new Error(`command ${spec.name} has no group`);
    const nameWords = parent === null ? 1 : 2;
    const own = commandFlags(spec.flags);
    const args = numberKeys(spec.args ?? []);
    this.number = numbers();
    this.name = spec.name;
    this.fullName = parent === null ? spec.name : `${parent.fullName}|${spec.name}`;
    this.parent = parent;
    this.arity = spec.arity ?? (spec.subcommands ? -2 : deriveArity(args, nameWords));
    this.keySpecs = spec.keySpecs ?? deriveKeySpecs(args, nameWords, defaultAccess(own));
    const legacy = legacyRange(this.keySpecs);
    this.firstKey = legacy.firstKey;
    this.lastKey = legacy.lastKey;
    this.step = legacy.step;
    const isMovable = legacy.isPartial || (own & COMMAND_FLAG.module_getkeys) !== 0;
    this.flags = isMovable ? own | COMMAND_FLAG.movablekeys : own;
    this.categories = categoriesOf(spec, own, group);
    this.args = args;
    this.tips = spec.tips ?? [];
    this.docs = docsOf(spec, group);
    this.getKeys = spec.getKeys ?? null;
    this.channels = spec.channels ?? null;
    this.getChannels = spec.getChannels ?? null;
    this.handler = spec.run ?? null;
    const subcommands = (spec.subcommands ?? []).map((sub) => new CommandEntry(sub, numbers, this));
    this.subcommands = new Map(subcommands.map((sub) => [sub.name, sub]));
    this.subcommandNames = subcommands.length === 0 ? NO_NAMES : new NameIndex();
    for (const sub of subcommands) this.subcommandNames.add(sub.name, sub);
  }

  /** True when any of the COMMAND_FLAG bits in `mask` is set. */
  has(mask: number): boolean {
    return (this.flags & mask) !== 0;
  }

  /** False when a call with `argc` words, the name included, has the wrong number of them. */
  accepts(argc: number): boolean {
    return this.arity >= 0 ? argc === this.arity : argc >= -this.arity;
  }
}

/**
 * Entries are numbered in the order the process makes them. This counter is not server state:
 * the numbers only have to be small and different.
 */
let entriesMade = 0;

/** Makes the entry of a built-in command. */
export function command(spec: CommandSpec): CommandEntry {
  return new CommandEntry(spec, () => entriesMade++);
}

/** One above the number of the last built-in entry: where an instance may number its own. */
export function builtinCount(): number {
  return entriesMade;
}

/** Types a subcommand that is written apart from its container. */
export function subcommand(spec: CommandSpec): CommandSpec {
  return spec;
}

/** Shared by all commands that are not containers. */
const NO_NAMES = new NameIndex<CommandEntry>();

/** Only readers have an obvious access; writers say what they do to each key. */
function defaultAccess(flags: number): KeyAccess | null {
  return flags & COMMAND_FLAG.readonly ? 'RO access' : null;
}

/** Those of a module's command follow from nothing: it names them itself. */
function categoriesOf(spec: CommandSpec, flags: number, group: CommandGroup): bigint {
  if (spec.module !== undefined) return spec.moduleCategories ?? 0n;
  return deriveCategories(flags, group, spec.categories ?? containerCategories(spec));
}

/** A container without a handler is about nothing; its subcommands are. */
function containerCategories(spec: CommandSpec): readonly Category[] | undefined {
  return spec.subcommands !== undefined && spec.run === undefined ? [] : undefined;
}

function docsOf(spec: CommandSpec, group: CommandGroup): CommandDocs {
  return {
    summary: spec.summary,
    since: spec.since,
    group,
    complexity: spec.complexity ?? null,
    docFlags: spec.docFlags ?? [],
    deprecatedSince: spec.deprecatedSince ?? null,
    replacedBy: spec.replacedBy ?? null,
    history: spec.history ?? [],
    module: spec.module ?? null,
  };
}
