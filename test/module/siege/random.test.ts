// A guest that calls the ABI at random. The seed is in every finding: npm run siege -- random
// --seed N replays it, and with --minutes 10 it goes on for longer.

import { expect, test } from 'vitest';
import { Dice, RandomSiege } from '../../siege/random.ts';

test('random calls break nothing, and the neighbour answers', { tags: ['slow'] }, async () => {
  const seed = Date.now() % 1_000_000_000;
  const siege = await RandomSiege.start(seed);
  const { findings, neighbour, calls, traps } = await siege.run(4000);
  expect(findings, `seed ${seed}`).toEqual([]);
  expect(neighbour.wrong, `seed ${seed}`).toBe(0);
  expect(neighbour.asked).toBeGreaterThan(500);
  // Some end in a trap, most do not.
  expect(traps).toBeGreaterThan(100);
  expect(traps).toBeLessThan(calls / 2);
});

test('the same seed gives the same numbers', () => {
  const [one, two, other] = [new Dice(7), new Dice(7), new Dice(8)];
  const draw = (dice: Dice): number[] => Array.from({ length: 50 }, () => dice.below(1000));
  const numbers = draw(one);
  expect(draw(two)).toEqual(numbers);
  expect(draw(other)).not.toEqual(numbers);
  expect(new Set(numbers).size).toBeGreaterThan(40);
});
