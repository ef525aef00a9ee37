// Live objects of every kind of handle, and a ledger that gives them back: what is left after a
// case, the function under siege has left.

import { CALLBACKS, type CallbackName } from '../../abi/callbacks.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { CallReply, freeReply, NODE, newReply } from '../../host/module/call-reply.ts';
import { type DataType, DigestState, KeyOptions } from '../../host/module/data-type.ts';
import { InfoWriter } from '../../host/module/info-sections.ts';
import type { ModuleInstance } from '../../host/module/instance.ts';
import { ModuleIo } from '../../host/module/io.ts';
import {
  KIND_BLOCKED,
  KIND_COMMAND,
  KIND_CURSOR,
  KIND_DICT,
  KIND_DICT_ITER,
  KIND_DIGEST,
  KIND_INFO_CTX,
  KIND_IO,
  KIND_KEY,
  KIND_OPT_CTX,
  KIND_REPLY,
  KIND_SERVER_INFO,
  KIND_STRING,
  KIND_TYPE,
  KIND_USER,
} from '../../host/module/kinds.ts';
import { ModuleTrap } from '../../host/module/trap.ts';
import { FieldLoader, FieldSaver } from '../../host/rdb/module-io.ts';
import { RdbReader } from '../../host/rdb/reader.ts';
import { RdbWriter } from '../../host/rdb/writer.ts';
import type { Probe } from '../support/probe.ts';
import { makeType } from '../support/probe-type.ts';

/** Kinds of handles by the tag that the ABI table gives them; a ctx is an address. */
export const HANDLE_KINDS = {
  string: KIND_STRING,
  key: KIND_KEY,
  reply: KIND_REPLY,
  io: KIND_IO,
  type: KIND_TYPE,
  digest: KIND_DIGEST,
  blocked: KIND_BLOCKED,
  command: KIND_COMMAND,
  dict: KIND_DICT,
  dictIter: KIND_DICT_ITER,
  infoCtx: KIND_INFO_CTX,
  serverInfo: KIND_SERVER_INFO,
  cursor: KIND_CURSOR,
  user: KIND_USER,
  optCtx: KIND_OPT_CTX,
} as const;

export type HandleTag = keyof typeof HANDLE_KINDS;

export const HANDLE_TAGS = Object.keys(HANDLE_KINDS) as HandleTag[]; // the keys of a literal

/** Keys that the data set of a siege has, by the area whose functions are for them. */
export const KEY_OF_AREA: Readonly<Record<string, string>> = {
  'key-string': 'siege:string',
  'key-list': 'siege:list',
  'key-zset': 'siege:zset',
  'key-hash': 'siege:hash',
  scan: 'siege:hash',
  type: 'siege:module',
  misc: 'siege:module',
};

const READ_WRITE = 3;
/** Of the probe's own: they live as long as it. */
const LASTING: ReadonlySet<HandleTag> = new Set(['type', 'command']);
const PLACE = { key: 'siege:place' as never, databaseIndex: 0 };

/** What a case may make, inside of a command of the probe. */
export class Objects {
  readonly probe: Probe;
  readonly #type: number;
  readonly #command: number;
  readonly #made: { handle: number; kind: number }[] = [];
  readonly #blocks: number[] = [];
  readonly #contexts: number[] = [];
  readonly #callbacks = new Map<CallbackName, number>();
  readonly #bySignature = new Map<string, number>();

  constructor(probe: Probe) {
    this.probe = probe;
    probe.command('siege.parent', '', () => {});
    this.#command = probe.run(({ ctx, api }) =>
      api.RedisModule_GetCommand(ctx, probe.cstring('siege.parent')),
    );
    this.#type = makeType(probe, {
      rdb_save: (io) => {
        probe.api.RedisModule_SaveUnsigned(Number(io), 7n);
      },
      rdb_load: (io) => Number(probe.api.RedisModule_LoadUnsigned(Number(io))) && 16,
      aof_rewrite: () => {},
      free: () => {},
      digest: (md) => probe.api.RedisModule_DigestAddLongLong(Number(md), 7n),
    });
  }

  get type(): number {
    return this.#type;
  }

  /** A live handle. `area` says which key an open key is of, `name` what a stream is for. */
  make(tag: HandleTag, ctx: number, area = '', name = ''): number {
    if (tag === 'type') return this.#type;
    if (tag === 'command') return this.#command;
    const handle = this.#create(tag, ctx, area, name);
    this.#made.push({ handle, kind: HANDLE_KINDS[tag] });
    return handle;
  }

  /** A handle that was alive; null for kinds whose objects live as long as the module. */
  makeFreed(tag: HandleTag, ctx: number): number | null {
    if (LASTING.has(tag)) return null;
    const before = this.#made.splice(0);
    const handle = this.make(tag, ctx);
    this.#releaseMade();
    this.#made.push(...before);
    return handle;
  }

  /** Takes over what a function has returned or stored for the guest to free. */
  adopt(tag: string, value: number): void {
    if (value === 0) return;
    if (tag === 'ctx') this.adoptContext(value);
    else if (tag in HANDLE_KINDS && !LASTING.has(tag as HandleTag)) {
      this.#made.push({ handle: value, kind: HANDLE_KINDS[tag as HandleTag] });
    }
  }

  adoptContext(ctx: number): void {
    this.#contexts.push(ctx);
  }

  adoptBlock(ptr: number): void {
    this.#blocks.push(ptr >>> 0);
  }

  /** A function of this type that does nothing: always the same one. */
  callback(type: CallbackName): number {
    const known = this.#callbacks.get(type);
    if (known !== undefined) return known;
    const { params, result } = CALLBACKS[type];
    const signature = signatureText(wasmSignature(params, result));
    const index = this.#bySignature.get(signature) ?? this.probe.callback(type, () => 0);
    this.#bySignature.set(signature, index);
    this.#callbacks.set(type, index);
    return index;
  }

  /** A block of guest memory that is given back with the rest. */
  block(bytes: number): number {
    const ptr = this.probe.m.alloc(bytes);
    this.#blocks.push(ptr);
    return ptr;
  }

  /** Leaves what was made to whoever has it. */
  forget(): void {
    this.#made.length = 0;
    this.#blocks.length = 0;
    this.#contexts.length = 0;
  }

  /** Frees whatever of it is still alive, newest first. */
  giveBack(): void {
    const { m, api } = this.probe;
    for (const ctx of this.#contexts.splice(0)) {
      if (isLive(m, ctx)) api.RedisModule_FreeThreadSafeContext(ctx);
    }
    this.#releaseMade();
    for (const ptr of this.#blocks.splice(0)) if (m.allocator.owns(ptr)) m.allocator.free(ptr);
  }

  #releaseMade(): void {
    const { m, api } = this.probe;
    for (const { handle, kind } of this.#made.splice(0).reverse()) {
      if (!m.handles.has(handle, kind)) continue;
      if (kind === KIND_STRING) while (m.handles.has(handle, kind)) m.freeString(handle);
      else if (kind === KIND_REPLY) freeReply(m, handle);
      else if (kind === KIND_BLOCKED) api.RedisModule_AbortBlock(handle);
      else m.dropHandle(handle);
    }
  }

  /** A C string that is given back with the rest. */
  text(text: string): number {
    const ptr = this.block(text.length + 1);
    this.probe.m.memory.copyIn(ptr, Buffer.from(`${text}\0`));
    return ptr;
  }

  #create(tag: HandleTag, ctx: number, area: string, name: string): number {
    const { m, api } = this.probe;
    const { handles } = m;
    switch (tag) {
      case 'key':
        return this.#openKey(ctx, KEY_OF_AREA[area] ?? 'siege:string');
      case 'reply':
        return newReply(m, replyFor(name), null);
      case 'io':
        return handles.create(KIND_IO, this.#stream(name));
      case 'digest':
        return handles.create(KIND_DIGEST, new DigestState(NO_SINK, PLACE));
      case 'blocked':
        return api.RedisModule_BlockClient(ctx, 0, 0, 0, 0n);
      case 'dict':
        return this.#dict(ctx);
      case 'dictIter':
        return api.RedisModule_DictIteratorStart(this.make('dict', ctx), this.text('^'), 0);
      case 'infoCtx':
        return handles.create(KIND_INFO_CTX, infoWriter(this.probe));
      case 'serverInfo':
        return api.RedisModule_GetServerInfo(0, this.text('keyspace'));
      case 'cursor':
        return api.RedisModule_ScanCursorCreate();
      case 'user':
        return api.RedisModule_CreateModuleUser(this.text('siege'));
      case 'optCtx':
        return handles.create(KIND_OPT_CTX, new KeyOptions(PLACE, PLACE));
      default:
        return this.probe.string('1000-5');
    }
  }

  #openKey(ctx: number, name: string): number {
    const string = this.probe.string(name);
    this.adopt('string', string);
    return this.probe.api.RedisModule_OpenKey(ctx, string, READ_WRITE);
  }

  #dict(ctx: number): number {
    const { api } = this.probe;
    const dict = api.RedisModule_CreateDict(0);
    const key = this.make('string', ctx);
    api.RedisModule_DictSet(dict, key, 1);
    return dict;
  }

  #stream(name: string): ModuleIo {
    const type = this.probe.m.handles.get(this.#type, KIND_TYPE) as DataType; // by its kind
    const parts = { type, place: PLACE };
    if (name.includes('Load')) return new ModuleIo({ ...parts, loader: loaderFor(name) });
    if (name.includes('Emit')) return new ModuleIo({ ...parts, emit: () => {} });
    return new ModuleIo({ ...parts, saver: new FieldSaver(new RdbWriter()) });
  }
}

const NO_SINK = { addBytes: () => {}, addInteger: () => {}, endSequence: () => {} };

function infoWriter(probe: Probe): InfoWriter {
  const writer = new InfoWriter(probe.m, () => true);
  writer.beginSection('siege');
  return writer;
}

/** A reply of the type that a function reads. */
function replyFor(name: string): CallReply {
  const text = (kind: 1 | 2 | 12): CallReply => new CallReply(kind, 'text' as ByteString); // ASCII
  const of = (kind: 7 | 8 | 9 | 14): CallReply => {
    const reply = new CallReply(kind, undefined, kind === NODE.array || kind === NODE.set ? 2 : 1);
    reply.parts = [text(NODE.bulk), text(NODE.simple)];
    return reply;
  };
  if (name.includes('Verbatim')) {
    return new CallReply(NODE.verbatim, 'text' as ByteString, 0, 'txt'); // ASCII
  }
  if (name.includes('BigNumber')) return text(NODE.bigNumber);
  if (name.includes('Map')) return of(NODE.map);
  if (name.includes('Set')) return of(NODE.set);
  if (name.includes('AttributeElement')) return of(NODE.attribute);
  if (/Array|Proto|WithCallReply/.test(name)) return of(NODE.array);
  return text(NODE.bulk);
}

/** A stream that holds what a function loads. */
function loaderFor(name: string): FieldLoader {
  const writer = new RdbWriter();
  const saver = new FieldSaver(writer);
  if (name.includes('Double') && !name.includes('Long')) saver.saveDouble(1.5);
  else if (name.includes('Float')) saver.saveFloat(1.5);
  else if (name.includes('igned')) saver.saveUnsigned(7n);
  else saver.saveString(Buffer.from('0x1p+0'));
  return new FieldLoader(RdbReader.ofBuffer(Buffer.from(writer.take())));
}

function isLive(m: ModuleInstance, ctx: number): boolean {
  try {
    m.context(ctx);
    return true;
  } catch (error) {
    if (error instanceof ModuleTrap) return false;
    throw error;
  }
}
