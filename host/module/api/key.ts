// ABI area "key": keys, databases, clients.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK } from '../../../abi/kinds.ts';
import { NO_EXPIRE } from '../../keyspace/records.ts';
import { Slice } from '../../lib/slice.ts';
import { fillClientInfo } from '../client-info.ts';
import { contextFlags } from '../context-flags.ts';
import type { KeyOptions } from '../data-type.ts';
import type { ModuleInstance } from '../instance.ts';
import { keyTypeOf, lookupForModule, valueLength } from '../key-access.ts';
import { closeKey, deleteValue, isWritable, openKey } from '../keys.ts';
import { KIND_KEY, KIND_OPT_CTX } from '../kinds.ts';
import { OpenKey } from '../open-key.ts';
import { ModuleString } from '../string.ts';

const WRITE = CONSTANTS.REDISMODULE_WRITE;
const OPEN_KEY_MODES =
  CONSTANTS.REDISMODULE_READ |
  CONSTANTS.REDISMODULE_WRITE |
  CONSTANTS.REDISMODULE_OPEN_KEY_NOTOUCH |
  CONSTANTS.REDISMODULE_OPEN_KEY_NONOTIFY |
  CONSTANTS.REDISMODULE_OPEN_KEY_NOSTATS |
  CONSTANTS.REDISMODULE_OPEN_KEY_NOEXPIRE |
  CONSTANTS.REDISMODULE_OPEN_KEY_NOEFFECTS;
const NO_MODULE_EXPIRE = BigInt(CONSTANTS.REDISMODULE_NO_EXPIRE);
/** A message that is held back, beside its bytes. */
const MESSAGE_BYTES = 128;
const FORBIDDEN_IN_NAMES = /[^!-~]/;

export function key(m: ModuleInstance): AreaImports<'key'> {
  return { ...clients(m), ...databases(m), ...opening(m), ...expiry(m), ...typeCallbacks(m) };
}

function databases(m: ModuleInstance) {
  const { keyspace } = m.executor;
  return {
    RedisModule_GetSelectedDb: (ctx) => m.context(ctx).db?.index ?? 0,
    RedisModule_GetContextFlags: (ctx) => contextFlags(m, m.contextOrNull(ctx)),
    RedisModule_AvoidReplicaTraffic: () => (m.executor.isPaused ? 1 : 0),
    RedisModule_SelectDb: (ctx, newid) => {
      const context = m.context(ctx);
      if (newid < 0 || newid >= keyspace.databaseCount) return ERR;
      context.db = keyspace.database(newid);
      return OK;
    },
    RedisModule_KeyExists: (ctx, keyname) => {
      const { db } = m.context(ctx);
      return db !== null && keyspace.peek(db, m.string(keyname, 'keyname').slice) !== 0 ? 1 : 0;
    },
    RedisModule_ResetDataset: (_restartAof, isAsync) => {
      keyspace.flush(null, isAsync !== 0);
    },
    RedisModule_DbSize: (ctx) => BigInt(m.context(ctx).db?.size ?? 0),
    RedisModule_RandomKey: (ctx) => {
      const context = m.context(ctx);
      const { db } = context;
      if (db === null) return 0;
      const ref = keyspace.randomKey(db, (bound) => m.executor.random.below(bound));
      if (ref === 0) return 0;
      const name = ModuleString.owning(db.keyOf(ref).toBuffer());
      return m.newString(name, context) as Handle<'string'>; // of that kind
    },
  } satisfies Partial<AreaImports<'key'>>;
}

function opening(m: ModuleInstance) {
  const { keyspace } = m.executor;
  return {
    RedisModule_OpenKey: (ctx, keyname, mode) => {
      const context = m.context(ctx);
      const { slice } = m.string(keyname, 'keyname');
      const db = context.db ?? keyspace.database(0);
      const ref = lookupForModule(keyspace, db, slice, mode);
      if (ref === 0 && (mode & WRITE) === 0) return 0;
      // Arguments last until the command ends, and keys are closed by then; strings of the guest
      // are never changed in place.
      const name = new Slice(slice.buffer, slice.start, slice.end);
      const opened = new OpenKey(db, name, mode, context.ptr, ref);
      return m.handles.create(KIND_KEY, opened) as Handle<'key'>; // of that kind
    },
    RedisModule_GetOpenKeyModesAll: () => OPEN_KEY_MODES,
    RedisModule_CloseKey: (kp) => {
      if (kp !== 0) closeKey(m, m.handles.release(kp, KIND_KEY, 'kp') as OpenKey); // by its kind
    },
    RedisModule_KeyType: (kp) => (kp === 0 ? 0 : keyTypeOf(openKey(m, kp, 'kp'))),
    RedisModule_ValueLength: (kp) => (kp === 0 ? 0 : valueLength(openKey(m, kp, 'kp'))),
    RedisModule_DeleteKey: (handle) => {
      const key = openKey(m, handle);
      if (!isWritable(key)) return ERR;
      deleteValue(m, key, false);
      return OK;
    },
    RedisModule_UnlinkKey: (handle) => {
      const key = openKey(m, handle);
      if (!isWritable(key)) return ERR;
      deleteValue(m, key, true);
      return OK;
    },
  } satisfies Partial<AreaImports<'key'>>;
}

function expiry(m: ModuleInstance) {
  const { keyspace } = m.executor;
  const setExpire = (key: OpenKey, expireMs: number): typeof OK => {
    keyspace.setExpire(key.db, key.ref, expireMs);
    return OK;
  };
  return {
    RedisModule_GetExpire: (handle) => {
      const key = openKey(m, handle);
      const expireMs = key.ref === 0 ? NO_EXPIRE : key.db.expireOf(key.ref);
      if (expireMs === NO_EXPIRE) return NO_MODULE_EXPIRE;
      return BigInt(Math.max(0, expireMs - keyspace.nowMs));
    },
    RedisModule_SetExpire: (handle, expire) => {
      const key = openKey(m, handle);
      if (!isWritable(key) || key.ref === 0) return ERR;
      if (expire === NO_MODULE_EXPIRE) return setExpire(key, NO_EXPIRE);
      return expire < 0n ? ERR : setExpire(key, Number(expire) + keyspace.nowMs);
    },
    RedisModule_GetAbsExpire: (handle) => {
      const key = openKey(m, handle);
      const expireMs = key.ref === 0 ? NO_EXPIRE : key.db.expireOf(key.ref);
      return expireMs === NO_EXPIRE ? NO_MODULE_EXPIRE : BigInt(expireMs);
    },
    RedisModule_SetAbsExpire: (handle, expire) => {
      const key = openKey(m, handle);
      if (!isWritable(key) || key.ref === 0) return ERR;
      if (expire === NO_MODULE_EXPIRE) return setExpire(key, NO_EXPIRE);
      return expire < 0n ? ERR : setExpire(key, Number(expire));
    },
  } satisfies Partial<AreaImports<'key'>>;
}

function typeCallbacks(m: ModuleInstance) {
  const options = (handle: number): KeyOptions =>
    m.handles.get(handle, KIND_OPT_CTX, 'ctx') as KeyOptions; // by its kind
  const keyName = (name: string | undefined): Handle<'string'> | 0 => {
    const context = m.currentContext;
    if (name === undefined || context === null) return 0;
    return m.newCallString(ModuleString.owning(Buffer.from(name, 'latin1')), context);
  };
  return {
    RedisModule_GetKeyNameFromOptCtx: (ctx) => keyName(options(ctx).from.key),
    RedisModule_GetToKeyNameFromOptCtx: (ctx) => keyName(options(ctx).to?.key),
    RedisModule_GetDbIdFromOptCtx: (ctx) => options(ctx).from.databaseIndex,
    RedisModule_GetToDbIdFromOptCtx: (ctx) => options(ctx).to?.databaseIndex ?? -1,
  } satisfies Partial<AreaImports<'key'>>;
}

function clients(m: ModuleInstance) {
  const find = (id: bigint) => m.host.findClient(Number(BigInt.asUintN(64, id)));
  const publish = (channel: number, message: number, isShard: boolean): number => {
    const { slice } = m.string(channel, 'channel');
    const text = m.string(message, 'message').slice;
    // It goes out when the command has ended well.
    m.quota.chargeCall(MESSAGE_BYTES + slice.length + text.length, 'a message');
    return m.host.publish(slice, text, isShard);
  };
  return {
    RedisModule_GetClientId: (ctx) => {
      const context = m.context(ctx);
      if (m.executor.isLoading) return BigInt.asIntN(64, -1n);
      const { client } = context;
      return client === null || client === m.host.client ? 0n : BigInt(client.id);
    },
    RedisModule_GetClientUserNameById: (ctx, id) => {
      const client = find(id);
      if (client === null || client.user === null) {
        m.setErrno(client === null ? 'ENOENT' : 'ENOTSUP');
        return 0;
      }
      const name = ModuleString.of(client.user.name);
      return m.newString(name, m.contextOrNull(ctx)) as Handle<'string'>; // of that kind
    },
    RedisModule_GetClientInfoById: (ci, id) => {
      const client = find(id);
      if (client === null) return ERR;
      return ci === 0 || fillClientInfo(m, ci, client) ? OK : ERR;
    },
    RedisModule_GetClientNameById: (ctx, id) => {
      const client = find(id);
      if (client === null || client.name === '') return 0;
      const name = ModuleString.of(client.name);
      return m.newString(name, m.contextOrNull(ctx)) as Handle<'string'>; // of that kind
    },
    RedisModule_SetClientNameById: (id, name) => {
      const client = find(id);
      if (client === null) {
        m.setErrno('ENOENT');
        return ERR;
      }
      const bytes = m.string(name, 'name').slice.toByteString();
      if (FORBIDDEN_IN_NAMES.test(bytes)) {
        m.setErrno('EINVAL');
        return ERR;
      }
      client.name = bytes;
      return OK;
    },
    RedisModule_PublishMessage: (_ctx, channel, message) => publish(channel, message, false),
    RedisModule_PublishMessageShard: (_ctx, channel, message) => publish(channel, message, true),
  } satisfies Partial<AreaImports<'key'>>;
}
