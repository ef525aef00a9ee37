// SLOWLOG, MONITOR, ROLE, TIME and LOLWUT: what the server tells of itself.

import { integer } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { MONITOR_DENIED, SLOWLOG_COUNT, wrongArity } from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { MONITORS } from '../dispatch/monitors.ts';
import { SERVER_FACTS } from '../dispatch/server-facts.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { REDIS_VERSION } from '../lib/version.ts';
import { integerArg, integerFromArg } from './arguments.ts';

export const slowlog = command({
  name: 'slowlog',
  summary: 'Commands on the log of slow commands.',
  since: '2.2.12',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'get',
      summary: 'Returns entries of the slow log.',
      since: '2.2.12',
      complexity: 'O(N) in the entries returned',
      history: [['4.0.0', "Shows the client's address and name."]],
      flags: ['admin', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'nondeterministic_output'],
      args: [integer('count', { optional: true })],
      run: getSlow,
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '6.2.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: replyHelp,
    },
    {
      name: 'len',
      summary: 'Counts the entries of the slow log.',
      since: '2.2.12',
      complexity: 'O(1)',
      flags: ['admin', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
      run: (ctx) => ctx.reply.integer(ctx.executor.slowlog.entries.length),
    },
    {
      name: 'reset',
      summary: 'Empties the slow log.',
      since: '2.2.12',
      complexity: 'O(N) in the number of entries',
      flags: ['admin', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run: (ctx) => {
        ctx.executor.slowlog.reset();
        ctx.reply.simple('OK');
      },
    },
  ],
});

const SLOWLOG_DEFAULT = 10;
const LOLWUT_ROWS = 8;
const LOLWUT_COLUMNS = 32;

function getSlow(ctx: Context): void {
  if (ctx.argc > 3) throw wrongArity(ctx.entry.fullName);
  const asked = ctx.argc === 3 ? integerFromArg(ctx.arg(2), -1, SLOWLOG_COUNT) : SLOWLOG_DEFAULT;
  const { entries } = ctx.executor.slowlog;
  const shown = asked < 0 ? entries : entries.slice(0, asked);
  ctx.reply.array(shown.length);
  for (const entry of shown) {
    ctx.reply.array(6);
    ctx.reply.integer(entry.id);
    ctx.reply.integer(entry.timeSec);
    ctx.reply.integer(entry.durationUs);
    ctx.reply.array(entry.args.length);
    for (const arg of entry.args) ctx.reply.bulk(arg);
    ctx.reply.bulk(entry.address);
    ctx.reply.bulk(entry.clientName);
  }
}

export const monitor = command({
  name: 'monitor',
  summary: 'Shows every command the server runs.',
  since: '1.0.0',
  group: 'server',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: (ctx) => {
    const { client } = ctx;
    if (ctx.deniesBlocking && !ctx.isInTransaction) throw MONITOR_DENIED;
    if (client.link === 'replica') return; // it gets the commands as a stream already
    if (!client.isMonitor) ctx.service(MONITORS).add(client);
    ctx.reply.simple('OK');
  },
});

export const role = command({
  name: 'role',
  summary: "Describes the server's part in replication.",
  since: '2.8.12',
  group: 'server',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  run: runRole,
});

function runRole(ctx: Context): void {
  const { reply } = ctx;
  const facts = ctx.service(SERVER_FACTS).role();
  if (facts.role === 'master') {
    reply.array(3);
    reply.bulk('master');
    reply.integer(facts.offset);
    reply.array(facts.replicas.length);
    for (const { host, port, offset } of facts.replicas) {
      reply.array(3);
      reply.bulk(host);
      reply.bulk(String(port));
      reply.bulk(String(offset));
    }
    return;
  }
  reply.array(5);
  reply.bulk('slave');
  reply.bulk(facts.host);
  reply.integer(facts.port);
  reply.bulk(facts.state);
  reply.integer(facts.offset);
}

export const time = command({
  name: 'time',
  summary: 'Returns the time of the server.',
  since: '2.6.0',
  group: 'server',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  tips: ['nondeterministic_output'],
  run: (ctx) => {
    const microseconds = Math.floor(ctx.executor.clock.nowMs() * 1000);
    ctx.reply.array(2);
    ctx.reply.bulk(String(Math.floor(microseconds / 1_000_000)));
    ctx.reply.bulk(String(microseconds % 1_000_000));
  },
});

export const lolwut = command({
  name: 'lolwut',
  summary: 'Draws something and tells the version.',
  since: '5.0.0',
  group: 'server',
  flags: ['readonly', 'fast'],
  args: [integer('version', { token: 'VERSION', optional: true })],
  run: replyLolwut,
});

/** The numbers are read as Redis reads them; the picture is ours. */
function replyLolwut(ctx: Context): void {
  if (ctx.argc > 2 && ctx.arg(1).is('version')) integerArg(ctx.arg(2));
  const { random } = ctx.executor;
  const rows = Array.from({ length: LOLWUT_ROWS }, () => {
    const cells = Array.from({ length: LOLWUT_COLUMNS }, () =>
      random.below(2) === 0 ? '/' : '\\',
    );
    return cells.join('');
  });
  ctx.reply.verbatim('txt', `${rows.join('\n')}\n\nRedis ver. ${REDIS_VERSION}\n`);
}

export const introspectionCommands: readonly CommandEntry[] = [
  lolwut,
  monitor,
  role,
  slowlog,
  time,
];
