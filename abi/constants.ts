// Every constant of the public header, grouped, each with its value and meaning. The C header, the
// AssemblyScript constants and the host's `CONSTANTS` come from here.

/**
 * How a group is spelled: `int` plainly, `flags` as shifted bits, `flags64` as 64-bit ones, `enum` as
 * a C enum, `pointer` as an address that no object has.
 */
type GroupForm = 'int' | 'flags' | 'flags64' | 'string' | 'enum' | 'pointer';

/** A set of constants that belong together. */
export interface ConstantGroup {
  readonly title: string;
  readonly form: GroupForm;
  /** Name of the C enum type, or what a pointer points to. */
  readonly type?: string;
  readonly values: Readonly<
    Record<`REDISMODULE_${string}`, readonly [value: number | string, doc: string]>
  >;
}

const bit = <const N extends number>(n: N) => 2 ** n;

export const GROUPS = {
  status: {
    title: 'Status',
    form: 'int',
    values: {
      REDISMODULE_OK: [0, 'Success.'],
      REDISMODULE_ERR: [1, 'Failure.'],
      REDISMODULE_AUTH_HANDLED: [0, 'The callback decided on the authentication.'],
      REDISMODULE_AUTH_NOT_HANDLED: [1, 'Let the next callback, or the password, decide.'],
      REDISMODULE_APIVER_1: [1, 'The only version of the API.'],
      REDISMODULE_TYPE_METHOD_VERSION: [5, 'Version of RedisModuleTypeMethods.'],
    },
  },
  openKey: {
    title: 'Modes of OpenKey',
    form: 'flags',
    values: {
      REDISMODULE_READ: [bit(0), 'Read the value.'],
      REDISMODULE_WRITE: [bit(1), 'Write the value.'],
      REDISMODULE_OPEN_KEY_NOTOUCH: [bit(16), 'Do not count as a use for eviction.'],
      REDISMODULE_OPEN_KEY_NONOTIFY: [bit(17), 'No event when the key is missing.'],
      REDISMODULE_OPEN_KEY_NOSTATS: [bit(18), 'Do not count as a hit or miss.'],
      REDISMODULE_OPEN_KEY_NOEXPIRE: [bit(19), 'Do not delete an expired key.'],
      REDISMODULE_OPEN_KEY_NOEFFECTS: [bit(20), 'None of these side effects.'],
    },
  },
  listPosition: {
    title: 'Ends of a list',
    form: 'int',
    values: {
      REDISMODULE_LIST_HEAD: [0, 'The head.'],
      REDISMODULE_LIST_TAIL: [1, 'The tail.'],
    },
  },
  keyType: {
    title: 'Key types',
    form: 'int',
    values: {
      REDISMODULE_KEYTYPE_EMPTY: [0, 'No value.'],
      REDISMODULE_KEYTYPE_STRING: [1, 'A string.'],
      REDISMODULE_KEYTYPE_LIST: [2, 'A list.'],
      REDISMODULE_KEYTYPE_HASH: [3, 'A hash.'],
      REDISMODULE_KEYTYPE_SET: [4, 'A set.'],
      REDISMODULE_KEYTYPE_ZSET: [5, 'A sorted set.'],
      REDISMODULE_KEYTYPE_MODULE: [6, 'A type of a module.'],
      REDISMODULE_KEYTYPE_STREAM: [7, 'A stream.'],
    },
  },
  replyType: {
    title: 'Types of call replies',
    form: 'int',
    values: {
      REDISMODULE_REPLY_UNKNOWN: [-1, 'No reply, or a type that the API does not show.'],
      REDISMODULE_REPLY_STRING: [0, 'A bulk string or a status line.'],
      REDISMODULE_REPLY_ERROR: [1, 'An error.'],
      REDISMODULE_REPLY_INTEGER: [2, 'An integer.'],
      REDISMODULE_REPLY_ARRAY: [3, 'An array.'],
      REDISMODULE_REPLY_NULL: [4, 'Null.'],
      REDISMODULE_REPLY_MAP: [5, 'A map (RESP3).'],
      REDISMODULE_REPLY_SET: [6, 'A set (RESP3).'],
      REDISMODULE_REPLY_BOOL: [7, 'A boolean (RESP3).'],
      REDISMODULE_REPLY_DOUBLE: [8, 'A double (RESP3).'],
      REDISMODULE_REPLY_BIG_NUMBER: [9, 'A big number (RESP3).'],
      REDISMODULE_REPLY_VERBATIM_STRING: [10, 'A verbatim string (RESP3).'],
      REDISMODULE_REPLY_ATTRIBUTE: [11, 'An attribute (RESP3).'],
      REDISMODULE_REPLY_PROMISE: [12, 'The call blocked; its reply comes later.'],
    },
  },
  lengths: {
    title: 'Open lengths and no expiry',
    form: 'int',
    values: {
      REDISMODULE_POSTPONED_ARRAY_LEN: [-1, 'Older name of REDISMODULE_POSTPONED_LEN.'],
      REDISMODULE_POSTPONED_LEN: [-1, 'The length of a collection is set later.'],
      REDISMODULE_NO_EXPIRE: [-1, 'The key does not expire.'],
    },
  },
  zadd: {
    title: 'Flags of ZsetAdd and ZsetIncrby',
    form: 'flags',
    values: {
      REDISMODULE_ZADD_XX: [bit(0), 'In: only if the element exists.'],
      REDISMODULE_ZADD_NX: [bit(1), 'In: only if it does not exist.'],
      REDISMODULE_ZADD_ADDED: [bit(2), 'Out: the element was added.'],
      REDISMODULE_ZADD_UPDATED: [bit(3), 'Out: the score was changed.'],
      REDISMODULE_ZADD_NOP: [bit(4), 'Out: a flag or the same score left it as it was.'],
      REDISMODULE_ZADD_GT: [bit(5), 'In: only if the new score is higher.'],
      REDISMODULE_ZADD_LT: [bit(6), 'In: only if the new score is lower.'],
    },
  },
  hash: {
    title: 'Flags of HashSet and HashGet',
    form: 'flags',
    values: {
      REDISMODULE_HASH_NONE: [0, 'No flag.'],
      REDISMODULE_HASH_NX: [bit(0), 'Set only missing fields.'],
      REDISMODULE_HASH_XX: [bit(1), 'Set only existing fields.'],
      REDISMODULE_HASH_CFIELDS: [bit(2), 'Fields are C strings.'],
      REDISMODULE_HASH_EXISTS: [bit(3), 'HashGet stores whether the field exists, as an int.'],
      REDISMODULE_HASH_COUNT_ALL: [bit(4), 'HashSet counts added fields too.'],
    },
  },
  pointers: {
    title: 'Special pointers',
    form: 'pointer',
    type: 'RedisModuleString',
    values: {
      REDISMODULE_HASH_DELETE: [1, 'As a value for HashSet: delete the field.'],
    },
  },
  config: {
    title: 'Flags of configuration options',
    form: 'flags64',
    values: {
      REDISMODULE_CONFIG_DEFAULT: [0, 'Nothing special.'],
      REDISMODULE_CONFIG_IMMUTABLE: [bit(0), 'Can be set at startup only.'],
      REDISMODULE_CONFIG_SENSITIVE: [bit(1), 'Hidden from the logs.'],
      REDISMODULE_CONFIG_HIDDEN: [bit(4), 'Not listed by CONFIG GET with a pattern.'],
      REDISMODULE_CONFIG_PROTECTED: [bit(5), 'Needs enable-protected-configs.'],
      REDISMODULE_CONFIG_DENY_LOADING: [bit(6), 'Cannot be changed while loading.'],
      REDISMODULE_CONFIG_MEMORY: [bit(7), 'A number that accepts units such as 1mb.'],
      REDISMODULE_CONFIG_BITFLAGS: [bit(8), 'An enum whose values may be combined.'],
    },
  },
  stream: {
    title: 'Flags of the stream functions',
    form: 'flags',
    values: {
      REDISMODULE_STREAM_ADD_AUTOID: [bit(0), 'Let the server choose the ID.'],
      REDISMODULE_STREAM_ITERATOR_EXCLUSIVE: [bit(0), 'Leave out both ends of the range.'],
      REDISMODULE_STREAM_ITERATOR_REVERSE: [bit(1), 'From the end to the start.'],
      REDISMODULE_STREAM_TRIM_APPROX: [bit(0), 'Trim whole nodes only: cheaper.'],
    },
  },
  contextFlags: {
    title: 'Context flags',
    form: 'flags',
    values: {
      REDISMODULE_CTX_FLAGS_LUA: [bit(0), 'Called from a script.'],
      REDISMODULE_CTX_FLAGS_MULTI: [bit(1), 'Called in a transaction.'],
      REDISMODULE_CTX_FLAGS_MASTER: [bit(2), 'The server is a master.'],
      REDISMODULE_CTX_FLAGS_SLAVE: [bit(3), 'The server is a replica.'],
      REDISMODULE_CTX_FLAGS_READONLY: [bit(4), 'The server is a read-only replica.'],
      REDISMODULE_CTX_FLAGS_CLUSTER: [bit(5), 'Cluster mode is on.'],
      REDISMODULE_CTX_FLAGS_AOF: [bit(6), 'The append-only file is on.'],
      REDISMODULE_CTX_FLAGS_RDB: [bit(7), 'Save points are configured.'],
      REDISMODULE_CTX_FLAGS_MAXMEMORY: [bit(8), 'maxmemory is set.'],
      REDISMODULE_CTX_FLAGS_EVICT: [bit(9), 'maxmemory-policy may delete keys.'],
      REDISMODULE_CTX_FLAGS_OOM: [bit(10), 'Above maxmemory.'],
      REDISMODULE_CTX_FLAGS_OOM_WARNING: [bit(11), 'Less than a quarter of maxmemory is left.'],
      REDISMODULE_CTX_FLAGS_REPLICATED: [bit(12), 'The command came from the master.'],
      REDISMODULE_CTX_FLAGS_LOADING: [bit(13), 'A data file is being loaded.'],
      REDISMODULE_CTX_FLAGS_REPLICA_IS_STALE: [bit(14), 'The replica has lost its master.'],
      REDISMODULE_CTX_FLAGS_REPLICA_IS_CONNECTING: [bit(15), 'The replica is connecting.'],
      REDISMODULE_CTX_FLAGS_REPLICA_IS_TRANSFERRING: [bit(16), 'The replica receives an RDB.'],
      REDISMODULE_CTX_FLAGS_REPLICA_IS_ONLINE: [bit(17), 'The replica follows its master.'],
      REDISMODULE_CTX_FLAGS_ACTIVE_CHILD: [bit(18), 'A background save or rewrite is running.'],
      REDISMODULE_CTX_FLAGS_MULTI_DIRTY: [bit(19), 'EXEC will fail: a watched key changed.'],
      REDISMODULE_CTX_FLAGS_IS_CHILD: [bit(20), 'Running in a child process.'],
      REDISMODULE_CTX_FLAGS_DENY_BLOCKING: [bit(21), 'The caller must not be blocked.'],
      REDISMODULE_CTX_FLAGS_RESP3: [bit(22), 'The client speaks RESP3.'],
      REDISMODULE_CTX_FLAGS_ASYNC_LOADING: [bit(23), 'Loading beside the old data.'],
      REDISMODULE_CTX_FLAGS_SERVER_STARTUP: [bit(24), 'The server is starting.'],
    },
  },
  notify: {
    title: 'Classes of keyspace events',
    form: 'flags',
    values: {
      REDISMODULE_NOTIFY_KEYSPACE: [bit(0), 'K: channels named after keys.'],
      REDISMODULE_NOTIFY_KEYEVENT: [bit(1), 'E: channels named after events.'],
      REDISMODULE_NOTIFY_GENERIC: [bit(2), 'g: del, expire, rename and such.'],
      REDISMODULE_NOTIFY_STRING: [bit(3), '$: strings.'],
      REDISMODULE_NOTIFY_LIST: [bit(4), 'l: lists.'],
      REDISMODULE_NOTIFY_SET: [bit(5), 's: sets.'],
      REDISMODULE_NOTIFY_HASH: [bit(6), 'h: hashes.'],
      REDISMODULE_NOTIFY_ZSET: [bit(7), 'z: sorted sets.'],
      REDISMODULE_NOTIFY_EXPIRED: [bit(8), 'x: expired keys.'],
      REDISMODULE_NOTIFY_EVICTED: [bit(9), 'e: evicted keys.'],
      REDISMODULE_NOTIFY_STREAM: [bit(10), 't: streams.'],
      REDISMODULE_NOTIFY_KEY_MISS: [bit(11), 'm: missing keys that were looked up; not in ALL.'],
      REDISMODULE_NOTIFY_LOADED: [bit(12), 'Keys loaded from a file; modules only.'],
      REDISMODULE_NOTIFY_MODULE: [bit(13), 'd: events of module types.'],
      REDISMODULE_NOTIFY_NEW: [bit(14), 'n: new keys; not in ALL.'],
      REDISMODULE_NOTIFY_ALL: [0x27fc, 'A: g $ l s h z x e t d.'],
    },
  },
  cluster: {
    title: 'Cluster',
    form: 'flags',
    values: {
      REDISMODULE_NODE_ID_LEN: [40, 'Characters of a node ID.'],
      REDISMODULE_NODE_MYSELF: [bit(0), 'This node.'],
      REDISMODULE_NODE_MASTER: [bit(1), 'A master.'],
      REDISMODULE_NODE_SLAVE: [bit(2), 'A replica.'],
      REDISMODULE_NODE_PFAIL: [bit(3), 'Maybe failing.'],
      REDISMODULE_NODE_FAIL: [bit(4), 'Failing.'],
      REDISMODULE_NODE_NOFAILOVER: [bit(5), 'Will not fail over.'],
      REDISMODULE_CLUSTER_FLAG_NONE: [0, 'No flag.'],
      REDISMODULE_CLUSTER_FLAG_NO_FAILOVER: [bit(1), 'Turns failover off.'],
      REDISMODULE_CLUSTER_FLAG_NO_REDIRECTION: [bit(2), 'Turns redirection off.'],
    },
  },
  texts: {
    title: 'Texts',
    form: 'string',
    values: {
      REDISMODULE_ERRORMSG_WRONGTYPE: [
        'WRONGTYPE Operation against a key holding the wrong kind of value',
        'The error for a key of another type.',
      ],
      REDISMODULE_LOGLEVEL_DEBUG: ['debug', 'Log level.'],
      REDISMODULE_LOGLEVEL_VERBOSE: ['verbose', 'Log level.'],
      REDISMODULE_LOGLEVEL_NOTICE: ['notice', 'Log level.'],
      REDISMODULE_LOGLEVEL_WARNING: ['warning', 'Log level.'],
    },
  },
  aux: {
    title: 'Auxiliary data',
    form: 'flags',
    values: {
      REDISMODULE_AUX_BEFORE_RDB: [bit(0), 'Before the keys.'],
      REDISMODULE_AUX_AFTER_RDB: [bit(1), 'After the keys.'],
    },
  },
  misc: {
    title: 'Flags of single functions',
    form: 'flags',
    values: {
      REDISMODULE_YIELD_FLAG_NONE: [bit(0), 'Yield: events only.'],
      REDISMODULE_YIELD_FLAG_CLIENTS: [bit(1), 'Yield: serve clients too.'],
      REDISMODULE_BLOCK_UNBLOCK_DEFAULT: [0, 'Block on keys: wake up when one is ready.'],
      REDISMODULE_BLOCK_UNBLOCK_DELETED: [bit(0), 'Block on keys: also when one is deleted.'],
      REDISMODULE_CMDFILTER_NOSELF: [bit(0), 'Filter: not the calls of this module.'],
      REDISMODULE_EVENTLOOP_READABLE: [1, 'Event loop: the descriptor can be read.'],
      REDISMODULE_EVENTLOOP_WRITABLE: [2, 'Event loop: the descriptor can be written.'],
    },
  },
  options: {
    title: 'Module options',
    form: 'flags',
    values: {
      REDISMODULE_OPTIONS_HANDLE_IO_ERRORS: [bit(0), 'The module checks IsIOError.'],
      REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED: [bit(1), 'It signals changes itself.'],
      REDISMODULE_OPTIONS_HANDLE_REPL_ASYNC_LOAD: [bit(2), 'It copes with asynchronous loading.'],
      REDISMODULE_OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS: [
        bit(3),
        'It copes with events that it caused itself.',
      ],
    },
  },
  argType: {
    title: 'Types of command arguments',
    form: 'enum',
    type: 'RedisModuleCommandArgType',
    values: {
      REDISMODULE_ARG_TYPE_STRING: [0, 'Text.'],
      REDISMODULE_ARG_TYPE_INTEGER: [1, 'An integer.'],
      REDISMODULE_ARG_TYPE_DOUBLE: [2, 'A number.'],
      REDISMODULE_ARG_TYPE_KEY: [3, 'The name of a key.'],
      REDISMODULE_ARG_TYPE_PATTERN: [4, 'A glob pattern.'],
      REDISMODULE_ARG_TYPE_UNIX_TIME: [5, 'A UNIX time.'],
      REDISMODULE_ARG_TYPE_PURE_TOKEN: [6, 'A word without value.'],
      REDISMODULE_ARG_TYPE_ONEOF: [7, 'One of the sub-arguments.'],
      REDISMODULE_ARG_TYPE_BLOCK: [8, 'All of the sub-arguments.'],
    },
  },
  argFlags: {
    title: 'Flags of command arguments',
    form: 'flags',
    values: {
      REDISMODULE_CMD_ARG_NONE: [0, 'No flag.'],
      REDISMODULE_CMD_ARG_OPTIONAL: [bit(0), 'May be left out.'],
      REDISMODULE_CMD_ARG_MULTIPLE: [bit(1), 'May be repeated.'],
      REDISMODULE_CMD_ARG_MULTIPLE_TOKEN: [bit(2), 'May be repeated together with its token.'],
    },
  },
  beginSearch: {
    title: 'How a key specification finds its first key',
    form: 'enum',
    type: 'RedisModuleKeySpecBeginSearchType',
    values: {
      REDISMODULE_KSPEC_BS_INVALID: [0, 'Ends a list of specifications.'],
      REDISMODULE_KSPEC_BS_UNKNOWN: [1, 'Cannot be described.'],
      REDISMODULE_KSPEC_BS_INDEX: [2, 'At a position.'],
      REDISMODULE_KSPEC_BS_KEYWORD: [3, 'After a word.'],
    },
  },
  findKeys: {
    title: 'How a key specification finds the other keys',
    form: 'enum',
    type: 'RedisModuleKeySpecFindKeysType',
    values: {
      REDISMODULE_KSPEC_FK_OMITTED: [0, 'Just the one.'],
      REDISMODULE_KSPEC_FK_UNKNOWN: [1, 'Cannot be described.'],
      REDISMODULE_KSPEC_FK_RANGE: [2, 'A range with a step.'],
      REDISMODULE_KSPEC_FK_KEYNUM: [3, 'An argument gives the number of keys.'],
    },
  },
  keyFlags: {
    title: 'Flags of keys of a command',
    form: 'flags64',
    values: {
      REDISMODULE_CMD_KEY_RO: [bit(0), 'Reads the value.'],
      REDISMODULE_CMD_KEY_RW: [bit(1), 'Reads and writes the value.'],
      REDISMODULE_CMD_KEY_OW: [bit(2), 'Overwrites the value.'],
      REDISMODULE_CMD_KEY_RM: [bit(3), 'Deletes the key.'],
      REDISMODULE_CMD_KEY_ACCESS: [bit(4), 'Returns or copies user data.'],
      REDISMODULE_CMD_KEY_UPDATE: [bit(5), 'Changes user data.'],
      REDISMODULE_CMD_KEY_INSERT: [bit(6), 'Adds user data.'],
      REDISMODULE_CMD_KEY_DELETE: [bit(7), 'Deletes user data.'],
      REDISMODULE_CMD_KEY_NOT_KEY: [bit(8), 'Not a key, but routed like one.'],
      REDISMODULE_CMD_KEY_INCOMPLETE: [bit(9), 'There may be more keys.'],
      REDISMODULE_CMD_KEY_VARIABLE_FLAGS: [bit(10), 'The flags depend on the arguments.'],
    },
  },
  channelFlags: {
    title: 'Flags of channels of a command',
    form: 'flags64',
    values: {
      REDISMODULE_CMD_CHANNEL_PATTERN: [bit(0), 'A pattern.'],
      REDISMODULE_CMD_CHANNEL_PUBLISH: [bit(1), 'Publishes.'],
      REDISMODULE_CMD_CHANNEL_SUBSCRIBE: [bit(2), 'Subscribes.'],
      REDISMODULE_CMD_CHANNEL_UNSUBSCRIBE: [bit(3), 'Unsubscribes.'],
    },
  },
  event: {
    title: 'Server events',
    form: 'int',
    values: {
      REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED: [0, 'Master or replica now.'],
      REDISMODULE_EVENT_PERSISTENCE: [1, 'A save or rewrite started or ended.'],
      REDISMODULE_EVENT_FLUSHDB: [2, 'Databases are emptied.'],
      REDISMODULE_EVENT_LOADING: [3, 'Loading started or ended.'],
      REDISMODULE_EVENT_CLIENT_CHANGE: [4, 'A client came or went.'],
      REDISMODULE_EVENT_SHUTDOWN: [5, 'The server ends.'],
      REDISMODULE_EVENT_REPLICA_CHANGE: [6, 'A replica came or went.'],
      REDISMODULE_EVENT_MASTER_LINK_CHANGE: [7, 'The link to the master came or went.'],
      REDISMODULE_EVENT_CRON_LOOP: [8, 'The periodic work of the server.'],
      REDISMODULE_EVENT_MODULE_CHANGE: [9, 'A module came or went.'],
      REDISMODULE_EVENT_LOADING_PROGRESS: [10, 'Loading goes on.'],
      REDISMODULE_EVENT_SWAPDB: [11, 'Two databases were swapped.'],
      REDISMODULE_EVENT_REPL_BACKUP: [12, 'No longer used.'],
      REDISMODULE_EVENT_FORK_CHILD: [13, 'A child was born or died.'],
      REDISMODULE_EVENT_REPL_ASYNC_LOAD: [14, 'Asynchronous loading.'],
      REDISMODULE_EVENT_EVENTLOOP: [15, 'Before and after each wait.'],
      REDISMODULE_EVENT_CONFIG: [16, 'Options were changed.'],
      REDISMODULE_EVENT_KEY: [17, 'A key is about to go; modules only.'],
    },
  },
  subevent: {
    title: 'Subevents',
    form: 'int',
    values: {
      REDISMODULE_EVENT_REPLROLECHANGED_NOW_MASTER: [0, 'Became a master.'],
      REDISMODULE_EVENT_REPLROLECHANGED_NOW_REPLICA: [1, 'Became a replica.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_RDB_START: [0, 'A background save started.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_AOF_START: [1, 'An AOF rewrite started.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_RDB_START: [2, 'A foreground save started.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_ENDED: [3, 'It succeeded.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_FAILED: [4, 'It failed.'],
      REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_AOF_START: [5, 'A foreground rewrite started.'],
      REDISMODULE_SUBEVENT_LOADING_RDB_START: [0, 'Loading an RDB file.'],
      REDISMODULE_SUBEVENT_LOADING_AOF_START: [1, 'Loading an append-only file.'],
      REDISMODULE_SUBEVENT_LOADING_REPL_START: [2, 'Loading from the master.'],
      REDISMODULE_SUBEVENT_LOADING_ENDED: [3, 'It succeeded.'],
      REDISMODULE_SUBEVENT_LOADING_FAILED: [4, 'It failed.'],
      REDISMODULE_SUBEVENT_CLIENT_CHANGE_CONNECTED: [0, 'Came.'],
      REDISMODULE_SUBEVENT_CLIENT_CHANGE_DISCONNECTED: [1, 'Went.'],
      REDISMODULE_SUBEVENT_MASTER_LINK_UP: [0, 'Up.'],
      REDISMODULE_SUBEVENT_MASTER_LINK_DOWN: [1, 'Down.'],
      REDISMODULE_SUBEVENT_REPLICA_CHANGE_ONLINE: [0, 'Came.'],
      REDISMODULE_SUBEVENT_REPLICA_CHANGE_OFFLINE: [1, 'Went.'],
      REDISMODULE_SUBEVENT_FLUSHDB_START: [0, 'Before emptying.'],
      REDISMODULE_SUBEVENT_FLUSHDB_END: [1, 'After emptying.'],
      REDISMODULE_SUBEVENT_MODULE_LOADED: [0, 'Came.'],
      REDISMODULE_SUBEVENT_MODULE_UNLOADED: [1, 'Went.'],
      REDISMODULE_SUBEVENT_CONFIG_CHANGE: [0, 'Options changed.'],
      REDISMODULE_SUBEVENT_LOADING_PROGRESS_RDB: [0, 'An RDB file.'],
      REDISMODULE_SUBEVENT_LOADING_PROGRESS_AOF: [1, 'An append-only file.'],
      REDISMODULE_SUBEVENT_REPL_BACKUP_CREATE: [0, 'No longer used.'],
      REDISMODULE_SUBEVENT_REPL_BACKUP_RESTORE: [1, 'No longer used.'],
      REDISMODULE_SUBEVENT_REPL_BACKUP_DISCARD: [2, 'No longer used.'],
      REDISMODULE_SUBEVENT_REPL_ASYNC_LOAD_STARTED: [0, 'Started.'],
      REDISMODULE_SUBEVENT_REPL_ASYNC_LOAD_ABORTED: [1, 'Failed: the old data stays.'],
      REDISMODULE_SUBEVENT_REPL_ASYNC_LOAD_COMPLETED: [2, 'Done.'],
      REDISMODULE_SUBEVENT_FORK_CHILD_BORN: [0, 'Born.'],
      REDISMODULE_SUBEVENT_FORK_CHILD_DIED: [1, 'Died.'],
      REDISMODULE_SUBEVENT_EVENTLOOP_BEFORE_SLEEP: [0, 'Before waiting.'],
      REDISMODULE_SUBEVENT_EVENTLOOP_AFTER_SLEEP: [1, 'After waiting.'],
      REDISMODULE_SUBEVENT_KEY_DELETED: [0, 'Deleted.'],
      REDISMODULE_SUBEVENT_KEY_EXPIRED: [1, 'Expired.'],
      REDISMODULE_SUBEVENT_KEY_EVICTED: [2, 'Evicted.'],
      REDISMODULE_SUBEVENT_KEY_OVERWRITTEN: [3, 'Overwritten.'],
    },
  },
  clientInfo: {
    title: 'Flags of RedisModuleClientInfo',
    form: 'flags',
    values: {
      REDISMODULE_CLIENTINFO_FLAG_SSL: [bit(0), 'Uses TLS.'],
      REDISMODULE_CLIENTINFO_FLAG_PUBSUB: [bit(1), 'Has subscriptions.'],
      REDISMODULE_CLIENTINFO_FLAG_BLOCKED: [bit(2), 'Is blocked.'],
      REDISMODULE_CLIENTINFO_FLAG_TRACKING: [bit(3), 'Has tracking on.'],
      REDISMODULE_CLIENTINFO_FLAG_UNIXSOCKET: [bit(4), 'Uses a Unix socket.'],
      REDISMODULE_CLIENTINFO_FLAG_MULTI: [bit(5), 'Is in a transaction.'],
    },
  },
  structVersions: {
    title: 'Versions of structs',
    form: 'int',
    values: {
      REDISMODULE_CLIENTINFO_VERSION: [1, 'RedisModuleClientInfo.'],
      REDISMODULE_REPLICATIONINFO_VERSION: [1, 'RedisModuleReplicationInfo.'],
      REDISMODULE_FLUSHINFO_VERSION: [1, 'RedisModuleFlushInfo.'],
      REDISMODULE_MODULE_CHANGE_VERSION: [1, 'RedisModuleModuleChange.'],
      REDISMODULE_CONFIGCHANGE_VERSION: [1, 'RedisModuleConfigChange.'],
      REDISMODULE_CRON_LOOP_VERSION: [1, 'RedisModuleCronLoop.'],
      REDISMODULE_LOADING_PROGRESS_VERSION: [1, 'RedisModuleLoadingProgress.'],
      REDISMODULE_SWAPDBINFO_VERSION: [1, 'RedisModuleSwapDbInfo.'],
      REDISMODULE_KEYINFO_VERSION: [1, 'RedisModuleKeyInfo.'],
    },
  },
  aclReason: {
    title: 'Reasons of ACL log entries',
    form: 'enum',
    type: 'RedisModuleACLLogEntryReason',
    values: {
      REDISMODULE_ACL_LOG_AUTH: [0, 'Authentication failed.'],
      REDISMODULE_ACL_LOG_CMD: [1, 'The command is not allowed.'],
      REDISMODULE_ACL_LOG_KEY: [2, 'The key is not allowed.'],
      REDISMODULE_ACL_LOG_CHANNEL: [3, 'The channel is not allowed.'],
    },
  },
} as const satisfies Readonly<Record<string, ConstantGroup>>;

/** A server event that C names `RedisModuleEvent_<key>`. */
export interface ServerEvent {
  /** Its number, REDISMODULE_EVENT_*. */
  readonly id: number;
  /** Version of the struct given to the callback. */
  readonly dataver: number;
  /** Struct that `data` points to, or null where data is NULL. */
  readonly data: string | null;
  /** Subevents are the numbers below this; 0 means that there are none. */
  readonly subevents: number;
}

export const EVENTS = {
  ReplicationRoleChanged: { id: 0, dataver: 1, data: 'RedisModuleReplicationInfo', subevents: 2 },
  Persistence: { id: 1, dataver: 1, data: null, subevents: 6 },
  FlushDB: { id: 2, dataver: 1, data: 'RedisModuleFlushInfo', subevents: 2 },
  Loading: { id: 3, dataver: 1, data: null, subevents: 5 },
  ClientChange: { id: 4, dataver: 1, data: 'RedisModuleClientInfo', subevents: 2 },
  Shutdown: { id: 5, dataver: 1, data: null, subevents: 0 },
  ReplicaChange: { id: 6, dataver: 1, data: null, subevents: 2 },
  MasterLinkChange: { id: 7, dataver: 1, data: null, subevents: 2 },
  CronLoop: { id: 8, dataver: 1, data: 'RedisModuleCronLoop', subevents: 0 },
  ModuleChange: { id: 9, dataver: 1, data: 'RedisModuleModuleChange', subevents: 2 },
  LoadingProgress: { id: 10, dataver: 1, data: 'RedisModuleLoadingProgress', subevents: 2 },
  SwapDB: { id: 11, dataver: 1, data: 'RedisModuleSwapDbInfo', subevents: 0 },
  ReplBackup: { id: 12, dataver: 1, data: null, subevents: 3 },
  ForkChild: { id: 13, dataver: 1, data: null, subevents: 2 },
  ReplAsyncLoad: { id: 14, dataver: 1, data: null, subevents: 3 },
  EventLoop: { id: 15, dataver: 1, data: null, subevents: 2 },
  Config: { id: 16, dataver: 1, data: 'RedisModuleConfigChange', subevents: 1 },
  Key: { id: 17, dataver: 1, data: 'RedisModuleKeyInfo', subevents: 4 },
} as const satisfies Readonly<Record<string, ServerEvent>>;

type Groups = (typeof GROUPS)[keyof typeof GROUPS]['values'];
type KeyOf<G> = G extends unknown ? keyof G : never;
type ValueOf<G, K> = G extends unknown
  ? K extends keyof G
    ? G[K] extends readonly [infer V, string]
      ? V
      : never
    : never
  : never;

/** All constants under their C names. */
export const CONSTANTS: { readonly [K in KeyOf<Groups>]: ValueOf<Groups, K> } = flatten();

function flatten(): { readonly [K in KeyOf<Groups>]: ValueOf<Groups, K> } {
  const values: Record<string, number | string> = {};
  for (const group of Object.values(GROUPS)) {
    for (const [name, [value]] of Object.entries(group.values)) values[name] = value;
  }
  // The loop visits every name of every group: exactly the keys of the mapped type.
  return values as { [K in KeyOf<Groups>]: ValueOf<Groups, K> };
}
