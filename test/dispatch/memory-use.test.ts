import { describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';

describe('used memory', () => {
  test('is what the data, the features and the server itself take', () => {
    const redcell = new TestInstance();
    const { memory } = redcell.instance.clientServices;
    const before = memory.usedBytes;
    redcell.raw('SET', 'k', 'x'.repeat(10_000));
    expect(memory.usedBytes - before).toBeGreaterThanOrEqual(10_000);
    memory.setSource('aof', { bytes: () => 500, isOutsideLimit: true });
    expect(memory.outsideLimitBytes).toBe(500);
    expect(memory.bytesOf('aof')).toBe(500);
  });

  test('has a peak that stays until statistics are reset', () => {
    const redcell = new TestInstance();
    const { memory } = redcell.instance.clientServices;
    redcell.raw('SET', 'k', 'x'.repeat(100_000));
    const peak = memory.peakBytes;
    redcell.raw('DEL', 'k');
    expect(memory.peakBytes).toBe(peak);
    redcell.raw('CONFIG', 'RESETSTAT');
    expect(memory.peakBytes).toBeLessThan(peak);
  });
});
