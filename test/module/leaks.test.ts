// Nothing is left of what modules did: neither in their memory nor in the server's.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { loadCode } from '../../host/module/code.ts';
import { type Build, moduleOf } from '../examples/targets.ts';
import { guest, traces } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';

const OPTIONS = { tags: ['slow'] };
const COMMANDS = 100_000;

/** Picks evenly, the same in every run. */
class Dice {
  #state = 20_261_122;

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#state >>> 8) % bound;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // lists are not empty
  }
}

/** Commands of the examples on a few keys: good ones, wrong ones, and some that wait. */
function randomCommand(dice: Dice): string[] {
  const key = `key:${dice.below(50)}`;
  const number = String(dice.below(1000) - 200);
  return dice.of([
    () => ['mymodule.hello', dice.of(['Redis', 'größer', '', 'x'.repeat(500)])],
    () => ['mymodule.multiply', number, dice.of(['7', '0', 'x', '-3', '9223372036854775807'])],
    () => ['mymodule.setcaps', key, 'Some Text'],
    () => ['mymodule.getcaps', key],
    () => ['mymodule.waitfor', key, 'text', '10'],
    () => ['counter.incr', key],
    () => ['counter.incr', key, number],
    () => ['counter.incr', key, 'x'],
    () => ['counter.get', key],
    () => ['counter.stats', key],
    () => ['counter.set', key, number, number, number],
    () => ['ratelimit.check', `limit:${key}`, '10', '5'],
    () => ['ratelimit.check', `limit:${key}`, '0', 'x'],
    () => ['ratelimit.check', key, '10', '5'],
    () => ['mymodule.hello'],
    () => ['counter.incr'],
    () => ['del', key],
    () => ['set', key, 'text'],
    () => ['copy', key, `key:${dice.below(50)}`, 'replace'],
    () => ['pexpire', key, '20'],
    () => ['dump', key],
    () => ['memory', 'usage', key],
    () => ['debug', 'digest-value', key],
  ])();
}

interface Holdings {
  readonly bytes: number;
  readonly blocks: number;
  readonly handles: number;
}

/** What MODULE MEMORY tells of a module. */
function holdings(server: TestInstance, name: string): Holdings {
  const lines = server.raw('MODULE', 'MEMORY', name).split('\r\n');
  const value = (of: string): number => Number(lines[lines.indexOf(of) + 1]?.slice(1));
  return { bytes: value('live.bytes'), blocks: value('live.blocks'), handles: value('handles') };
}

describe.each(['c', 'as'] satisfies Build[])('the examples in %s', (build) => {
  test(`hold after ${COMMANDS} commands and FLUSHALL what they held before`, OPTIONS, async () => {
    const server = new TestInstance({ 'enable-debug-command': 'yes' });
    const names = ['mymodule', 'ratelimit'];
    for (const name of names) {
      const code = await loadCode(readFileSync(await moduleOf(build, name)));
      server.instance.modules.load(code, name, []);
    }
    const waiting = Array.from({ length: 20 }, () => server.instance.createClient());
    const dice = new Dice();
    const baseline = names.map((name) => holdings(server, name));
    let errors = 0;
    let waits = 0;
    let peak = 0;
    for (let i = 0; i < COMMANDS; i++) {
      const words = randomCommand(dice);
      const client = words[0] === 'mymodule.waitfor' ? dice.of(waiting) : server.client;
      if (client.blocked !== null) continue;
      if (server.rawAs(client, ...words).startsWith('-')) errors++;
      if (client.blocked !== null) waits++;
      if (i % 16 === 0) server.advance(1);
      if (i % 10_000 === 5000) peak = Math.max(peak, holdings(server, 'mymodule').blocks);
    }
    server.advance(1000); // nobody waits any longer
    for (const client of waiting) server.takeReply(client);
    expect(server.instance.executor.blocking.blockedCount).toBe(0);
    // It was a mixture: some fail, most do not, and values were held.
    expect(errors).toBeGreaterThan(COMMANDS / 10);
    expect(errors).toBeLessThan(COMMANDS / 2);
    expect(waits).toBeGreaterThan(COMMANDS / 100);
    expect(peak).toBeGreaterThan(baseline[0]?.blocks ?? 0);
    expect(server.logLines.filter((line) => line.includes('trapped'))).toEqual([]);
    server.raw('FLUSHALL');
    const atEnd = names.map((name) => holdings(server, name));
    for (const [i, { bytes, blocks, handles }] of atEnd.entries()) {
      expect([blocks, handles]).toEqual([baseline[i]?.blocks, baseline[i]?.handles]);
      // The maps of AssemblyScript shrink by halves: an empty one may have room for some entries.
      expect(bytes - (baseline[i]?.bytes ?? 0)).toBeLessThanOrEqual(build === 'as' ? 1024 : 0);
    }
  });
});

/** Bytes of the process that a full collection does not give back. */
function processBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

describe('1,000 rounds of loading and unloading', OPTIONS, () => {
  const COMMAND = guest({
    uses: ['CreateCommand', 'ReplyWithLongLong', 'SubscribeToKeyspaceEvents'],
    strings: { 1100: 'guest.run', 1190: 'write' },
    table: `(table $t (export "__indirect_function_table") 8 funcref) (elem (i32.const 1) $f $n)
      (func $f (param i32 i32 i32) (result i32)
        (call $ReplyWithLongLong (local.get 0) (i64.const 1)))
      (func $n (param i32 i32 i32 i32) (result i32) (i32.const 0))`,
    onLoad: `(drop (call $CreateCommand (local.get $ctx) (i32.const 1100) (i32.const 1)
        (i32.const 1190) (i32.const 0) (i32.const 0) (i32.const 0)))
      (drop (call $SubscribeToKeyspaceEvents (local.get $ctx) (i32.const 4) (i32.const 2)))`,
  });

  test.each([
    ['the same code', () => COMMAND],
    ['other code each time', (i: number) => guest({ more: `(global i32 (i32.const ${i}))` })],
  ])('of %s leave the process as large as it was', async (_what, bytesOf) => {
    const server = new TestInstance();
    const rounds = async (from: number, count: number): Promise<void> => {
      for (let i = from; i < from + count; i++) {
        const code = await loadCode(bytesOf(i));
        const { instance } = server.instance.modules.load(code, 'guest.wasm', []);
        server.raw('guest.run');
        server.raw('SET', 'k', 'v');
        expect(server.instance.modules.unload(instance.name)).toBe(null);
        server.logLines.length = 0;
        server.takeEffects();
      }
      await new Promise(setImmediate); // what was collected is forgotten
    };
    await rounds(0, 200);
    const before = processBytes();
    const left = traces(server);
    await rounds(1000, 1000);
    const grownBytes = processBytes() - before;
    expect(traces(server)).toEqual({ ...(left as object), dirty: expect.any(Number) });
    // One memory of a module is 128 KB: ten of a thousand that stayed would show.
    expect(grownBytes).toBeLessThan(1_200_000);
  });
});
