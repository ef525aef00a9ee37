import { describe, expect, test } from 'vitest';
import type { ModuleInstance } from '../../host/module/instance.ts';
import { WASI_MODULE, WASI_SIGNATURES, wasiImports } from '../../host/module/wasi.ts';
import { Probe } from '../support/probe.ts';

const SUCCESS = 0;
const BADF = 8;
const INVAL = 28;
const NOTSUP = 58;
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

type Functions = Readonly<Record<string, (...args: (number | bigint)[]) => number | undefined>>;

async function wasi(): Promise<{ probe: Probe; m: ModuleInstance; call: Functions }> {
  const probe = await Probe.load();
  const call = Object.fromEntries(wasiImports(probe.m)) as unknown as Functions;
  return { probe, m: probe.m, call };
}

/** Vectors that point to `texts`. */
function vectors(probe: Probe, texts: readonly string[]): number {
  const array = probe.room(8 * Math.max(1, texts.length));
  for (const [i, text] of texts.entries()) {
    probe.m.memory.writeU32(array + 8 * i, probe.cstring(text));
    probe.m.memory.writeU32(array + 8 * i + 4, Buffer.byteLength(text));
  }
  return array;
}

test('every function has a signature, and the reverse', async () => {
  const { m } = await wasi();
  expect([...wasiImports(m).keys()].sort()).toEqual([...WASI_SIGNATURES.keys()].sort());
  expect(WASI_MODULE).toBe('wasi_snapshot_preview1');
});

describe('standard output', () => {
  test('goes to the log by lines, and the count is told', async () => {
    const { probe, call } = await wasi();
    const count = probe.room();
    const lines = vectors(probe, ['one\ntw', 'o\n', '', 'drei größer']);
    expect(call.fd_write?.(STDOUT, lines, 4, count)).toBe(SUCCESS);
    expect(probe.u32(count)).toBe(Buffer.byteLength('one\ntwo\ndrei größer'));
    const logged = probe.server.logLines.map((line) => line.split('<probe> ')[1]).filter(Boolean);
    expect(logged).toEqual(['one\n', 'two\n', 'drei größer\n']);
  });

  test('cannot fake lines or drive a terminal', async () => {
    const { probe, call } = await wasi();
    call.fd_write?.(STDERR, vectors(probe, ['\x1b[2Ja\rb']), 1, probe.room());
    expect(probe.server.logLines.at(-1)).toMatch(/<probe> \\x1b\[2Ja\\x0db\n$/);
  });

  test('is cut in the log, not in the count', async () => {
    const { probe, call } = await wasi();
    const count = probe.room();
    call.fd_write?.(STDOUT, vectors(probe, ['x'.repeat(3000), 'y'.repeat(3000)]), 2, count);
    expect(probe.u32(count)).toBe(6000);
    expect(probe.server.logLines.at(-1)?.match(/x+y+/)?.[0]).toHaveLength(4096);
  });

  test('traps for addresses outside of memory, and takes as many vectors as writev', async () => {
    const { probe, call } = await wasi();
    expect(() => call.fd_write?.(STDOUT, -8, 1, probe.room())).toThrow();
    expect(() => call.fd_write?.(STDOUT, vectors(probe, ['x']), 1, -4)).toThrow();
    expect(call.fd_write?.(STDOUT, vectors(probe, ['x']), 1025, probe.room())).toBe(INVAL);
    expect(call.fd_write?.(STDOUT, 0, -1, probe.room())).toBe(INVAL);
  });

  test('is a character device; nothing else is open', async () => {
    const { probe, call } = await wasi();
    const stat = probe.room(24);
    expect(call.fd_fdstat_get?.(STDOUT, stat)).toBe(SUCCESS);
    expect(probe.m.memory.readU8(stat)).toBe(2);
    expect(call.fd_fdstat_get?.(3, stat)).toBe(BADF);
    expect(call.fd_write?.(3, vectors(probe, ['x']), 1, stat)).toBe(BADF);
    expect(call.fd_read?.(STDIN, 0, 0, 0)).toBe(BADF);
    expect(call.fd_prestat_get?.(3, 0)).toBe(BADF);
    expect(call.fd_prestat_dir_name?.(3, 0, 0)).toBe(BADF);
    expect(call.fd_seek?.(STDOUT, 0n, 0, 0)).toBe(BADF);
    expect(call.fd_close?.(STDOUT)).toBe(BADF);
    expect(call.fd_fdstat_set_flags?.(STDOUT, 0)).toBe(BADF);
  });
});

describe('time', () => {
  test('is the clock of the server, in nanoseconds', async () => {
    const { probe, m, call } = await wasi();
    const out = probe.room();
    const { clock } = m.executor;
    for (const [id, ms] of [
      [0, clock.nowMs()],
      [1, clock.monotonicMs()],
    ] as const) {
      expect(call.clock_time_get?.(id, 1n, out)).toBe(SUCCESS);
      expect(m.memory.readU64(out)).toBe(BigInt(Math.floor(ms * 1000)) * 1000n);
      expect(call.clock_res_get?.(id, out)).toBe(SUCCESS);
      expect(m.memory.readU64(out)).toBe(1000n);
    }
    expect(call.clock_time_get?.(2, 1n, out)).toBe(INVAL);
    expect(call.clock_res_get?.(2, out)).toBe(INVAL);
    expect(() => call.clock_time_get?.(0, 1n, -4)).toThrow();
  });
});

describe('what there is not', () => {
  test('arguments and the environment are empty', async () => {
    const { probe, call } = await wasi();
    const [count, size] = [probe.room(), probe.room()];
    for (const name of ['args', 'environ']) {
      probe.m.memory.writeU32(count, 7);
      expect(call[`${name}_sizes_get`]?.(count, size)).toBe(SUCCESS);
      expect([probe.u32(count), probe.u32(size)]).toEqual([0, 0]);
      expect(call[`${name}_get`]?.(0, 0)).toBe(SUCCESS);
    }
  });

  test('files and waiting are denied', async () => {
    const { call } = await wasi();
    expect(call.path_open?.(3, 0, 0, 0, 0, 0n, 0n, 0, 0)).toBe(NOTSUP);
    expect(call.poll_oneoff?.(0, 0, 1, 0)).toBe(NOTSUP);
    expect(call.sched_yield?.()).toBe(SUCCESS);
  });

  test('exit is a trap', async () => {
    const { call } = await wasi();
    expect(() => call.proc_exit?.(3)).toThrow('the module called exit(3)');
  });
});

test('random bytes fill what they are asked to fill, up to a limit', async () => {
  const { probe, call } = await wasi();
  const out = probe.room(64);
  expect(call.random_get?.(out, 32)).toBe(SUCCESS);
  const bytes = probe.m.memory.bytes(out, 64);
  expect(bytes.subarray(0, 32).equals(Buffer.alloc(32))).toBe(false);
  expect(bytes.subarray(32).equals(Buffer.alloc(32))).toBe(true);
  expect(call.random_get?.(out, 64 * 1024 + 1)).toBe(INVAL);
  expect(call.random_get?.(out, -1)).toBe(INVAL);
  expect(() => call.random_get?.(-16, 32)).toThrow();
});
