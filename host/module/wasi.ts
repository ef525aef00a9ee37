// WASI preview 1 for guests: denied by default. What the C library of an honest module touches is
// answered; files, sockets, arguments and the environment do not exist.

import { type ByteString, textOf } from '../lib/bytes.ts';
import { secureBytes } from '../lib/random.ts';
import type { ModuleInstance } from './instance.ts';
import { ModuleTrap } from './trap.ts';

export const WASI_MODULE = 'wasi_snapshot_preview1';

const SUCCESS = 0;
const BADF = 8;
const INVAL = 28;
const NOTSUP = 58;
const RANDOM_MAX_BYTES = 64 * 1024;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const STDOUT = 1;
const STDERR = 2;
const CLOCK_RESOLUTION_NS = 1000n;
const CHARACTER_DEVICE = 2;
/** What writev takes on Linux. */
const VECTORS_MAX = 1024;
const LINE_MAX_BYTES = 4096;

const I = (count: number): string => Array(count).fill('i32').join(',');

/** Signatures of the functions that exist, by name. */
export const WASI_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['args_get', `(${I(2)})->(i32)`],
  ['args_sizes_get', `(${I(2)})->(i32)`],
  ['environ_get', `(${I(2)})->(i32)`],
  ['environ_sizes_get', `(${I(2)})->(i32)`],
  ['clock_res_get', `(${I(2)})->(i32)`],
  ['clock_time_get', '(i32,i64,i32)->(i32)'],
  ['fd_close', '(i32)->(i32)'],
  ['fd_fdstat_get', `(${I(2)})->(i32)`],
  ['fd_fdstat_set_flags', `(${I(2)})->(i32)`],
  ['fd_prestat_get', `(${I(2)})->(i32)`],
  ['fd_prestat_dir_name', `(${I(3)})->(i32)`],
  ['fd_read', `(${I(4)})->(i32)`],
  ['fd_seek', '(i32,i64,i32,i32)->(i32)'],
  ['fd_write', `(${I(4)})->(i32)`],
  ['path_open', '(i32,i32,i32,i32,i32,i64,i64,i32,i32)->(i32)'],
  ['poll_oneoff', `(${I(4)})->(i32)`],
  ['proc_exit', '(i32)->()'],
  ['random_get', `(${I(2)})->(i32)`],
  ['sched_yield', '()->(i32)'],
]);

type WasiFunction = (...args: never[]) => number | undefined;

/** The functions for one instance. Standard output goes to the module's log. */
export function wasiImports(m: ModuleInstance): ReadonlyMap<string, WasiFunction> {
  const zero = (count: number, size: number): number => {
    m.memory.writeU32(count, 0);
    m.memory.writeU32(size, 0);
    return SUCCESS;
  };
  return new Map<string, WasiFunction>([
    ['args_get', () => SUCCESS],
    ['args_sizes_get', zero],
    ['environ_get', () => SUCCESS],
    ['environ_sizes_get', zero],
    ['clock_res_get', (clock: number, out: number) => clockResolution(m, clock, out)],
    [
      'clock_time_get',
      (clock: number, _precision: bigint, out: number) => clockTime(m, clock, out),
    ],
    ['fd_close', () => BADF],
    ['fd_fdstat_get', (fd: number, out: number) => fdstat(m, fd, out)],
    ['fd_fdstat_set_flags', () => BADF],
    ['fd_prestat_get', () => BADF],
    ['fd_prestat_dir_name', () => BADF],
    ['fd_read', () => BADF],
    ['fd_seek', () => BADF],
    [
      'fd_write',
      (fd: number, vectors: number, count: number, out: number) =>
        fdWrite(m, fd, vectors, count, out),
    ],
    ['path_open', () => NOTSUP],
    ['poll_oneoff', () => NOTSUP],
    [
      'proc_exit',
      (code: number) => {
        throw new ModuleTrap(`the module called exit(${code})`);
      },
    ],
    ['random_get', (ptr: number, length: number) => randomGet(m, ptr, length)],
    ['sched_yield', () => SUCCESS],
  ]);
}

function clockResolution(m: ModuleInstance, clock: number, out: number): number {
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return INVAL;
  m.memory.writeU64(out, CLOCK_RESOLUTION_NS);
  return SUCCESS;
}

function clockTime(m: ModuleInstance, clock: number, out: number): number {
  const source = m.executor.clock;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return INVAL;
  const ms = clock === CLOCK_REALTIME ? source.nowMs() : source.monotonicMs();
  m.memory.writeU64(out, BigInt(Math.floor(ms * 1000)) * 1000n);
  return SUCCESS;
}

/** Standard output and error are character devices that can be written to. */
function fdstat(m: ModuleInstance, fd: number, out: number): number {
  if (fd !== STDOUT && fd !== STDERR) return BADF;
  m.memory.fill(out, 24, 0);
  m.memory.writeU8(out, CHARACTER_DEVICE);
  return SUCCESS;
}

function fdWrite(
  m: ModuleInstance,
  fd: number,
  vectors: number,
  count: number,
  out: number,
): number {
  if (fd !== STDOUT && fd !== STDERR) return BADF;
  if (count >>> 0 > VECTORS_MAX) return INVAL;
  let bytes = '';
  let total = 0;
  for (let i = 0; i < count >>> 0; i++) {
    const ptr = m.memory.readU32(vectors + 8 * i);
    const length = m.memory.readU32(vectors + 8 * i + 4);
    m.memory.check(ptr, length);
    total += length;
    const room = LINE_MAX_BYTES - bytes.length;
    if (room > 0) bytes += m.memory.byteString(ptr, Math.min(length, room));
  }
  const text = textOf(bytes as ByteString); // made of byte strings
  for (const line of text.split('\n')) if (line !== '') m.host.logFor(m, 'notice', line);
  m.memory.writeU32(out, total);
  return SUCCESS;
}

function randomGet(m: ModuleInstance, ptr: number, length: number): number {
  if (length >>> 0 > RANDOM_MAX_BYTES) return INVAL;
  m.memory.copyIn(ptr, secureBytes(length));
  return SUCCESS;
}
