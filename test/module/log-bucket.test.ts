import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../host/lib/clock.ts';
import { LogBucket, logLine } from '../../host/module/log-bucket.ts';

function bucket() {
  const clock = new ManualClock();
  const told: number[] = [];
  return { clock, told, lines: new LogBucket(clock, (dropped) => void told.push(dropped)) };
}

describe('a bucket of lines', () => {
  test('lets 100 through at once and then 100 a second', () => {
    const { clock, lines } = bucket();
    const taken = (): number => {
      let count = 0;
      for (let i = 0; i < 10_000; i++) if (lines.take()) count++;
      return count;
    };
    expect(taken()).toBe(100);
    expect(taken()).toBe(0);
    clock.advance(250);
    expect(taken()).toBe(25);
    clock.advance(60_000);
    expect(taken()).toBe(100);
  });

  test('tells once a second how many it has dropped', () => {
    const { clock, told, lines } = bucket();
    for (let i = 0; i < 150; i++) lines.take();
    lines.tick();
    expect(told).toEqual([]);
    clock.advance(999);
    lines.tick();
    expect(told).toEqual([]);
    clock.advance(1);
    lines.tick();
    lines.tick();
    expect(told).toEqual([50]);
  });

  test('tells with the next line, and at the end', () => {
    const { clock, told, lines } = bucket();
    for (let i = 0; i < 101; i++) lines.take();
    clock.advance(2000);
    lines.take();
    expect(told).toEqual([1]);
    for (let i = 0; i < 100; i++) lines.take();
    lines.settle();
    lines.settle();
    expect(told).toEqual([1, 1]);
  });
});

describe('a line', () => {
  test('has no control bytes of either set', () => {
    expect(logLine('a\r\nb\x1b[31m\x07\x9b1m\x7f')).toBe('a\\x0d\\x0ab\\x1b[31m\\x07\\x9b1m\\x7f');
  });

  test('is cut at 4 KB', () => {
    expect(logLine('x'.repeat(4096))).toHaveLength(4096);
    expect(logLine('x'.repeat(1_000_000))).toBe(`${'x'.repeat(4096)}...`);
  });
});
