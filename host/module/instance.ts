// A module's running instance: its memory, heap, handles and contexts, and `enter`, the only way
// into the guest. An entry is a savepoint: a guest that traps has done nothing.

import { ERRNO, EXPORTS } from '../../abi/exports.ts';
import type { AreaName } from '../../abi/index.ts';
import type { Handle } from '../../abi/kinds.ts';
import type { Executor } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import type { Database } from '../keyspace/database.ts';
import type { ByteString } from '../lib/bytes.ts';
import { CALL_MAX_DEPTH } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';
import { Slice } from '../lib/slice.ts';
import { Allocator } from './allocator.ts';
import { dropReplies } from './call-reply.ts';
import type { LoadedCode } from './code.ts';
import { type ContextPurpose, ModuleContext } from './context.ts';
import type { Deadline } from './deadline.ts';
import { Entry, type EntryOptions } from './entry.ts';
import { Fuel } from './fuel.ts';
import { type GuestFunction, GuestFunctions } from './functions.ts';
import { getApiIndex } from './getapi.ts';
import { HandleTable } from './handles.ts';
import type { ModuleHost } from './host.ts';
import { KIND_NAMES, KIND_STRING } from './kinds.ts';
import { ModuleLoadError } from './load-error.ts';
import { bucketFor, type LogBucket } from './log-bucket.ts';
import { GuestMemory, PAGE_BYTES } from './memory.ts';
import { Quarantine } from './quarantine.ts';
import { HANDLE_BYTES, Quota, REGISTRATION_BYTES } from './quota.ts';
import { Registry } from './registry.ts';
import { START_EXPORT } from './rewriter.ts';
import { SourceLocator } from './source/locator.ts';
import { type StackProbe, stackProbe } from './stack-probe.ts';
import { ModuleString } from './string.ts';
import { asTrap, ModuleTrap } from './trap.ts';

/** Bytes of one context's cell and of the argv array behind it, in guest memory. */
const CELL_BYTES = 16;
const ARGV_INSIDE_MAX = 60;
const SPARE_STRINGS_MAX = 64;
/** A string beside its bytes and its handle. */
const STRING_BYTES = 64;
const FRAME_BYTES = CELL_BYTES + ARGV_INSIDE_MAX * 4;

export interface InstanceOptions {
  readonly host: ModuleHost;
  readonly code: LoadedCode;
  /** Of the file it came from. */
  readonly path: string;
  readonly memory: WebAssembly.Memory;
  readonly maxPages: number;
  /** Counts the instances a module has had. */
  readonly generation: number;
}

export class ModuleInstance {
  /** Known once the guest has called SetModuleAttribs. */
  name = '';
  version = 0;
  readonly host: ModuleHost;
  readonly executor: Executor;
  readonly log: Log;
  readonly code: LoadedCode;
  /** Tells what a place in the code is in the sources. */
  readonly locator: SourceLocator;
  readonly quarantine: Quarantine;
  readonly generation: number;
  readonly memory: GuestMemory;
  readonly allocator: Allocator;
  readonly handles: HandleTable;
  readonly fuel: Fuel;
  readonly #deadline: Deadline;
  readonly #probe: StackProbe = stackProbe();
  /** What the server holds for the guest beside its memory. */
  readonly quota: Quota;
  /** What the guest registered: taken back at unload. */
  readonly registry = new Registry();
  /** Values from MODULE LOADEX or the configuration for configs not registered yet. */
  readonly pendingConfigs = new Map<string, ByteString>();
  /** REDISMODULE_OPTIONS_* bits. */
  options = 0;
  /** OnLoad is running: commands and types may be registered. */
  isLoading = false;
  /** Times the guest trapped since it was loaded. */
  traps = 0;
  /** What it may write to the log, and what may be written about its traps. */
  readonly ownLines: LogBucket;
  readonly trapLines: LogBucket;
  readonly rawMemory: WebAssembly.Memory;
  readonly #maxPages: number;
  #exports: WebAssembly.Exports = {};
  /** The guest's function table. */
  table: WebAssembly.Table | null = null;
  /** API areas made so far, and table indexes of functions that GetApi handed out. */
  readonly areas = new Map<AreaName, object>();
  readonly apiIndexes = new Map<string, number>();
  readonly #functions: GuestFunctions;
  #globals: WebAssembly.Global[] = [];
  #errnoPtr = 0;
  /** Address of the contexts' cells. */
  readonly #frames: number;
  #depth = 0;
  #maxDepth = CALL_MAX_DEPTH;
  readonly #entries: Entry[] = [];
  /** The guest's stack pointer between calls, once it has started; null: not known. */
  #restingPointer: unknown = null;
  #getApiIndex = 0;
  /** Objects of arguments that nobody refers to any more. */
  readonly #spareStrings: ModuleString[] = [];
  readonly #contexts: ModuleContext[] = [];
  /** Contexts that outlive a call: thread-safe ones. */
  readonly #lastingContexts = new Map<number, ModuleContext>();

  constructor(options: InstanceOptions) {
    this.host = options.host;
    this.executor = options.host.executor;
    this.log = options.host.log;
    this.code = options.code;
    this.locator = new SourceLocator(options.code.info, options.path);
    this.quarantine = new Quarantine(options.host.quarantineOptions);
    this.generation = options.generation;
    this.#deadline = options.host.deadline;
    this.fuel = new Fuel(this.#deadline);
    this.#functions = new GuestFunctions(options.code);
    this.rawMemory = options.memory;
    this.#maxPages = options.maxPages;
    this.memory = new GuestMemory(options.memory, (bytes) => this.fuel.chargeBytes(bytes));
    this.quota = new Quota({
      limitBytes: this.memoryMaxBytes,
      linearBytes: () => this.memory.byteLength,
      liveHandles: () => this.handles?.liveCount ?? 0,
    });
    this.allocator = new Allocator({
      memory: this.memory,
      heapStart: options.code.heapStart(this.memory.byteLength),
      growPages: (pages) => this.growMemory(pages) >= 0,
    });
    const { clock } = this.executor;
    this.ownLines = bucketFor('lines', clock, this.log, () => this.name || 'module');
    this.trapLines = bucketFor('traps', clock, this.log, () => this.name || 'module');
    this.#frames = this.#allocateFrames();
    this.handles = new HandleTable(
      KIND_NAMES,
      (kind, object) => options.host.dropped(this, kind, object),
      () => {
        this.quota.recheck();
        this.quota.need(HANDLE_BYTES, 'a handle');
      },
    );
  }

  /** Binds the guest's exports and runs its initialisation. Traps are ModuleTraps. */
  start(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    this.fuel.bind(exports);
    this.table = this.code.tableOf(exports);
    this.#globals = this.code.globalsToRestore(exports);
    const errno = exports[EXPORTS.errno.names[0]];
    if (errno instanceof WebAssembly.Global) this.#errnoPtr = Number(errno.value);
    // The first word of every context: where a stock header finds GetApi.
    this.#getApiIndex = getApiIndex(this);
    for (const { ptr } of this.#contexts) this.memory.writeU32(ptr, this.#getApiIndex);
    this.exported(START_EXPORT)?.();
    this.exported(EXPORTS.initialize.names[0])?.();
    const [only, ...more] = this.#globals;
    if (only !== undefined && more.length === 0) this.#restingPointer = only.value;
  }

  /** Runs a full garbage collection in guests that have a collector. */
  collect(): void {
    const collect = this.exported(EXPORTS.collect.names[0]);
    if (collect === null) return;
    this.enter(
      { purpose: 'job', client: null, db: null },
      null,
      () => collect(),
      (trap) => this.host.noteTrap(this, EXPORTS.collect.names[0], trap),
    );
  }

  #allocateFrames(): number {
    const frames = this.allocator.calloc(CALL_MAX_DEPTH, FRAME_BYTES);
    if (frames === 0) throw new ModuleLoadError('module-max-memory leaves no room for its calls');
    return frames;
  }

  /** An exported function, or null. */
  exported(name: string): GuestFunction | null {
    const value = this.#exports[name];
    return typeof value === 'function' ? (value as GuestFunction) : null;
  }

  // ---- memory -----------------------------------------------------------------------------

  /** memory.grow as the guest sees it: the old size in pages, or -1 beyond the limit. */
  growMemory(pages: number): number {
    const count = pages >>> 0;
    if (count * PAGE_BYTES > this.quota.roomBytes) return -1;
    this.quota.recheck();
    return this.memory.grow(count);
  }

  get memoryMaxBytes(): number {
    return this.#maxPages * PAGE_BYTES;
  }

  /** The guest's linear memory. */
  get memoryBytes(): number {
    return this.memory.byteLength;
  }

  /**
   * What the module uses: of its memory, and objects held for it. Linear memory never shrinks, but
   * blocks that were freed are handed out again before it grows: keys whose values a module frees
   * make room under maxmemory.
   */
  get usedBytes(): number {
    const unusedBytes = this.allocator.heapBytes - this.allocator.liveBytes;
    return this.memoryBytes - unusedBytes + this.quota.objectBytes;
  }

  /** A block of guest memory for the host's use; traps when there is none left. */
  alloc(bytes: number): number {
    const ptr = this.allocator.alloc(bytes);
    if (ptr === 0) this.quota.refuse(bytes, 'a block');
    return ptr;
  }

  /** Sets the guest's errno, if it exports one. */
  setErrno(name: keyof typeof ERRNO): void {
    if (this.#errnoPtr !== 0) this.memory.writeU32(this.#errnoPtr, ERRNO[name]);
  }

  clearErrno(): void {
    if (this.#errnoPtr !== 0) this.memory.writeU32(this.#errnoPtr, 0);
  }

  // ---- functions of the guest -------------------------------------------------------------

  /** The function behind a table index; ModuleTrap if there is none or of another signature. */
  callback(index: number, signature: string, argument: string): GuestFunction {
    return this.#functions.resolve(this.table, index, { signature, argument });
  }

  // ---- contexts ---------------------------------------------------------------------------

  /** The context behind a pointer the guest passed. */
  context(ptr: number): ModuleContext {
    const current = this.#contexts[this.#depth - 1];
    if (current !== undefined && current.ptr === ptr) return current;
    const index = (ptr - this.#frames) / FRAME_BYTES;
    const outer = this.#contexts[index];
    const found = outer?.ptr === ptr ? outer : this.#lastingContexts.get(ptr);
    if (found?.isLive) return found;
    throw new ModuleTrap('not a context of a call that is under way', 'ctx');
  }

  /** The context of the innermost call under way, or null between calls. */
  get currentContext(): ModuleContext | null {
    return this.#contexts[this.#depth - 1] ?? null;
  }

  /** Like `context`, for arguments that may be NULL. */
  contextOrNull(ptr: number): ModuleContext | null {
    return ptr === 0 ? null : this.context(ptr);
  }

  /** A context that lives until `closeLasting`. */
  openLasting(purpose: ContextPurpose, client: Client | null, db: Database): ModuleContext {
    this.quota.charge(REGISTRATION_BYTES, 'a context');
    const ptr = this.alloc(CELL_BYTES);
    this.memory.writeU32(ptr, this.#getApiIndex);
    const context = new ModuleContext(ptr);
    context.open(purpose, client, db);
    this.#lastingContexts.set(ptr, context);
    return context;
  }

  closeLasting(context: ModuleContext): void {
    this.#lastingContexts.delete(context.ptr);
    this.quota.release(REGISTRATION_BYTES);
    this.#releaseHandles(context);
    context.close();
    this.allocator.free(context.ptr);
  }

  get depth(): number {
    return this.#depth;
  }

  /** From now on nobody enters the guest: it is gone, or could not be loaded. */
  close(): void {
    this.#maxDepth = 0;
  }

  get isUnloaded(): boolean {
    return this.#maxDepth === 0;
  }

  // ---- entering the guest -----------------------------------------------------------------

  /**
   * Calls the guest. Opens a context, a handle scope and a savepoint; `prepare` may fill in the
   * context, `run` makes the call. Returns what `run` returns, or null if the guest trapped:
   * then every effect is undone and `onTrap` has been told.
   */
  enter<T>(
    options: EntryOptions,
    prepare: ((context: ModuleContext) => void) | null,
    run: (context: ModuleContext) => T,
    onTrap: (trap: ModuleTrap) => void,
  ): T | null {
    const refusal = this.#refusal();
    if (refusal !== null) {
      onTrap(refusal);
      return null;
    }
    const context = this.#begin(options.purpose, options.client, options.db);
    let result: T;
    try {
      prepare?.(context);
      result = run(context);
      this.fuel.check();
      this.#leave(context);
    } catch (error) {
      onTrap(this.#abandon(context, error));
      return null;
    }
    this.#finish();
    return result;
  }

  /**
   * `enter` for commands, without a closure: the hot path. Calls `fn` with the words of `command`
   * and returns null, or the trap.
   */
  runCommand(
    command: Context,
    fn: (ctx: number, argv: number, argc: number) => unknown,
  ): ModuleTrap | null {
    const refusal = this.#refusal();
    if (refusal !== null) return refusal;
    const context = this.#begin('command', command.client, command.db);
    context.command = command;
    context.reply = command.reply;
    const { argv } = command;
    try {
      fn(context.ptr, this.writeArgv(context, argv.slices, argv.length), argv.length);
      this.fuel.check();
      if (context.hasBlocked) command.isBlocked = true;
      this.#leave(context);
    } catch (error) {
      return this.#abandon(context, error);
    }
    this.#finish();
    return null;
  }

  /** Why the guest cannot be called now, or null: the usual. */
  #refusal(): ModuleTrap | null {
    if (this.#depth >= this.#maxDepth || this.#deadline.depth >= CALL_MAX_DEPTH) {
      if (this.isUnloaded) return new ModuleTrap('the module has been unloaded');
      return new ModuleTrap(`calls into modules nest deeper than the limit of ${CALL_MAX_DEPTH}`);
    }
    try {
      this.#probe(); // beginning and ending a call must not run out of stack half-way
      return null;
    } catch (error) {
      return asTrap(error);
    }
  }

  #begin(purpose: ContextPurpose, client: Client | null, db: Database | null): ModuleContext {
    const { propagation, keyspace } = this.executor;
    const depth = this.#depth;
    const context = this.#contextAt(depth);
    context.open(purpose, client, db);
    const entry = this.#entryAt(depth);
    this.#saveGlobals(entry, depth);
    entry.effects = propagation.length;
    entry.dirty = keyspace.dirty;
    entry.issued = this.handles.issued;
    entry.scope = this.handles.openScope();
    entry.savepoint = keyspace.journal.open();
    const deadline = this.#deadline;
    if (deadline.depth++ === 0) deadline.begin(purpose, this.executor.monotonicMs);
    if (depth === 0 && deadline.fuelLimit > 0) this.fuel.begin();
    this.#depth = depth + 1;
    return context;
  }

  /** A stack pointer at rest is known; everything else has to be read. */
  #saveGlobals(entry: Entry, depth: number): void {
    const globals = this.#globals;
    if (depth === 0 && this.#restingPointer !== null) {
      entry.globals[0] = this.#restingPointer;
      return;
    }
    for (let i = 0; i < globals.length; i++) {
      entry.globals[i] = (globals[i] as WebAssembly.Global).value;
    }
  }

  #finish(): void {
    if (--this.#depth === 0) this.quota.endCall();
    this.#deadline.depth--;
    this.executor.keyspace.journal.commit();
  }

  /** Undoes all that the call did; returns why as a trap. */
  #abandon(context: ModuleContext, error: unknown): ModuleTrap {
    const { propagation, keyspace } = this.executor;
    this.traps++;
    // Keys write back when they are closed: that has to be undone too.
    this.#leaveForced(context);
    this.#depth--;
    this.#deadline.depth--;
    const kill = this.fuel.end();
    const entry = this.#entryAt(this.#depth);
    const undone = keyspace.journal.rollback(entry.savepoint);
    propagation.truncate(entry.effects);
    keyspace.dirty = entry.dirty;
    this.#globals.forEach((global, i) => {
      global.value = entry.globals[i];
    });
    dropReplies(this, entry.issued);
    // Values that have lost their key: the guest frees them, now that its stack is in order.
    for (const action of undone) action();
    if (this.#depth === 0) this.quota.endCall();
    return kill ?? asTrap(error);
  }

  #entryAt(depth: number): Entry {
    let entry = this.#entries[depth];
    if (entry === undefined) {
      entry = new Entry();
      this.#entries.push(entry);
    }
    return entry;
  }

  /**
   * Ends what lives as long as the call. Traps when the guest has freed what the host lent it:
   * whatever is left can then be ended by calling this again.
   */
  #leave(context: ModuleContext): void {
    const { scope } = this.#entryAt(this.#depth - 1);
    if (this.handles.depth >= scope) this.handles.closeScope(scope);
    this.#releaseHandles(context);
    context.close();
  }

  #leaveForced(context: ModuleContext): void {
    while (context.isLive) {
      try {
        this.#leave(context);
      } catch (error) {
        if (!(error instanceof ModuleTrap)) throw error;
      }
    }
  }

  #contextAt(depth: number): ModuleContext {
    let context = this.#contexts[depth];
    if (context === undefined) {
      context = new ModuleContext(this.#frames + depth * FRAME_BYTES);
      this.memory.writeU32(context.ptr, this.#getApiIndex);
      this.#contexts.push(context);
    }
    return context;
  }

  #releaseHandles(context: ModuleContext): void {
    const { argvHandles, autoHandles, poolBlocks } = context;
    // Popping is ten times as fast as setting the length of an array that is never long.
    for (let handle = argvHandles.pop(); handle !== undefined; handle = argvHandles.pop()) {
      if (this.handles.has(handle, KIND_STRING)) this.freeString(handle);
    }
    for (let handle = autoHandles.pop(); handle !== undefined; handle = autoHandles.pop()) {
      this.dropHandle(handle);
    }
    for (let block = poolBlocks.pop(); block !== undefined; block = poolBlocks.pop()) {
      this.allocator.free(block);
    }
  }

  /** Ends one reference of a string handle, or the object of another kind. */
  dropHandle(handle: number): void {
    if (this.handles.has(handle, KIND_STRING)) this.freeString(handle);
    else this.host.dropAutomatic(this, handle);
  }

  // ---- strings ----------------------------------------------------------------------------

  /** The string behind a handle. */
  string(handle: number, argument = 'str'): ModuleString {
    return this.handles.get(handle, KIND_STRING, argument) as ModuleString; // by its kind
  }

  /** A handle for a new string; freed with the call if `context` has AutoMemory. */
  newString(string: ModuleString, context: ModuleContext | null): number {
    this.#chargeString(string);
    const handle = this.handles.createRetained(KIND_STRING, string);
    this.fuel.chargeBytes(string.slice.length);
    if (context?.hasAutoMemory) context.autoHandles.push(handle);
    return handle;
  }

  /** A handle for a string that the host lends for the duration of a call. */
  newCallString(string: ModuleString, context: ModuleContext): Handle<'string'> {
    this.#chargeString(string);
    const handle = this.handles.createRetained(KIND_STRING, string);
    context.argvHandles.push(handle);
    return handle as Handle<'string'>; // of that kind
  }

  /** Makes an argument's bytes last beyond its command. */
  ownString(string: ModuleString): void {
    if (!string.isBorrowed) return;
    string.own();
    this.#chargeString(string);
  }

  #chargeString(string: ModuleString): void {
    const bytes = STRING_BYTES + string.length;
    this.quota.charge(bytes, 'a string');
    string.chargedBytes = bytes;
  }

  /** Adds bytes at the end of a string that the guest owns alone. */
  appendTo(string: ModuleString, bytes: Buffer): void {
    const more = string.growthFor(bytes.length);
    this.quota.charge(more, 'a string', 'len');
    string.chargedBytes += more;
    this.dropGuestCopy(string);
    string.append(bytes, more);
  }

  /** Ends one reference; the last one frees the string and its copy in guest memory. */
  freeString(handle: number): void {
    const string = this.string(handle);
    if (--string.references > 0) {
      this.ownString(string); // an argument that is kept
      return;
    }
    this.handles.release(handle, KIND_STRING);
    this.quota.release(string.chargedBytes);
    string.chargedBytes = 0;
    this.dropGuestCopy(string);
    // Arguments come with every command: their objects are used again.
    if (string.isBorrowed && this.#spareStrings.length < SPARE_STRINGS_MAX) {
      this.#spareStrings.push(string);
    }
  }

  dropGuestCopy(string: ModuleString): void {
    if (string.guestPtr === 0) return;
    this.allocator.free(string.guestPtr);
    string.guestPtr = 0;
  }

  /** Address of the string's NUL-terminated copy in guest memory, made on first use. */
  guestCopy(string: ModuleString): number {
    if (string.guestPtr !== 0) return string.guestPtr;
    const { buffer, start, end } = string.slice;
    const ptr = this.alloc(end - start + 1);
    this.memory.copyIn(ptr, buffer, start, end);
    this.memory.writeU8(ptr + end - start, 0);
    string.guestPtr = ptr;
    return ptr;
  }

  /**
   * Makes handles for `words` and writes the argv array for `context`. The words are borrowed:
   * they must stay valid during the call.
   */
  writeArgv(context: ModuleContext, words: readonly Slice[], count: number): number {
    const isInside = count <= ARGV_INSIDE_MAX && !this.#lastingContexts.has(context.ptr);
    const argv = isInside ? context.ptr + CELL_BYTES : this.#largeArgv(context, count);
    for (let i = 0; i < count; i++) {
      const word = words[i] as Slice;
      const string = this.#spareStrings.pop() ?? new ModuleString(new Slice());
      string.borrow(word);
      const handle = this.handles.createRetained(KIND_STRING, string);
      context.argvHandles.push(handle);
      this.memory.writeU32(argv + 4 * i, handle);
    }
    return argv;
  }

  /** Room for many arguments, held by a string that ends with the call. */
  #largeArgv(context: ModuleContext, count: number): number {
    const holder = ModuleString.owning(Buffer.alloc(0));
    holder.guestPtr = this.alloc(count * 4);
    context.argvHandles.push(this.handles.createRetained(KIND_STRING, holder));
    return holder.guestPtr;
  }
}
