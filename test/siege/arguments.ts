// What can stand for a parameter of the ABI: one good value, and every bad one there is.

import { CALLBACKS, type CallbackName } from '../../abi/callbacks.ts';
import type { NamedFunction } from '../../abi/index.ts';
import { type KindRef, kindOf } from '../../abi/kinds.ts';
import { signatureText, wasmSignature } from '../../abi/table.ts';
import type { Probe } from '../support/probe.ts';
import { HANDLE_KINDS, HANDLE_TAGS, type HandleTag, KEY_OF_AREA, type Objects } from './objects.ts';

export type Word = number | bigint;

/** A value of a parameter, made when the case runs. */
export interface Choice {
  /** What it is, for reports. */
  readonly label: string;
  /** Several for a long double; null: cannot be had for this parameter. */
  make(scene: Scene): readonly Word[] | null;
}

/** Where a case happens. */
export interface Scene {
  readonly probe: Probe;
  /** Another instance of the same module. */
  readonly other: Probe;
  readonly objects: Objects;
  readonly ctx: number;
  /** Counts up: names that are registered are new each time. */
  readonly serial: number;
  readonly fn: NamedFunction;
  /** 256 bytes of guest memory for parameter `index`. */
  scratch(index: number): number;
}

export const SCRATCH_BYTES = 256;
const LENGTH_NAMES = /^(?:.*len|len|argc|count|num.*|n?memb|size|bytes|idx|index|newlen)$/;
const LENGTHS = [0, 1, 2 ** 31, 2 ** 32 - 1];
const INTS = [0, -1, 2 ** 31 - 1, -(2 ** 31)];
const LONGS = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];
const DOUBLES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1.7e308];
const RANDOM_HANDLES = [0x0badf00d, 0x7fffffff, 0x08000040, 0x084001ff, -0x08000000];

export type Role = 'pointer' | 'length' | 'handle' | 'callback' | 'number' | 'data';

export function roleOf([name, ref]: readonly [string, KindRef]): Role {
  const { host } = kindOf(ref);
  if (ref.startsWith('data') || ref.startsWith('const data')) return 'data';
  if (host === 'handle') return 'handle';
  if (host === 'ptr') return 'pointer';
  if (host === 'func') return 'callback';
  return kindOf(ref).wasm[0] === 'i32' && LENGTH_NAMES.test(name) ? 'length' : 'number';
}

/** The bad values of parameter `index`. */
export function hostile({ spec }: NamedFunction, index: number): Choice[] {
  const param = spec.params[index] as readonly [string, KindRef]; // callers count them
  switch (roleOf(param)) {
    case 'pointer':
      return pointers();
    case 'length':
      return LENGTHS.map((value) => plain(value));
    case 'handle':
      return kindOf(param[1]).of === 'ctx' ? contexts() : handles(kindOf(param[1]).of as HandleTag);
    case 'callback':
      return callbacks(kindOf(param[1]).of as CallbackName);
    default:
      return numbers(param[1]);
  }
}

function plain(value: Word, label = String(value)): Choice {
  return { label, make: () => [value] };
}

function pointers(): Choice[] {
  const end = ({ probe }: Scene): number => probe.m.memoryBytes;
  return [
    ...[0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1].map((value) => plain(value)),
    { label: 'end-1', make: (scene) => [end(scene) - 1] },
    { label: 'end', make: (scene) => [end(scene)] },
  ];
}

function handles(tag: HandleTag): Choice[] {
  const others = HANDLE_TAGS.filter((other) => other !== tag);
  return [
    plain(0, 'NULL'),
    plain(-1),
    ...RANDOM_HANDLES.map((value) => plain(value, `random ${value}`)),
    {
      label: 'freed',
      make: ({ objects, ctx }) => {
        const handle = objects.makeFreed(tag, ctx);
        return handle === null ? null : [handle];
      },
    },
    // One that this instance has issued to nobody.
    { label: "another instance's", make: ({ other }) => [foreign(other, tag)] },
    ...others.map((other) => ({
      label: `a ${other}`,
      make: ({ objects, ctx }: Scene) => [objects.make(other, ctx)],
    })),
  ];
}

function foreign({ m }: Probe, tag: HandleTag): number {
  const kind = HANDLE_KINDS[tag];
  const handle = m.handles.createRetained(kind, {});
  m.handles.release(handle, kind);
  return handle;
}

function contexts(): Choice[] {
  return [
    plain(0, 'NULL'),
    plain(-1),
    plain(2 ** 31),
    { label: 'of no call', make: ({ ctx }) => [ctx + 256] },
    { label: 'inside', make: ({ ctx }) => [ctx + 1] },
    { label: 'before', make: ({ ctx }) => [ctx - 16] },
    {
      label: 'freed',
      make: ({ probe, ctx }) => {
        const lasting = probe.api.RedisModule_GetDetachedThreadSafeContext(ctx);
        probe.api.RedisModule_FreeThreadSafeContext(lasting);
        return [lasting];
      },
    },
    ...HANDLE_TAGS.map((tag) => ({
      label: `a ${tag}`,
      make: ({ objects, ctx }: Scene) => [objects.make(tag, ctx)],
    })),
  ];
}

function callbacks(type: CallbackName): Choice[] {
  const other = Object.keys(CALLBACKS).find(
    (name) => textOf(name as CallbackName) !== textOf(type),
  ) as CallbackName; // there are many signatures
  return [
    plain(0, 'NULL'),
    plain(-1),
    plain(2 ** 31),
    { label: 'past the end', make: ({ probe }) => [probe.m.table?.length ?? 0] },
    {
      label: 'an empty slot',
      make: ({ probe }) => [emptySlot(probe)],
    },
    { label: 'another type', make: ({ objects }) => [objects.callback(other)] },
    { label: "the host's own", make: ({ probe, objects }) => [hostFunction(probe, objects)] },
  ];
}

function emptySlot({ m }: Probe): number {
  let slot = 1;
  while (m.table?.get(slot) !== null) slot++;
  return slot;
}

function hostFunction({ m, api }: Probe, objects: Objects): number {
  const target = objects.block(8);
  api.RedisModule_GetApi(objects.text('RedisModule_DbSize'), target);
  return m.memory.readU32(target);
}

function textOf(name: CallbackName): string {
  const { params, result } = CALLBACKS[name];
  return signatureText(wasmSignature(params, result));
}

function numbers(ref: KindRef): Choice[] {
  const { wasm } = kindOf(ref);
  if (wasm.length === 2) {
    return LONGS.map((value) => ({ label: `halves of ${value}`, make: () => [value, value] }));
  }
  if (wasm[0] === 'i64') return LONGS.map((value) => plain(value));
  if (wasm[0] === 'f64' || wasm[0] === 'f32') {
    return DOUBLES.map((value) => plain(value, Object.is(value, -0) ? '-0' : String(value)));
  }
  return INTS.map((value) => plain(value));
}

// ---- good values --------------------------------------------------------------------------

const TEXTS: Readonly<Record<string, string>> = {
  acl: '+get',
  op: '^',
  strflags: 'write',
  level: 'notice',
  levelstr: 'notice',
  ext: 'txt',
  section: 'keyspace',
  cmdname: 'SET',
  default_val: 'b',
};
const INT_VALUES: Readonly<Record<string, number>> = { mode: 3, flagsptr: 0, argc: 2, numkeys: 2 };
const LENGTH_VALUE = 8;

/** A value that fits parameter `index`, given that the others are good. */
export function valid(scene: Scene, index: number): readonly Word[] {
  const { fn, objects, ctx } = scene;
  const [name, ref] = fn.spec.params[index] as readonly [string, KindRef]; // callers count them
  const { of, wasm } = kindOf(ref);
  switch (roleOf([name, ref])) {
    case 'handle':
      if (of === 'ctx') return [contextFor(scene)];
      return [handleFor(scene, of as HandleTag, name)];
    case 'pointer':
      return [pointerFor(scene, index, name, ref)];
    case 'callback':
      return [objects.callback(of as CallbackName)];
    case 'length':
      return [INT_VALUES[name] ?? (name.startsWith('num') ? 2 : LENGTH_VALUE)];
    case 'data':
      return [objects.block(16), ctx].slice(0, 1);
    default:
      if (wasm.length === 2) return [0n, 0x3fff_0000_0000_0000n];
      if (wasm[0] === 'i64') return [1n];
      return [INT_VALUES[name] ?? (wasm[0] === 'i32' ? 0 : 1)];
  }
}

function contextFor({ fn, probe, objects, ctx }: Scene): number {
  if (fn.name !== 'RedisModule_FreeThreadSafeContext') return ctx;
  const lasting = probe.api.RedisModule_GetDetachedThreadSafeContext(ctx);
  objects.adoptContext(lasting);
  return lasting;
}

function handleFor({ fn, objects, probe, ctx }: Scene, tag: HandleTag, name: string): number {
  if (tag === 'string' && (name === 'min' || name === 'max')) {
    const bound = probe.string(name === 'min' ? '-' : '+');
    objects.adopt('string', bound);
    return bound;
  }
  return objects.make(tag, ctx, fn.area in KEY_OF_AREA ? fn.area : '', fn.name);
}

function pointerFor(scene: Scene, index: number, name: string, ref: KindRef): number {
  const { probe, objects, ctx } = scene;
  const { memory } = probe.m;
  if (name === 'error') return 0; // the string put there would be the guest's to free
  const at = scene.scratch(index);
  memory.fill(at, SCRATCH_BYTES, 0);
  switch (kindOf(ref).of) {
    case 'block':
      return objects.block(64);
    case 'cstring':
      memory.copyIn(at, Buffer.from(textFor(scene, name)));
      break;
    case 'bytes':
      memory.copyIn(at, Buffer.from('payload of sixteen and more'));
      break;
    case 'argv':
      for (let i = 0; i < 2; i++) memory.writeU32(at + 4 * i, objects.make('string', ctx));
      break;
    case 'cstrings':
      memory.copyIn(at + 64, Buffer.from('a\0b\0'));
      memory.writeU32(at, at + 64);
      memory.writeU32(at + 4, at + 66);
      break;
    case 'ints':
      memory.writeU32(at + 4, 1);
      break;
    case 'RedisModuleTypeMethods':
    case 'RedisModuleEvent':
      memory.writeU64(at, 1n);
      break;
    default:
      writeVarargs(scene, at, ref);
  }
  return at;
}

function textFor({ fn, serial }: Scene, name: string): string {
  if (name === 'fmt') return /Call|Replicate|Emit/.test(fn.name) ? 'ss' : '%s and %d';
  if (name === 'name' && fn.name.endsWith('DataType')) return `S${String(serial).padStart(8, '0')}`;
  if (name === 'name') return `siege${serial}`;
  return TEXTS[name] ?? 'text';
}

function writeVarargs({ objects, probe, ctx }: Scene, at: number, ref: KindRef): void {
  const words: number[] = [];
  if (ref === 'printf') words.push(objects.text('text'), 7);
  else if (ref === 'callargs') words.push(objects.make('string', ctx), objects.make('string', ctx));
  else if (ref === 'hashset') words.push(objects.make('string', ctx), objects.make('string', ctx));
  else if (ref === 'hashget') words.push(objects.make('string', ctx), at + 64);
  for (const [i, word] of words.entries()) probe.m.memory.writeU32(at + 4 * i, word);
}
