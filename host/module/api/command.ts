// ABI area "command": registering commands and telling their keys.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK } from '../../../abi/kinds.ts';
import { callbackOf } from '../callbacks.ts';
import { ModuleCommand } from '../command.ts';
import { parseCommandFlags } from '../command-flags.ts';
import { applyCommandInfo } from '../command-info.ts';
import type { ModuleInstance } from '../instance.ts';
import { KIND_COMMAND } from '../kinds.ts';
import { registerCommand, registerSubcommand } from '../register-command.ts';
import { refuse } from '../registry.ts';

/** What KeyAtPos means: read and written in every way. */
const FULL_ACCESS =
  CONSTANTS.REDISMODULE_CMD_KEY_RW |
  CONSTANTS.REDISMODULE_CMD_KEY_ACCESS |
  CONSTANTS.REDISMODULE_CMD_KEY_UPDATE;

/** A command in the table, its statistics and what COMMAND tells of it. */
const COMMAND_BYTES = 2048;
/** A position of a key, with its object. */
const POSITION_BYTES = 48;

interface Position {
  readonly position: number;
  readonly flags: number;
}

export function command(m: ModuleInstance): AreaImports<'command'> {
  const commandOf = (handle: number, argument: string): ModuleCommand =>
    m.handles.get(handle, KIND_COMMAND, argument) as ModuleCommand; // by its kind
  const note = (found: Position[] | null, position: Position): void => {
    if (found === null) return;
    m.quota.chargeCall(POSITION_BYTES, 'a position');
    found.push(position);
  };
  const make = (
    name: string,
    fn: number,
    flagText: number,
    keys: readonly [number, number, number],
  ): ModuleCommand | null => {
    const flags = m.memory.cstring(flagText, 'strflags');
    if (!m.isLoading) return null;
    if (parseCommandFlags(flags) === null) {
      refuse(m, `the flags '${flags}' of the command '${name}'`);
      return null;
    }
    m.quota.charge(COMMAND_BYTES, 'a command');
    const call = fn === 0 ? null : callbackOf(m, 'RedisModuleCmdFunc', fn, 'cmdfunc');
    return new ModuleCommand(m, name.toLowerCase(), call, flags, keys);
  };
  return {
    RedisModule_IsKeysPositionRequest: (ctx) => (m.context(ctx).foundKeys === null ? 0 : 1),
    RedisModule_KeyAtPosWithFlags: (ctx, position, flags) => {
      note(m.context(ctx).foundKeys, { position, flags });
    },
    RedisModule_KeyAtPos: (ctx, position) => {
      note(m.context(ctx).foundKeys, { position, flags: FULL_ACCESS });
    },
    RedisModule_IsChannelsPositionRequest: (ctx) => (m.context(ctx).foundChannels === null ? 0 : 1),
    RedisModule_ChannelAtPosWithFlags: (ctx, position, flags) => {
      note(m.context(ctx).foundChannels, { position, flags });
    },
    RedisModule_CreateCommand: (_ctx, name, fn, flags, first, last, step) => {
      const made = make(m.memory.cstring(name, 'name'), fn, flags, [first, last, step]);
      return made !== null && registerCommand(made) ? OK : ERR;
    },
    RedisModule_GetCommand: (_ctx, name) => {
      const found = m.registry.commands.get(m.memory.cstring(name, 'name').toLowerCase());
      if (found === undefined) return 0;
      if (found.handle === 0) found.handle = m.handles.createRetained(KIND_COMMAND, found);
      return found.handle as Handle<'command'>; // made of that kind
    },
    RedisModule_CreateSubcommand: (parent, name, fn, flags, first, last, step) => {
      const container = commandOf(parent, 'parent');
      const made = make(m.memory.cstring(name, 'name'), fn, flags, [first, last, step]);
      return made !== null && registerSubcommand(container, made) ? OK : ERR;
    },
    RedisModule_SetCommandInfo: (handle, info) => {
      const refusal = applyCommandInfo(m, commandOf(handle, 'command'), info);
      if (refusal === null) return OK;
      m.setErrno(refusal);
      return ERR;
    },
  };
}
