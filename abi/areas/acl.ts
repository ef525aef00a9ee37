// ABI area "acl": users, permissions and authentication.

import type { Area } from '../table.ts';

export const acl = {
  title: 'ACL',
  doc: 'Module users exist only for the module: they have no password, are not listed, and their clients are logged out when they are freed.',
  functions: {
    RedisModule_CreateModuleUser: {
      doc: 'Makes a user without any permission. Free it with RedisModule_FreeModuleUser.',
      params: [['name', 'cstring']],
      result: 'user',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_FreeModuleUser: {
      doc: 'Frees a user and disconnects its clients.',
      params: [['user', 'user']],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_SetModuleUserACL: {
      doc: 'Applies one rule of ACL SETUSER. ERR if it is malformed.',
      params: [
        ['user', 'user'],
        ['acl', 'cstring'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_SetModuleUserACLString: {
      doc: 'Applies a line of ACL SETUSER rules. ERR if it is malformed; then a text, which the guest frees, is stored unless `error` is NULL.',
      params: [
        ['ctx', 'ctx?'],
        ['user', 'user'],
        ['acl', 'cstring'],
        ['error', 'out string?'],
      ],
      result: 'status',
      since: '7.0.6',
    },
    RedisModule_GetModuleUserACLString: {
      doc: 'The rules of a user as a new string.',
      params: [['user', 'user']],
      result: 'string',
      returns: 'own',
      since: '7.0.6',
    },
    RedisModule_GetCurrentUserName: {
      doc: 'The name of the user of the client as a new string, or NULL where there is no client or it has no user.',
      params: [['ctx', 'ctx']],
      result: 'string?',
      returns: 'own',
      since: '7.0.0',
    },
    RedisModule_GetModuleUserFromUserName: {
      doc: 'A handle of an ACL user, to check permissions; free it with RedisModule_FreeModuleUser. NULL if there is none or it is disabled.',
      params: [['name', 'string']],
      result: 'user?',
      returns: 'own',
      since: '7.0.0',
    },
    RedisModule_ACLCheckCommandPermissions: {
      doc: 'Whether a user may run a command line. ERR with ENOENT for an unknown command, EACCES if not.',
      params: [
        ['user', 'user'],
        ['argv', 'argv'],
        ['argc', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['ENOENT', 'EACCES'],
    },
    RedisModule_ACLCheckKeyPermissions: {
      doc: 'Whether a user may use a key as REDISMODULE_CMD_KEY_ACCESS, INSERT, UPDATE, DELETE say; 0 asks for any. ERR with EINVAL for other flags, EACCES if not.',
      params: [
        ['user', 'user'],
        ['key', 'string'],
        ['flags', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'EACCES'],
    },
    RedisModule_ACLCheckChannelPermissions: {
      doc: 'Whether a user may use a channel as REDISMODULE_CMD_CHANNEL_* say. ERR with EINVAL for other flags, EACCES if not.',
      params: [
        ['user', 'user'],
        ['ch', 'string'],
        ['flags', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
      errno: ['EINVAL', 'EACCES'],
    },
    RedisModule_ACLAddLogEntry: {
      doc: 'Adds a refusal to ACL LOG.',
      params: [
        ['ctx', 'ctx'],
        ['user', 'user'],
        ['object', 'string'],
        ['reason', 'aclReason'],
      ],
      result: 'void',
      since: '7.0.0',
    },
    RedisModule_ACLAddLogEntryByUserName: {
      doc: 'Adds a refusal to ACL LOG for a user name.',
      params: [
        ['ctx', 'ctx'],
        ['username', 'string'],
        ['object', 'string'],
        ['reason', 'aclReason'],
      ],
      result: 'void',
      since: '7.2.0',
    },
    RedisModule_AuthenticateClientWithUser: {
      doc: 'Logs the client in as a module user and stores its ID unless `client_id` is NULL. `callback`, which may be NULL, runs when that ends. ERR if the user is disabled, or the context has no client that is connected.',
      params: [
        ['ctx', 'ctx'],
        ['module_user', 'user'],
        ['callback', 'fn UserChanged?'],
        ['privdata', 'data'],
        ['client_id', 'out uint64?'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_AuthenticateClientWithACLUser: {
      doc: 'RedisModule_AuthenticateClientWithUser with the name of an ACL user. ERR also if there is none.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'bytes'],
        ['len', 'size'],
        ['callback', 'fn UserChanged?'],
        ['privdata', 'data'],
        ['client_id', 'out uint64?'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_DeauthenticateAndCloseClient: {
      doc: 'Logs a client out and closes it soon. ERR if there is none.',
      params: [
        ['ctx', 'ctx?'],
        ['client_id', 'uint64'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_RedactClientCommandArgument: {
      doc: 'Hides argv[pos] from slow log and MONITOR. ERR unless called in a command with a position above 0.',
      params: [
        ['ctx', 'ctx'],
        ['pos', 'int'],
      ],
      result: 'status',
      since: '7.0.0',
    },
    RedisModule_GetClientCertificate: {
      doc: 'The TLS certificate of a client in PEM as a new string, or NULL if it has none.',
      params: [
        ['ctx', 'ctx?'],
        ['client_id', 'uint64'],
      ],
      result: 'string?',
      returns: 'own',
      since: '6.0.9',
    },
    RedisModule_RegisterAuthCallback: {
      doc: 'Adds a callback that may decide AUTH and HELLO before the password check. The one registered last runs first.',
      params: [
        ['ctx', 'ctx'],
        ['cb', 'fn Auth'],
      ],
      result: 'void',
      since: '7.2.0',
    },
    RedisModule_BlockClientOnAuth: {
      doc: 'Blocks a client in an authentication callback; `reply_callback` decides when it is unblocked. NULL outside such a callback.',
      params: [
        ['ctx', 'ctx'],
        ['reply_callback', 'fn Auth'],
        ['free_privdata', 'fn FreePrivData?'],
      ],
      result: 'blocked?',
      returns: 'own',
      since: '7.2.0',
    },
    RedisModule_AddACLCategory: {
      doc: 'Adds an ACL category; only in OnLoad. ERR with EINVAL for a bad name or a wrong moment, EBUSY if it exists, ENOMEM when all 64 are taken. Categories go when OnLoad fails, not when the module is unloaded.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'cstring'],
      ],
      result: 'status',
      since: '7.4.0',
      errno: ['EINVAL', 'EBUSY', 'ENOMEM'],
    },
    RedisModule_SetCommandACLCategories: {
      doc: 'Puts a command into the ACL categories named in a list of words separated by spaces. ERR for an unknown category or outside OnLoad.',
      params: [
        ['command', 'command'],
        ['ctgrsflags', 'cstring'],
      ],
      result: 'status',
      since: '7.2.0',
    },
  },
} as const satisfies Area;
