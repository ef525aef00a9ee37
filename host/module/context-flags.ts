// REDISMODULE_CTX_FLAGS_*: what a module may know of its call and of the server.

import { CONSTANTS } from '../../abi/constants.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';

/** The flags for a call; those of the server alone without one. */
export function contextFlags(m: ModuleInstance, context: ModuleContext | null): number {
  const server = m.host.serverState();
  let flags: number = CONSTANTS.REDISMODULE_CTX_FLAGS_MASTER;
  if (server.hasAof) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_AOF;
  if (server.hasSavePoints) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_RDB;
  if (server.isSaving) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_ACTIVE_CHILD;
  if (server.maxMemoryBytes > 0) {
    flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_MAXMEMORY;
    if (server.evicts) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_EVICT;
    const ratio = server.usedMemoryBytes / server.maxMemoryBytes;
    if (ratio > 1) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_OOM;
    if (ratio > 0.75) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_OOM_WARNING;
  }
  if (m.executor.isLoading) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_LOADING;
  if (server.isStarting) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_SERVER_STARTUP;
  return context === null ? flags : flags | callFlags(context);
}

function callFlags(context: ModuleContext): number {
  const { client, command, reply } = context;
  let flags = 0;
  if (command?.isInTransaction) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_MULTI;
  if (command?.deniesBlocking) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
  if (client?.isWatchBroken) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_MULTI_DIRTY;
  if (reply?.protocol === 3) flags |= CONSTANTS.REDISMODULE_CTX_FLAGS_RESP3;
  return flags;
}
