// What AssemblyScript guests say through env, read by the host and, independently, by the
// language's own loader.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantiate } from '@assemblyscript/loader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileAssemblyScript } from '../../build/asc.ts';
import { ENV_SIGNATURES, envImports } from '../../host/module/env.ts';
import type { ModuleInstance } from '../../host/module/instance.ts';
import { GuestMemory } from '../../host/module/memory.ts';
import { ModuleTrap } from '../../host/module/trap.ts';

const TEXT = 'naïve – 数 𝄞';

/** Texts as constants of the guest: made by the compiler, without a heap. */
const SOURCE = `
const text: string = ${JSON.stringify(TEXT)};
export function textPtr(): usize { return changetype<usize>(text); }
export function fail(): void { abort(text, "file.ts", 7, 9); }
export function tell(): void { trace(text, 2, 1.5, -2); }
`;

describe('texts of an AssemblyScript guest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redcell-env-'));
  let wasm: Uint8Array;

  beforeAll(async () => {
    const entry = join(folder, 'guest.ts');
    writeFileSync(entry, SOURCE);
    ({ wasm } = await compileAssemblyScript({ entry }));
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The guest, with our env over its memory; what it logs goes to `lines`. */
  async function start(lines: string[] = []) {
    const m = { host: { logFor: (_m: unknown, _level: string, line: string) => lines.push(line) } };
    const env = Object.fromEntries(envImports(m as unknown as ModuleInstance)); // uses only these
    const free = (): number => 0;
    const redismodule = new Proxy({}, { has: () => true, get: () => free });
    const guest = await instantiate(wasm, { env, redismodule });
    Object.assign(m, { memory: new GuestMemory(guest.exports.memory as WebAssembly.Memory) });
    return guest.exports;
  }

  test('an abort tells the message as the loader reads it, the file and the place', async () => {
    const guest = await start();
    const lifted = guest.__getString((guest.textPtr as () => number)());
    expect(lifted).toBe(TEXT);
    const fail = guest.fail as () => void;
    expect(fail).toThrow(new ModuleTrap(`abort: ${lifted} at file.ts:7:9`));
  });

  test('a trace is a line of the log, with as many numbers as it says', async () => {
    const lines: string[] = [];
    const guest = await start(lines);
    (guest.tell as () => void)();
    expect(lines).toEqual([`trace: ${TEXT} 1.5, -2`]);
  });

  test('a seed is a whole number that differs from time to time', () => {
    const seed = envImports({} as ModuleInstance).get('seed') as () => number;
    const seeds = new Set(Array.from({ length: 20 }, seed));
    expect(seeds.size).toBeGreaterThan(1);
    for (const value of seeds) expect(Number.isSafeInteger(value)).toBe(true);
  });

  test('nothing else of env exists', () => {
    expect([...ENV_SIGNATURES.keys()]).toEqual(['abort', 'trace', 'seed']);
  });
});
