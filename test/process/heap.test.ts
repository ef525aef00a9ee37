import { describe, expect, test } from 'vitest';
import { heapMegabytes, machineMemoryBytes } from '../../host/process/heap.ts';

const MB = 1024 * 1024;
const GB = 1024 * MB;

describe('the heap', () => {
  test.each([
    ['no limit: most of the machine', 0, 16 * GB, 12 * 1024],
    ['a limit: twice that and the server itself', 1 * GB, 16 * GB, 2 * 1024 + 512],
    ['a small limit: at least the server itself', 1 * MB, 16 * GB, 514],
    ['a limit beyond the machine: what there is', 64 * GB, 16 * GB, 16 * 1024],
    ['a small container without limit: all of it', 0, 256 * MB, 256],
  ])('%s', (_name, maxMemoryBytes, machineBytes, expected) => {
    expect(heapMegabytes(maxMemoryBytes, machineBytes)).toBe(expected);
  });

  test('the container counts if it has less than the machine', () => {
    expect(machineMemoryBytes(16 * GB, 2 * GB)).toBe(2 * GB);
    expect(machineMemoryBytes(16 * GB, 0)).toBe(16 * GB);
    expect(machineMemoryBytes(16 * GB, 2 ** 63)).toBe(16 * GB);
  });
});
