// A module for tests of the ABI: it exports every function it imports, so that a test can call
// any of them from inside of an entry; its callbacks are closures of the test.

import { CALLBACKS, type CallbackName } from '../../abi/callbacks.ts';
import { type AreaImports, type AreaName, allFunctions } from '../../abi/index.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { API } from '../../host/module/api/all.ts';
import { loadCode } from '../../host/module/code.ts';
import type { ContextPurpose, ModuleContext } from '../../host/module/context.ts';
import type { ModuleInstance } from '../../host/module/instance.ts';
import { ModuleString } from '../../host/module/string.ts';
import type { ModuleTrap } from '../../host/module/trap.ts';
import { wat } from '../module/wat.ts';
import { TestInstance } from './instance.ts';

/** Closures of one signature that a test may have at a time. */
const SLOTS = 4;
const ARG_ALIGN = 8;

type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (
  x: infer I,
) => void
  ? I
  : never;

/** All functions of the ABI, taking plain numbers. */
export type ProbeApi = {
  [F in keyof AllImports]: AllImports[F] extends (...args: infer A) => infer R
    ? (...args: { [K in keyof A]: Plain<A[K]> }) => Plain<R>
    : never;
};
type AllImports = UnionToIntersection<{ [N in AreaName]: AreaImports<N> }[AreaName]>;
type Plain<T> = T extends number ? number : T;

type Closure = (...args: (number | bigint)[]) => unknown;

/** What a test has in its hands inside of an entry. */
export interface ProbeCall {
  readonly ctx: number;
  readonly context: ModuleContext;
  readonly api: ProbeApi;
}

interface RunOptions {
  readonly client?: Client | null;
  readonly purpose?: ContextPurpose;
}

export class Probe {
  readonly server: TestInstance;
  readonly m: ModuleInstance;
  readonly api: ProbeApi;
  /** The slot that the next closure of a signature takes. */
  readonly #slots = new Map<string, number>();

  private constructor(server: TestInstance, m: ModuleInstance) {
    this.server = server;
    this.m = m;
    const api: Record<string, unknown> = {};
    for (const { name } of functions()) api[name] = m.exported(name);
    this.api = api as ProbeApi; // one export for each function
  }

  /** A server with the probe loaded as module `probe`, or as `name` into one that runs. */
  static async load(server = new TestInstance(), name = 'probe'): Promise<Probe> {
    const code = await loadCode(Buffer.from(wat(probeText(name))));
    const { instance } = server.instance.modules.load(code, '/probe.wasm', []);
    return new Probe(server, instance);
  }

  /**
   * Runs `test` inside of an entry of the module, as one unit of the server's work. Replies go to
   * the client's writer: see `server.takeReply`. A trap is thrown.
   */
  run<T>(test: (call: ProbeCall) => T, options: RunOptions = {}): T {
    const { m, api } = this;
    const client = options.client === undefined ? this.server.client : options.client;
    let trapped: ModuleTrap | null = null;
    let result: T | null = null;
    m.executor.unit(() => {
      result = m.enter(
        {
          purpose: options.purpose ?? 'command',
          client,
          db: client?.db ?? m.host.client.db,
        },
        (context) => {
          context.reply = client?.writer ?? null;
        },
        (context) => test({ ctx: context.ptr, context, api }),
        (trap) => {
          trapped = trap;
        },
      );
    });
    if (trapped !== null) throw trapped;
    return result as T; // set unless it trapped
  }

  /** The message of the trap that `test` ends in, '' if it does not. */
  trapOf(test: (call: ProbeCall) => unknown): string {
    try {
      this.run(test);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** A C string in guest memory. */
  cstring(text: string): number {
    const ptr = this.m.alloc(Buffer.byteLength(text) + 1);
    this.m.memory.copyIn(ptr, Buffer.from(`${text}\0`));
    return ptr;
  }

  /** A string handle. */
  string(text: string): number {
    return this.m.newString(ModuleString.owning(Buffer.from(text)), null);
  }

  textOf(handle: number): string {
    return this.m.string(handle).slice.toText();
  }

  /** `length` bytes of guest memory as text. */
  bytes(ptr: number, length: number): string {
    return this.m.memory.bytes(ptr, length).toString();
  }

  /** Zeroed guest memory for out-parameters. */
  room(bytes = 8): number {
    return this.m.allocator.calloc(1, bytes);
  }

  u32(ptr: number): number {
    return this.m.memory.readU32(ptr);
  }

  /** Variable arguments: numbers are i32, bigints i64, texts C strings. */
  varargs(...values: (number | bigint | string)[]): number {
    const start = this.m.alloc(ARG_ALIGN * (values.length + 1));
    let at = start;
    for (const value of values) {
      if (typeof value === 'bigint') {
        at = Math.ceil(at / 8) * 8;
        this.m.memory.writeU64(at, value);
        at += 8;
      } else {
        this.m.memory.writeU32(at, typeof value === 'string' ? this.cstring(value) : value);
        at += 4;
      }
    }
    return start;
  }

  get errno(): number {
    return this.m.memory.readU32(ERRNO_ADDRESS);
  }

  /** Registers a command whose function is a closure: it returns a status, or nothing for OK. */
  command(
    name: string,
    flags: string,
    run: (ctx: number, argv: number, argc: number) => void,
  ): void {
    const callback = this.callback('RedisModuleCmdFunc', (ctx, argv, argc) => {
      run(Number(ctx), Number(argv), Number(argc));
      return 0;
    });
    this.m.isLoading = true;
    const status = this.run(({ ctx, api }) =>
      api.RedisModule_CreateCommand(
        ctx,
        this.cstring(name),
        callback,
        this.cstring(flags),
        0,
        0,
        0,
      ),
    );
    this.m.isLoading = false;
    if (status !== 0) throw new Error(`the command ${name} could not be registered`);
  }

  /** A table index behind which `closure` is, typed as a callback of the ABI. */
  callback(type: CallbackName, closure: Closure): number {
    const { params, result } = CALLBACKS[type];
    const signature = signatureText(wasmSignature(params, result));
    const slot = this.#slots.get(signature) ?? 0;
    this.#slots.set(signature, (slot + 1) % SLOTS);
    const table = tableOf(this.m);
    const index = 1 + (SIGNATURES.indexOf(signature) * SLOTS + slot) * 2;
    table.set(index + 1, wrapped(signature, closure));
    return index;
  }
}

const ERRNO_ADDRESS = 16;

/** Every signature that a callback may have. */
const SIGNATURES = [
  ...new Set(
    Object.values(CALLBACKS).map(({ params, result }) =>
      signatureText(wasmSignature(params, result)),
    ),
  ),
];

function tableOf(m: ModuleInstance): WebAssembly.Table {
  if (m.table === null) throw new Error('the probe exports a table');
  return m.table;
}

/** The functions whose areas are implemented. */
function functions() {
  return allFunctions().filter(({ area }) => API[area] !== undefined);
}

function watType(signature: string): string {
  const [params = '', results = ''] = signature.slice(1, -1).split(')->(');
  const list = (keyword: string, types: string): string =>
    types === '' ? '' : ` (${keyword} ${types.replaceAll(',', ' ')})`;
  return list('param', params) + list('result', results);
}

/** A wasm function that calls a closure: only those can stand in a table. */
function wrapped(signature: string, closure: Closure): unknown {
  const text = `(module (import "h" "f" (func${watType(signature)})) (export "f" (func 0)))`;
  const module = new WebAssembly.Module(wat(text) as Uint8Array<ArrayBuffer>);
  const imports = { h: { f: closure as WebAssembly.ImportValue } };
  return new WebAssembly.Instance(module, imports).exports.f;
}

/** Forwards a callback to the table slot behind its own, where the test's closure is. */
function forwarder(signature: string, index: number): string {
  const [params = ''] = signature.slice(1, -1).split(')->(');
  const count = params === '' ? 0 : params.split(',').length;
  const locals = Array.from({ length: count }, (_, i) => `(local.get ${i})`).join(' ');
  const type = watType(signature);
  return `(func $forward${index}${type}
    (call_indirect${type} ${locals} (i32.const ${index + 1})))`;
}

function probeText(name: string): string {
  const imports = functions().map(({ name, spec }) => {
    const type = watType(signatureText(wasmSignature(spec.params, spec.result)));
    return `(import "redismodule" "${name}" (func $${name}${type}))`;
  });
  const exports = functions().map(({ name }) => `(export "${name}" (func $${name}))`);
  const forwarders: string[] = [];
  const elements: string[] = [];
  for (const [which, signature] of SIGNATURES.entries()) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const index = 1 + (which * SLOTS + slot) * 2;
      forwarders.push(forwarder(signature, index));
      elements.push(`(elem (i32.const ${index}) $forward${index})`);
    }
  }
  return `(module
    ${imports.join('\n')}
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") ${2 + SIGNATURES.length * SLOTS * 2} funcref)
    (global (export "errno") i32 (i32.const ${ERRNO_ADDRESS}))
    (data (i32.const 32) "${name}\\00")
    ${forwarders.join('\n')}
    ${elements.join('\n')}
    (func (export "RedisModule_OnLoad") (param i32 i32 i32) (result i32)
      (call $RedisModule_SetModuleAttribs
        (local.get 0) (i32.const 32) (i32.const 1) (i32.const 1))
      (i32.const 0))
    ${exports.join('\n')})`;
}
