import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageRuns, UNIT_BYTES } from '../../host/module/page-runs.ts';

const PAGE = 65_536;

function make(maxPages = 100): { runs: PageRuns; grown: number[]; grow: (pages: number) => void } {
  let pages = 1;
  const grown: number[] = [];
  const runs = new PageRuns({
    heapStart: 5000,
    byteLength: () => pages * PAGE,
    growPages: (more) => {
      if (pages + more > maxPages) return false;
      pages += more;
      grown.push(more);
      return true;
    },
  });
  return { runs, grown, grow: (more) => (pages += more) };
}

describe('runs of units', () => {
  test('begin above the heap start and use the rest of the first page', () => {
    const { runs, grown } = make();
    expect(runs.takeLarge(14)).toBe(2); // 5000 is inside unit 1
    expect(grown).toEqual([]);
    expect(runs.takeLarge(1)).toBe(16);
    expect(grown).toEqual([1]);
  });

  test('are joined with free neighbours on both sides', () => {
    const { runs, grown } = make();
    const [a, b, c] = [runs.takeLarge(4), runs.takeLarge(4), runs.takeLarge(6)];
    runs.release(a, 4);
    runs.release(c, 6);
    runs.release(b, 4);
    expect(runs.takeLarge(14)).toBe(a);
    expect(grown).toEqual([]);
  });

  test('tell slabs, large blocks and free units apart', () => {
    const { runs } = make();
    const slab = runs.takeSlab(2, 7);
    const large = runs.takeLarge(3);
    expect(runs.slabAt(slab * UNIT_BYTES + 5000)).toBe(7);
    expect(runs.slabAt(large * UNIT_BYTES)).toBeLessThan(0);
    expect(runs.largeAt(large * UNIT_BYTES)).toBe(3);
    expect(runs.largeAt(large * UNIT_BYTES + 16)).toBe(0);
    expect(runs.largeAt((large + 1) * UNIT_BYTES)).toBe(0);
    expect(runs.isFree((large + 3) * UNIT_BYTES)).toBe(true);
    expect(runs.isFree(0)).toBe(false);
    expect(runs.slabAt(2 ** 32 - 1)).toBeLessThan(0);
  });

  test('grow by what is missing behind a free tail, exactly when the quota is near', () => {
    const { runs, grown } = make(3);
    expect(runs.takeLarge(40)).toBe(2);
    expect(grown).toEqual([2]);
    expect(runs.takeLarge(10)).toBe(0);
  });

  test('are resized in place when the run behind is free', () => {
    const { runs } = make();
    const first = runs.takeLarge(4);
    const second = runs.takeLarge(4);
    expect(runs.resize(first, 4, 5)).toBe(false);
    runs.release(second, 4);
    expect(runs.resize(first, 4, 14)).toBe(true);
    expect(runs.resize(first, 14, 15)).toBe(false);
    expect(runs.resize(first, 14, 2)).toBe(true);
    expect(runs.largeAt(first * UNIT_BYTES)).toBe(2);
    expect(runs.takeLarge(12)).toBe(first + 2);
  });
});

test('runs never overlap and free memory is found again', () => {
  const step = fc.record({
    action: fc.constantFrom('take', 'take', 'release', 'resize', 'guest'),
    units: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 200 })),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { runs, grow } = make(60);
      const taken: { unit: number; units: number }[] = [];
      for (const { action, units, pick } of steps) {
        const at = pick % Math.max(taken.length, 1);
        const run = taken[at];
        if (action === 'take') {
          const unit = runs.takeLarge(units);
          if (unit !== 0) taken.push({ unit, units });
        } else if (action === 'guest' && pick % 20 === 0) grow(1);
        else if (action === 'release' && run !== undefined) {
          runs.release(run.unit, run.units);
          taken.splice(at, 1);
        } else if (action === 'resize' && run !== undefined) {
          if (runs.resize(run.unit, run.units, units)) run.units = units;
        }
      }
      taken.sort((a, b) => a.unit - b.unit);
      let end = 2;
      for (const { unit, units } of taken) {
        expect(unit).toBeGreaterThanOrEqual(end);
        expect(runs.largeAt(unit * UNIT_BYTES)).toBe(units);
        end = unit + units;
      }
      const used = taken.reduce((sum, { units }) => sum + units, 0);
      for (const { unit, units } of taken) runs.release(unit, units);
      // All is free now: single units can be had as many as there are.
      for (let i = 0; i < runs.unitCount; i++) expect(runs.takeLarge(1)).not.toBe(0);
      expect(used).toBeLessThanOrEqual(runs.unitCount);
    }),
  );
});
