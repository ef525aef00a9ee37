// Every built-in command, in one list: what an instance's command table is made from.

import type { CommandEntry } from '../dispatch/spec.ts';
import { CommandCatalog } from '../dispatch/table.ts';
import { discard, exec, multi, unwatch, watch } from '../dispatch/transaction.ts';
import { stringCommands } from './string.ts';

export const allCommands: readonly CommandEntry[] = [
  multi,
  exec,
  discard,
  watch,
  unwatch,
  ...stringCommands,
];

/** Made once a process; immutable, so that all instances may share it. */
export const catalog = new CommandCatalog(allCommands);
