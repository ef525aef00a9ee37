// COMMAND: what clients can learn of the commands. Reads the entries of the table.

import { oneof, pattern, string } from '../dispatch/args.ts';
import { COMMAND_FLAG } from '../dispatch/command-flags.ts';
import type { Context } from '../dispatch/context.ts';
import {
  COMMAND_ARGS_INVALID,
  COMMAND_ARITY_INVALID,
  COMMAND_INVALID,
  COMMAND_WITHOUT_KEYS,
  SYNTAX,
} from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { keyAccessNames } from '../dispatch/key-specs.ts';
import { hasKeys, keysOf } from '../dispatch/keys-of.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { COMMAND_TABLE, type CommandTable } from '../dispatch/table.ts';
import { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { writeCommandDocs } from './command-docs.ts';
import { writeCommandInfo, writeStatuses } from './command-info.ts';

export const commandCommand = command({
  name: 'command',
  summary: 'Describes all commands.',
  since: '2.8.13',
  group: 'server',
  complexity: 'O(N) in the number of commands',
  flags: ['loading', 'stale'],
  categories: ['connection'],
  tips: ['nondeterministic_output_order'],
  arity: -1,
  subcommands: [
    {
      name: 'count',
      summary: 'Counts the commands.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      run: (ctx) => ctx.reply.integer(ctx.service(COMMAND_TABLE).size),
    },
    {
      name: 'docs',
      summary: 'Returns the documentation of commands.',
      since: '7.0.0',
      complexity: 'O(N) in the commands asked for',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      tips: ['nondeterministic_output_order'],
      args: [string('command-name', { optional: true, multiple: true })],
      run: replyDocs,
    },
    {
      name: 'getkeys',
      summary: 'Finds the keys of a command.',
      since: '2.8.13',
      complexity: 'O(N) in the number of arguments',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      args: [string('command'), string('arg', { optional: true, multiple: true })],
      run: (ctx) => replyKeys(ctx, false),
    },
    {
      name: 'getkeysandflags',
      summary: 'Finds the keys of a command and how it uses them.',
      since: '7.0.0',
      complexity: 'O(N) in the number of arguments',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      args: [string('command'), string('arg', { optional: true, multiple: true })],
      run: (ctx) => replyKeys(ctx, true),
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '5.0.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      run: replyHelp,
    },
    {
      name: 'info',
      summary: 'Describes commands.',
      since: '2.8.13',
      complexity: 'O(N) in the commands asked for',
      history: [['7.0.0', 'Describes all commands when called without any.']],
      flags: ['loading', 'stale'],
      categories: ['connection'],
      tips: ['nondeterministic_output_order'],
      args: [string('command-name', { optional: true, multiple: true })],
      run: replyInfo,
    },
    {
      name: 'list',
      summary: 'Lists the names of commands.',
      since: '7.0.0',
      complexity: 'O(N) in the number of commands',
      flags: ['loading', 'stale'],
      categories: ['connection'],
      tips: ['nondeterministic_output_order'],
      args: [
        oneof(
          'filterby',
          [
            string('module-name', { token: 'MODULE' }),
            string('category', { token: 'ACLCAT' }),
            pattern('pattern', { token: 'PATTERN' }),
          ],
          { token: 'FILTERBY', optional: true },
        ),
      ],
      run: replyList,
    },
  ],
  run: replyAll,
});

export const commandCommands: readonly CommandEntry[] = [commandCommand];

function replyAll(ctx: Context): void {
  const table = ctx.service(COMMAND_TABLE);
  const entries = [...table.commands()];
  ctx.reply.array(entries.length);
  for (const entry of entries) writeCommandInfo(ctx.reply, entry, table.categories);
}

function replyInfo(ctx: Context): void {
  if (ctx.argc === 2) {
    replyAll(ctx);
    return;
  }
  const table = ctx.service(COMMAND_TABLE);
  const names = ctx.rest(2);
  ctx.reply.array(names.length);
  for (const name of names) {
    const entry = table.lookupName(name);
    if (entry === undefined) ctx.reply.null();
    else writeCommandInfo(ctx.reply, entry, table.categories);
  }
}

/** Names that are no commands are left out. */
function replyDocs(ctx: Context): void {
  const table = ctx.service(COMMAND_TABLE);
  const entries =
    ctx.argc === 2
      ? [...table.commands()]
      : ctx.rest(2).flatMap((name) => table.lookupName(name) ?? []);
  ctx.reply.map(entries.length);
  for (const entry of entries) {
    ctx.reply.bulk(entry.fullName);
    writeCommandDocs(ctx.reply, entry);
  }
}

function replyKeys(ctx: Context, withFlags: boolean): void {
  const argv = new Argv();
  for (let i = 2; i < ctx.argc; i++) {
    const { buffer, start, end } = ctx.arg(i);
    argv.push(buffer, start, end);
  }
  const entry = ctx.service(COMMAND_TABLE).lookupCall(argv);
  if (entry === undefined) throw COMMAND_INVALID;
  if (!hasKeys(entry)) throw COMMAND_WITHOUT_KEYS;
  if (!entry.accepts(argv.length)) throw COMMAND_ARITY_INVALID;
  const keys = keysOf(entry, argv) ?? [];
  if (keys.length === 0 && !entry.has(COMMAND_FLAG.no_mandatory_keys)) throw COMMAND_ARGS_INVALID;
  ctx.reply.array(keys.length);
  for (const { position, access } of keys) {
    if (withFlags) ctx.reply.array(2);
    ctx.reply.slice(argv.at(position));
    if (withFlags) writeStatuses(ctx.reply, keyAccessNames(access));
  }
}

function replyList(ctx: Context): void {
  const isWanted = listFilter(ctx);
  const names = [...everyEntry(ctx.service(COMMAND_TABLE))].filter(isWanted);
  ctx.reply.array(names.length);
  for (const { fullName } of names) ctx.reply.bulk(fullName);
}

function* everyEntry(table: CommandTable): Generator<CommandEntry> {
  for (const entry of table.commands()) {
    yield entry;
    yield* entry.subcommands.values();
  }
}

function listFilter(ctx: Context): (entry: CommandEntry) => boolean {
  if (ctx.argc === 2) return () => true;
  if (ctx.argc !== 5 || !ctx.arg(2).is('filterby')) throw SYNTAX;
  const value = ctx.arg(4).toByteString();
  switch (ctx.arg(3).toLower()) {
    case 'module':
      return (entry) => (entry.docs.module ?? entry.parent?.docs.module) === value;
    case 'aclcat':
      return inCategory(ctx.service(COMMAND_TABLE).categoryBit(value));
    case 'pattern':
      return (entry) => globMatch(value, entry.fullName as ByteString, true); // names are ASCII
    default:
      throw SYNTAX;
  }
}

function inCategory(bit: bigint): (entry: CommandEntry) => boolean {
  return (entry) => (entry.categories & bit) !== 0n;
}
