// The rewriter against what the real compilers make: valid, and behaving the same.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '@yowasp/clang';
import asc from 'assemblyscript/asc';
import { describe, expect, test } from 'vitest';
import { GuestMemory } from '../../host/module/memory.ts';
import { formatPrintf } from '../../host/module/printf.ts';
import { rewrite } from '../../host/module/rewriter.ts';
import { VarArgs } from '../../host/module/varargs.ts';
import { call, type Exports, runOriginal, runRewritten } from './wat.ts';

const COMPILE_TIMEOUT_MS = 120_000;

const C_SOURCE = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))
IMPORT(twice) int twice(int);
IMPORT(wide) long long wide(long long, double, float);
IMPORT(print) void print(const char *, ...);
static int compare(const void *a, const void *b) { return *(int *)a - *(int *)b; }
int (*volatile table[4])(const void *, const void *) = {compare, 0, compare, 0};
static int begun;
__attribute__((constructor)) static void begin(void) { begun = 42; }
EXPORT(begun) int get_begun(void) { return begun; }
EXPORT(sort) int sort(int n) {
  int *p = malloc(n * sizeof *p), s = 0;
  for (int i = 0; i < n; i++) p[i] = (i * 7919) % n;
  qsort(p, n, sizeof *p, table[n & 2]);
  for (int i = 0; i < n; i++) s += p[i] * (i + 1);
  free(p);
  return s;
}
EXPORT(format) int format(double d, int w) {
  char b[200];
  snprintf(b, sizeof b, "%*.3f|%d|%s|%g", w, d, w, "abc", d * 1e10);
  int s = 0;
  for (char *c = b; *c; c++) s = s * 31 + *c;
  return s;
}
EXPORT(mixed) long long mixed(int n) { return wide(n, sqrt(n), 1.5f) + twice(n); }
EXPORT(grow) int grow(int n) { return __builtin_wasm_memory_grow(0, n) * 1000 + __builtin_wasm_memory_size(0); }
EXPORT(big) int big(int n) { char *p = malloc(n); if (!p) return -1; memset(p, 7, n); int s = p[n - 1]; free(p); return s; }
EXPORT(vector) float vector(int n) {
  float a[64], b[64], s = 0;
  for (int i = 0; i < 64; i++) { a[i] = i * n; b[i] = i + n; }
  for (int i = 0; i < 64; i++) s += a[i] * b[i];
  return s;
}
__attribute__((noinline)) static int odd(int n);
__attribute__((noinline)) static int even(int n) { return n == 0 ? 1 : odd(n - 1); }
__attribute__((noinline)) static int odd(int n) { return n == 0 ? 0 : even(n - 1); }
EXPORT(even) int is_even(int n) { return even(n); }
EXPORT(choose) int choose(int n) {
  switch (n) { case 0: return 3; case 1: return 1; case 2: return 4; case 3: return 1; case 4: return 5;
    case 5: return 9; case 6: return 2; case 7: return 6; default: return -1; }
}
EXPORT(say) void say(int n) {
  print("%d %lld %s %.2f %Lf %u|%5.1Le", n, 1LL << 40, "text", 2.5, (long double)n / 4, 7u, (long double)n);
}
`;

const LINK = [
  '-mexec-model=reactor',
  '-Wl,--no-entry',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=65536',
];

const C_VARIANTS: readonly [string, readonly string[]][] = [
  ['-O0', ['-O0']],
  ['-O2 stripped', ['-O2', '-Wl,--strip-all']],
  ['-Os with DWARF', ['-Os', '-g']],
  ['-O3 with SIMD', ['-O3', '-msimd128']],
  ['-O2 with tail calls', ['-O2', '-mtail-call', '-mbulk-memory']],
  ['reference types and multi-value', ['-O2', '-mreference-types', '-mmultivalue']],
  ['an exported table', ['-O1', '-Wl,--export-table', '-Wl,--growable-table']],
  ['an imported memory', ['-O2', '-Wl,--import-memory']],
  ['all functions exported', ['-O1', '-Wl,--export-all']],
];

async function compileC(flags: readonly string[]): Promise<Uint8Array> {
  const argv = ['--target=wasm32-wasip1', ...flags, ...LINK, 'm.c', '-o', 'm.wasm'];
  const quiet = { stdout: null, fetchProgress: () => undefined };
  const tree = await commands.clang(argv, { 'm.c': C_SOURCE }, quiet);
  return tree?.['m.wasm'] as Uint8Array; // clang throws unless it made the file
}

/** WASI functions that the reactor imports, as a host that has nothing to offer. */
const WASI = new Proxy({}, { get: () => () => 52 }) as Record<string, unknown>;

const HOST = {
  twice: (n: number) => n * 2,
  wide: (a: bigint, b: number, c: number) => a * 3n + BigInt(Math.floor(b * c)),
  print: () => undefined,
};

const C_CALLS: [string, ...unknown[]][] = [
  ['begun'],
  ['sort', 1000],
  ['sort', 30],
  ['format', 1234.5678, 12],
  ['format', -0.1, 3],
  ['mixed', 100],
  ['vector', 3],
  ['even', 1001],
  ['choose', 5],
  ['choose', 50],
  ['grow', 2],
  ['big', 1_000_000],
  ['grow', 0],
  ['grow', 70_000],
  ['sort', 500],
];

function results(exports: Exports, calls: readonly [string, ...unknown[]][]): unknown[] {
  return calls.map(([name, ...args]) => call(exports, name, ...args));
}

describe('C compiled with', () => {
  test.each(C_VARIANTS)(
    '%s',
    async (name, flags) => {
      const bytes = await compileC(flags);
      const imports = { host: HOST, wasi_snapshot_preview1: WASI };
      const usesImport = name === 'an imported memory';
      const memory = new WebAssembly.Memory({ initial: 2 });
      const original = runOriginal(bytes, usesImport ? { ...imports, env: { memory } } : imports);
      const guest = runRewritten(bytes, imports, { maxPages: 1000 });
      call(original, '_initialize');
      call(guest.exports, '_initialize');
      const expected = results(original, C_CALLS);
      // 70,000 pages are refused by both; the rest must not depend on who grows.
      expect(results(guest.exports, C_CALLS)).toEqual(expected);
      expect(expected[0]).toBe(42);
      expect(guest.grown.length).toBeGreaterThanOrEqual(4);
      expect(rewrite(bytes).info.mutableGlobals.length).toBeGreaterThan(0);
    },
    COMPILE_TIMEOUT_MS,
  );

  test(
    'variable arguments: VarArgs and printf read what clang packed',
    async () => {
      let printed = '';
      const guest = runRewritten(
        await compileC(['-O2']),
        {
          wasi_snapshot_preview1: WASI,
          host: {
            ...HOST,
            print: (format: number, list: number) => {
              const memory = new GuestMemory(guest.memory);
              printed = formatPrintf(memory, format, new VarArgs(memory, list), 1000).text;
            },
          },
        },
        { maxPages: 1000 },
      );
      call(guest.exports, 'say', 9);
      expect(printed).toBe('9 1099511627776 text 2.50 2.250000 7|9.0e+00');
    },
    COMPILE_TIMEOUT_MS,
  );
});

const AS_SOURCE = `
@external("host", "twice") declare function twice(n: i32): i32;
@external("host", "wide") declare function wide(a: i64, b: f64, c: f32): i64;
class Point { constructor(public x: i32, public name: string) {} }
const map = new Map<string, Point>();
let started: i32 = 0;
started = 42;
export function begun(): i32 { return started; }
export function put(n: i32): i32 {
  for (let i = 0; i < n; i++) map.set("k" + i.toString(), new Point(i, "v" + (i * 3).toString()));
  let sum = 0;
  const keys = map.keys();
  for (let i = 0; i < keys.length; i++) sum += map.get(keys[i]).x + map.get(keys[i]).name.length;
  return sum;
}
export function sort(n: i32): i32 {
  const a = new Array<i32>();
  for (let i = 0; i < n; i++) a.push((i * 7919) % n);
  a.sort((x, y) => x - y);
  let s = 0;
  for (let i = 0; i < n; i++) s += a[i] * (i + 1);
  return s;
}
export function mixed(n: i32): i64 { return wide(n, Math.sqrt(n), 1.5) + twice(n); }
export function text(x: f64): i32 { return (x.toString() + "!").length; }
export function grow(n: i32): i32 { return memory.grow(n) * 1000 + memory.size(); }
`;

const AS_CALLS: [string, ...unknown[]][] = [
  ['begun'],
  ['put', 2000],
  ['sort', 1000],
  ['mixed', 100],
  ['text', 1234.5678],
  ['grow', 3],
  ['put', 9000],
  ['grow', 70_000],
];

const AS_VARIANTS: readonly [string, readonly string[]][] = [
  ['--optimize', ['--optimize']],
  ['--debug', ['--debug']],
  ['-O3 --runtime minimal', ['-O3', '--runtime', 'minimal']],
  ['--importMemory', ['-O', '--importMemory']],
  [
    '--exportStart --exportTable --sourceMap',
    ['-O', '--exportStart', '_initialize', '--exportTable', '--sourceMap'],
  ],
  [
    'SIMD, bulk memory and a shadow stack',
    ['-O3', '--enable', 'simd', '--stackSize', '32768', '--runtime', 'incremental'],
  ],
];

async function compileAs(flags: readonly string[]): Promise<Uint8Array> {
  const directory = mkdtempSync(join(tmpdir(), 'redcell-as-'));
  try {
    writeFileSync(join(directory, 'm.ts'), AS_SOURCE);
    const argv = ['m.ts', '--baseDir', directory, '--outFile', 'm.wasm', ...flags];
    const { error, stderr } = await asc.main(argv);
    if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
    return readFileSync(join(directory, 'm.wasm'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('AssemblyScript compiled with', () => {
  test.each(AS_VARIANTS)(
    '%s',
    async (name, flags) => {
      const bytes = await compileAs(flags);
      const env: Record<string, unknown> = {
        abort: () => {
          throw new Error('abort');
        },
      };
      const guest = runRewritten(bytes, { host: HOST, env }, { maxPages: 1000 });
      if (name === '--importMemory') env.memory = new WebAssembly.Memory({ initial: 1 });
      const original = runOriginal(bytes, { host: HOST, env });
      if (name.includes('--exportStart')) {
        call(original, '_initialize');
        call(guest.exports, '_initialize');
      }
      const expected = results(original, AS_CALLS);
      expect(results(guest.exports, AS_CALLS)).toEqual(expected);
      expect(expected[0]).toBe(42);
      expect(guest.grown).toContain(3);
    },
    COMPILE_TIMEOUT_MS,
  );
});
