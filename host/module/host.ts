// The modules of one instance: loading, unloading, their types, and what happens to a trap.

import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { AccessControl } from '../dispatch/access-control.ts';
import type { Authenticator } from '../dispatch/authentication.ts';
import type { Executor } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import { CommandError } from '../dispatch/errors.ts';
import type { CommandTable } from '../dispatch/table.ts';
import type { Database } from '../keyspace/database.ts';
import type { Argv } from '../lib/argv.ts';
import { type ByteString, bytesOf } from '../lib/bytes.ts';
import type { Log, LogLevel } from '../lib/log.ts';
import { quoteIfNeeded } from '../lib/quoted-words.ts';
import { ServiceKey } from '../lib/services.ts';
import { Slice } from '../lib/slice.ts';
import type { ModuleTypeResolver } from '../rdb/module-io.ts';
import { type LoadedCode, loadCode, loadCodeNow } from './code.ts';
import type { DataType } from './data-type.ts';
import { Deadline } from './deadline.ts';
import { apiFunction, instantiate } from './imports.ts';
import { Incidents, logLines, placeText } from './incidents.ts';
import { ModuleInstance } from './instance.ts';
import { ModuleLoadError } from './load-error.ts';
import { logLine } from './log-bucket.ts';
import { ModuleLogins } from './login.ts';
import { PAGE_BYTES } from './memory.ts';
import { type FileRules, readModuleFile, readModuleFileNow } from './module-file.ts';
import { escapeControls, quotable } from './printable.ts';
import type { QuarantineOptions } from './quarantine.ts';
import { releaseHandle, releaseObject } from './release.ts';
import { ServerEvents } from './server-events.ts';
import type { ModuleTrap } from './trap.ts';
import type { SizeLimits } from './wasm/limits.ts';

export const MODULES = new ServiceKey<ModuleHost>('modules');

export interface ModuleHostParts {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly config: Config;
  readonly createClient: () => Client;
  readonly limits: () => ModuleLimits;
  /** A connected client by its id, or null. */
  readonly findClient: (id: number) => Client | null;
  /** Publishes a message; returns how many clients got it. */
  readonly publish: (channel: Slice, message: Slice, isShard: boolean) => number;
  readonly serverState: () => ServerState;
  readonly keyEvents: KeyEvents;
  readonly addLatencySample: (event: string, ms: number) => void;
  readonly access: AccessControl;
  readonly authenticator: Authenticator;
}

/** Where keyspace events can be heard and raised. */
export interface KeyEvents {
  addListener(listener: KeyEventListener): void;
  removeListener(listener: KeyEventListener): void;
  emit(eventClass: number, event: string, key: Slice, db: Database): void;
  /** Classes that clients are told of: notify-keyspace-events. */
  readonly flags: number;
}

export interface KeyEventListener {
  readonly mask: number;
  /** `key` is valid during the call only. */
  notify(eventClass: number, event: string, key: Slice, db: Database): void;
}

/** What context flags tell of the server. */
export interface ServerState {
  readonly hasAof: boolean;
  readonly hasSavePoints: boolean;
  /** A snapshot or rewrite is under way. */
  readonly isSaving: boolean;
  readonly isStarting: boolean;
  /** 0: no limit. */
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  readonly evicts: boolean;
}

export interface ModuleLimits {
  /** Linear memory of one module. */
  readonly maxMemoryBytes: number;
  readonly sizes: SizeLimits;
  /** The directory that all modules must lie in, or '': they may lie anywhere. */
  readonly directory: string;
}

export interface LoadedModule {
  readonly instance: ModuleInstance;
  readonly path: string;
  readonly args: readonly ByteString[];
}

const OK = 0;
const NAME_MAX = 200;
const NO_CONFIGS: ReadonlyMap<string, ByteString> = new Map();

export class ModuleHost implements ModuleTypeResolver {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** Where modules register options. */
  readonly config: Config;
  /** What happens in the server, for modules to subscribe to. */
  readonly events: ServerEvents;
  /** Options of the configuration file whose modules have not been loaded yet. */
  readonly fileConfigs = new Map<string, ByteString>();
  /** Logins that modules decide about. */
  readonly logins = new ModuleLogins();
  readonly modules = new Map<string, LoadedModule>();
  /** How long modules may run. */
  readonly deadline: Deadline;
  /** Data types by their 9-character name. */
  readonly typesByName = new Map<string, DataType>();
  /** `module-acl-user`: whose permissions every call needs; empty: nobody's. */
  callUserName = '' as ByteString;
  /** Runs what modules call in nobody's name. */
  readonly client: Client;
  readonly incidents: Incidents;
  readonly quarantineOptions: () => QuarantineOptions;
  readonly #parts: ModuleHostParts;
  /** Socketless clients for calls that may block, when none of them does. */
  readonly #idleClients: Client[] = [];
  #generations = 0;
  readonly #typesByTag: DataType[] = [];

  constructor(parts: ModuleHostParts) {
    this.#parts = parts;
    this.executor = parts.executor;
    this.dispatcher = parts.dispatcher;
    this.log = parts.log;
    this.config = parts.config;
    this.deadline = new Deadline(parts.executor.clock, parts.config);
    this.events = new ServerEvents(parts.executor);
    const { config } = parts;
    this.incidents = new Incidents(() => ({
      tellsSource: config.bool('module-trap-source'),
      keepsArguments: config.bool('module-trap-arguments'),
    }));
    this.quarantineOptions = () => ({
      trapLimit: config.number('module-trap-limit'),
      windowMs: config.number('module-trap-window') * 1000,
    });
    this.client = parts.createClient();
    parts.authenticator.userChanges.push((client) => this.logins.userChanged(client));
    parts.config.watch('module-acl-user', () => {
      this.callUserName = parts.config.bytes('module-acl-user');
    });
  }

  /** Users, permissions and the log of refusals. */
  get access(): AccessControl {
    return this.#parts.access;
  }

  get authenticator(): Authenticator {
    return this.#parts.authenticator;
  }

  /** A client for one call that may block; `returnCallClient` takes it back. */
  takeCallClient(): Client {
    return this.#idleClients.pop() ?? this.#parts.createClient();
  }

  returnCallClient(client: Client): void {
    client.transport = null;
    client.user = null;
    client.writer.clear();
    this.#idleClients.push(client);
  }

  /** Numbers a data type; never given twice, so that a tag means one type of one instance. */
  takeTypeTag(type: DataType): number {
    return this.#typesByTag.push(type) - 1;
  }

  /** The type with this tag; it may belong to another module. */
  typeByTag(tag: number): DataType | undefined {
    return this.#typesByTag[tag];
  }

  touch(tag: number, pointer: number): number {
    return this.#typesByTag[tag]?.module.memory.touch(pointer) ?? 0;
  }

  typeByName(name: string): DataType | null {
    return this.typesByName.get(name) ?? null;
  }

  types(): Iterable<DataType> {
    return this.typesByName.values();
  }

  findClient(id: number): Client | null {
    return this.#parts.findClient(id);
  }

  publish(channel: Slice, message: Slice, isShard: boolean): number {
    return this.#parts.publish(channel, message, isShard);
  }

  /** A function of the ABI for `m`, and its signature; null when there is none of that name. */
  apiFunction(m: ModuleInstance, name: string): { call: unknown; signature: string } | null {
    return apiFunction(m, name);
  }

  get keyEvents(): KeyEvents {
    return this.#parts.keyEvents;
  }

  serverState(): ServerState {
    return this.#parts.serverState();
  }

  addLatencySample(event: string, ms: number): void {
    this.#parts.addLatencySample(event, ms);
  }

  get table(): CommandTable {
    return this.dispatcher.table;
  }

  /** What `loadmodule` would have to say to load the modules of now: path and arguments. */
  loadLines(): string[] {
    return [...this.modules.values()].map(({ path, args }) =>
      [bytesOf(path), ...args].map(quoteIfNeeded).join(' '),
    );
  }

  /** Bytes of guest memory that all modules use: part of used_memory. */
  get memoryBytes(): number {
    let total = 0;
    for (const { instance } of this.modules.values()) total += instance.usedBytes;
    return total;
  }

  /**
   * Reads and compiles a file, the path being relative to `dir`. What it is tell its first bytes;
   * only text is known by its name, *.wat. Compiling stalls nobody. Rejects with ModuleLoadError.
   */
  async prepare(path: string): Promise<LoadedCode> {
    const limits = this.#parts.limits();
    const bytes = await readModuleFile(this.#absolute(path), fileRules(limits));
    return loadCode(bytes, { isText: isTextName(path), sizes: limits.sizes });
  }

  /** The same, stalling everybody: for callers that cannot wait. Throws ModuleLoadError. */
  prepareNow(path: string): LoadedCode {
    const limits = this.#parts.limits();
    const bytes = readModuleFileNow(this.#absolute(path), fileRules(limits));
    return loadCodeNow(bytes, { isText: isTextName(path), sizes: limits.sizes });
  }

  /** As Redis, whose working directory is `dir`. */
  #absolute(path: string): string {
    return resolve(this.config.string('dir'), path);
  }

  /**
   * Instantiates compiled code and runs its OnLoad. Throws ModuleLoadError.
   * @param configs values for the configs that the module is going to register, by full name
   */
  load(
    code: LoadedCode,
    path: string,
    args: readonly ByteString[],
    configs: ReadonlyMap<string, ByteString> = NO_CONFIGS,
  ): LoadedModule {
    const maxPages = Math.floor(this.#parts.limits().maxMemoryBytes / PAGE_BYTES);
    if (code.minPages > maxPages) {
      throw new ModuleLoadError(
        `needs ${code.minPages * PAGE_BYTES} bytes of memory from the start; ` +
          `module-max-memory allows ${maxPages * PAGE_BYTES}`,
      );
    }
    const instance = new ModuleInstance({
      host: this,
      code,
      path,
      memory: allocate(code.minPages),
      maxPages,
      generation: ++this.#generations,
    });
    for (const [name, value] of configs) instance.pendingConfigs.set(name, value);
    const loaded: LoadedModule = { instance, path, args };
    try {
      this.#initialize(loaded);
    } catch (error) {
      this.#takeBack(instance);
      throw error;
    }
    this.modules.set(instance.name, loaded);
    this.access.users.recompute();
    const { sha256, sizeBytes } = code;
    this.log.notice(`Module '${instance.name}' loaded from ${escapeControls(path)}`);
    this.log.notice(`Module '${instance.name}' is ${sizeBytes} bytes, SHA-256 ${sha256}`);
    this.events.moduleChanged(instance, 'loaded');
    return loaded;
  }

  /** Runs OnLoad. When the module is refused, whatever that did to the data is undone. */
  #initialize({ instance, args }: LoadedModule): void {
    instance.isLoading = true;
    instance.enter(
      { purpose: 'load', client: this.client, db: this.client.db },
      null,
      (context) => {
        instance.start(instantiated(instance));
        const onLoad = instance.exported('RedisModule_OnLoad');
        if (onLoad === null) throw new ModuleLoadError('does not export RedisModule_OnLoad');
        const words = args.map((arg) => Slice.of(arg));
        const argv = instance.writeArgv(context, words, words.length);
        checkStatus(instance, onLoad(context.ptr, argv, words.length));
        this.#checkName(instance);
        checkConfigs(instance);
      },
      (trap) => {
        throw new ModuleLoadError(
          `trapped while loading: ${trap.message}${placeText(instance, trap)}`,
        );
      },
    );
    instance.isLoading = false;
  }

  /** RedisModule_Init asks whether the name is taken, but nothing forces a guest to call it. */
  #checkName({ name }: ModuleInstance): void {
    if (name === '') {
      throw new ModuleLoadError('its RedisModule_OnLoad did not call RedisModule_Init');
    }
    if (this.modules.has(name)) {
      throw new ModuleLoadError(`its name '${quotable(name)}' is taken by a module that is loaded`);
    }
    if (escapeControls(name) !== name || name.length > NAME_MAX) {
      throw new ModuleLoadError(`its name '${quotable(name)}' cannot be printed`);
    }
  }

  /** Why a module cannot be unloaded now, in Redis's words, or null. */
  unloadRefusal(name: string): string | null {
    const loaded = this.modules.get(name);
    if (loaded === undefined) return 'no such module with that name';
    const { instance } = loaded;
    // Redis differs: it would crash.
    if (instance.depth > 0) return 'the module is running';
    if (instance.registry.types.length > 0) {
      return "the module exports one or more module-side data types, can't unload";
    }
    if (instance.registry.blockedClients > 0) {
      return 'the module has blocked clients. Please wait for them to be unblocked and try again';
    }
    if (instance.registry.timers > 0) {
      return 'the module holds timer that is not fired. Please stop the timer or wait until it fires.';
    }
    return null;
  }

  /** Unloads a module; returns why not, or null. */
  unload(name: string): string | null {
    const refusal = this.unloadRefusal(name) ?? this.#unload(name);
    if (refusal !== null) {
      this.log.warning(`Error unloading module ${quotable(name)}: ${refusal}`);
    }
    return refusal;
  }

  #unload(name: string): string | null {
    const { instance } = this.modules.get(name) as LoadedModule; // it is there: no refusal
    const onUnload = instance.exported('RedisModule_OnUnload');
    if (onUnload !== null) {
      const status = instance.enter(
        { purpose: 'unload', client: this.client, db: this.client.db },
        null,
        (context) => onUnload(context.ptr),
        (trap) => this.noteTrap(instance, 'RedisModule_OnUnload', trap),
      );
      if (status !== OK) {
        this.log.warning(`Module ${name} OnUnload failed.  Unload canceled.`);
        return 'operation not possible.';
      }
    }
    this.#takeBack(instance);
    this.modules.delete(name);
    this.events.moduleChanged(instance, 'unloaded');
    this.log.notice(`Module ${name} unloaded`);
    return null;
  }

  #takeBack(instance: ModuleInstance): void {
    const { registry } = instance;
    instance.close();
    instance.ownLines.settle();
    instance.trapLines.settle();
    for (const undo of registry.undo.splice(0).reverse()) undo();
    for (const promise of [...registry.promises]) promise.abort();
    this.logins.forget(instance);
    for (const user of [...registry.users]) user.release(instance);
    for (const command of registry.commands.values()) {
      if (command.entry === null) continue;
      for (const number of this.table.remove(command.entry)) this.executor.stats.forget(number);
    }
    if (registry.commands.size > 0) this.access.users.recompute();
    registry.commands.clear();
    for (const type of registry.types) this.typesByName.delete(type.name);
    registry.types.length = 0;
  }

  // ---- traps and logs ---------------------------------------------------------------------

  /**
   * Keeps and logs what a trap tells, and quarantines a module that traps too often. Returns the
   * error for the client.
   *
   * @param command the words of the command that trapped, if it was one
   */
  describeTrap(
    module: ModuleInstance,
    where: string,
    trap: ModuleTrap,
    command: Argv | null = null,
  ): string {
    const { log, incidents } = this;
    const incident = incidents.note(module, where, trap, this.executor.clock.nowMs(), command);
    if (module.trapLines.take()) for (const line of logLines(incident)) log.warning(logLine(line));
    if (module.quarantine.note(this.executor.clock.monotonicMs())) {
      log.warning(`Module ${incident.module} is quarantined: ${this.#whyDown(module)}`);
    }
    return incidents.errorOf(incident);
  }

  /** A trap where nobody waits for a reply. */
  noteTrap(module: ModuleInstance, where: string, trap: ModuleTrap): void {
    this.describeTrap(module, where, trap);
  }

  /** The error for commands of a module that is quarantined, or null. */
  quarantineRefusal(module: ModuleInstance): CommandError | null {
    if (module.quarantine.remainingMs(this.executor.clock.monotonicMs()) === 0) return null;
    return new CommandError(`MODULEDOWN module '${module.name}' ${this.#whyDown(module)}`);
  }

  #whyDown(module: ModuleInstance): string {
    const ms = module.quarantine.remainingMs(this.executor.clock.monotonicMs());
    return (
      `trapped ${module.traps} times; it is tried again in ${Math.ceil(ms / 1000)} s, ` +
      `or at once after MODULE RESUME ${module.name}`
    );
  }

  /** Ten times a second. */
  cron(): void {
    for (const { instance } of this.modules.values()) {
      instance.ownLines.tick();
      instance.trapLines.tick();
    }
    this.events.cron();
  }

  /** A line of the module's own; control bytes cannot fake other lines or drive a terminal. */
  logFor(module: ModuleInstance, level: LogLevel, text: string): void {
    if (!module.ownLines.take()) return;
    this.log.at(level, `<${escapeControls(module.name || 'module')}> ${logLine(text)}`);
  }

  // ---- handles ----------------------------------------------------------------------------

  /** AutoMemory frees an object other than a string. */
  dropAutomatic(module: ModuleInstance, handle: number): void {
    releaseHandle(module, handle);
  }

  /** A handle scope let go of an object. */
  dropped(module: ModuleInstance, kind: number, object: object): void {
    releaseObject(module, kind, object);
  }
}

function checkStatus({ registry }: ModuleInstance, status: unknown): void {
  if (status === OK) return;
  const refusal = registry.refusals.at(-1);
  const why = refusal === undefined ? '' : `; it was refused ${refusal}`;
  throw new ModuleLoadError(`its RedisModule_OnLoad returned an error${why}`);
}

function fileRules({ sizes, directory }: ModuleLimits): FileRules {
  return { maxBytes: sizes.fileBytes, directory };
}

function isTextName(path: string): boolean {
  return path.endsWith('.wat');
}

/** Throws ModuleLoadError when the process has no address space for another memory. */
function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch (error) {
    throw new ModuleLoadError(`no memory for ${pages} pages: ${(error as Error).message}`);
  }
}

/** What V8 refuses only now (a table too large) is the file's fault, too. */
function instantiated(instance: ModuleInstance): WebAssembly.Exports {
  try {
    return instantiate(instance);
  } catch (error) {
    const isRefusal = error instanceof WebAssembly.LinkError || error instanceof RangeError;
    if (!isRefusal) throw error;
    throw new ModuleLoadError(`cannot be instantiated: ${error.message}`);
  }
}

/** Options that were registered must have been loaded, and those of MODULE LOADEX registered. */
function checkConfigs({ registry, pendingConfigs }: ModuleInstance): void {
  if (registry.configs.length > 0 && !registry.hasLoadedConfigs) {
    throw new ModuleLoadError('registers options but does not call RedisModule_LoadConfigs');
  }
  const [unknown] = pendingConfigs.keys();
  if (unknown !== undefined) throw new ModuleLoadError(`has no option ${unknown}`);
}
