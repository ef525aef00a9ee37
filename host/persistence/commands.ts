// SAVE, BGSAVE, LASTSAVE.

import { token } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import {
  ALREADY_SAVING,
  OTHER_CHILD_ACTIVE,
  RELOAD_FAILED,
  RELOAD_OPTIONS,
  SAVE_FAILED,
  SYNTAX,
} from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { SNAPSHOTS } from './snapshot.ts';

export const save = command({
  name: 'save',
  summary: 'Saves a snapshot while clients wait.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) in the number of keys',
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  run: (ctx) => {
    const snapshots = ctx.service(SNAPSHOTS);
    if (snapshots.isSaving) throw ALREADY_SAVING;
    ctx.preventPropagation(); // resetting the change counter is no change
    if (!snapshots.save()) throw SAVE_FAILED;
    ctx.reply.simple('OK');
  },
});

export const bgsave = command({
  name: 'bgsave',
  summary: 'Saves a snapshot in the background.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  history: [['3.2.2', 'Takes `SCHEDULE`.']],
  flags: ['admin', 'noscript', 'no_async_loading'],
  args: [token('SCHEDULE', { since: '3.2.2', optional: true })],
  run: runBgsave,
});

function runBgsave(ctx: Context): void {
  const isSchedulable = ctx.argc > 1;
  if (isSchedulable && (ctx.argc !== 2 || !ctx.arg(1).is('schedule'))) throw SYNTAX;
  const snapshots = ctx.service(SNAPSHOTS);
  if (snapshots.isSaving) throw ALREADY_SAVING;
  // Inside a transaction or a module's command the data set is not one to be kept.
  const isInside = ctx.isInTransaction || ctx.keyspace.journal.isOpen;
  if (snapshots.isBlockedByOther || isInside) {
    if (!isSchedulable && !isInside) throw OTHER_CHILD_ACTIVE;
    snapshots.schedule();
    ctx.reply.simple('Background saving scheduled');
    return;
  }
  snapshots.start();
  ctx.reply.simple('Background saving started');
}

export const lastsave = command({
  name: 'lastsave',
  summary: 'Returns when the last snapshot was saved.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  run: (ctx) => ctx.reply.integer(ctx.service(SNAPSHOTS).lastSaveSeconds),
});

/** DEBUG RELOAD: through the file and back. */
export function debugReload(ctx: Context): void {
  let isSaved = true;
  let isFlushed = true;
  let replacesKeys = false;
  for (let i = 2; i < ctx.argc; i++) {
    const option = ctx.arg(i);
    if (option.is('merge')) replacesKeys = true;
    else if (option.is('noflush')) isFlushed = false;
    else if (option.is('nosave')) isSaved = false;
    else throw RELOAD_OPTIONS;
  }
  const snapshots = ctx.service(SNAPSHOTS);
  ctx.preventPropagation();
  if (isSaved && !snapshots.save()) throw SAVE_FAILED;
  if (isFlushed) ctx.keyspace.flush(null);
  if (!snapshots.reload({ replacesKeys })) throw RELOAD_FAILED;
  ctx.executor.log.warning('DB reloaded by DEBUG RELOAD');
  ctx.reply.simple('OK');
}

export const snapshotCommands: readonly CommandEntry[] = [save, bgsave, lastsave];
