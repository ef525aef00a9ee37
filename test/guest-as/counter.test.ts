// The counter example without a server: its commands, its payloads and its heap.

import { beforeAll, describe, expect, test } from 'vitest';
import { compileAssemblyScript } from '../../build/asc.ts';
import { FakeHost } from './fake-host.ts';

let wasm: Uint8Array;

beforeAll(async () => {
  const entry = new URL('../../guest-as/examples/counter.ts', import.meta.url).pathname;
  ({ wasm } = await compileAssemblyScript({ entry }));
}, 120_000);

function loaded(): FakeHost {
  const host = new FakeHost();
  expect(host.load(wasm)).toBe(0);
  return host;
}

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';

describe('OnLoad', () => {
  test('registers the module and its documented commands', () => {
    const host = loaded();
    expect(host.log).toEqual(['module counter 1 1', 'notice Counter loaded with commands']);
    expect(Object.fromEntries(host.documented)).toEqual({
      'counter.incr': -2,
      'counter.get': 2,
      'counter.stats': 2,
      'counter.set': 5,
    });
    expect([...host.commands].map(([name, { flags }]) => `${name}: ${flags}`)).toEqual([
      'counter.incr: write deny-oom fast',
      'counter.get: readonly fast',
      'counter.stats: readonly fast',
      'counter.set: write deny-oom fast',
    ]);
  });

  test('fails when the name of a command is taken', () => {
    const host = new FakeHost();
    host.commands.set('counter.stats', { fn: 0, flags: '' });
    expect(host.load(wasm)).toBe(1);
    expect(host.log).toEqual(['module counter 1 1']);
  });
});

describe('commands', () => {
  test('count ups and downs separately', () => {
    const host = loaded();
    expect(host.run('counter.incr', 'k', '5')).toEqual([':5']);
    expect(host.run('counter.incr', 'k', '-2')).toEqual([':3']);
    expect(host.run('counter.incr', 'k')).toEqual([':4']);
    expect(host.run('counter.get', 'k')).toEqual([':4']);
    expect(host.run('counter.stats', 'k')).toEqual([
      '*6',
      '+current',
      ':4',
      '+increments',
      ':6',
      '+decrements',
      ':2',
    ]);
    expect(host.replicated).toBe(3);
    expect(host.notified).toEqual(['counter.incr k', 'counter.incr k', 'counter.incr k']);
  });

  test('answer null for a missing key and an error for another type', () => {
    const host = loaded();
    host.keys.set('s', Buffer.from('text'));
    expect(host.run('counter.get', 'none')).toEqual(['_']);
    expect(host.run('counter.stats', 'none')).toEqual(['_']);
    for (const name of ['counter.get', 'counter.stats', 'counter.incr']) {
      expect(host.run(name, 's')).toEqual([WRONGTYPE]);
    }
    expect(host.run('counter.set', 's', '1', '1', '0')).toEqual([WRONGTYPE]);
  });

  test('refuse what is not a number or does not fit, and change nothing', () => {
    const host = loaded();
    const overflow = '-ERR increment or decrement would overflow';
    expect(host.run('counter.incr', 'k', 'x')).toEqual(['-ERR invalid increment']);
    expect(host.run('counter.incr', 'k', '-9223372036854775808')).toEqual([overflow]);
    expect(host.keys.size).toBe(0);
    host.run('counter.incr', 'k', '9223372036854775807');
    expect(host.run('counter.incr', 'k')).toEqual([overflow]);
    host.run('counter.incr', 'k', '-7');
    expect(host.run('counter.incr', 'k')).toEqual([overflow]); // the total is full
    expect(host.run('counter.get', 'k')).toEqual([':9223372036854775800']);
    expect(host.run('counter.incr')).toEqual(['-arity']);
    expect(host.run('counter.incr', 'k', '1', '2')).toEqual(['-arity']);
  });

  test('set all three numbers, or refuse them', () => {
    const host = loaded();
    const integer = '-ERR value is not an integer or out of range';
    const negative = '-ERR increments and decrements must not be negative';
    expect(host.run('counter.set', 'k', '-3', '4', '7')).toEqual(['+OK']);
    expect(host.run('counter.set', 'k', '1', 'x', '7')).toEqual([integer]);
    expect(host.run('counter.set', 'k', '1', '-1', '7')).toEqual([negative]);
    expect(host.run('counter.stats', 'k').filter((reply) => reply.startsWith(':'))).toEqual([
      ':-3',
      ':4',
      ':7',
    ]);
  });
});

describe('the type', () => {
  test('saves increments, decrements and current, and loads them again', () => {
    const host = loaded();
    host.run('counter.set', 'k', '-3', '4', '7');
    const value = host.keys.get('k') as { ptr: number };
    host.method('save', 1, value.ptr);
    expect(host.rdb).toEqual([4n, 7n, -3n]);
    const copy = host.method('load', 1, 0);
    host.method('rewrite', 1, host.string('k2'), copy);
    expect(host.emitted).toEqual([
      { name: 'COUNTER.SET', format: 'slll', args: ['k2', -3n, 4n, 7n] },
    ]);
  });

  test('refuses a version from the future and totals below zero', () => {
    const host = loaded();
    expect(host.method('load', 1, 1)).toBe(0);
    expect(host.log.at(-1)).toBe('warning Cannot load counter of encoding version 1');
    host.rdb.push(-1n, 0n, -1n);
    expect(host.method('load', 1, 0)).toBe(0);
  });

  test('has copy, digest and memory usage, the latter as large as in C', () => {
    const host = loaded();
    host.run('counter.incr', 'k', '9');
    const { ptr } = host.keys.get('k') as { ptr: number };
    const copy = host.method('copy', host.string('a'), host.string('b'), ptr);
    expect(copy).not.toBe(ptr);
    expect(host.method('memUsage', ptr)).toBe(24);
    expect(host.hasMethod('digest')).toBe(true);
  });
});

describe('the heap', () => {
  test('returns to its baseline after 10,000 counters came and went', () => {
    const host = loaded();
    host.run('counter.incr', 'warm');
    host.deleteKey('warm');
    host.collect();
    const baseline = host.heap.liveBytes;
    for (let i = 0; i < 10_000; i++) host.run('counter.incr', `k${i}`, `${i}`);
    host.collect();
    for (let i = 0; i < 10_000; i++) expect(host.run('counter.get', `k${i}`)).toEqual([`:${i}`]);
    const full = host.heap.liveBytes;
    for (let i = 0; i < 10_000; i++) host.deleteKey(`k${i}`);
    host.collect();
    expect(full - baseline).toBeGreaterThanOrEqual(10_000 * 48);
    expect(host.heap.liveBytes).toBe(baseline);
  });

  test('stays small in a long sequence of commands that nobody collects after', () => {
    const host = loaded();
    for (let i = 0; i < 20_000; i++) {
      host.run('counter.incr', 'k', '1');
      if (i % 2 === 0) host.deleteKey('k');
    }
    expect(host.heap.allocations).toBeGreaterThan(10_000);
    expect(host.heap.liveBytes).toBeLessThan(32_768);
  });
});
