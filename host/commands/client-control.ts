// CLIENT PAUSE, UNBLOCK, REPLY and the flags of a connection.

import { integer, oneof, token } from '../dispatch/args.ts';
import type { Client } from '../dispatch/client.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BAD_PAUSE_MODE,
  BAD_UNBLOCK_REASON,
  SYNTAX,
  TIMEOUT_NEGATIVE,
  TIMEOUT_NOT_AN_INTEGER,
  UNBLOCKED,
} from '../dispatch/errors.ts';
import { PAUSE, type PauseMode } from '../dispatch/pause.ts';
import { subcommand } from '../dispatch/spec.ts';
import { eitherArg, integerArg } from './arguments.ts';

export const clientPause = subcommand({
  name: 'pause',
  summary: 'Stops serving clients for a while.',
  since: '3.0.0',
  complexity: 'O(1)',
  history: [['6.2.0', 'Takes a mode; `WRITE` pauses writes only.']],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [
    integer('timeout'),
    oneof('mode', [token('WRITE'), token('ALL')], { since: '6.2.0', optional: true }),
  ],
  run: pause,
});

function pause(ctx: Context): void {
  let mode: PauseMode = 'all';
  if (ctx.argc === 4) {
    if (ctx.arg(3).is('write')) mode = 'write';
    else if (!ctx.arg(3).is('all')) throw BAD_PAUSE_MODE;
  }
  const timeoutMs = integerArg(ctx.arg(2), TIMEOUT_NOT_AN_INTEGER);
  if (timeoutMs < 0) throw TIMEOUT_NEGATIVE;
  ctx.service(PAUSE).begin('client', mode, ctx.nowMs + timeoutMs);
  ctx.reply.simple('OK');
}

export const clientUnpause = subcommand({
  name: 'unpause',
  summary: 'Ends CLIENT PAUSE.',
  since: '6.2.0',
  complexity: 'O(N) in the number of paused clients',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run: (ctx) => {
    ctx.service(PAUSE).end('client');
    ctx.reply.simple('OK');
  },
});

export const clientUnblock = subcommand({
  name: 'unblock',
  summary: 'Wakes a client that waits in a blocking command.',
  since: '5.0.0',
  complexity: 'O(log N) in the number of clients',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [
    integer('client-id'),
    oneof('unblock-type', [token('TIMEOUT'), token('ERROR')], { optional: true }),
  ],
  run: unblock,
});

function unblock(ctx: Context): void {
  const word = ctx.argc === 4 ? ctx.arg(3).toLower() : 'timeout';
  if (word !== 'timeout' && word !== 'error') throw BAD_UNBLOCK_REASON;
  const client = ctx.service(CLIENTS).get(integerArg(ctx.arg(2)));
  const isFreed = client !== undefined && freeClient(ctx, client, word === 'error');
  ctx.reply.integer(isFreed ? 1 : 0);
}

/** Ends a client's wait as if its time were over; false when it does not wait for that. */
function freeClient(ctx: Context, client: Client, isError: boolean): boolean {
  const { blocked } = client;
  if (blocked === null || blocked.canBeUnblocked === false) return false;
  if (isError) {
    blocked.cancel();
    client.writer.error(UNBLOCKED.message);
    ctx.executor.stats.noteError(UNBLOCKED.message);
    ctx.executor.blocking.release(client);
  } else {
    blocked.timeOut();
  }
  return true;
}

export const clientReply = subcommand({
  name: 'reply',
  summary: 'Turns replies to this client on or off.',
  since: '3.2.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  args: [oneof('action', [token('ON'), token('OFF'), token('SKIP')])],
  run: replyMode,
});

/** OFF and SKIP silence their own reply too. */
function replyMode(ctx: Context): void {
  const { client } = ctx;
  const word = ctx.arg(2);
  if (word.is('on')) {
    client.replyMode = 'on';
    client.writer.simple('OK'); // `ctx.reply` may still be the silenced one
  } else if (word.is('off')) {
    client.replyMode = 'off';
  } else if (word.is('skip')) {
    if (client.replyMode !== 'off') client.replyMode = 'skip-next';
  } else {
    throw SYNTAX;
  }
}

export const clientNoEvict = subcommand({
  name: 'no-evict',
  summary: 'Protects the connection from client eviction.',
  since: '7.0.0',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  args: [oneof('enabled', [token('ON'), token('OFF')])],
  run: (ctx) => {
    ctx.client.isNoEvict = eitherArg(ctx.arg(2), 'on', 'off') === 0;
    ctx.reply.simple('OK');
  },
});

export const clientNoTouch = subcommand({
  name: 'no-touch',
  summary: 'Says whether commands of this client change when a key was last used.',
  since: '7.2.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  args: [oneof('enabled', [token('ON'), token('OFF')])],
  run: (ctx) => {
    ctx.client.isNoTouch = eitherArg(ctx.arg(2), 'on', 'off') === 0;
    ctx.reply.simple('OK');
  },
});
