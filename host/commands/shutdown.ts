// SHUTDOWN: the client's way to what SIGTERM does. There is no reply when it succeeds.

import { oneof, token } from '../dispatch/args.ts';
import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, SYNTAX } from '../dispatch/errors.ts';
import { LIFECYCLE, type ShutdownRequest } from '../dispatch/lifecycle.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';

const NOT_IN_PROGRESS = new CommandError('ERR No shutdown in progress.');
const NOT_FOR_DENY_BLOCKING = new CommandError(
  "ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client",
);
const FAILED = 'ERR Errors trying to SHUTDOWN. Check logs.';

export const shutdown = command({
  name: 'shutdown',
  summary: 'Saves if it should and ends the server.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) in the number of keys when it saves',
  history: [['7.0.0', 'Takes `NOW`, `FORCE` and `ABORT`.']],
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  args: [
    oneof('save-selector', [token('NOSAVE'), token('SAVE')], { optional: true }),
    token('NOW', { since: '7.0.0', optional: true }),
    token('FORCE', { since: '7.0.0', optional: true }),
    token('ABORT', { since: '7.0.0', optional: true }),
  ],
  run: (ctx) => {
    const request = parseRequest(ctx);
    const lifecycle = ctx.service(LIFECYCLE);
    if (request === 'abort') {
      if (!lifecycle.abort()) throw NOT_IN_PROGRESS;
      ctx.reply.simple('OK');
      return;
    }
    if (!request.isNow && !ctx.canBlock) throw NOT_FOR_DENY_BLOCKING;
    shutDown(ctx, request);
  },
});

export const shutdownCommands: readonly CommandEntry[] = [shutdown];

function parseRequest(ctx: Context): ShutdownRequest | 'abort' {
  const words = new Set<string>();
  for (let i = 1; i < ctx.argc; i++) words.add(ctx.arg(i).toByteString().toUpperCase());
  for (const word of words) if (!OPTIONS.has(word)) throw SYNTAX;
  if (words.has('SAVE') && words.has('NOSAVE')) throw SYNTAX;
  if (words.has('ABORT')) {
    if (words.size > 1) throw SYNTAX;
    return 'abort';
  }
  return {
    saving: words.has('SAVE') ? 'save' : words.has('NOSAVE') ? 'nosave' : 'default',
    isNow: words.has('NOW'),
    isForced: words.has('FORCE'),
  };
}

const OPTIONS = new Set(['SAVE', 'NOSAVE', 'NOW', 'FORCE', 'ABORT']);

/** The client waits until the process has ended, or has an error to read. */
function shutDown(ctx: Context, request: ShutdownRequest): void {
  const { client, executor } = ctx;
  const lifecycle = ctx.service(LIFECYCLE);
  ctx.isBlocked = true;
  executor.blocking.suspend(client, {
    kind: 'async',
    timeOut: () => {}, // CLIENT UNBLOCK is not for this
    cancel: () => {}, // that the client went away calls nothing off
  });
  // Not before this command has ended: what it suspends is everything.
  executor.afterCommand(() => {
    void lifecycle.shutDown(request).then((outcome) => {
      if (outcome !== 'ended') answer(client, () => executor.blocking.release(client));
    });
  });
}

function answer(client: Client, release: () => void): void {
  if (client.transport === null) return;
  client.writer.error(FAILED);
  release();
}
