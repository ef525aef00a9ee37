// What a guest exports and which errno numbers it understands.

import type { WasmSignature } from './table.ts';

/** The import module under which guests import the functions of this ABI. */
export const IMPORT_MODULE = 'redismodule';

/** An export that the loader looks for. */
export interface ExportSpec {
  /** Accepted names, preferred first: C and AssemblyScript differ. */
  readonly names: readonly string[];
  readonly kind: 'function' | 'memory' | 'table' | 'global';
  /** Signature of a function. */
  readonly signature?: WasmSignature;
  readonly required: boolean;
  readonly doc: string;
}

export const EXPORTS = {
  onLoad: {
    names: ['RedisModule_OnLoad'],
    kind: 'function',
    signature: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
    required: true,
    doc: 'Registers the module: (ctx, argv, argc) to a status.',
  },
  onUnload: {
    names: ['RedisModule_OnUnload'],
    kind: 'function',
    signature: { params: ['i32'], results: ['i32'] },
    required: false,
    doc: 'Runs before MODULE UNLOAD: (ctx) to a status; REDISMODULE_ERR refuses.',
  },
  initialize: {
    names: ['_initialize'],
    kind: 'function',
    signature: { params: [], results: [] },
    required: false,
    doc: 'Runs constructors and top-level code, once, before OnLoad.',
  },
  memory: {
    names: ['memory'],
    kind: 'memory',
    required: true,
    doc: 'The linear memory.',
  },
  table: {
    names: ['__indirect_function_table', 'table'],
    kind: 'table',
    required: false,
    doc: 'The function table that callbacks index; required as soon as the guest registers one.',
  },
  stackPointer: {
    names: ['__stack_pointer'],
    kind: 'global',
    required: false,
    doc: 'The shadow stack pointer; the host restores it after a trap.',
  },
  errno: {
    names: ['errno'],
    kind: 'global',
    required: false,
    doc: "Address of the guest's errno; without it the host sets none.",
  },
  heapBase: {
    names: ['__heap_base'],
    kind: 'global',
    required: false,
    doc: 'First address behind data and stack.',
  },
  collect: {
    names: ['__collect'],
    kind: 'function',
    signature: { params: [], results: [] },
    required: false,
    doc: 'Runs a full garbage collection of an AssemblyScript guest.',
  },
} as const satisfies Readonly<Record<string, ExportSpec>>;

/** errno numbers of wasm32-wasi, which differ from those of Linux. */
export const ERRNO = {
  EACCES: 2,
  EAGAIN: 6,
  EALREADY: 7,
  EBADF: 8,
  EBUSY: 10,
  EDOM: 18,
  EEXIST: 20,
  EFBIG: 22,
  EINVAL: 28,
  EIO: 29,
  ENETDOWN: 38,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOTSUP: 58,
  EPERM: 63,
  ERANGE: 68,
  EROFS: 69,
  ESPIPE: 70,
} as const;
