// BGREWRITEAOF, and what DEBUG LOADAOF does.

import type { Context } from '../dispatch/context.ts';
import { CommandError } from '../dispatch/errors.ts';
import { type CommandEntry, type CommandSpec, command } from '../dispatch/spec.ts';
import { AOF } from './aof-control.ts';
import { AofLoadError } from './aof-load.ts';

const ALREADY_REWRITING = new CommandError(
  'ERR Background append only file rewriting already in progress',
);
const CANNOT_REWRITE = new CommandError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
    'information.',
);
const CANNOT_LOAD = new CommandError('ERR Error trying to load the AOF files, check server logs.');

/** What `bgrewriteaof` is made from: instances without the built-in commands add it themselves. */
export const BGREWRITEAOF: CommandSpec = {
  name: 'bgrewriteaof',
  summary: 'Writes the append-only file anew, as short as can be, in the background.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  flags: ['admin', 'noscript', 'no_async_loading'],
  run: (ctx) => {
    switch (ctx.service(AOF).rewrite()) {
      case 'running':
        throw ALREADY_REWRITING;
      case 'failed':
        throw CANNOT_REWRITE;
      case 'scheduled':
        ctx.reply.simple('Background append only file rewriting scheduled');
        return;
      case 'started':
        ctx.reply.simple('Background append only file rewriting started');
    }
  },
};

export const bgrewriteaof = command(BGREWRITEAOF);

/**
 * DEBUG LOADAOF. Redis differs: it exits when the files cannot be loaded, here it is an error,
 * after which the data set is what could be loaded.
 */
export function debugLoadAof(ctx: Context): void {
  ctx.preventPropagation(); // the changes are in the file already
  try {
    ctx.service(AOF).reload();
  } catch (error) {
    if (error instanceof AofLoadError) throw CANNOT_LOAD;
    throw error;
  }
  ctx.reply.simple('OK');
}

export const aofCommands: readonly CommandEntry[] = [bgrewriteaof];
