// Objects of AssemblyScript that only the host refers to: kept as long as needed, then let go.

import { beforeAll, describe, expect, test } from 'vitest';
import { compileAssemblyScript } from '../../build/asc.ts';
import { FakeHost } from './fake-host.ts';

let wasm: Uint8Array;

beforeAll(async () => {
  const entry = new URL('../../guest-as/test/lifetimes.ts', import.meta.url).pathname;
  ({ wasm } = await compileAssemblyScript({ entry }));
}, 120_000);

/** A loaded host; `collectsAlways` runs a full collection inside every call to the host. */
function loaded(collectsAlways: boolean): FakeHost {
  const host = new FakeHost();
  expect(host.load(wasm)).toBe(0);
  host.collectsAlways = collectsAlways;
  return host;
}

describe.each([
  ['with the collector left alone', false],
  ['with a collection at every host call', true],
])('%s', (_title, collectsAlways) => {
  test('a value with objects of its own survives in its key', () => {
    const host = loaded(collectsAlways);
    host.run('notes.add', 'n', 'one', 'two');
    host.run('notes.add', 'n', 'three');
    for (let i = 0; i < 50; i++) host.run('long', '3000');
    expect(host.run('notes.get', 'n')).toEqual(['$one|two|three 11']);
  });

  test('a value loaded from RDB survives and is written back whole', () => {
    const host = loaded(collectsAlways);
    host.rdb.push(3n);
    const ptr = host.method('load', 1, 0);
    host.collect();
    host.method('rewrite', 1, host.string('key'), ptr);
    expect(host.emitted).toEqual([
      { name: 'NOTES.ADD', format: 'sbbbl', args: ['key', 'loaded 0', 'loaded 1', 'loaded 2', 3n] },
    ]);
  });

  test('the data of a timer reach its callback', () => {
    const host = loaded(collectsAlways);
    host.run('timer.start', 'tick');
    host.collect();
    host.replies = [];
    host.fireTimers();
    expect(host.replies).toEqual(['$tick from tick 36']);
  });

  test('the data of a blocked client reach the reply and are disposed of once', () => {
    const host = loaded(collectsAlways);
    host.run('block', 'wait');
    host.collect();
    host.replies = [];
    host.invoke(host.blocked.reply, 1, 0, 0);
    host.invoke(host.blocked.free, 1, host.blocked.data);
    expect(host.replies).toEqual(['$wait from wait']);
    expect(host.run('disposed')).toEqual([':1']);
  });

  test('arguments of a command are packed as C packs them', () => {
    const host = loaded(collectsAlways);
    host.run('call', 'a', 'ü'.repeat(60), '');
    expect(host.called).toEqual([
      {
        name: 'ECHO',
        format: '!Elsblbblbblb',
        args: [-1n, 'call', 'a', 1n, 'a', 'ü'.repeat(60), 2n, 'ü'.repeat(60), '', 3n, ''],
      },
    ]);
  });

  test('texts longer than the scratch memory arrive whole', () => {
    const host = loaded(collectsAlways);
    const text = 'ä'.repeat(5000);
    expect(host.run('long', '5000')).toEqual([`$${text}`, '+OK']);
    expect(host.log.at(-1)).toBe(`notice ${text}`);
  });
});

describe('live bytes', () => {
  /** Runs `body` until the lazy parts are warm, then again, and compares the heap. */
  function expectBaseline(host: FakeHost, body: () => void): void {
    body();
    host.collect();
    const before = host.heap.liveBytes;
    for (let i = 0; i < 100; i++) body();
    host.collect();
    expect(host.heap.liveBytes).toBe(before);
  }

  test('fall back after values were deleted', () => {
    const host = loaded(false);
    expectBaseline(host, () => {
      host.run('notes.add', 'n', 'one', 'two');
      host.deleteKey('n');
    });
  });

  test('fall back after timers fired and were stopped', () => {
    const host = loaded(false);
    expectBaseline(host, () => {
      host.run('timer.start', 'tick');
      host.fireTimers();
      host.run('timer.start', 'tock');
      expect(host.run('timer.stop')).toEqual([':0']);
      expect(host.run('timer.stop')).toEqual([':1']);
    });
  });

  test('fall back after clients were unblocked', () => {
    const host = loaded(false);
    expectBaseline(host, () => {
      host.run('block', 'wait');
      host.invoke(host.blocked.free, 1, host.blocked.data);
    });
  });

  test('fall back after texts overflowed the scratch memory', () => {
    const host = loaded(false);
    expectBaseline(host, () => host.run('long', '5000'));
  });
});

test('scratch memory nests, also past its fixed part', () => {
  expect(loaded(false).run('scratch')).toEqual([':1', ':1', '$kept']);
});

test('an abort says what, where and on which line', () => {
  const host = loaded(false);
  expect(() => host.run('boom', 'lit')).toThrow(/^the fuse is lit in lifetimes\.ts\(\d+:\d+\)$/);
});

test('the stack pointer can be put back after an abort', () => {
  const host = loaded(false);
  const stackPointer = host.exports.__stack_pointer as unknown as WebAssembly.Global;
  const before: number = stackPointer.value;
  expect(() => host.run('boom', 'lit')).toThrow();
  expect(stackPointer.value).not.toBe(before);
  stackPointer.value = before;
  expect(host.run('disposed')).toEqual([':0']);
});

test('the collector works on after aborts if only the stack pointer is put back', () => {
  const host = loaded(false);
  const stackPointer = host.exports.__stack_pointer as unknown as WebAssembly.Global;
  for (let i = 0; i < 300; i++) {
    const before: number = stackPointer.value;
    host.run('notes.add', `k${i % 20}`, `line ${i}`);
    const words = Array.from({ length: i % 40 }, (_, length) => 'x'.repeat(length));
    host.run('notes.add', 'garbage', ...words);
    expect(() => host.run('boom', 'y'.repeat(i))).toThrow('the fuse is');
    stackPointer.value = before;
    if (i % 3 === 0) host.deleteKey('garbage');
  }
  const lines = Array.from({ length: 15 }, (_, i) => `line ${7 + 20 * i}`);
  const total = lines.join('').length;
  expect(host.run('notes.get', 'k7')).toEqual([`$${lines.join('|')} ${total}`]);
});
