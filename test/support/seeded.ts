// Chance that a number repeats: tests print the seed when they fail.

import { SeededRandom } from '../../host/lib/random.ts';

/** A whole number from 0 to below `bound`. */
export type RandomBelow = (bound: number) => number;

export function randomOf(seed: number): RandomBelow {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, seed + 1);
  const random = new SeededRandom(bytes);
  for (let i = 0; i < 20; i++) random.below(2); // small seeds are alike at first
  return (bound) => random.below(bound);
}
