// MULTI, EXEC, DISCARD, WATCH, UNWATCH.

import type { Argv } from '../lib/argv.ts';
import { ServiceKey } from '../lib/services.ts';
import { ACCESS } from './access-control.ts';
import { key } from './args.ts';
import type { Client, QueuedCommand, Transaction } from './client.ts';
import type { Context } from './context.ts';
import {
  DISCARD_WITHOUT_MULTI,
  EXEC_ABORTED,
  EXEC_WITHOUT_MULTI,
  NESTED_MULTI,
  notPermittedInExec,
  WATCH_INSIDE_MULTI,
} from './errors.ts';
import { denialOf } from './permissions.ts';
import { type CommandEntry, command } from './spec.ts';
import type { Watchers } from './watch.ts';

export const WATCHERS = new ServiceKey<Watchers>('watchers');

/** Keeps a command for EXEC; its words are copied. */
export function queueCommand(transaction: Transaction, entry: CommandEntry, argv: Argv): void {
  const copy = argv.clone();
  transaction.queue.push({ entry, argv: copy });
  for (let i = 0; i < copy.length; i++) transaction.queuedBytes += copy.at(i).length;
}

/** Ends a transaction without running it, and the watches with it. */
export function discardTransaction(client: Client, watchers: Watchers): void {
  client.transaction = null;
  watchers.unwatchAll(client);
}

export const multi = command({
  name: 'multi',
  summary: 'Starts queueing commands for EXEC.',
  since: '1.2.0',
  group: 'transactions',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run: (ctx) => {
    if (ctx.client.transaction !== null) throw NESTED_MULTI;
    ctx.client.transaction = { queue: [], isAborted: false, queuedBytes: 0 };
    ctx.reply.simple('OK');
  },
});

export const discard = command({
  name: 'discard',
  summary: 'Forgets the queued commands.',
  since: '2.0.0',
  group: 'transactions',
  complexity: 'O(N), when N is the number of queued commands',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run: (ctx) => {
    if (ctx.client.transaction === null) throw DISCARD_WITHOUT_MULTI;
    discardTransaction(ctx.client, ctx.service(WATCHERS));
    ctx.reply.simple('OK');
  },
});

export const exec = command({
  name: 'exec',
  summary: 'Runs the queued commands as one.',
  since: '1.2.0',
  group: 'transactions',
  complexity: 'Depends on commands in the transaction',
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  run: runExec,
});

function runExec(ctx: Context): void {
  const { client, executor } = ctx;
  const watchers = ctx.service(WATCHERS);
  const transaction = client.transaction;
  if (transaction === null) throw EXEC_WITHOUT_MULTI;
  const isBroken = watchers.isBroken(client, ctx.keyspace);
  discardTransaction(client, watchers);
  if (transaction.isAborted) throw EXEC_ABORTED;
  if (isBroken) {
    ctx.reply.nullArray();
    return;
  }
  ctx.preventPropagation(); // the commands propagate themselves
  ctx.reply.array(transaction.queue.length);
  for (const queued of transaction.queue) {
    if (!isPermitted(ctx, queued)) continue;
    const { entry, argv } = queued;
    executor.call(client, entry, argv, ctx.reply, { deniesBlocking: true, isInTransaction: true });
  }
}

/** Users may have lost permissions since; then the reply is an error. */
function isPermitted(ctx: Context, { entry, argv }: QueuedCommand): boolean {
  const { client, executor } = ctx;
  const denial = client.user === null ? null : denialOf(client.user, entry, argv);
  if (denial === null || client.user === null) return true;
  ctx.service(ACCESS).note(client, client.user, denial, { entry, argv, origin: 'multi' });
  const { message } = notPermittedInExec(denial.reason);
  executor.stats.noteError(message);
  ctx.reply.error(message);
  return false;
}

export const watch = command({
  name: 'watch',
  summary: 'Makes the next EXEC depend on keys staying as they are.',
  since: '2.2.0',
  group: 'transactions',
  complexity: 'O(1) for every key.',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  args: [key('key', { access: 'RO', multiple: true })],
  run: (ctx) => {
    if (ctx.client.transaction !== null) throw WATCH_INSIDE_MULTI;
    const watchers = ctx.service(WATCHERS);
    if (!ctx.client.isWatchBroken) {
      for (const bytes of ctx.rest(1)) watchers.watch(ctx.client, ctx.db, bytes, ctx.keyspace);
    }
    ctx.reply.simple('OK');
  },
});

export const unwatch = command({
  name: 'unwatch',
  summary: 'Forgets the watched keys.',
  since: '2.2.0',
  group: 'transactions',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  run: (ctx) => {
    ctx.service(WATCHERS).unwatchAll(ctx.client);
    ctx.reply.simple('OK');
  },
});
