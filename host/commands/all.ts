// Every built-in command, in one list: what an instance's command table is made from.

import type { CommandEntry } from '../dispatch/spec.ts';
import { CommandCatalog } from '../dispatch/table.ts';
import { discard, exec, multi, unwatch, watch } from '../dispatch/transaction.ts';
import { configCommands } from './config.ts';
import { debugCommands } from './debug.ts';
import { dumpCommands } from './dump.ts';
import { genericCommands } from './generic.ts';
import { hashCommands } from './hash.ts';
import { listCommands } from './list.ts';
import { setCommands } from './set.ts';
import { shutdownCommands } from './shutdown.ts';
import { sortedSetCommands } from './sorted-set.ts';
import { moduleCommands } from '../module/commands.ts';
import { snapshotCommands } from '../persistence/commands.ts';
import { stringCommands } from './string.ts';

export const allCommands: readonly CommandEntry[] = [
  multi,
  exec,
  discard,
  watch,
  unwatch,
  ...genericCommands,
  ...stringCommands,
  ...moduleCommands,
  ...hashCommands,
  ...setCommands,
  ...listCommands,
  ...sortedSetCommands,
  ...configCommands,
  ...debugCommands,
  ...dumpCommands,
  ...snapshotCommands,
  ...shutdownCommands,
];

/** Made once a process; immutable, so that all instances may share it. */
export const catalog = new CommandCatalog(allCommands);
