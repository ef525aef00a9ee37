import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distinctPositions } from '../../host/commands/random-picks.ts';
import { SeededRandom } from '../../host/lib/random.ts';

describe('picking distinct positions', () => {
  test('gives as many as asked, inside, ascending and different', () => {
    const sizes = fc.nat(200).chain((size) => fc.tuple(fc.constant(size), fc.nat(size)));
    const property = fc.property(sizes, ([size, count]) => {
      const picked = distinctPositions(new SeededRandom(), count, size);
      expect(picked).toHaveLength(count);
      expect(new Set(picked).size).toBe(count);
      expect(picked).toEqual([...picked].sort((a, b) => a - b));
      for (const position of picked) expect(position).toBeLessThan(size);
    });
    fc.assert(property);
  });

  test.each([
    [2, 20],
    [10, 20],
  ])('picks each of the positions equally often (%i of %i)', (count, size) => {
    const random = new SeededRandom(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
    const rounds = 20_000;
    const hits = new Array<number>(size).fill(0);
    for (let round = 0; round < rounds; round++) {
      for (const at of distinctPositions(random, count, size)) hits[at] = (hits[at] ?? 0) + 1;
    }
    const expected = (rounds * count) / size;
    for (const hit of hits) expect(Math.abs(hit - expected)).toBeLessThan(expected * 0.1);
  });
});
