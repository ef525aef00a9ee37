// The modules of one instance: loading, unloading, their types, and what happens to a trap.

import { stat, readFile } from 'node:fs/promises';
import type { Executor } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import type { CommandTable } from '../dispatch/table.ts';
import type { Dispatcher } from '../dispatch/dispatch.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Log, LogLevel } from '../lib/log.ts';
import { randomHex } from '../lib/random.ts';
import { ServiceKey } from '../lib/services.ts';
import { Slice } from '../lib/slice.ts';
import { type LoadedCode, loadCode, ModuleLoadError } from './code.ts';
import type { DataType } from './data-type.ts';
import { releaseHandle, releaseObject } from './release.ts';
import { instantiate } from './imports.ts';
import { ModuleInstance } from './instance.ts';
import { PAGE_BYTES } from './memory.ts';
import type { ModuleTrap } from './trap.ts';

export const MODULES = new ServiceKey<ModuleHost>('modules');

export interface ModuleHostParts {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly createClient: () => Client;
  readonly limits: () => ModuleLimits;
}

export interface ModuleLimits {
  /** Linear memory of one module. */
  readonly maxMemoryBytes: number;
  readonly maxFileBytes: number;
}

export interface LoadedModule {
  readonly instance: ModuleInstance;
  readonly path: string;
  readonly args: readonly ByteString[];
}

const OK = 0;

export class ModuleHost {
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly modules = new Map<string, LoadedModule>();
  /** Data types by their 9-character name. */
  readonly types = new Map<string, DataType>();
  /** Runs what modules call in nobody's name. */
  readonly client: Client;
  readonly #parts: ModuleHostParts;
  #generations = 0;

  constructor(parts: ModuleHostParts) {
    this.#parts = parts;
    this.executor = parts.executor;
    this.dispatcher = parts.dispatcher;
    this.log = parts.log;
    this.client = parts.createClient();
  }

  get table(): CommandTable {
    return this.dispatcher.table;
  }

  /** Bytes of guest memory of all modules: part of used_memory. */
  get memoryBytes(): number {
    let total = 0;
    for (const { instance } of this.modules.values()) total += instance.memoryBytes;
    return total;
  }

  /** Reads and compiles a file without stalling anybody. Rejects with ModuleLoadError. */
  async prepare(path: string): Promise<LoadedCode> {
    const bytes = await readModuleFile(path, this.#parts.limits().maxFileBytes);
    return loadCode(bytes);
  }

  /** Instantiates compiled code and runs its OnLoad. Throws ModuleLoadError. */
  load(code: LoadedCode, path: string, args: readonly ByteString[]): LoadedModule {
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
      memory: new WebAssembly.Memory({ initial: code.minPages }),
      maxPages,
      generation: ++this.#generations,
    });
    const loaded: LoadedModule = { instance, path, args };
    try {
      this.#initialize(loaded);
    } catch (error) {
      this.#takeBack(instance);
      throw error;
    }
    this.modules.set(instance.name, loaded);
    this.log.notice(`Module '${instance.name}' loaded from ${path}`);
    return loaded;
  }

  #initialize({ instance, args }: LoadedModule): void {
    instance.isLoading = true;
    let trap: ModuleTrap | null = null;
    const status = instance.enter(
      { purpose: 'load', client: this.client, db: this.client.db },
      null,
      (context) => {
        instance.start(instantiate(instance));
        const onLoad = instance.exported('RedisModule_OnLoad');
        if (onLoad === null) throw new ModuleLoadError('does not export RedisModule_OnLoad');
        const words = args.map((arg) => Slice.of(arg));
        return onLoad(context.ptr, instance.writeArgv(context, words, words.length), words.length);
      },
      (thrown) => {
        trap = thrown;
      },
    );
    instance.isLoading = false;
    if (trap !== null) {
      throw new ModuleLoadError(`trapped while loading: ${(trap as ModuleTrap).message}`);
    }
    if (status !== OK) throw new ModuleLoadError('its RedisModule_OnLoad returned an error');
    if (instance.name === '') {
      throw new ModuleLoadError('its RedisModule_OnLoad did not call RedisModule_Init');
    }
  }

  /** Why a module cannot be unloaded now, in Redis's words, or null. */
  unloadRefusal(name: string): string | null {
    const loaded = this.modules.get(name);
    if (loaded === undefined) return 'no such module with that name';
    const { instance } = loaded;
    if (instance.registry.types.length > 0) {
      return 'the module exports one or more module-side data types, can\'t unload';
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
    const refusal = this.unloadRefusal(name);
    if (refusal !== null) return refusal;
    const { instance } = this.modules.get(name) as LoadedModule; // it is there: no refusal
    const onUnload = instance.exported('RedisModule_OnUnload');
    if (onUnload !== null) {
      const status = instance.enter(
        { purpose: 'unload', client: this.client, db: this.client.db },
        null,
        (context) => onUnload(context.ptr),
        (trap) => this.noteTrap(instance, 'RedisModule_OnUnload', trap),
      );
      if (status !== OK) return 'operation not possible.';
    }
    this.#takeBack(instance);
    this.modules.delete(name);
    this.log.notice(`Module ${name} unloaded`);
    return null;
  }

  #takeBack(instance: ModuleInstance): void {
    const { registry } = instance;
    for (const undo of registry.undo.splice(0).reverse()) undo();
    for (const command of registry.commands.values()) {
      if (command.entry !== null) this.table.remove(command.entry);
    }
    registry.commands.clear();
    for (const type of registry.types) this.types.delete(type.name);
    registry.types.length = 0;
  }

  // ---- traps and logs ---------------------------------------------------------------------

  /** Logs a trap and returns the error reply that tells of it. */
  describeTrap(module: ModuleInstance, where: string, trap: ModuleTrap): string {
    const incident = randomHex(6);
    const name = module.name || 'module';
    this.log.warning(`<${name}> trapped in ${where}: ${trap.message} [incident ${incident}]`);
    return `ERR module '${name}' trapped in ${where}: ${trap.message} [incident ${incident}]`;
  }

  /** A trap where nobody waits for a reply. */
  noteTrap(module: ModuleInstance, where: string, trap: ModuleTrap): void {
    this.describeTrap(module, where, trap);
  }

  /** A line of the module's own; control bytes cannot fake other lines or drive a terminal. */
  logFor(module: ModuleInstance, level: LogLevel, text: string): void {
    this.log.at(level, `<${module.name || 'module'}> ${escapeControls(text)}`);
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

function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => {
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

async function readModuleFile(path: string, maxBytes: number): Promise<Buffer> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
  } catch (error) {
    throw new ModuleLoadError(`cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (info.isDirectory()) throw new ModuleLoadError('is a directory');
  if (!info.isFile()) throw new ModuleLoadError('is not a regular file');
  if (info.size > maxBytes) {
    throw new ModuleLoadError(
      `is ${info.size} bytes long; module-max-file-bytes allows ${maxBytes}`,
    );
  }
  return readFile(path);
}
