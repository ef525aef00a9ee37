// Every built-in command, in one list: what an instance's command table is made from.

import type { CommandEntry } from '../dispatch/spec.ts';
import { CommandCatalog } from '../dispatch/table.ts';
import { discard, exec, multi, unwatch, watch } from '../dispatch/transaction.ts';
import { moduleCommands } from '../module/commands.ts';
import { aofCommands } from '../persistence/aof-commands.ts';
import { snapshotCommands } from '../persistence/commands.ts';
import { pubsubCommands } from '../pubsub/commands.ts';
import { aclCommands } from './acl.ts';
import { bitmapCommands } from './bitmap.ts';
import { commandCommands } from './command.ts';
import { configCommands } from './config.ts';
import { connectionCommands } from './connection.ts';
import { debugCommands } from './debug.ts';
import { dumpCommands } from './dump.ts';
import { genericCommands } from './generic.ts';
import { hashCommands } from './hash.ts';
import { infoCommands } from './info.ts';
import { introspectionCommands } from './introspection.ts';
import { latencyCommands } from './latency.ts';
import { listCommands } from './list.ts';
import { memoryCommands } from './memory.ts';
import { setCommands } from './set.ts';
import { shutdownCommands } from './shutdown.ts';
import { sortedSetCommands } from './sorted-set.ts';
import { stringCommands } from './string.ts';

export const allCommands: readonly CommandEntry[] = [
  multi,
  exec,
  discard,
  watch,
  unwatch,
  ...aclCommands,
  ...genericCommands,
  ...stringCommands,
  ...bitmapCommands,
  ...moduleCommands,
  ...hashCommands,
  ...setCommands,
  ...listCommands,
  ...sortedSetCommands,
  ...configCommands,
  ...debugCommands,
  ...dumpCommands,
  ...snapshotCommands,
  ...aofCommands,
  ...shutdownCommands,
  ...commandCommands,
  ...connectionCommands,
  ...infoCommands,
  ...introspectionCommands,
  ...latencyCommands,
  ...memoryCommands,
  ...pubsubCommands,
];

/** Made once a process; immutable, so that all instances may share it. */
export const catalog = new CommandCatalog(allCommands);
