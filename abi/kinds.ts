// The vocabulary of the ABI: every kind of parameter and result, how C and AssemblyScript spell it,
// which wasm value it is, and which TypeScript type the host sees. Areas, callbacks and structs use
// these names; the C header, the AssemblyScript declarations and the host's types follow from them.

declare const brand: unique symbol;

/** An address in guest memory of a T. Arrives signed: the memory's accessors apply `>>> 0`. */
export type Ptr<T extends string> = number & { readonly [brand]: ['ptr', T] };

/** An opaque non-zero number that names a host object of kind T; only the handle table mints it. */
export type Handle<T extends string> = number & { readonly [brand]: ['handle', T] };

/** An index into the guest's function table whose signature is that of callback type T. */
export type FuncRef<T extends string> = number & { readonly [brand]: ['func', T] };

/** REDISMODULE_OK or REDISMODULE_ERR. */
export type Status = number & { readonly [brand]: ['status'] };

/** REDISMODULE_OK: the brand is proved by the value. */
export const OK = 0 as Status;
/** REDISMODULE_ERR: the brand is proved by the value. */
export const ERR = 1 as Status;
/** C's NULL for pointers, handles and functions. Kinds written with `?` admit it. */
export const NULL = 0;

/** The four value types of wasm that the ABI uses. */
export type WasmType = 'i32' | 'i64' | 'f32' | 'f64';

/** What the host's type for a kind is made of. */
type HostForm = 'handle' | 'ptr' | 'func' | 'status' | 'number' | 'bigint' | 'longdouble' | 'void';

/** One kind: its spelling in each language and its meaning. */
export interface Kind {
  /** How the host sees it: a brand with `of` as its tag, a plain number, a bigint, two bigints. */
  readonly host: HostForm;
  /** Tag of the brand, or '' where there is none. */
  readonly of: string;
  /** C type, ending in ` *` for pointers; `...` for a variable argument list. */
  readonly c: string;
  /** AssemblyScript type. */
  readonly as: string;
  readonly wasm: readonly WasmType[];
  readonly doc: string;
}

const handle = <const O extends string>(of: O, c: string, doc: string) =>
  ({ host: 'handle', of, c, as: 'usize', wasm: ['i32'], doc }) as const;

const ptr = <const O extends string>(of: O, c: string, doc: string) =>
  ({ host: 'ptr', of, c, as: 'usize', wasm: ['i32'], doc }) as const;

const func = <const O extends string>(of: O, doc: string) =>
  ({ host: 'func', of, c: of, as: 'i32', wasm: ['i32'], doc }) as const;

const word = (c: string, as: string, doc: string) =>
  ({ host: 'number', of: '', c, as, wasm: ['i32'], doc }) as const;

const long64 = (c: string, as: string, doc: string) =>
  ({ host: 'bigint', of: '', c, as, wasm: ['i64'], doc }) as const;

export const KINDS = {
  // Handles: opaque to the guest. The `const` forms differ in C only.
  ctx: handle('ctx', 'RedisModuleCtx *', 'Call context; its first word holds the index of GetApi.'),
  string: handle('string', 'RedisModuleString *', 'Reference-counted bytes.'),
  'const string': handle('string', 'const RedisModuleString *', 'A string that is only read.'),
  key: handle('key', 'RedisModuleKey *', 'An opened key.'),
  reply: handle('reply', 'RedisModuleCallReply *', 'The reply of Call, or a part of one.'),
  io: handle('io', 'RedisModuleIO *', 'The RDB or AOF stream of a type callback.'),
  type: handle('type', 'RedisModuleType *', 'A data type made by CreateDataType.'),
  'const type': handle('type', 'const RedisModuleType *', 'A data type that is only read.'),
  digest: handle('digest', 'RedisModuleDigest *', 'The hash state of a digest callback.'),
  blocked: handle('blocked', 'RedisModuleBlockedClient *', 'A client waiting to be unblocked.'),
  command: handle('command', 'RedisModuleCommand *', 'A command registered by this module.'),
  dict: handle('dict', 'RedisModuleDict *', 'An ordered map from bytes to guest pointers.'),
  dictIter: handle('dictIter', 'RedisModuleDictIter *', 'A position in a dict.'),
  filterCtx: handle('filterCtx', 'RedisModuleCommandFilterCtx *', 'The arguments in a filter.'),
  filter: handle('filter', 'RedisModuleCommandFilter *', 'A registered command filter.'),
  infoCtx: handle('infoCtx', 'RedisModuleInfoCtx *', 'INFO output under construction.'),
  serverInfo: handle('serverInfo', 'RedisModuleServerInfoData *', 'A parsed INFO snapshot.'),
  cursor: handle('cursor', 'RedisModuleScanCursor *', 'The position of a scan.'),
  user: handle('user', 'RedisModuleUser *', 'An ACL user.'),
  'const user': handle('user', 'const RedisModuleUser *', 'An ACL user that is only read.'),
  optCtx: handle('optCtx', 'RedisModuleKeyOptCtx *', 'Names and databases of a type callback.'),
  defrag: handle('defrag', 'RedisModuleDefragCtx *', 'The state of a defragmentation step.'),
  rdbStream: handle('rdbStream', 'RedisModuleRdbStream *', 'Source or target of an RDB file.'),

  // Pointers into guest memory.
  data: ptr('data', 'void *', 'Private data of the guest: kept and handed back, never read.'),
  'const data': ptr('data', 'const void *', 'Private data that the callee only reads.'),
  block: ptr('block', 'void *', 'A block of the host allocator, 16-byte aligned.'),
  bytes: ptr('bytes', 'const char *', 'Bytes whose length is the next parameter.'),
  voidbytes: ptr('bytes', 'void *', 'Bytes whose length is the next parameter; C says void *.'),
  ubytes: ptr('bytes', 'const unsigned char *', 'Bytes whose length is the next parameter.'),
  buffer: ptr('bytes', 'char *', 'Bytes that the callee writes.'),
  ubuffer: ptr('bytes', 'unsigned char *', 'Bytes that the callee writes.'),
  cstring: ptr('cstring', 'const char *', 'A NUL-terminated string.'),
  'mutable cstring': ptr('cstring', 'char *', 'A NUL-terminated string that its owner may change.'),
  argv: ptr('argv', 'RedisModuleString **', 'An array of strings; its length is a parameter.'),
  cstrings: ptr('cstrings', 'const char **', 'An array of C strings; its length is a parameter.'),
  'mutable cstrings': ptr('cstrings', 'char **', 'An array of C strings; see the length.'),
  ints: ptr('ints', 'int *', 'An array of int; its length is an out-parameter.'),
  'const ints': ptr('ints', 'const int *', 'An array of int; its length is a parameter.'),

  // Out-pointers: the host writes one value there.
  'out size': ptr('u32', 'size_t *', 'Receives a length.'),
  'out int': ptr('i32', 'int *', 'Receives an int.'),
  'inout int': ptr('i32', 'int *', 'Is read and then overwritten.'),
  'out long': ptr('i32', 'long *', 'Receives a long: 32 bits on wasm32.'),
  'out ulong': ptr('u32', 'unsigned long *', 'Receives an unsigned long: 32 bits on wasm32.'),
  'out longlong': ptr('i64', 'long long *', 'Receives 64 bits.'),
  'out ulonglong': ptr('u64', 'unsigned long long *', 'Receives 64 bits.'),
  'out uint64': ptr('u64', 'uint64_t *', 'Receives 64 bits.'),
  'out mstime': ptr('i64', 'mstime_t *', 'Receives milliseconds.'),
  'out double': ptr('f64', 'double *', 'Receives a double.'),
  'out longdouble': ptr('f128', 'long double *', 'Receives 16 bytes of IEEE binary128.'),
  'out data': ptr('ptr', 'void **', 'Receives a guest pointer.'),
  'out anydata': ptr('ptr', 'void *', 'Receives a guest pointer; declared void * in C.'),
  'out string': ptr(
    'handle',
    'RedisModuleString **',
    'Receives a string; the function says whose.',
  ),
  'out reply': ptr('handle', 'RedisModuleCallReply **', 'Receives a part of a reply.'),
  'out cstring': ptr('ptr', 'const char **', 'Receives the address of a C string.'),
  'out ints': ptr('ptr', 'int **', 'Receives the address of an array of int.'),
  'out function': ptr('func', 'void *', 'Receives a table index; 4 bytes on wasm32.'),

  // Pointers to structs of structs.ts; `value` means C passes the struct itself.
  'struct TypeMethods': ptr('RedisModuleTypeMethods', 'RedisModuleTypeMethods *', 'Callbacks.'),
  'struct CommandInfo': ptr('RedisModuleCommandInfo', 'const RedisModuleCommandInfo *', 'Docs.'),
  'struct StreamID': ptr('RedisModuleStreamID', 'RedisModuleStreamID *', 'A stream entry ID.'),
  'const struct StreamID': ptr('RedisModuleStreamID', 'const RedisModuleStreamID *', 'An ID.'),
  'struct ClientInfo': ptr('RedisModuleClientInfo', 'void *', 'A RedisModuleClientInfo to fill.'),
  'value Event': ptr('RedisModuleEvent', 'RedisModuleEvent', 'A copy of 16 bytes; its address.'),

  // Callbacks: names of callbacks.ts.
  'fn Cmd': func('RedisModuleCmdFunc', 'A command.'),
  'fn Disconnect': func('RedisModuleDisconnectFunc', 'The blocked client went away.'),
  'fn FreePrivData': func('RedisModuleFreePrivDataFunc', 'Frees the data of a blocked client.'),
  'fn FreeData': func('RedisModuleFreeDataFunc', 'Frees private data.'),
  'fn Notification': func('RedisModuleNotificationFunc', 'A keyspace event.'),
  'fn PostNotificationJob': func('RedisModulePostNotificationJobFunc', 'Runs after a command.'),
  'fn ClusterMessage': func('RedisModuleClusterMessageReceiver', 'A message of another node.'),
  'fn Timer': func('RedisModuleTimerProc', 'A timer fired.'),
  'fn CommandFilter': func('RedisModuleCommandFilterFunc', 'Sees every command first.'),
  'fn ForkDone': func('RedisModuleForkDoneHandler', 'The child ended.'),
  'fn Info': func('RedisModuleInfoFunc', 'Adds to INFO.'),
  'fn Scan': func('RedisModuleScanCB', 'One key of a scan.'),
  'fn ScanKey': func('RedisModuleScanKeyCB', 'One element of a scan.'),
  'fn UserChanged': func('RedisModuleUserChangedFunc', 'The user of a client changed.'),
  'fn Defrag': func('RedisModuleDefragFunc', 'Defragments the data of the module.'),
  'fn EventLoop': func('RedisModuleEventLoopFunc', 'A file descriptor is ready.'),
  'fn EventLoopOneShot': func('RedisModuleEventLoopOneShotFunc', 'Runs once in the event loop.'),
  'fn Event': func('RedisModuleEventCallback', 'A server event.'),
  'fn Unblocked': func('RedisModuleOnUnblocked', 'A blocking call was answered.'),
  'fn Auth': func('RedisModuleAuthCallback', 'A client authenticates.'),
  'fn ConfigGetString': func('RedisModuleConfigGetStringFunc', 'Reads a string option.'),
  'fn ConfigGetNumeric': func('RedisModuleConfigGetNumericFunc', 'Reads a number option.'),
  'fn ConfigGetBool': func('RedisModuleConfigGetBoolFunc', 'Reads a yes/no option.'),
  'fn ConfigGetEnum': func('RedisModuleConfigGetEnumFunc', 'Reads an enum option.'),
  'fn ConfigSetString': func('RedisModuleConfigSetStringFunc', 'Changes a string option.'),
  'fn ConfigSetNumeric': func('RedisModuleConfigSetNumericFunc', 'Changes a number option.'),
  'fn ConfigSetBool': func('RedisModuleConfigSetBoolFunc', 'Changes a yes/no option.'),
  'fn ConfigSetEnum': func('RedisModuleConfigSetEnumFunc', 'Changes an enum option.'),
  'fn ConfigApply': func('RedisModuleConfigApplyFunc', 'Several options changed together.'),

  // Variable arguments: one i32, the address of the packed values.
  printf: ptr('printf', '...', 'Arguments of a printf format.'),
  callargs: ptr('callargs', '...', 'Arguments of a Call format.'),
  hashset: ptr('hashset', '...', 'Field and value pairs up to a NULL field.'),
  hashget: ptr('hashget', '...', 'Field and out-pointer pairs up to a NULL field.'),

  // Numbers.
  int: word('int', 'i32', 'A signed 32-bit number.'),
  uint: word('unsigned int', 'u32', 'An unsigned 32-bit number; arrives signed.'),
  long: word('long', 'i32', 'A C long: 32 bits on wasm32.'),
  ulong: word('unsigned long', 'u32', 'A C unsigned long: 32 bits on wasm32; arrives signed.'),
  size: word('size_t', 'usize', 'A length in bytes or elements; arrives signed.'),
  u8: word('uint8_t', 'u32', 'A byte.'),
  u32: word('uint32_t', 'u32', 'An unsigned 32-bit number; arrives signed.'),
  aclReason: word('RedisModuleACLLogEntryReason', 'i32', 'Why an ACL check failed.'),
  longlong: long64('long long', 'i64', 'A signed 64-bit number.'),
  ulonglong: long64('unsigned long long', 'u64', 'An unsigned 64-bit number; arrives signed.'),
  int64: long64('int64_t', 'i64', 'A signed 64-bit number.'),
  uint64: long64('uint64_t', 'u64', 'An unsigned 64-bit number; arrives signed.'),
  mstime: long64('mstime_t', 'i64', 'Milliseconds.'),
  ustime: long64('ustime_t', 'i64', 'Microseconds.'),
  timer: long64('RedisModuleTimerID', 'u64', 'Names a timer.'),
  double: { host: 'number', of: '', c: 'double', as: 'f64', wasm: ['f64'], doc: 'A double.' },
  float: { host: 'number', of: '', c: 'float', as: 'f32', wasm: ['f32'], doc: 'A float.' },
  longdouble: {
    host: 'longdouble',
    of: '',
    c: 'long double',
    as: 'u64',
    wasm: ['i64', 'i64'],
    doc: 'IEEE binary128: low and high half as parameters; as a result, the first parameter points to 16 bytes.',
  },
  status: {
    host: 'status',
    of: '',
    c: 'int',
    as: 'i32',
    wasm: ['i32'],
    doc: 'REDISMODULE_OK or REDISMODULE_ERR.',
  },
  void: { host: 'void', of: '', c: 'void', as: 'void', wasm: [], doc: 'No result.' },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** A kind as a table names it; a trailing `?` says that NULL is admitted or may be returned. */
export type KindRef = KindName | `${KindName}?`;

type HostOf<K extends Kind> = K['host'] extends 'handle'
  ? Handle<K['of']>
  : K['host'] extends 'ptr'
    ? Ptr<K['of']>
    : K['host'] extends 'func'
      ? FuncRef<K['of']>
      : K['host'] extends 'status'
        ? Status
        : K['host'] extends 'bigint'
          ? bigint
          : K['host'] extends 'void'
            ? // biome-ignore lint/suspicious/noConfusingVoidType: it is the result of a function
              void
            : number;

/** The host's type for a kind: a brand, `| 0` where NULL is admitted. Not for longdouble. */
export type HostType<R extends KindRef> = R extends `${infer N extends KindName}?`
  ? HostOf<(typeof KINDS)[N]> | 0
  : R extends KindName
    ? HostOf<(typeof KINDS)[R]>
    : never;

/** A parameter or a callback's parameter: its name in C and its kind. */
export type ParamSpec = readonly [name: string, kind: KindRef];

/** What an import function is inferred from. */
export interface Signature {
  readonly params: readonly ParamSpec[];
  readonly result: KindRef;
}

type HostParam<R extends KindRef> = R extends 'longdouble'
  ? [low: bigint, high: bigint]
  : [HostType<R>];

type HostParams<P extends readonly ParamSpec[]> = P extends readonly [
  readonly [string, infer R extends KindRef],
  ...infer Rest extends readonly ParamSpec[],
]
  ? [...HostParam<R>, ...HostParams<Rest>]
  : [];

/**
 * The TypeScript function behind an import: branded numbers for i32, bigint for i64, two bigints
 * for a long double; a long double result is written through an added first parameter.
 */
export type ImportFunction<F extends Signature> = F['result'] extends 'longdouble'
  ? (result: Ptr<'f128'>, ...args: HostParams<F['params']>) => void
  : (...args: HostParams<F['params']>) => HostType<F['result']>;

/** The kind behind a reference, without its `?`. */
export function kindOf(ref: KindRef): Kind {
  const name = ref.endsWith('?') ? ref.slice(0, -1) : ref;
  return KINDS[name as KindName]; // a KindRef without its ? is a KindName by definition
}

/** True if NULL is admitted as an argument, or may be the result. */
export function admitsNull(ref: KindRef): boolean {
  return ref.endsWith('?');
}
