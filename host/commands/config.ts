// CONFIG: reading and changing options, rewriting the file, clearing statistics.

import { CONFIG } from '../config/config.ts';
import { CONFIG_FILE } from '../config/rewrite.ts';
import { block, string } from '../dispatch/args.ts';
import { isLocalClient } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, SYNTAX } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';

export const config = command({
  name: 'config',
  summary: 'Commands on the configuration.',
  since: '2.0.0',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'get',
      summary: 'Returns the values of options.',
      since: '2.0.0',
      complexity: 'O(N) in the number of patterns',
      history: [['7.0.0', 'Takes several patterns.']],
      flags: ['admin', 'noscript', 'loading', 'stale'],
      args: [string('parameter', { multiple: true })],
      run: get,
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '5.0.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: help,
    },
    {
      name: 'resetstat',
      summary: 'Sets the statistics to zero.',
      since: '2.0.0',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run: resetStatistics,
    },
    {
      name: 'rewrite',
      summary: 'Writes the configuration into its file.',
      since: '2.8.0',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run: rewrite,
    },
    {
      name: 'set',
      summary: 'Changes options.',
      since: '2.0.0',
      complexity: 'O(N) in the number of options',
      history: [['7.0.0', 'Takes several options.']],
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      args: [block('data', [string('parameter'), string('value')], { multiple: true })],
      run: set,
    },
  ],
});

export const configCommands: readonly CommandEntry[] = [config];

function get(ctx: Context): void {
  const found = ctx.service(CONFIG).get(ctx.rest(2));
  ctx.reply.map(found.size);
  for (const [name, text] of found) {
    ctx.reply.bulk(name);
    ctx.reply.bulk(text);
  }
}

function set(ctx: Context): void {
  if (ctx.argc % 2 !== 0) throw SYNTAX;
  const words = ctx.rest(2);
  const pairs: [string, string][] = [];
  for (let i = 0; i < words.length; i += 2) {
    pairs.push([words[i] as string, words[i + 1] as string]); // the count is even
  }
  const { isLoading } = ctx.executor;
  const reason = ctx.service(CONFIG).set(pairs, { isLocal: isLocalClient(ctx.client), isLoading });
  if (reason !== null) throw new CommandError(reason);
  ctx.reply.simple('OK');
}

function rewrite(ctx: Context): void {
  const { log } = ctx.executor;
  const reason = ctx.service(CONFIG_FILE).rewrite();
  if (reason !== null) {
    log.warning(`CONFIG REWRITE failed: ${reason}`);
    throw new CommandError(`ERR ${reason}`);
  }
  log.warning('CONFIG REWRITE executed with success.');
  ctx.reply.simple('OK');
}

function resetStatistics(ctx: Context): void {
  const { stats } = ctx.keyspace;
  for (const name of Object.keys(stats) as (keyof typeof stats)[]) stats[name] = 0; // all counters
  ctx.executor.stats.reset();
  for (const reset of ctx.executor.statResets) reset();
  ctx.reply.simple('OK');
}

const HELP = [
  'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
  'HELP',
  '    Prints this help.',
];

function help(ctx: Context): void {
  ctx.reply.array(HELP.length);
  for (const line of HELP) ctx.reply.simple(line);
}
