// A host of a few hundred lines for AssemblyScript modules: enough to load one, run its commands
// and watch its heap, without the server. Freed memory is overwritten, so that a use after free
// shows. Replies are collected as RESP-like text: `+OK`, `-ERR x`, `:5`, `$text`, `_`, `*2`.

import { FakeHeap } from './fake-heap.ts';

type Import = (...args: never[]) => unknown;
type Exported = (...args: (number | bigint)[]) => number;

/** A value of a module type: what the type is and where the guest keeps it. */
export interface FakeValue {
  readonly type: number;
  readonly ptr: number;
}

export interface FakeCall {
  readonly name: string;
  readonly format: string;
  readonly args: readonly (string | bigint)[];
}

/** Offsets of the callbacks in RedisModuleTypeMethods. */
const METHODS = { load: 8, save: 12, rewrite: 16, memUsage: 20, digest: 24, free: 28, copy: 52 };

/** REDISMODULE_REPLY_… by the first character of a reply. */
const CALL_REPLY_TYPES: Readonly<Record<string, number>> = { $: 0, '-': 1, ':': 2, _: 4 };

export class FakeHost {
  readonly log: string[] = [];
  readonly commands = new Map<string, { readonly fn: number; readonly flags: string }>();
  readonly documented = new Map<string, number>();
  readonly keys = new Map<string, FakeValue | Buffer>();
  readonly notified: string[] = [];
  readonly emitted: FakeCall[] = [];
  readonly called: FakeCall[] = [];
  /** Hashes for HGET and HSET; any other command cannot be called. */
  readonly hashes = new Map<string, Map<string, string>>();
  /** Stream of SaveSigned and LoadSigned. */
  readonly rdb: bigint[] = [];
  readonly timers = new Map<bigint, { readonly fn: number; readonly data: number }>();
  /** What BlockClient was given and UnblockClient passed. */
  blocked = { reply: 0, timeout: 0, free: 0, timeoutMs: 0n, data: 0 };
  subscriber = 0;
  /** What the module's clock shows. */
  nowMs = 1_000_000n;
  replicated = 0;
  /** Collects at every call from the guest, to find objects that nothing keeps alive. */
  collectsAlways = false;
  heap: FakeHeap;
  exports: Record<string, Exported> = {};
  memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 0 });
  replies: string[] = [];
  #methods: Buffer = Buffer.alloc(80);
  #handles = new Map<number, Buffer | string>();
  #texts = new Map<number, number>();
  #nextHandle = 0x1000;
  #nextTimer = 1n;

  constructor() {
    this.heap = new FakeHeap(() => this.memory);
  }

  /** Instantiates, runs `_initialize` and then OnLoad; returns its status. */
  load(wasm: Uint8Array, ...args: string[]): number {
    const module = new WebAssembly.Module(wasm);
    const table = this.#imports();
    const imports: Record<string, Record<string, Import>> = Object.create(null);
    for (const { module: space, name } of WebAssembly.Module.imports(module)) {
      imports[space] ??= Object.create(null) as Record<string, Import>;
      const found = space === 'redismodule' ? table[name] : this.#abort;
      imports[space][name] = this.#watched(name, found);
    }
    const instance = new WebAssembly.Instance(module, imports);
    this.exports = { ...instance.exports } as Record<string, Exported>;
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.#call('_initialize');
    return this.#withArgv(args, (argv) => this.#call('RedisModule_OnLoad', 1, argv, args.length));
  }

  unload(): number {
    return this.#call('RedisModule_OnUnload', 1);
  }

  /** Runs a command of the module and returns what it replied. */
  run(...args: string[]): string[] {
    const command = this.commands.get(args[0] ?? '');
    if (command === undefined) throw new Error(`no command ${args[0]}`);
    this.replies = [];
    this.#withArgv(args, (argv) => this.invoke(command.fn, 1, argv, args.length));
    return this.replies;
  }

  /** Calls a function of the guest's table. */
  invoke(index: number, ...args: (number | bigint)[]): number {
    const table = this.exports.table as unknown as WebAssembly.Table;
    return (table.get(index) as unknown as Exported)(...args);
  }

  /** Calls a callback of the data type registered last. */
  method(name: keyof typeof METHODS, ...args: number[]): number {
    return this.invoke(this.#methods.readUInt32LE(METHODS[name]), ...args);
  }

  hasMethod(name: keyof typeof METHODS): boolean {
    return this.#methods.readUInt32LE(METHODS[name]) !== 0;
  }

  collect(): void {
    this.#call('__collect');
  }

  deleteKey(name: string): void {
    const value = this.keys.get(name);
    this.keys.delete(name);
    if (value !== undefined && !Buffer.isBuffer(value)) this.method('free', value.ptr);
  }

  fireTimers(): void {
    const due = [...this.timers.values()];
    this.timers.clear();
    for (const timer of due) this.invoke(timer.fn, 1, timer.data);
  }

  /** Handle of a string that the test passes to a callback. */
  string(text: string): number {
    return this.#handle(Buffer.from(text));
  }

  /** Live module strings; those given to commands are freed when they return. */
  get liveStrings(): number {
    return this.#handles.size;
  }

  #call(name: string, ...args: number[]): number {
    const exported = this.exports[name];
    if (exported === undefined) throw new Error(`the module does not export ${name}`);
    return exported(...args);
  }

  /** Wraps an import: unknown ones throw by name, and with `collectsAlways` it collects first. */
  #watched(name: string, found: Import | undefined): Import {
    if (found === undefined) {
      return () => {
        throw new Error(`the fake host has no ${name}`);
      };
    }
    // The collector itself frees and must not be entered again from there.
    if (name === 'RedisModule_Free' || name === 'RedisModule_Realloc') return found;
    return (...args) => {
      if (this.collectsAlways) this.#call('__collect');
      return found(...args);
    };
  }

  #withArgv(args: readonly string[], body: (argv: number) => number): number {
    const handles = args.map((arg) => this.string(arg));
    const argv = this.heap.alloc(4 * handles.length);
    for (const [i, handle] of handles.entries()) this.#view().setUint32(argv + 4 * i, handle, true);
    try {
      return body(argv);
    } finally {
      this.heap.free(argv);
      for (const handle of handles) this.#freeHandle(handle);
    }
  }

  #view(): DataView {
    return new DataView(this.memory.buffer);
  }

  #bytes(ptr: number, length: number): Buffer {
    return Buffer.from(this.memory.buffer, ptr, length);
  }

  #cstring(ptr: number): string {
    const all = Buffer.from(this.memory.buffer);
    return all.toString('utf8', ptr, all.indexOf(0, ptr));
  }

  #handle(value: Buffer | string): number {
    this.#handles.set(++this.#nextHandle, value);
    return this.#nextHandle;
  }

  #freeHandle(handle: number): void {
    if (!this.#handles.delete(handle)) throw new Error(`freed twice: ${handle}`);
    const text = this.#texts.get(handle);
    if (text !== undefined) this.heap.free(text);
    this.#texts.delete(handle);
  }

  #bufferOf(handle: number): Buffer {
    const bytes = this.#handles.get(handle);
    if (!Buffer.isBuffer(bytes)) throw new Error(`not a live string: ${handle}`);
    return bytes;
  }

  #keyName(handle: number): string {
    const name = this.#handles.get(handle);
    return typeof name === 'string' ? name : '';
  }

  #value(handle: number): FakeValue | Buffer | undefined {
    return this.keys.get(this.#keyName(handle));
  }

  #moduleValue(handle: number): FakeValue | undefined {
    const value = this.#value(handle);
    return Buffer.isBuffer(value) ? undefined : value;
  }

  #integer(handle: number): bigint | null {
    const text = this.#bufferOf(handle).toString('latin1');
    if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return null;
    const value = BigInt(text);
    return BigInt.asIntN(64, value) === value ? value : null;
  }

  #reply(text: string): number {
    this.replies.push(text);
    return 0;
  }

  /** Reads a format and packed arguments, as clang lays them out for wasm32. */
  #unpack(namePtr: number, formatPtr: number, packed: number): FakeCall {
    const view = this.#view();
    const format = this.#cstring(formatPtr);
    const args: (string | bigint)[] = [];
    let at = packed;
    for (const letter of format.replace(/[^slb]/g, '')) {
      if (letter === 'l') {
        at = (at + 7) & ~7;
        args.push(view.getBigInt64(at, true));
        at += 8;
      } else if (letter === 's') {
        args.push(this.#bufferOf(view.getUint32(at, true)).toString());
        at += 4;
      } else {
        const length = view.getUint32(at + 4, true);
        args.push(this.#bytes(view.getUint32(at, true), length).toString());
        at += 8;
      }
    }
    return { name: this.#cstring(namePtr), format, args };
  }

  /** Runs HGET or HSET; the reply's text is what `replies` would hold. */
  #answer({ name, args }: FakeCall): number {
    const [key = '', ...rest] = args.map(String);
    const hash = this.hashes.get(key) ?? new Map<string, string>();
    if (name === 'HGET') {
      const value = hash.get(rest[0] ?? '');
      return this.#handle(value === undefined ? '_' : `$${value}`);
    }
    if (name !== 'HSET') return 0;
    for (let i = 0; i + 1 < rest.length; i += 2) hash.set(rest[i] ?? '', rest[i + 1] ?? '');
    this.hashes.set(key, hash);
    return this.#handle(`:${rest.length / 2}`);
  }

  readonly #abort = (message: number, file: number, line: number, column: number): never => {
    throw new Error(`${this.#lift(message)} in ${this.#lift(file)}(${line}:${column})`);
  };

  /** A string of AssemblyScript: UTF-16, with its size in bytes in the word before it. */
  #lift(ptr: number): string {
    if (ptr === 0) return '';
    return this.#bytes(ptr, this.#view().getUint32(ptr - 4, true)).toString('utf16le');
  }

  #logLine(level: number, format: number, args: number): void {
    if (this.#cstring(format) !== '%s') throw new Error('unexpected format');
    const text = this.#cstring(this.#view().getUint32(args, true));
    this.log.push(`${this.#cstring(level)} ${text}`);
  }

  #imports(): Record<string, Import> {
    return {
      ...this.#memoryImports(),
      ...this.#registration(),
      ...this.#strings(),
      ...this.#replyImports(),
      ...this.#keyImports(),
      ...this.#streams(),
      ...this.#later(),
    };
  }

  #memoryImports(): Record<string, Import> {
    return {
      RedisModule_Alloc: (size: number) => this.heap.alloc(size),
      RedisModule_Realloc: (ptr: number, size: number) => this.heap.realloc(ptr, size),
      RedisModule_Free: (ptr: number) => this.heap.free(ptr),
    };
  }

  #registration(): Record<string, Import> {
    return {
      RedisModule_IsModuleNameBusy: () => 0,
      RedisModule_SetModuleAttribs: (_ctx: number, name: number, version: number, api: number) => {
        this.log.push(`module ${this.#cstring(name)} ${version} ${api}`);
      },
      RedisModule_SetModuleOptions: () => undefined,
      RedisModule_Log: (_ctx: number, level: number, format: number, args: number) =>
        this.#logLine(level, format, args),
      RedisModule_LogIOError: (_io: number, level: number, format: number, args: number) =>
        this.#logLine(level, format, args),
      RedisModule_CreateCommand: (_ctx: number, name: number, fn: number, flags: number) => {
        const text = this.#cstring(name);
        if (this.commands.has(text)) return 1;
        this.commands.set(text, { fn, flags: this.#cstring(flags) });
        return 0;
      },
      RedisModule_GetCommand: (_ctx: number, name: number) => this.#handle(this.#cstring(name)),
      RedisModule_SetCommandInfo: (command: number, info: number) => {
        this.documented.set(this.#keyName(command), this.#view().getInt32(info + 24, true));
        return 0;
      },
      RedisModule_SubscribeToKeyspaceEvents: (_ctx: number, _types: number, fn: number) => {
        this.subscriber = fn;
        return 0;
      },
      RedisModule_CreateDataType: (_ctx: number, name: number, _v: number, methods: number) => {
        this.#methods = Buffer.from(this.#bytes(methods, 80));
        return this.#handle(this.#cstring(name));
      },
    };
  }

  #strings(): Record<string, Import> {
    return {
      RedisModule_CreateString: (_ctx: number, ptr: number, length: number) =>
        this.#handle(Buffer.from(this.#bytes(ptr, length))),
      RedisModule_HoldString: (_ctx: number, handle: number) =>
        this.#handle(this.#bufferOf(handle)),
      RedisModule_FreeString: (_ctx: number, handle: number) => this.#freeHandle(handle),
      RedisModule_StringAppendBuffer: (_c: number, handle: number, ptr: number, length: number) => {
        const appended = Buffer.concat([this.#bufferOf(handle), this.#bytes(ptr, length)]);
        this.#handles.set(handle, appended);
        return 0;
      },
      RedisModule_StringPtrLen: (handle: number, out: number) => {
        const bytes = this.#bufferOf(handle);
        if (out !== 0) this.#view().setUint32(out, bytes.length, true);
        if (out !== 0) return 0; // the SDK asks for pointer and length separately
        const ptr = this.#texts.get(handle) ?? this.heap.alloc(bytes.length + 1);
        this.#texts.set(handle, ptr);
        this.#bytes(ptr, bytes.length + 1)
          .fill(0)
          .set(bytes);
        return ptr;
      },
      RedisModule_StringToLongLong: (handle: number, out: number) => {
        const value = this.#integer(handle);
        if (value !== null) this.#view().setBigInt64(out, value, true);
        return value === null ? 1 : 0;
      },
      RedisModule_StringCompare: (a: number, b: number) =>
        this.#bufferOf(a).compare(this.#bufferOf(b)),
    };
  }

  #replyImports(): Record<string, Import> {
    return {
      RedisModule_WrongArity: () => this.#reply('-arity'),
      RedisModule_ReplyWithLongLong: (_ctx: number, value: bigint) => this.#reply(`:${value}`),
      RedisModule_ReplyWithError: (_ctx: number, ptr: number) =>
        this.#reply(`-${this.#cstring(ptr)}`),
      RedisModule_ReplyWithSimpleString: (_ctx: number, ptr: number) =>
        this.#reply(`+${this.#cstring(ptr)}`),
      RedisModule_ReplyWithStringBuffer: (_ctx: number, ptr: number, length: number) =>
        this.#reply(`$${this.#bytes(ptr, length).toString()}`),
      RedisModule_ReplyWithString: (_ctx: number, handle: number) =>
        this.#reply(`$${this.#bufferOf(handle).toString()}`),
      RedisModule_ReplyWithNull: () => this.#reply('_'),
      RedisModule_ReplyWithArray: (_ctx: number, length: number) => this.#reply(`*${length}`),
    };
  }

  #keyImports(): Record<string, Import> {
    return {
      RedisModule_GetSelectedDb: () => 0,
      RedisModule_GetContextFlags: () => 0,
      RedisModule_Milliseconds: () => this.nowMs,
      RedisModule_OpenKey: (_ctx: number, name: number, mode: number) => {
        const text = this.#bufferOf(name).toString();
        const exists = this.keys.has(text) || this.hashes.has(text);
        return exists || (mode & 2) !== 0 ? this.#handle(text) : 0;
      },
      RedisModule_CloseKey: (key: number) => void this.#handles.delete(key),
      RedisModule_KeyType: (key: number) => {
        const value = this.#value(key);
        if (value === undefined) return this.hashes.has(this.#keyName(key)) ? 3 : 0;
        return Buffer.isBuffer(value) ? 1 : 6;
      },
      RedisModule_ValueLength: (key: number) => {
        const value = this.#value(key);
        return Buffer.isBuffer(value) ? value.length : 0;
      },
      RedisModule_StringSet: (key: number, value: number) => {
        this.keys.set(this.#keyName(key), Buffer.from(this.#bufferOf(value)));
        return 0;
      },
      RedisModule_StringDMA: (key: number, out: number) => {
        if (key === 0) throw new Error('StringDMA of a NULL key'); // redis-server would crash
        const value = this.#value(key);
        if (!Buffer.isBuffer(value)) return 0;
        this.#view().setUint32(out, value.length, true);
        const ptr = this.#texts.get(key) ?? this.heap.alloc(value.length + 1);
        this.#bytes(ptr, value.length).set(value);
        return ptr;
      },
      RedisModule_ModuleTypeGetType: (key: number) => this.#moduleValue(key)?.type ?? 0,
      RedisModule_ModuleTypeGetValue: (key: number) => this.#moduleValue(key)?.ptr ?? 0,
      RedisModule_ModuleTypeSetValue: (key: number, type: number, ptr: number) => {
        this.deleteKey(this.#keyName(key));
        this.keys.set(this.#keyName(key), { type, ptr });
        return 0;
      },
      RedisModule_NotifyKeyspaceEvent: (_c: number, _type: number, event: number, key: number) => {
        this.notified.push(`${this.#cstring(event)} ${this.#bufferOf(key).toString()}`);
        return 0;
      },
      RedisModule_ReplicateVerbatim: () => {
        this.replicated++;
        return 0;
      },
    };
  }

  #streams(): Record<string, Import> {
    return {
      RedisModule_IsIOError: () => 0,
      RedisModule_SaveSigned: (_io: number, value: bigint) => void this.rdb.push(value),
      RedisModule_LoadSigned: () => this.rdb.shift() ?? 0n,
      RedisModule_DigestAddLongLong: () => undefined,
      RedisModule_DigestEndSequence: () => undefined,
      RedisModule_EmitAOF: (_io: number, name: number, format: number, packed: number) =>
        void this.emitted.push(this.#unpack(name, format, packed)),
      RedisModule_Call: (_ctx: number, name: number, format: number, packed: number) => {
        const call = this.#unpack(name, format, packed);
        this.called.push(call);
        return this.#answer(call);
      },
      RedisModule_CallReplyType: (reply: number) =>
        CALL_REPLY_TYPES[this.#keyName(reply)[0] ?? ''] ?? -1,
      RedisModule_CreateStringFromCallReply: (reply: number) =>
        this.string(this.#keyName(reply).slice(1)),
      RedisModule_FreeCallReply: (reply: number) => this.#freeHandle(reply),
      RedisModule_ReplyWithCallReply: (_ctx: number, reply: number) =>
        this.#reply(this.#keyName(reply)),
    };
  }

  #later(): Record<string, Import> {
    return {
      RedisModule_CreateTimer: (_ctx: number, _ms: bigint, fn: number, data: number) => {
        this.timers.set(this.#nextTimer, { fn, data });
        return this.#nextTimer++;
      },
      RedisModule_StopTimer: (_ctx: number, id: bigint, out: number) => {
        const timer = this.timers.get(id);
        if (timer === undefined) return 1;
        this.#view().setUint32(out, timer.data, true);
        this.timers.delete(id);
        return 0;
      },
      RedisModule_BlockClient: (
        _ctx: number,
        reply: number,
        timeout: number,
        free: number,
        timeoutMs: bigint,
      ) => {
        this.blocked = { reply, timeout, free, timeoutMs, data: 0 };
        return 77;
      },
      RedisModule_SetDisconnectCallback: () => undefined,
      RedisModule_GetBlockedClientHandle: () => 77,
      RedisModule_GetBlockedClientPrivateData: () => this.blocked.data,
      RedisModule_UnblockClient: (_client: number, data: number) => {
        this.blocked.data = data;
        return 0;
      },
    };
  }
}
