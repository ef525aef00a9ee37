// Layouts of the structs that cross the boundary, as clang lays them out for wasm32 (little endian,
// 4-byte pointers, size_t and long, 8-byte alignment of uint64_t). The header asserts each of them.

/** One member. `at` is its offset from the start of the struct, in bytes. */
export interface Field {
  readonly name: string;
  readonly at: number;
  readonly doc: string;
  /** C type; a callback type of callbacks.ts is a table index. Absent for unions. */
  readonly c?: string;
  /** Elements of an inline array. */
  readonly length?: number;
  /** Members that share the place, each a struct of its own. */
  readonly union?: readonly {
    readonly name: string;
    readonly fields: readonly { readonly name: string; readonly at: number; readonly c: string }[];
  }[];
}

/** A struct. */
export interface Struct {
  readonly doc: string;
  /** sizeof on wasm32. */
  readonly size: number;
  /** Suffix of the versioned typedef name, such as V1; the plain name is then a macro. */
  readonly versioned?: 'V1';
  readonly fields: readonly Field[];
}

const VERSION = { name: 'version', at: 0, c: 'uint64_t', doc: 'Version of the struct.' } as const;

export const STRUCTS = {
  RedisModuleStreamID: {
    doc: 'ID of a stream entry.',
    size: 16,
    fields: [
      { name: 'ms', at: 0, c: 'uint64_t', doc: 'Milliseconds.' },
      { name: 'seq', at: 8, c: 'uint64_t', doc: 'Sequence number.' },
    ],
  },
  RedisModuleCommandArg: {
    doc: 'Describes an argument of a command. A list ends with an entry whose name is NULL.',
    size: 40,
    fields: [
      { name: 'name', at: 0, c: 'const char *', doc: 'Name in the documentation.' },
      { name: 'type', at: 4, c: 'RedisModuleCommandArgType', doc: 'What it is.' },
      { name: 'key_spec_index', at: 8, c: 'int', doc: 'For keys: index in key_specs; else -1.' },
      { name: 'token', at: 12, c: 'const char *', doc: 'Word before the value, or NULL.' },
      { name: 'summary', at: 16, c: 'const char *', doc: 'Short text, or NULL.' },
      { name: 'since', at: 20, c: 'const char *', doc: 'Version, or NULL.' },
      { name: 'flags', at: 24, c: 'int', doc: 'REDISMODULE_CMD_ARG_*.' },
      { name: 'deprecated_since', at: 28, c: 'const char *', doc: 'Version, or NULL.' },
      {
        name: 'subargs',
        at: 32,
        c: 'struct RedisModuleCommandArg *',
        doc: 'For ONEOF and BLOCK: a list of the same kind.',
      },
      { name: 'display_text', at: 36, c: 'const char *', doc: 'Shown instead of the name.' },
    ],
  },
  RedisModuleCommandHistoryEntry: {
    doc: 'A change of a command. A list ends with an entry whose since is NULL.',
    size: 8,
    fields: [
      { name: 'since', at: 0, c: 'const char *', doc: 'Version.' },
      { name: 'changes', at: 4, c: 'const char *', doc: 'What changed.' },
    ],
  },
  RedisModuleCommandKeySpec: {
    doc: 'Where the keys of a command are. A list ends with a zero entry.',
    size: 48,
    fields: [
      { name: 'notes', at: 0, c: 'const char *', doc: 'Remark, or NULL.' },
      { name: 'flags', at: 8, c: 'uint64_t', doc: 'REDISMODULE_CMD_KEY_*.' },
      {
        name: 'begin_search_type',
        at: 16,
        c: 'RedisModuleKeySpecBeginSearchType',
        doc: 'Which member of bs counts.',
      },
      {
        name: 'bs',
        at: 20,
        doc: 'The first key: at position `pos`, or after `keyword`, searched from `startfrom` (negative from the end).',
        union: [
          { name: 'index', fields: [{ name: 'pos', at: 20, c: 'int' }] },
          {
            name: 'keyword',
            fields: [
              { name: 'keyword', at: 20, c: 'const char *' },
              { name: 'startfrom', at: 24, c: 'int' },
            ],
          },
        ],
      },
      {
        name: 'find_keys_type',
        at: 28,
        c: 'RedisModuleKeySpecFindKeysType',
        doc: 'Which member of fk counts.',
      },
      {
        name: 'fk',
        at: 32,
        doc: 'The others: up to `lastkey` (negative from the end) every `keystep`, `limit` as a divisor; or as many as the argument at `keynumidx` says, from `firstkey`. All relative to the first key.',
        union: [
          {
            name: 'range',
            fields: [
              { name: 'lastkey', at: 32, c: 'int' },
              { name: 'keystep', at: 36, c: 'int' },
              { name: 'limit', at: 40, c: 'int' },
            ],
          },
          {
            name: 'keynum',
            fields: [
              { name: 'keynumidx', at: 32, c: 'int' },
              { name: 'firstkey', at: 36, c: 'int' },
              { name: 'keystep', at: 40, c: 'int' },
            ],
          },
        ],
      },
    ],
  },
  RedisModuleCommandInfoVersion: {
    doc: 'Sizes of the structs as the guest was compiled; set it to REDISMODULE_COMMAND_INFO_VERSION.',
    size: 16,
    fields: [
      { name: 'version', at: 0, c: 'int', doc: 'Always 1.' },
      { name: 'sizeof_historyentry', at: 4, c: 'size_t', doc: 'Bytes of a history entry.' },
      { name: 'sizeof_keyspec', at: 8, c: 'size_t', doc: 'Bytes of a key specification.' },
      { name: 'sizeof_arg', at: 12, c: 'size_t', doc: 'Bytes of an argument.' },
    ],
  },
  RedisModuleCommandInfo: {
    doc: 'What SetCommandInfo takes. Every member but the version may be NULL or 0.',
    size: 36,
    fields: [
      {
        name: 'version',
        at: 0,
        c: 'const RedisModuleCommandInfoVersion *',
        doc: 'REDISMODULE_COMMAND_INFO_VERSION.',
      },
      { name: 'summary', at: 4, c: 'const char *', doc: 'One line.' },
      { name: 'complexity', at: 8, c: 'const char *', doc: 'Such as O(1).' },
      { name: 'since', at: 12, c: 'const char *', doc: 'Version of the module.' },
      {
        name: 'history',
        at: 16,
        c: 'RedisModuleCommandHistoryEntry *',
        doc: 'Changes, ended by a zero entry.',
      },
      { name: 'tips', at: 20, c: 'const char *', doc: 'Tips for clients, separated by spaces.' },
      { name: 'arity', at: 24, c: 'int', doc: 'Arguments with the name; negative is at least.' },
      {
        name: 'key_specs',
        at: 28,
        c: 'RedisModuleCommandKeySpec *',
        doc: 'Key specifications, ended by a zero entry.',
      },
      {
        name: 'args',
        at: 32,
        c: 'RedisModuleCommandArg *',
        doc: 'Arguments, ended by a zero entry.',
      },
    ],
  },
  RedisModuleEvent: {
    doc: 'Names a server event.',
    size: 16,
    fields: [
      { name: 'id', at: 0, c: 'uint64_t', doc: 'REDISMODULE_EVENT_*.' },
      { name: 'dataver', at: 8, c: 'uint64_t', doc: 'Version of the struct in `data`.' },
    ],
  },
  RedisModuleClientInfo: {
    doc: 'A client. Set the version before asking for it.',
    size: 80,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'flags', at: 8, c: 'uint64_t', doc: 'REDISMODULE_CLIENTINFO_FLAG_*.' },
      { name: 'id', at: 16, c: 'uint64_t', doc: 'Client ID.' },
      { name: 'addr', at: 24, c: 'char', length: 46, doc: 'Address, NUL-terminated.' },
      { name: 'port', at: 70, c: 'uint16_t', doc: 'TCP port.' },
      { name: 'db', at: 72, c: 'uint16_t', doc: 'Selected database.' },
    ],
  },
  RedisModuleReplicationInfo: {
    doc: 'Data of the event ReplicationRoleChanged.',
    size: 48,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'master', at: 8, c: 'int', doc: '1 if master now, 0 if replica.' },
      { name: 'masterhost', at: 12, c: 'char *', doc: 'Host of the master, for replicas.' },
      { name: 'masterport', at: 16, c: 'int', doc: 'Its port.' },
      { name: 'replid1', at: 20, c: 'char *', doc: 'Replication ID.' },
      { name: 'replid2', at: 24, c: 'char *', doc: 'Secondary replication ID.' },
      { name: 'repl1_offset', at: 32, c: 'uint64_t', doc: 'Replication offset.' },
      { name: 'repl2_offset', at: 40, c: 'uint64_t', doc: 'Offset up to which replid2 holds.' },
    ],
  },
  RedisModuleFlushInfo: {
    doc: 'Data of the event FlushDB.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'sync', at: 8, c: 'int32_t', doc: '1 if freed at once.' },
      { name: 'dbnum', at: 12, c: 'int32_t', doc: 'Database, or -1 for all.' },
    ],
  },
  RedisModuleModuleChange: {
    doc: 'Data of the event ModuleChange.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'module_name', at: 8, c: 'const char *', doc: 'Name.' },
      { name: 'module_version', at: 12, c: 'int32_t', doc: 'Version.' },
    ],
  },
  RedisModuleConfigChange: {
    doc: 'Data of the event Config.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'num_changes', at: 8, c: 'uint32_t', doc: 'Number of options.' },
      { name: 'config_names', at: 12, c: 'const char **', doc: 'Their names.' },
    ],
  },
  RedisModuleCronLoop: {
    doc: 'Data of the event CronLoop.',
    size: 16,
    versioned: 'V1',
    fields: [VERSION, { name: 'hz', at: 8, c: 'int32_t', doc: 'Calls a second, about.' }],
  },
  RedisModuleLoadingProgress: {
    doc: 'Data of the event LoadingProgress.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'hz', at: 8, c: 'int32_t', doc: 'Calls a second, about.' },
      { name: 'progress', at: 12, c: 'int32_t', doc: '0 to 1024, or -1 if unknown.' },
    ],
  },
  RedisModuleSwapDbInfo: {
    doc: 'Data of the event SwapDB.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'dbnum_first', at: 8, c: 'int32_t', doc: 'One database.' },
      { name: 'dbnum_second', at: 12, c: 'int32_t', doc: 'The other.' },
    ],
  },
  RedisModuleKeyInfo: {
    doc: 'Data of the event Key.',
    size: 16,
    versioned: 'V1',
    fields: [
      VERSION,
      { name: 'key', at: 8, c: 'RedisModuleKey *', doc: 'The key, open for reading.' },
    ],
  },
  RedisModuleTypeMethods: {
    doc: 'Callbacks of a data type. Set version to REDISMODULE_TYPE_METHOD_VERSION; any callback but free may be NULL.',
    size: 80,
    fields: [
      VERSION,
      { name: 'rdb_load', at: 8, c: 'RedisModuleTypeLoadFunc', doc: 'Loads a value.' },
      { name: 'rdb_save', at: 12, c: 'RedisModuleTypeSaveFunc', doc: 'Saves a value.' },
      { name: 'aof_rewrite', at: 16, c: 'RedisModuleTypeRewriteFunc', doc: 'Emits commands.' },
      { name: 'mem_usage', at: 20, c: 'RedisModuleTypeMemUsageFunc', doc: 'MEMORY USAGE.' },
      { name: 'digest', at: 24, c: 'RedisModuleTypeDigestFunc', doc: 'DEBUG DIGEST.' },
      { name: 'free', at: 28, c: 'RedisModuleTypeFreeFunc', doc: 'Frees a value.' },
      { name: 'aux_load', at: 32, c: 'RedisModuleTypeAuxLoadFunc', doc: 'Version 2.' },
      { name: 'aux_save', at: 36, c: 'RedisModuleTypeAuxSaveFunc', doc: 'Version 2.' },
      { name: 'aux_save_triggers', at: 40, c: 'int', doc: 'REDISMODULE_AUX_*. Version 2.' },
      { name: 'free_effort', at: 44, c: 'RedisModuleTypeFreeEffortFunc', doc: 'Version 3.' },
      { name: 'unlink', at: 48, c: 'RedisModuleTypeUnlinkFunc', doc: 'Version 3.' },
      { name: 'copy', at: 52, c: 'RedisModuleTypeCopyFunc', doc: 'Version 3.' },
      { name: 'defrag', at: 56, c: 'RedisModuleTypeDefragFunc', doc: 'Version 3.' },
      { name: 'mem_usage2', at: 60, c: 'RedisModuleTypeMemUsageFunc2', doc: 'Version 4.' },
      { name: 'free_effort2', at: 64, c: 'RedisModuleTypeFreeEffortFunc2', doc: 'Version 4.' },
      { name: 'unlink2', at: 68, c: 'RedisModuleTypeUnlinkFunc2', doc: 'Version 4.' },
      { name: 'copy2', at: 72, c: 'RedisModuleTypeCopyFunc2', doc: 'Version 4.' },
      {
        name: 'aux_save2',
        at: 76,
        c: 'RedisModuleTypeAuxSaveFunc',
        doc: 'Version 5: as aux_save, but saves nothing if it wrote nothing.',
      },
    ],
  },
} as const satisfies Readonly<Record<`RedisModule${string}`, Struct>>;

export type StructName = keyof typeof STRUCTS;
