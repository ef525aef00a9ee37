// ABI area "acl": users, permissions and authentication.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Status } from '../../../abi/kinds.ts';
import type { ErrnoName } from '../../../abi/table.ts';
import type { DenialReason } from '../../acl/log.ts';
import type { User } from '../../acl/user.ts';
import { accessOf, denialOf } from '../../dispatch/permissions.ts';
import { Argv } from '../../lib/argv.ts';
import { type ByteString, bytesOf } from '../../lib/bytes.ts';
import { splitQuoted } from '../../lib/quoted-words.ts';
import { callbackOf, callbackOrNull } from '../callbacks.ts';
import type { ModuleCommand } from '../command.ts';
import type { ModuleInstance } from '../instance.ts';
import { KIND_COMMAND, KIND_USER } from '../kinds.ts';
import { ModuleUser, moduleUser } from '../module-user.ts';
import { REGISTRATION_BYTES } from '../quota.ts';
import { redefine } from '../register-command.ts';
import { noteRegistration, refuse } from '../registry.ts';
import { ModuleString } from '../string.ts';

const KEY_USES =
  CONSTANTS.REDISMODULE_CMD_KEY_ACCESS |
  CONSTANTS.REDISMODULE_CMD_KEY_INSERT |
  CONSTANTS.REDISMODULE_CMD_KEY_DELETE |
  CONSTANTS.REDISMODULE_CMD_KEY_UPDATE;
const PATTERN = Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_PATTERN);
const UNSUBSCRIBE = Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_UNSUBSCRIBE);
const CHANNEL_USES =
  PATTERN |
  UNSUBSCRIBE |
  Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_PUBLISH) |
  Number(CONSTANTS.REDISMODULE_CMD_CHANNEL_SUBSCRIBE);

const REASONS: Readonly<Record<number, DenialReason>> = {
  [CONSTANTS.REDISMODULE_ACL_LOG_AUTH]: 'auth',
  [CONSTANTS.REDISMODULE_ACL_LOG_CMD]: 'command',
  [CONSTANTS.REDISMODULE_ACL_LOG_KEY]: 'key',
  [CONSTANTS.REDISMODULE_ACL_LOG_CHANNEL]: 'channel',
};
const CATEGORY_NAME = /^[A-Za-z0-9_-]+$/;
const NOT_LOGGING_IN =
  'ERR Module blocking client on auth when not currently undergoing module authentication';

export function acl(m: ModuleInstance): AreaImports<'acl'> {
  return {
    ...users(m),
    ...rules(m),
    ...checks(m),
    ...log(m),
    ...logins(m),
    ...handlers(m),
    ...categories(m),
  };
}

function users(m: ModuleInstance) {
  const { access } = m.host;
  const handleOf = (user: ModuleUser): Handle<'user'> => {
    if (user.isOwn) m.registry.users.add(user);
    return m.handles.createRetained(KIND_USER, user) as Handle<'user'>; // of that kind
  };
  return {
    RedisModule_CreateModuleUser: (name) => {
      const bytes = bytesOf(m.memory.cstring(name, 'name'));
      return handleOf(new ModuleUser(access.users.createUnlisted(bytes), true));
    },
    RedisModule_FreeModuleUser: (user) => {
      moduleUser(m, user).release(m);
      m.handles.release(user, KIND_USER);
    },
    RedisModule_GetModuleUserFromUserName: (name) => {
      const user = access.users.get(m.string(name, 'name').slice.toByteString());
      return user?.isEnabled ? handleOf(new ModuleUser(user, false)) : 0;
    },
    RedisModule_GetCurrentUserName: (ctx) => {
      const context = m.context(ctx);
      const user = context.client?.user ?? null;
      if (user === null) return 0;
      return m.newString(ModuleString.of(user.name), context) as Handle<'string'>; // of that kind
    },
  } satisfies Partial<AreaImports<'acl'>>;
}

function rules(m: ModuleInstance) {
  const all = m.host.access.users;
  return {
    RedisModule_SetModuleUserACL: (user, rule) => {
      const bytes = bytesOf(m.memory.cstring(rule, 'acl'));
      return all.change(moduleUser(m, user).user, [bytes]) === null ? OK : ERR;
    },
    RedisModule_SetModuleUserACLString: (ctx, user, line, error) => {
      const words = splitQuoted(bytesOf(m.memory.cstring(line, 'acl'))) ?? [];
      if (error !== 0) m.memory.check(error, 4, 'error');
      const refusal = all.change(moduleUser(m, user).user, words);
      if (refusal === null) return OK;
      if (error !== 0) {
        const text = ModuleString.of(refusal as ByteString); // made of the words
        m.memory.writeU32(error, m.newString(text, m.contextOrNull(ctx)), 'error');
      }
      return ERR;
    },
    RedisModule_GetModuleUserACLString: (user) => {
      const text = ModuleString.of(moduleUser(m, user).user.describe());
      return m.newString(text, null) as Handle<'string'>; // of that kind
    },
  } satisfies Partial<AreaImports<'acl'>>;
}

function checks(m: ModuleInstance) {
  const fail = (errno: ErrnoName): Status => {
    m.setErrno(errno);
    return ERR;
  };
  return {
    RedisModule_ACLCheckCommandPermissions: (user, array, argc) => {
      const { user: who } = moduleUser(m, user);
      const argv = new Argv();
      for (let i = 0; i < argc; i++) {
        const { slice } = m.string(m.memory.readU32(array + 4 * i, 'argv'), 'argv');
        argv.push(slice.buffer, slice.start, slice.end);
      }
      const entry = argc > 0 ? m.host.table.lookupCall(argv) : undefined;
      if (entry === undefined) return fail('ENOENT');
      return denialOf(who, entry, argv) === null ? OK : fail('EACCES');
    },
    RedisModule_ACLCheckKeyPermissions: (user, key, flags) => {
      const bytes = m.string(key, 'key').slice.toByteString();
      if ((flags & ~KEY_USES) !== 0) return fail('EINVAL');
      const { user: who } = moduleUser(m, user);
      // The bits of these flags are those of KEY_ACCESS: both are Redis's.
      return who.allowsKey(bytes, accessOf(flags)) ? OK : fail('EACCES');
    },
    RedisModule_ACLCheckChannelPermissions: (user, channel, flags) => {
      const bytes = m.string(channel, 'ch').slice.toByteString();
      if ((flags & ~CHANNEL_USES) !== 0) return fail('EINVAL');
      const { user: who } = moduleUser(m, user);
      if ((flags & UNSUBSCRIBE) !== 0) return OK;
      return who.allowsChannel(bytes, (flags & PATTERN) !== 0) ? OK : fail('EACCES');
    },
  } satisfies Partial<AreaImports<'acl'>>;
}

function log(m: ModuleInstance) {
  const note = (ctx: number, userName: ByteString, object: number, reason: number): void => {
    const { client } = m.context(ctx);
    const known = REASONS[reason];
    if (known === undefined) return;
    m.host.access.noteRefusal(client ?? m.host.client, {
      reason: known,
      origin: 'module',
      object: m.string(object, 'object').slice.toByteString(),
      userName,
    });
  };
  return {
    RedisModule_ACLAddLogEntry: (ctx, user, object, reason) =>
      note(ctx, moduleUser(m, user).user.name, object, reason),
    RedisModule_ACLAddLogEntryByUserName: (ctx, name, object, reason) =>
      note(ctx, m.string(name, 'username').slice.toByteString(), object, reason),
  } satisfies Partial<AreaImports<'acl'>>;
}

function logins(m: ModuleInstance) {
  const { access, logins: moduleLogins } = m.host;
  /** Makes the client of a context that user. */
  const login = (
    ctx: number,
    user: User | null,
    callback: number,
    data: number,
    idAt: number,
  ): Status => {
    const { client } = m.context(ctx);
    const changed = callbackOrNull(m, 'RedisModuleUserChangedFunc', callback, 'callback');
    if (user === null || !user.isEnabled) return ERR;
    if (client === null || m.host.findClient(client.id) !== client) return ERR;
    moduleLogins.userChanged(client);
    const before = { user: client.user, isAuthenticated: client.isAuthenticated };
    // A call that traps has let nobody in.
    m.executor.keyspace.journal.note(() => Object.assign(client, before));
    client.user = user;
    client.isAuthenticated = true;
    moduleLogins.loggedIn(client);
    if (changed !== null) {
      const tell = (): unknown => changed(BigInt(client.id), data);
      moduleLogins.watch(client, m, () => enterFor(m, 'user callback', tell));
    }
    if (idAt !== 0) m.memory.writeU64(idAt, BigInt(client.id), 'client_id');
    return OK;
  };
  return {
    RedisModule_AuthenticateClientWithUser: (ctx, user, callback, data, idAt) =>
      login(ctx, moduleUser(m, user, 'module_user').user, callback, data, idAt),
    RedisModule_AuthenticateClientWithACLUser: (ctx, name, length, callback, data, idAt) => {
      const bytes = m.memory.bytes(name, length, 'name').latin1Slice() as ByteString; // bytes
      return login(ctx, access.users.get(bytes), callback, data, idAt);
    },
    RedisModule_DeauthenticateAndCloseClient: (_ctx, id) => {
      const client = m.host.findClient(Number(BigInt.asUintN(64, id)));
      if (client === null) return ERR;
      access.expel(client);
      return OK;
    },
    // There is no TLS yet.
    RedisModule_GetClientCertificate: () => 0,
  } satisfies Partial<AreaImports<'acl'>>;
}

function enterFor(m: ModuleInstance, where: string, run: () => unknown): void {
  m.executor.unit(() => {
    m.enter({ purpose: 'event', client: null, db: null }, null, run, (trap) =>
      m.host.noteTrap(m, where, trap),
    );
  });
}

function handlers(m: ModuleInstance) {
  return {
    RedisModule_RegisterAuthCallback: (_ctx, cb) => {
      const callback = callbackOf(m, 'RedisModuleAuthCallback', cb, 'cb');
      m.quota.charge(REGISTRATION_BYTES, 'a callback');
      const handler = m.host.logins.handler(m, callback);
      m.host.authenticator.addHandler(handler);
      noteRegistration(m, () => m.host.authenticator.removeHandler(handler));
    },
    RedisModule_BlockClientOnAuth: (ctx, reply, free) => {
      const context = m.context(ctx);
      const callback = callbackOf(m, 'RedisModuleAuthCallback', reply, 'reply_callback');
      const freeData = callbackOrNull(m, 'RedisModuleFreePrivDataFunc', free, 'free_privdata');
      const blocked = m.host.logins.block(m, context, callback, freeData);
      if (blocked === null) context.reply?.error(NOT_LOGGING_IN);
      return (blocked?.handle ?? 0) as Handle<'blocked'>; // made of that kind
    },
    RedisModule_RedactClientCommandArgument: (ctx, pos) => (m.context(ctx).redact(pos) ? OK : ERR),
  } satisfies Partial<AreaImports<'acl'>>;
}

function categories(m: ModuleInstance) {
  const { table } = m.host;
  return {
    RedisModule_AddACLCategory: (_ctx, namePtr) => {
      const name = m.memory.cstring(namePtr, 'name');
      if (!m.isLoading || !CATEGORY_NAME.test(name)) {
        m.setErrno('EINVAL');
        return ERR;
      }
      const refusal = table.addCategory(name);
      if (refusal !== null) {
        m.setErrno(refusal === 'exists' ? 'EBUSY' : 'ENOMEM');
        refuse(m, `the category '${name}'`);
        return ERR;
      }
      m.registry.undo.push(() => {
        if (m.isLoading) table.removeCategory(name); // it could not be loaded
      });
      return OK;
    },
    RedisModule_SetCommandACLCategories: (handle, wordsPtr) => {
      const command = m.handles.get(handle, KIND_COMMAND, 'command') as ModuleCommand; // by its kind
      const words = m.memory.cstring(wordsPtr, 'ctgrsflags').split(' ');
      const bits = words.filter((word) => word !== '').map((word) => table.categoryBit(word));
      if (!m.isLoading || bits.includes(0n)) return ERR;
      for (const bit of bits) command.categories |= bit;
      return redefine(command) ? OK : ERR;
    },
  } satisfies Partial<AreaImports<'acl'>>;
}
