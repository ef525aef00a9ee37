import { describe, expect, test } from 'vitest';
import { ENV_SIGNATURES, envImports } from '../../host/module/env.ts';
import { Probe } from '../support/probe.ts';

type Functions = Readonly<Record<string, (...args: number[]) => number | undefined>>;

async function env(): Promise<{ probe: Probe; call: Functions }> {
  const probe = await Probe.load();
  return { probe, call: Object.fromEntries(envImports(probe.m)) };
}

/** A string as AssemblyScript keeps it: its length in bytes stands before it. */
function string(probe: Probe, text: string): number {
  const bytes = Buffer.from(text, 'utf16le');
  const block = probe.m.alloc(4 + bytes.length);
  probe.m.memory.writeU32(block, bytes.length);
  probe.m.memory.copyIn(block + 4, bytes);
  return block + 4;
}

test('every function has a signature', async () => {
  const { probe } = await env();
  expect([...envImports(probe.m).keys()]).toEqual([...ENV_SIGNATURES.keys()]);
});

describe('abort', () => {
  test('traps with its message and place', async () => {
    const { probe, call } = await env();
    const [message, file] = [string(probe, 'größer 漢'), string(probe, 'a.ts')];
    expect(() => call.abort?.(message, file, 7, 9)).toThrow('abort: größer 漢 at a.ts:7:9');
    expect(() => call.abort?.(0, 0, 0, 0)).toThrow('abort: no message');
  });

  test('traps without them when they are not in memory', async () => {
    const { call } = await env();
    expect(() => call.abort?.(-2, 0, 0, 0)).toThrow();
    expect(() => call.abort?.(1, 0, 0, 0)).toThrow();
  });

  test('shows a limited part of a long message', async () => {
    const { probe, call } = await env();
    const long = string(probe, 'x'.repeat(5000));
    expect(() => call.abort?.(long, 0, 0, 0)).toThrow(/^abort: x{2048}$/);
  });
});

test('trace logs its text and as many values as it says', async () => {
  const { probe, call } = await env();
  call.trace?.(string(probe, 'here'), 2, 1.5, -2, 3, 4, 5);
  call.trace?.(string(probe, 'none'), 0, 1, 2, 3, 4, 5);
  call.trace?.(string(probe, 'all'), 99, 1, 2, 3, 4, 5);
  const logged = probe.server.logLines.map((line) => line.split('<probe> ')[1]).filter(Boolean);
  expect(logged).toEqual(['trace: here 1.5, -2\n', 'trace: none\n', 'trace: all 1, 2, 3, 4, 5\n']);
});

test('seeds are whole numbers that differ', async () => {
  const { call } = await env();
  const seeds = new Set(Array.from({ length: 10 }, () => call.seed?.()));
  expect(seeds.size).toBe(10);
  expect([...seeds].every((seed) => Number.isSafeInteger(seed))).toBe(true);
});
