import { describe, expect, test } from 'vitest';
import { randomHex, SeededRandom, secureBytes } from '../../host/lib/random.ts';

const SEED = Buffer.alloc(16, 5);

describe('a seeded generator', () => {
  test('gives the same numbers for the same seed', () => {
    const [a, b] = [new SeededRandom(SEED), new SeededRandom(SEED)];
    const other = new SeededRandom(Buffer.alloc(16, 6));
    const take = (random: SeededRandom): number[] =>
      Array.from({ length: 20 }, () => random.unit());
    const first = take(a);
    expect(take(b)).toEqual(first);
    expect(take(other)).not.toEqual(first);
  });

  test('leaves the seed as it is', () => {
    const seed = Buffer.from('0123456789abcdef');
    new SeededRandom(seed).unit();
    expect(seed.toString()).toBe('0123456789abcdef');
  });

  test('lives with a seed of zeros', () => {
    const random = new SeededRandom(Buffer.alloc(16));
    expect(new Set(Array.from({ length: 50 }, () => random.below(1000))).size).toBeGreaterThan(20);
  });

  test('is about uniform', () => {
    const random = new SeededRandom(SEED);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('stays within its bounds', () => {
    const random = new SeededRandom(SEED);
    for (let i = 0; i < 1000; i++) {
      expect(random.below(1)).toBe(0);
      const unit = random.unit();
      expect(unit >= 0 && unit < 1).toBe(true);
      expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    }
  });
});

test('secrets differ, and have the length that was asked for', () => {
  expect(randomHex(40)).toMatch(/^[0-9a-f]{40}$/);
  expect(randomHex(7)).toHaveLength(7);
  expect(randomHex(40)).not.toBe(randomHex(40));
  expect(secureBytes(16)).toHaveLength(16);
});
