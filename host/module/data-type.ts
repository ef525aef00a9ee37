// A data type registered by a module: the server's side of RedisModuleTypeMethods.

import { CALLBACKS, type CallbackName } from '../../abi/callbacks.ts';
import { STRUCTS } from '../../abi/structs.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import type {
  AuxCallbacks,
  AuxMoment,
  EmitCommand,
  ModuleLoader,
  ModuleSaver,
  RdbModuleType,
} from '../rdb/module-io.ts';
import { type DigestSink, ModuleValue, type ModuleValuePlace } from '../values/module.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { type IoParts, ModuleIo } from './io.ts';
import { KIND_DIGEST, KIND_IO, KIND_OPT_CTX } from './kinds.ts';
import { ModuleString } from './string.ts';

/** Names of the callbacks in RedisModuleTypeMethods. */
type MethodName = Exclude<
  (typeof STRUCTS)['RedisModuleTypeMethods']['fields'][number]['name'],
  'version' | 'aux_save_triggers'
>;

type Method = (...args: (number | bigint)[]) => number | bigint | undefined;

/** The version of RedisModuleTypeMethods from which on a field is there. */
const SINCE_VERSION: Partial<Record<MethodName, number>> = {
  aux_load: 2,
  aux_save: 2,
  free_effort: 3,
  unlink: 3,
  copy: 3,
  defrag: 3,
  mem_usage2: 4,
  free_effort2: 4,
  unlink2: 4,
  copy2: 4,
  aux_save2: 5,
};

const AUX_TRIGGERS = 40;

/** What a digest callback adds to: a handle's object. */
export class DigestState {
  readonly sink: DigestSink;
  readonly place: ModuleValuePlace;

  constructor(sink: DigestSink, place: ModuleValuePlace) {
    this.sink = sink;
    this.place = place;
  }
}

/** What the …2 callbacks are told of the keys concerned: a handle's object. */
export class KeyOptions {
  readonly from: ModuleValuePlace;
  readonly to: ModuleValuePlace | null;

  constructor(from: ModuleValuePlace, to: ModuleValuePlace | null) {
    this.from = from;
    this.to = to;
  }
}

export class DataType implements RdbModuleType {
  readonly name: string;
  readonly tag: number;
  readonly encodingVersion: number;
  readonly module: ModuleInstance;
  /** The handle the guest holds: RedisModuleType *. */
  handle = 0;
  readonly #methods = new Map<MethodName, Method>();

  /** @param methods address of the RedisModuleTypeMethods, read once */
  constructor(module: ModuleInstance, name: string, encodingVersion: number, methods: number) {
    this.module = module;
    this.name = name;
    this.tag = module.host.takeTypeTag(this);
    this.encodingVersion = encodingVersion;
    const version = Number(module.memory.readU64(methods, 'typemethods'));
    for (const field of STRUCTS.RedisModuleTypeMethods.fields) {
      if (field.name === 'version' || field.name === 'aux_save_triggers') continue;
      if ((SINCE_VERSION[field.name] ?? 1) > version) continue;
      const index = module.memory.readU32(methods + field.at, 'typemethods');
      if (index === 0) continue;
      const { params, result } = CALLBACKS[field.c as CallbackName]; // each is a callback type
      const signature = signatureText(wasmSignature(params, result));
      this.#methods.set(field.name, module.callback(index, signature, field.name));
    }
    const moments = version >= 2 ? module.memory.readI32(methods + AUX_TRIGGERS) : 0;
    if (moments !== 0 && this.has('aux_load')) this.aux = this.#auxCallbacks(moments);
  }

  readonly aux?: AuxCallbacks;

  #auxCallbacks(moments: number): AuxCallbacks {
    const omitsEmpty = this.has('aux_save2');
    return {
      moments,
      omitsEmpty,
      save: (saver: ModuleSaver, moment: AuxMoment) => {
        const parts = { type: this, place: null, saver };
        this.#withIo(parts, omitsEmpty ? 'aux_save2' : 'aux_save', (fn, io) => fn(io, moment));
      },
      load: (loader: ModuleLoader, encodingVersion: number, moment: AuxMoment) => {
        const parts = { type: this, place: null, loader };
        const status = this.#withIo(parts, 'aux_load', (fn, io) => fn(io, encodingVersion, moment));
        return status === 0; // REDISMODULE_OK
      },
    };
  }

  /** False when the guest trapped or has no rdb_save: what was written is then incomplete. */
  save(value: ModuleValue, saver: ModuleSaver, place: ModuleValuePlace | null): boolean {
    if (!this.owns(value) || !this.has('rdb_save')) return false;
    const parts = { type: this, place, saver };
    return (
      this.#withIo(parts, 'rdb_save', (fn, io) => {
        fn(io, value.pointer);
        return true;
      }) ?? false
    );
  }

  load(
    loader: ModuleLoader,
    encodingVersion: number,
    place: ModuleValuePlace | null,
  ): ModuleValue | null {
    const parts = { type: this, place, loader };
    const pointer = this.#withIo(parts, 'rdb_load', (fn, io) => fn(io, encodingVersion));
    const address = Number(pointer ?? 0) >>> 0;
    return address === 0 ? null : new ModuleValue(this, address, this.module.generation);
  }

  /** Emits the commands that rebuild a value; false when the type cannot. */
  rewriteAof(value: ModuleValue, place: ModuleValuePlace, emit: EmitCommand): boolean {
    if (!this.owns(value) || !this.has('aof_rewrite')) return false;
    const parts = { type: this, place, emit };
    return (
      this.#withIo(parts, 'aof_rewrite', (fn, io) => {
        const key = this.#key(place, this.module.currentContext as ModuleContext); // a call is open
        fn(io, key, value.pointer);
        return true;
      }) ?? false
    );
  }

  #withIo<T>(parts: IoParts, method: MethodName, run: (fn: Method, io: number) => T): T | null {
    return this.call(method, (fn) => {
      const io = new ModuleIo(parts);
      return run(fn, this.module.handles.create(KIND_IO, io));
    });
  }

  has(method: MethodName): boolean {
    return this.#methods.has(method);
  }

  /** True when the value belongs to the instance that runs now. */
  owns(value: ModuleValue): boolean {
    return value.generation === this.module.generation;
  }

  /** Enters the guest for a type callback; null when it traps, which is logged. */
  call<T>(method: MethodName, run: (fn: Method, context: ModuleContext) => T): T | null {
    const fn = this.#methods.get(method);
    if (fn === undefined) return null;
    const { module } = this;
    return module.enter(
      { purpose: 'io', client: null, db: null },
      null,
      (context) => run(fn, context),
      (trap) => module.host.noteTrap(module, `${method} of type ${this.name}`, trap),
    );
  }

  free(value: ModuleValue): void {
    if (this.owns(value)) this.call('free', (fn) => fn(value.pointer));
  }

  unlink(value: ModuleValue, place: ModuleValuePlace): void {
    if (!this.owns(value)) return;
    if (this.has('unlink2')) {
      this.#withOptions(place, null, 'unlink2', (fn, options) => fn(options, value.pointer));
    } else if (this.has('unlink')) {
      this.#withKey(place, 'unlink', (fn, key) => fn(key, value.pointer));
    }
  }

  memoryUsage(value: ModuleValue, place: ModuleValuePlace, sampleSize: number): number {
    if (!this.owns(value)) return 0;
    const bytes = this.has('mem_usage2')
      ? this.#withOptions(place, null, 'mem_usage2', (fn, options) =>
          fn(options, value.pointer, sampleSize),
        )
      : this.call('mem_usage', (fn) => fn(value.pointer));
    return Number(bytes ?? 0) >>> 0;
  }

  freeEffort(value: ModuleValue, place: ModuleValuePlace): number {
    if (!this.owns(value)) return 1;
    if (this.has('free_effort2')) {
      const effort = this.#withOptions(place, null, 'free_effort2', (fn, options) =>
        fn(options, value.pointer),
      );
      return Number(effort ?? 1) >>> 0;
    }
    const effort = this.#withKey(place, 'free_effort', (fn, key) => fn(key, value.pointer));
    return Number(effort ?? 1) >>> 0;
  }

  digest(value: ModuleValue, place: ModuleValuePlace, sink: DigestSink): void {
    if (!this.owns(value)) return;
    this.call('digest', (fn) => {
      const handle = this.module.handles.create(KIND_DIGEST, new DigestState(sink, place));
      fn(handle, value.pointer);
    });
  }

  get canCopy(): boolean {
    return this.has('copy') || this.has('copy2');
  }

  copy(value: ModuleValue, from: ModuleValuePlace, to: ModuleValuePlace): ModuleValue | null {
    if (!this.owns(value)) return null;
    const pointer = this.has('copy2')
      ? this.#withOptions(from, to, 'copy2', (fn, options) => fn(options, value.pointer))
      : this.call('copy', (fn, context) => {
          const fromKey = this.#key(from, context);
          return fn(fromKey, this.#key(to, context), value.pointer);
        });
    const address = Number(pointer ?? 0) >>> 0;
    return address === 0 ? null : new ModuleValue(this, address, this.module.generation);
  }

  #withKey<T>(
    place: ModuleValuePlace,
    method: MethodName,
    run: (fn: Method, key: number) => T,
  ): T | null {
    return this.call(method, (fn, context) => run(fn, this.#key(place, context)));
  }

  #withOptions<T>(
    from: ModuleValuePlace,
    to: ModuleValuePlace | null,
    method: MethodName,
    run: (fn: Method, options: number) => T,
  ): T | null {
    return this.call(method, (fn) =>
      run(fn, this.module.handles.create(KIND_OPT_CTX, new KeyOptions(from, to))),
    );
  }

  /** A string handle of a key's name that ends with the call. */
  #key(place: ModuleValuePlace, context: ModuleContext): number {
    return this.module.newCallString(ModuleString.of(place.key), context);
  }
}
