// ABI area "block": clients that wait for the module.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr } from '../../../abi/kinds.ts';
import type { ByteString } from '../../lib/bytes.ts';
import {
  type BlockedCallbacks,
  BlockedClient,
  blockedClient,
  type KeyWait,
} from '../blocked-client.ts';
import { callbackOrNull } from '../callbacks.ts';
import type { ModuleContext } from '../context.ts';
import type { ModuleInstance } from '../instance.ts';
import { ModuleString } from '../string.ts';
import { ModuleTrap } from '../trap.ts';

const UNBLOCK_DELETED = CONSTANTS.REDISMODULE_BLOCK_UNBLOCK_DELETED;
const IN_TRANSACTION = 'ERR Blocking module command called from transaction';
const IN_SCRIPT = 'ERR Blocking module command called from Lua script';

export function block(m: ModuleInstance): AreaImports<'block'> {
  return { ...blocking(m), ...ending(m), ...asking(m) };
}

function blocking(m: ModuleInstance) {
  const callbacks = (reply: number, timeout: number, free: number): BlockedCallbacks => ({
    reply: callbackOrNull(m, 'RedisModuleCmdFunc', reply, 'reply_callback'),
    timeout: callbackOrNull(m, 'RedisModuleCmdFunc', timeout, 'timeout_callback'),
    free: callbackOrNull(m, 'RedisModuleFreePrivDataFunc', free, 'free_privdata'),
  });
  const blockOnKeys = (
    ctx: number,
    functions: BlockedCallbacks,
    timeout: bigint,
    keys: KeyWait,
    privateData: number,
  ): Handle<'blocked'> => {
    const blocked = blockClient(m, m.context(ctx), functions, timeout, keys);
    blocked.privateData = privateData;
    return blocked.handle as Handle<'blocked'>; // made of that kind
  };
  const keysAt = (array: number, count: number): ByteString[] => {
    const keys: ByteString[] = [];
    m.memory.checkWords(array, count, 'keys');
    for (let i = 0; i < count; i++) {
      keys.push(m.string(m.memory.readU32(array + 4 * i, 'keys')).slice.toByteString());
    }
    return keys;
  };
  return {
    RedisModule_BlockClient: (ctx, reply, timeout, free, timeoutMs) => {
      const functions = callbacks(reply, timeout, free);
      const blocked = blockClient(m, m.context(ctx), functions, timeoutMs, null);
      return blocked.handle as Handle<'blocked'>; // made of that kind
    },
    RedisModule_BlockClientOnKeys: (ctx, reply, timeout, free, ms, keys, count, data) =>
      blockOnKeys(
        ctx,
        callbacks(reply, timeout, free),
        ms,
        { keys: keysAt(keys, count), wakesOnDelete: false },
        data,
      ),
    RedisModule_BlockClientOnKeysWithFlags: (
      ctx,
      reply,
      timeout,
      free,
      ms,
      keys,
      count,
      data,
      flags,
    ) =>
      blockOnKeys(
        ctx,
        callbacks(reply, timeout, free),
        ms,
        { keys: keysAt(keys, count), wakesOnDelete: (flags & UNBLOCK_DELETED) !== 0 },
        data,
      ),
    RedisModule_SignalKeyAsReady: (ctx, key) => {
      const { db } = m.context(ctx);
      if (db !== null) m.executor.keyspace.signalReady(db, m.string(key, 'key').slice);
    },
  } satisfies Partial<AreaImports<'block'>>;
}

function ending(m: ModuleInstance) {
  return {
    RedisModule_UnblockClient: (bc, data) => {
      const blocked = blockedClient(m, bc);
      if (blocked.isOnKeys && blocked.callbacks.timeout === null) return ERR;
      blocked.unblock(data);
      return OK;
    },
    RedisModule_AbortBlock: (bc) => {
      blockedClient(m, bc).abort();
      return OK;
    },
    RedisModule_SetDisconnectCallback: (bc, callback) => {
      blockedClient(m, bc).onDisconnect = callbackOrNull(
        m,
        'RedisModuleDisconnectFunc',
        callback,
        'callback',
      );
    },
    RedisModule_BlockClientGetPrivateData: (bc) =>
      blockedClient(m, bc, 'blocked_client').privateData as Ptr<'data'>, // set by this guest
    RedisModule_BlockClientSetPrivateData: (bc, data) => {
      blockedClient(m, bc, 'blocked_client').privateData = data;
    },
  } satisfies Partial<AreaImports<'block'>>;
}

function asking(m: ModuleInstance) {
  return {
    RedisModule_IsBlockedReplyRequest: (ctx) => (m.context(ctx).purpose === 'reply' ? 1 : 0),
    RedisModule_IsBlockedTimeoutRequest: (ctx) => (m.context(ctx).purpose === 'timeout' ? 1 : 0),
    RedisModule_GetBlockedClientPrivateData: (ctx) =>
      (m.context(ctx).blocked?.privateData ?? 0) as Ptr<'data'>, // set by this guest
    RedisModule_GetBlockedClientReadyKey: (ctx) => {
      const context = m.context(ctx);
      const key = context.blocked?.readyKey ?? null;
      return key === null ? 0 : m.newCallString(ModuleString.of(key), context);
    },
    RedisModule_GetBlockedClientHandle: (ctx) =>
      (m.context(ctx).blocked?.handle ?? 0) as Handle<'blocked'>, // made of that kind
    RedisModule_BlockedClientDisconnected: (ctx) =>
      m.context(ctx).blocked?.isDisconnected ? 1 : 0,
  } satisfies Partial<AreaImports<'block'>>;
}

function blockClient(
  m: ModuleInstance,
  context: ModuleContext,
  callbacks: BlockedCallbacks,
  timeout: bigint,
  keys: KeyWait | null,
): BlockedClient {
  if (context.hasBlocked) throw new ModuleTrap('the client is blocked already', 'ctx');
  const blocked = new BlockedClient(m, context, callbacks, keys !== null);
  const { command, reply } = context;
  if (command === null || command.deniesBlocking) {
    if (command !== null) reply?.error(command.isInTransaction ? IN_TRANSACTION : IN_SCRIPT);
    blocked.refuse();
    return blocked;
  }
  context.hasBlocked = true;
  blocked.block(command, Number(timeout), keys);
  return blocked;
}
