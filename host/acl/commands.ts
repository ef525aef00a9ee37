// What rules must know of commands. The command table above implements it.

/** A command or subcommand; each has a small number of its own, which a selector's bit stands for. */
export interface AclCommand {
  readonly number: number;
  /** `get`, `config|get`: the name before any rename-command. */
  readonly fullName: string;
  /** Bits of categories, as `AclCommands.categoryBits` gives them. */
  readonly categories: bigint;
  /** The container of a subcommand. */
  readonly parent: AclCommand | null;
  /** By their own word. */
  readonly subcommands: ReadonlyMap<string, AclCommand>;
}

export interface AclCommands {
  /** The command that `get` or `config|get`, in any case, was called before it was renamed. */
  original(name: string): AclCommand | undefined;
  /** All commands, whatever they are called now; subcommands are inside their containers. */
  originals(): Iterable<AclCommand>;
  /** The bit of the category called `name` in any case (without `@`); 0n when there is none. */
  categoryBit(name: string): bigint;
}
