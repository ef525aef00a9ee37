import { describe, expect, test } from 'vitest';
import { parseSource } from './source.ts';
import { findForbiddenUses } from './usage.ts';

function linesOf(path: string, text: string): number[] {
  return findForbiddenUses([parseSource(path, text)]).map(({ line }) => line);
}

describe('what has one door', () => {
  test.each([
    ['view of guest memory', 'new Uint8Array(memory.buffer);'],
    ['view of guest memory in a field', 'this.#memory!.buffer;'],
    ['view over two lines', 'this.rawMemory\n  .buffer;'],
    ['exit', 'process.exit(1);'],
    ['exit code', 'process.exitCode = 1;'],
    ['console', "console.log('x');"],
    ['wall clock', 'Date.now();'],
    ['wall clock by constructor', 'new Date();'],
    ['monotonic clock', 'performance.now();'],
    ['chance', 'Math.random();'],
  ])('%s is found outside it', (_name, statement) => {
    expect(linesOf('host/commands/x.ts', `const before = 1;\n${statement}`)).toEqual([2]);
  });

  test.each([
    ['host/module/memory.ts', 'memory.buffer;'],
    ['host/main.ts', 'process.exit(0);'],
    ['host/launcher.ts', 'process.exitCode = 1;'],
    ['host/lib/log.ts', "console.error('x');"],
    ['host/lib/clock.ts', 'Date.now() + performance.now();'],
    ['host/lib/random.ts', 'Math.random();'],
    ['build/check.ts', "console.log('x');"],
    ['test/bench/main.ts', 'performance.now();'],
  ])('%s is a door', (path, text) => {
    expect(linesOf(path, text)).toEqual([]);
  });

  test.each([
    ['a comment', '// never Math.random() or memory.buffer here'],
    ['a text', "const text = 'console.log';"],
    ['a date of a given time', 'new Date(timeMs);'],
    ['a buffer of something else', 'slice.buffer;'],
  ])('%s is no use', (_name, text) => {
    expect(linesOf('host/commands/x.ts', text)).toEqual([]);
  });
});
