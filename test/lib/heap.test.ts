import { describe, expect, test } from 'vitest';
import { processHeap } from '../../host/lib/heap.ts';

describe('the heap of the process', () => {
  test('is used in part', () => {
    expect(processHeap.usedShare()).toBeGreaterThan(0);
    expect(processHeap.usedShare()).toBeLessThan(1);
    expect(processHeap.limitBytes()).toBeGreaterThan(64 * 1024 * 1024);
  });

  test('loses its garbage when it is collected', () => {
    let garbage: number[][] | null = Array.from({ length: 1000 }, () => new Array(5000).fill(1.5));
    expect(garbage).toHaveLength(1000);
    const before = processHeap.usedShare();
    garbage = null;
    processHeap.collect();
    expect(processHeap.usedShare()).toBeLessThan(before);
  });
});
