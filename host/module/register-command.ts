// Module commands in the command table: from CreateCommand's facts to an entry and back.

import { CONSTANTS } from '../../abi/constants.ts';
import type { ChannelRef } from '../dispatch/channels.ts';
import { type KeyRef, moduleKeySpec } from '../dispatch/key-specs.ts';
import type { CommandSpec } from '../dispatch/spec.ts';
import type { Argv } from '../lib/argv.ts';
import type { ModuleCommand } from './command.ts';
import { parseCommandFlags } from './command-flags.ts';
import { refuse } from './registry.ts';

const IS_PATTERN = Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_PATTERN);
const NEEDS_PERMISSION =
  Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_PUBLISH) |
  Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_SUBSCRIBE);

/** Adds a command to the instance's table; false when the name is taken or not allowed. */
export function registerCommand(command: ModuleCommand): boolean {
  const { module } = command;
  const entry = isCommandName(command.name)
    ? module.host.table.add(commandSpec(command))
    : 'not allowed';
  if (typeof entry === 'string') {
    refuse(module, `the command '${command.name}': ${entry}`);
    return false;
  }
  command.entry = entry;
  module.registry.commands.set(command.name, command);
  return true;
}

/** Adds a subcommand to a container of the same module; false when that cannot be. */
export function registerSubcommand(container: ModuleCommand, command: ModuleCommand): boolean {
  const isContainer = container.call === null && container.parent === null;
  const isFree = isCommandName(command.name) && !container.subcommands.has(command.name);
  if (!isContainer || !isFree) {
    refuse(container.module, `the subcommand '${container.name}|${command.name}'`);
    return false;
  }
  command.parent = container;
  container.subcommands.set(command.name, command);
  container.module.registry.commands.set(`${container.name}|${command.name}`, command);
  return redefine(container);
}

/** Makes the entry anew after the facts of the command or of a subcommand have changed. */
export function redefine(command: ModuleCommand): boolean {
  const root = command.parent ?? command;
  if (root.entry === null) return false;
  const entry = root.module.host.table.redefine(root.entry, commandSpec(root));
  if (typeof entry === 'string') return false;
  root.entry = entry;
  return true;
}

function isCommandName(name: string): boolean {
  return name !== '' && !/[\s\0]/.test(name);
}

function commandSpec(command: ModuleCommand): CommandSpec {
  const { keys, info, module } = command;
  const flags = parseCommandFlags(command.flags) ?? [];
  const spec: CommandSpec = {
    name: command.name,
    summary: '',
    since: '',
    group: 'module',
    flags,
    // Redis's defaults: no word is asked for behind the name, of containers and subcommands one.
    arity: command.call === null || command.parent !== null ? -2 : -1,
    keySpecs: keys[0] === 0 ? [] : [moduleKeySpec(keys, flags.includes('module_getkeys'))],
    module: module.name,
    moduleCategories: command.categories,
    run: command.call === null ? undefined : command.run,
    ...(flags.includes('module_getkeys')
      ? { getKeys: (argv: Argv) => askForKeys(command, argv) }
      : {}),
    ...(hasFlag(command, 'getchannels-api')
      ? { getChannels: (argv: Argv) => askForChannels(command, argv) }
      : {}),
    ...info,
  };
  if (command.subcommands.size === 0) return spec;
  return { ...spec, subcommands: [...command.subcommands.values()].map(commandSpec) };
}

function hasFlag({ flags }: ModuleCommand, flag: string): boolean {
  return flags.toLowerCase().split(' ').includes(flag);
}

function isArgument(argv: Argv, position: number): boolean {
  return position > 0 && position < argv.length;
}

/** Calls a getchannels-api command so that it only names its channels. */
function askForChannels(command: ModuleCommand, argv: Argv): readonly ChannelRef[] {
  const { module, call } = command;
  if (call === null) return [];
  const found = module.enter(
    { purpose: 'keys', client: module.host.client, db: module.host.client.db },
    (context) => {
      context.foundChannels = [];
    },
    (context) => {
      call(context.ptr, module.writeArgv(context, argv.slices, argv.length), argv.length);
      return (context.foundChannels ?? []).filter(
        ({ position, flags }) => isArgument(argv, position) && (flags & NEEDS_PERMISSION) !== 0,
      );
    },
    (trap) => module.host.noteTrap(module, `${command.name} (channels)`, trap),
  );
  return (found ?? []).map(({ position, flags }) => ({
    position,
    isPattern: (flags & IS_PATTERN) !== 0,
  }));
}

/** Calls a getkeys-api command so that it only names its keys. */
function askForKeys(command: ModuleCommand, argv: Argv): KeyRef[] | null {
  const { module, call } = command;
  if (call === null) return null;
  return module.enter(
    { purpose: 'keys', client: module.host.client, db: module.host.client.db },
    (context) => {
      context.foundKeys = [];
    },
    (context) => {
      call(context.ptr, module.writeArgv(context, argv.slices, argv.length), argv.length);
      // A key's flags have the bits of KEY_ACCESS: both are Redis's.
      return (context.foundKeys ?? [])
        .filter(({ position }) => isArgument(argv, position))
        .map(({ position, flags }) => ({ position, access: flags }));
    },
    (trap) => module.host.noteTrap(module, `${command.name} (keys)`, trap),
  );
}
