// Documentation of a command: COMMAND DOCS and the hints of redis-cli come from it.

import { Context } from './context';
import { Status } from './handle';
import {
  REDISMODULE_ARG_TYPE_KEY,
  REDISMODULE_ERR,
  REDISMODULE_KSPEC_BS_INDEX,
  REDISMODULE_KSPEC_FK_RANGE,
  RedisModule_GetCommand,
  RedisModule_SetCommandInfo,
  RedisModuleCommandArg as Arg,
  RedisModuleCommandHistoryEntry as History,
  RedisModuleCommandInfo as Info,
  RedisModuleCommandInfoVersion as Version,
  RedisModuleCommandKeySpec as Spec,
} from './redismodule';
import { cstring, scratch, scratchMark, scratchRelease } from './scratch';

class Argument {
  constructor(
    readonly name: string, readonly type: i32, readonly keySpec: i32, readonly flags: i32,
    readonly token: string,
  ) {}
}

class KeySpec {
  constructor(readonly position: i32, readonly flags: u64) {}
}

/**
 * `new CommandInfo('Adds an amount to a counter.', -2)
 *    .key('key', 1, REDISMODULE_CMD_KEY_RW)
 *    .argument('amount', REDISMODULE_ARG_TYPE_INTEGER, REDISMODULE_CMD_ARG_OPTIONAL)`
 */
export class CommandInfo {
  complexity: string = '';
  since: string = '';
  private args: Argument[] = [];
  private keySpecs: KeySpec[] = [];

  /** @param arity arguments with the name; negative: at least that many. */
  constructor(readonly summary: string, readonly arity: i32) {}

  /** An argument that is a key; `flags` are REDISMODULE_CMD_KEY_…. */
  key(name: string, position: i32, flags: u64): CommandInfo {
    const spec = this.keySpecs.push(new KeySpec(position, flags)) - 1;
    this.args.push(new Argument(name, REDISMODULE_ARG_TYPE_KEY, spec, 0, ''));
    return this;
  }

  /** `type` is REDISMODULE_ARG_TYPE_…, `flags` REDISMODULE_CMD_ARG_…, `token` a word before it. */
  argument(name: string, type: i32, flags: i32 = 0, token: string = ''): CommandInfo {
    this.args.push(new Argument(name, type, -1, flags, token));
    return this;
  }

  /** Hands this to the host, which copies it. Fails for a command that does not exist. */
  apply(ctx: Context, command: string): Status {
    const mark = scratchMark();
    const handle = RedisModule_GetCommand(ctx.handle, cstring(command));
    let status: Status = REDISMODULE_ERR;
    if (handle !== 0) status = RedisModule_SetCommandInfo(handle, this.pack());
    scratchRelease(mark);
    return status;
  }

  /** RedisModuleCommandInfo in scratch memory. */
  private pack(): usize {
    const info = zeroed(Info.SIZE);
    store<usize>(info, packVersion(), Info.version);
    store<usize>(info, text(this.summary), Info.summary);
    store<usize>(info, text(this.complexity), Info.complexity);
    store<usize>(info, text(this.since), Info.since);
    store<i32>(info, this.arity, Info.arity);
    store<usize>(info, this.packKeySpecs(), Info.key_specs);
    store<usize>(info, this.packArguments(), Info.args);
    return info;
  }

  /** Array of RedisModuleCommandKeySpec that ends with one of zeros. */
  private packKeySpecs(): usize {
    const specs = zeroed(Spec.SIZE * (this.keySpecs.length + 1));
    for (let i = 0; i < this.keySpecs.length; i++) {
      const at = specs + <usize>i * Spec.SIZE;
      store<u64>(at, this.keySpecs[i].flags, Spec.flags);
      store<i32>(at, REDISMODULE_KSPEC_BS_INDEX, Spec.begin_search_type);
      store<i32>(at, this.keySpecs[i].position, Spec.bs_index_pos);
      store<i32>(at, REDISMODULE_KSPEC_FK_RANGE, Spec.find_keys_type);
      store<i32>(at, 0, Spec.fk_range_lastkey); // relative: the key itself
      store<i32>(at, 1, Spec.fk_range_keystep);
    }
    return specs;
  }

  /** Array of RedisModuleCommandArg that ends with one of zeros. */
  private packArguments(): usize {
    const args = zeroed(Arg.SIZE * (this.args.length + 1));
    for (let i = 0; i < this.args.length; i++) {
      const at = args + <usize>i * Arg.SIZE;
      store<usize>(at, cstring(this.args[i].name), Arg.name);
      store<i32>(at, this.args[i].type, Arg.type);
      store<i32>(at, this.args[i].keySpec, Arg.key_spec_index);
      store<usize>(at, text(this.args[i].token), Arg.token);
      store<i32>(at, this.args[i].flags, Arg.flags);
    }
    return args;
  }
}

/** RedisModuleCommandInfoVersion: the version and the sizes of the structs that were used. */
function packVersion(): usize {
  const version = scratch(Version.SIZE);
  store<i32>(version, 1, Version.version);
  store<usize>(version, History.SIZE, Version.sizeof_historyentry);
  store<usize>(version, Spec.SIZE, Version.sizeof_keyspec);
  store<usize>(version, Arg.SIZE, Version.sizeof_arg);
  return version;
}

/** NULL for an empty text: the host then leaves it out. */
function text(value: string): usize {
  return value.length === 0 ? 0 : cstring(value);
}

function zeroed(size: usize): usize {
  const ptr = scratch(size);
  memory.fill(ptr, 0, size);
  return ptr;
}
