import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlotTable } from '../../host/keyspace/slot-table.ts';
import { SeededRandom } from '../../host/lib/random.ts';

/** A hash for address `n`; few different ones when `isCrowded`, so that probe runs collide. */
const hashOf = (n: number, isCrowded: boolean): number =>
  isCrowded ? (n % 7) * 0x1000 : Math.imul(n, 0x9e3779b1) | 0;

/** All addresses of the table, found by their hashes. */
function lookup(table: SlotTable, hash: number, address: number): boolean {
  const search = (slots: Int32Array, mask: number): boolean => {
    for (let i = hash & mask, n = 0; n <= mask && slots[2 * i + 1] !== 0; i = (i + 1) & mask, n++) {
      if (slots[2 * i + 1] === address) return true;
    }
    return false;
  };
  if (search(table.slots, table.mask)) return true;
  return table.old !== null && search(table.old, table.oldMask);
}

function scanAll(table: SlotTable): number[] {
  const seen: number[] = [];
  let cursor = 0;
  do cursor = table.scan(cursor, { visit: (address) => seen.push(address) });
  while (cursor !== 0);
  return seen;
}

const step = fc.record({
  kind: fc.constantFrom('insert', 'insert', 'remove', 'rehash'),
  n: fc.integer({ min: 1, max: 4000 }),
});

describe('a slot table', () => {
  test.each([false, true])('holds what a Set holds (crowded hashes: %s)', (isCrowded) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const table = new SlotTable();
        const model = new Set<number>();
        for (const { kind, n } of steps) {
          const hash = hashOf(n, isCrowded);
          if (kind === 'rehash') table.rehashStep(n % 50);
          else if (kind === 'remove') expect(table.remove(hash, n)).toBe(model.delete(n));
          else if (kind === 'insert' && !model.has(n)) {
            table.insert(hash, n);
            model.add(n);
          }
          expect(table.count).toBe(model.size);
        }
        for (let n = 1; n <= 4000; n++) {
          expect(lookup(table, hashOf(n, isCrowded), n)).toBe(model.has(n));
        }
        expect(new Set(scanAll(table))).toEqual(model);
      }),
      { numRuns: 25 },
    );
  });

  test('shrinks when most of it is gone and stays complete', () => {
    const table = new SlotTable();
    for (let n = 1; n <= 50_000; n++) table.insert(hashOf(n, false), n);
    const grown = table.memoryBytes;
    for (let n = 1; n <= 49_900; n++) expect(table.remove(hashOf(n, false), n)).toBe(true);
    while (table.rehashStep(1000));
    expect(table.memoryBytes).toBeLessThan(grown / 20);
    expect(scanAll(table).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => 49_901 + i),
    );
  });

  test('a random record is each of them about equally often', () => {
    const table = new SlotTable();
    for (let n = 1; n <= 50; n++) table.insert(hashOf(n, false), n);
    const random = new SeededRandom(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
    const counts = new Map<number, number>();
    for (let i = 0; i < 50_000; i++) {
      const address = table.random((bound) => random.below(bound));
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    expect(counts.size).toBe(50);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(800);
      expect(count).toBeLessThan(1200);
    }
    expect(new SlotTable().random(() => 0)).toBe(0);
  });
});

describe('a scan of a slot table', () => {
  test.each([false, true])(
    'sees whatever stays from first to last call, however the table changes (crowded: %s)',
    (isCrowded) => {
      const change = fc.record({
        inserts: fc.nat(400),
        removes: fc.nat(400),
        rehash: fc.nat(100),
      });
      const changes = fc.array(change, { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(changes, fc.nat(600), fc.nat(3000), (plan, staying, others) => {
          const table = new SlotTable();
          const stays = Array.from({ length: staying }, (_, i) => i + 1);
          for (const n of stays) table.insert(hashOf(n, isCrowded), n);
          let next = 10_000;
          const volatile: number[] = [];
          const insert = (count: number) => {
            for (let i = 0; i < count; i++) {
              table.insert(hashOf(next, isCrowded), next);
              volatile.push(next++);
            }
          };
          insert(others);
          const seen = new Set<number>();
          let cursor = 0;
          let calls = 0;
          do {
            cursor = table.scan(cursor, { visit: (address) => seen.add(address) });
            const { inserts, removes, rehash } = plan[calls++ % plan.length] as (typeof plan)[0];
            if (calls < 200) insert(inserts % 40); // else it might never end
            for (let i = 0; i < removes && volatile.length > 0; i++) {
              const [gone] = volatile.splice((i * 31) % volatile.length, 1) as [number];
              table.remove(hashOf(gone, isCrowded), gone);
            }
            table.rehashStep(rehash);
          } while (cursor !== 0);
          for (const n of stays) expect(seen.has(n)).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  test('accepts any cursor', () => {
    const table = new SlotTable();
    for (let n = 1; n <= 100; n++) table.insert(hashOf(n, false), n);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (cursor) => {
        const next = table.scan(cursor, { visit: (address) => expect(address).toBeGreaterThan(0) });
        expect(next).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
