// The shape of an ABI area, and what follows from a signature without knowing any area.
// An area file is data only: `export const x = {...} as const satisfies Area`.

import { type KindRef, kindOf, type ParamSpec, type WasmType } from './kinds.ts';

/**
 * What the guest must do with a returned pointer or handle.
 * - `own`: release it with the free function that the doc names; AutoMemory does so for handles
 * - `free`: a block of the host allocator, release it with RedisModule_Free
 * - `borrow`: valid as long as the object that it was taken from
 * - `static`: valid as long as the module is loaded
 * - `data`: the guest's own pointer, handed back
 */
export type Ownership = 'own' | 'free' | 'borrow' | 'static' | 'data';

/** Errors a function may leave in errno; values in exports.ts. */
export type ErrnoName =
  | 'EACCES'
  | 'EALREADY'
  | 'EBADF'
  | 'EBUSY'
  | 'EDOM'
  | 'EEXIST'
  | 'EFBIG'
  | 'EINVAL'
  | 'EIO'
  | 'ENETDOWN'
  | 'ENOENT'
  | 'ENOMEM'
  | 'ENOSPC'
  | 'ENOTSUP'
  | 'EPERM'
  | 'ERANGE'
  | 'EROFS'
  | 'ESPIPE';

/** One function of the ABI. Its key in the area is the full C name, which is the import name. */
export interface FunctionSpec {
  /** Meaning, ownership and errors, for guest authors. */
  readonly doc: string;
  readonly params: readonly ParamSpec[];
  readonly result: KindRef;
  /** Present exactly where the result is a pointer or a handle. */
  readonly returns?: Ownership;
  /** Redis version that introduced it. */
  readonly since: string;
  /** Errors it may leave in the guest's errno; absent means that errno is never touched. */
  readonly errno?: readonly ErrnoName[];
  /** What differs from Redis because guests are single-threaded wasm. */
  readonly differs?: string;
}

/** A group of functions that one file of the host implements. */
export interface Area {
  readonly title: string;
  readonly doc: string;
  readonly functions: Readonly<Record<`RedisModule_${string}`, FunctionSpec>>;
}

/** Parameter and result types of a wasm function. */
export interface WasmSignature {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/**
 * The wasm signature of a C prototype: a long double parameter is two i64, a long double result an
 * i32 before the other parameters.
 */
export function wasmSignature(params: readonly ParamSpec[], result: KindRef): WasmSignature {
  const types = params.flatMap(([, kind]) => kindOf(kind).wasm);
  if (kindOf(result).host === 'longdouble') return { params: ['i32', ...types], results: [] };
  return { params: types, results: kindOf(result).wasm };
}

/** `(i32,i64)->(i32)`: the form in which messages and documents show a signature. */
export function signatureText(signature: WasmSignature): string {
  return `(${signature.params.join(',')})->(${signature.results.join(',')})`;
}
