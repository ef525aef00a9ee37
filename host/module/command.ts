// A command of a module: from the dispatcher's context to a call into the guest and back.

import type { Context } from '../dispatch/context.ts';
import { CommandError, unknownCommand } from '../dispatch/errors.ts';
import type { CommandEntry, CommandSpec } from '../dispatch/spec.ts';
import type { ModuleInstance } from './instance.ts';

type CommandFunction = (ctx: number, argv: number, argc: number) => unknown;

/** Ties an entry of the command table to the guest's function. */
export class ModuleCommand {
  readonly module: ModuleInstance;
  readonly name: string;
  /** Null for a container of subcommands. */
  readonly call: CommandFunction | null;
  /** The entry as it is now: RedisModule_SetCommandInfo replaces it. */
  entry: CommandEntry | null = null;
  /** What RedisModule_SetCommandInfo told of it. */
  info: Partial<CommandSpec> = {};
  /** Bits of the ACL categories it asked for. */
  categories = 0n;
  /** The container of a subcommand. */
  parent: ModuleCommand | null = null;
  readonly subcommands = new Map<string, ModuleCommand>();
  /** The guest's handle, once it asked for one. */
  handle = 0;
  /** REDISMODULE flags as text, kept to make the entry anew. */
  readonly flags: string;
  readonly keys: readonly [first: number, last: number, step: number];

  constructor(
    module: ModuleInstance,
    name: string,
    call: CommandFunction | null,
    flags: string,
    keys: readonly [number, number, number],
  ) {
    this.module = module;
    this.name = name;
    this.call = call;
    this.flags = flags;
    this.keys = keys;
  }

  /** The handler of the entry. */
  readonly run = (ctx: Context): void => {
    const { call, module } = this;
    // It was queued by MULTI before the module was unloaded.
    if (module.isUnloaded) throw unknownCommand(this.name, ctx.rest(1));
    if (module.quarantine.mayBeActive) {
      const refusal = module.host.quarantineRefusal(module);
      if (refusal !== null) throw refusal;
    }
    if (call === null) throw new CommandError(`ERR '${this.name}' has subcommands only`);
    ctx.preventPropagation(); // modules say themselves what to propagate
    const mark = ctx.reply.mark();
    module.allocator.mark();
    const trap = module.runCommand(ctx, call);
    module.allocator.settle();
    if (trap === null) return;
    ctx.isBlocked = false;
    ctx.reply.rewind(mark);
    ctx.reply.error(module.host.describeTrap(module, this.name, trap, ctx.argv));
  };
}
