// ACL: users and their rules, categories, and the log of refusals.

import { resolve } from 'node:path';
import { loadAclFile, saveAclFile, userLine } from '../acl/file.ts';
import { isUserName } from '../acl/users.ts';
import { CONFIG } from '../config/config.ts';
import { ACCESS } from '../dispatch/access-control.ts';
import { integer, oneof, string, token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  ACL_SAVE_FAILED,
  CommandError,
  DEFAULT_USER_STAYS,
  denialText,
  GENPASS_BITS,
  NO_ACL_FILE,
  subcommandSyntax,
  USER_NAME_SPACES,
  unknownCategory,
  wrongArity,
} from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { denialOf } from '../dispatch/permissions.ts';
import { type CommandEntry, command, subcommand } from '../dispatch/spec.ts';
import { COMMAND_TABLE } from '../dispatch/table.ts';
import { Argv } from '../lib/argv.ts';
import { randomHex } from '../lib/random.ts';
import { isSystemError, systemErrorText } from '../lib/system-error.ts';
import { writeLogEntry, writeUser } from './acl-replies.ts';
import { int64Arg } from './arguments.ts';

const GENPASS_DEFAULT_BITS = 256;
const GENPASS_MAX_BITS = 4096;
const LOG_DEFAULT_COUNT = 10;

const aclCat = subcommand({
  name: 'cat',
  summary: 'Lists the categories, or the commands of one.',
  since: '6.0.0',
  complexity: 'O(1) since the categories and commands are a fixed set.',
  flags: ['noscript', 'loading', 'stale'],
  args: [string('category', { optional: true })],
  run: replyCategories,
});

const aclDelUser = subcommand({
  name: 'deluser',
  summary: 'Deletes users and closes their connections.',
  since: '6.0.0',
  complexity: 'O(1) amortized time considering the typical user.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  args: [string('username', { multiple: true })],
  run: deleteUsers,
});

const aclDryRun = subcommand({
  name: 'dryrun',
  summary: 'Tells whether a user may run a command, without running it.',
  since: '7.0.0',
  complexity: 'O(1).',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [string('username'), string('command'), string('arg', { optional: true, multiple: true })],
  run: dryRun,
});

const aclGenPass = subcommand({
  name: 'genpass',
  summary: 'Makes a password that nobody can guess.',
  since: '6.0.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  args: [integer('bits', { optional: true })],
  run: (ctx) => {
    checkCount(ctx);
    const bits = ctx.argc > 2 ? int64Arg(ctx.arg(2)) : GENPASS_DEFAULT_BITS;
    if (bits <= 0 || bits > GENPASS_MAX_BITS) throw GENPASS_BITS;
    ctx.reply.bulk(randomHex(Math.ceil(Number(bits) / 4)));
  },
});

const aclGetUser = subcommand({
  name: 'getuser',
  summary: 'Describes a user.',
  since: '6.0.0',
  complexity:
    'O(N). Where N is the number of password, command and pattern rules that the user has.',
  history: [
    ['6.2.0', 'Shows channel patterns.'],
    ['7.0.0', 'Shows selectors, and the rules for keys and channels as rules.'],
  ],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [string('username')],
  run: (ctx) => {
    const user = ctx.service(ACCESS).users.get(ctx.arg(2).toByteString());
    ctx.redact(2);
    if (user === null) ctx.reply.null();
    else writeUser(ctx.reply, user);
  },
});

const aclHelp = subcommand({
  name: 'help',
  summary: 'Lists the subcommands.',
  since: '6.0.0',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: replyHelp,
});

const aclList = subcommand({
  name: 'list',
  summary: 'Lists the users with their rules, as they stand in a file.',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: (ctx) => {
    const users = ctx.service(ACCESS).users.sorted();
    ctx.reply.array(users.length);
    for (const user of users) ctx.reply.bulk(userLine(user));
  },
});

const aclLoad = subcommand({
  name: 'load',
  summary: 'Loads the users of the ACL file in place of the present ones.',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: (ctx) => {
    const { path, directory } = aclFile(ctx);
    const errors = loadAclFile(ctx.service(ACCESS).users, path, directory);
    if (errors !== null) throw new CommandError(`ERR ${errors}`);
    ctx.reply.simple('OK');
  },
});

const aclLog = subcommand({
  name: 'log',
  summary: 'Lists what users were refused, newest first, or forgets it.',
  since: '6.0.0',
  complexity: 'O(N) with N being the number of entries shown.',
  history: [['7.2.0', 'Shows ids and timestamps of entries.']],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [oneof('operation', [integer('count'), token('RESET')], { optional: true })],
  run: replyLog,
});

const aclSave = subcommand({
  name: 'save',
  summary: 'Saves the users to the ACL file.',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  run: saveUsers,
});

const aclSetUser = subcommand({
  name: 'setuser',
  summary: 'Makes or changes a user.',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of rules provided.',
  history: [
    ['6.2.0', 'Knows rules for channels.'],
    ['7.0.0', 'Knows selectors and rules for reading or writing keys.'],
  ],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  args: [string('username'), string('rule', { optional: true, multiple: true })],
  run: setUser,
});

const aclUsers = subcommand({
  name: 'users',
  summary: 'Lists the names of the users.',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of configured users.',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: (ctx) => {
    const users = ctx.service(ACCESS).users.sorted();
    ctx.reply.array(users.length);
    for (const { name } of users) ctx.reply.bulk(name);
  },
});

const aclWhoAmI = subcommand({
  name: 'whoami',
  summary: 'Returns the name of the user of the connection.',
  since: '6.0.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (ctx) => {
    const { user } = ctx.client;
    if (user === null) ctx.reply.null();
    else ctx.reply.bulk(user.name);
  },
});

const acl = command({
  name: 'acl',
  summary: 'Commands on users and what they may do.',
  since: '6.0.0',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    aclCat,
    aclDelUser,
    aclDryRun,
    aclGenPass,
    aclGetUser,
    aclHelp,
    aclList,
    aclLoad,
    aclLog,
    aclSave,
    aclSetUser,
    aclUsers,
    aclWhoAmI,
  ],
});

export const aclCommands: readonly CommandEntry[] = [acl];

function setUser(ctx: Context): void {
  const name = ctx.arg(2).toByteString();
  const rules = ctx.rest(3);
  redactRest(ctx);
  if (!isUserName(name)) throw USER_NAME_SPACES;
  const refusal = ctx.service(ACCESS).users.set(name, rules);
  if (refusal !== null) throw new CommandError(`ERR ${refusal}`);
  ctx.reply.simple('OK');
}

function deleteUsers(ctx: Context): void {
  const { users } = ctx.service(ACCESS);
  const names = ctx.rest(2);
  redactRest(ctx);
  let count = 0;
  for (const name of names) {
    // As in Redis, those before it are gone by now.
    if (name === users.default.name) throw DEFAULT_USER_STAYS;
    if (users.delete(name)) count++;
  }
  ctx.reply.integer(count);
}

/** For subcommands with one argument that may be left out. */
function checkCount(ctx: Context): void {
  if (ctx.argc > 3) throw subcommandSyntax(ctx.arg(1).toByteString(), 'acl');
}

/** Who the users are is nothing for the slow log and MONITOR. */
function redactRest(ctx: Context): void {
  for (let i = 2; i < ctx.argc; i++) ctx.redact(i);
}

function dryRun(ctx: Context): void {
  const name = ctx.arg(2).toByteString();
  const user = ctx.service(ACCESS).users.get(name);
  if (user === null) throw new CommandError(`ERR User '${name}' not found`);
  const argv = new Argv();
  for (let i = 3; i < ctx.argc; i++) {
    const { buffer, start, end } = ctx.arg(i);
    argv.push(buffer, start, end);
  }
  const entry = ctx.service(COMMAND_TABLE).lookupCall(argv);
  if (entry === undefined) {
    throw new CommandError(`ERR Command '${argv.at(0).toByteString()}' not found`);
  }
  if (!entry.accepts(argv.length)) throw wrongArity(entry.fullName);
  const denial = denialOf(user, entry, argv);
  if (denial === null) ctx.reply.simple('OK');
  else {
    const object = argv.at(denial.position).toByteString();
    ctx.reply.bulk(denialText(user.name, entry.fullName, denial.reason, object));
  }
}

function replyCategories(ctx: Context): void {
  checkCount(ctx);
  const table = ctx.service(COMMAND_TABLE);
  if (ctx.argc === 2) {
    ctx.reply.array(table.categories.length);
    for (const name of table.categories) ctx.reply.bulk(name);
    return;
  }
  const bit = table.categoryBit(ctx.arg(2).toByteString());
  if (bit === 0n) throw unknownCategory(ctx.arg(2).toByteString());
  const names: string[] = [];
  // Redis differs: since 7.4 only it lists commands of modules, too.
  for (const entry of table.originals()) {
    for (const { categories, fullName } of [entry, ...entry.subcommands.values()]) {
      if ((categories & bit) !== 0n) names.push(fullName);
    }
  }
  ctx.reply.array(names.length);
  for (const name of names) ctx.reply.bulk(name);
}

function replyLog(ctx: Context): void {
  checkCount(ctx);
  const { log } = ctx.service(ACCESS);
  if (ctx.argc > 2 && ctx.arg(2).is('reset')) {
    log.clear();
    ctx.reply.simple('OK');
    return;
  }
  const count = ctx.argc > 2 ? Math.max(0, Number(int64Arg(ctx.arg(2)))) : LOG_DEFAULT_COUNT;
  const entries = log.entries.slice(0, count);
  ctx.reply.array(entries.length);
  for (const entry of entries) writeLogEntry(ctx.reply, entry, ctx.nowMs);
}

function saveUsers(ctx: Context): void {
  const { path, directory } = aclFile(ctx);
  try {
    saveAclFile(ctx.service(ACCESS).users, resolve(directory, path));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    ctx.executor.log.warning(`Writing ACL file for ACL SAVE: ${systemErrorText(error)}`);
    throw ACL_SAVE_FAILED;
  }
  ctx.reply.simple('OK');
}

/** The path of the ACL file and what it is relative to. */
function aclFile(ctx: Context): { path: string; directory: string } {
  const config = ctx.service(CONFIG);
  const path = config.string('aclfile');
  if (path === '') throw NO_ACL_FILE;
  return { path, directory: config.string('dir') };
}
