import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena, CLASS_BYTES, classFor, MAX_BLOCK_BYTES } from '../../host/keyspace/arena.ts';

interface Block {
  readonly address: number;
  readonly cls: number;
  readonly mark: number;
}

/** Fills a block with its mark; the first word is not 0, as for a block in use. */
function fill(arena: Arena, { address, cls, mark }: Block): void {
  const { words } = arena.segmentOf(address);
  const at = arena.offsetOf(address) >> 2;
  words.fill(mark, at, at + (CLASS_BYTES[cls] as number) / 4);
}

function expectIntact(arena: Arena, { address, cls, mark }: Block): void {
  const { words } = arena.segmentOf(address);
  const at = arena.offsetOf(address) >> 2;
  const part = words.subarray(at, at + (CLASS_BYTES[cls] as number) / 4);
  expect(part.every((word) => word === mark)).toBe(true);
}

function blocksInUse(arena: Arena): number[] {
  const found: number[] = [];
  for (let page = 0; page < arena.pageCount; page++) {
    let at = arena.blockAt(page, 0);
    for (; at.address !== 0; at = arena.blockAt(page, at.next)) found.push(at.address);
  }
  return found;
}

describe('size classes', () => {
  test('every size gets the smallest class that holds it', () => {
    for (let bytes = 1; bytes <= MAX_BLOCK_BYTES; bytes++) {
      const cls = classFor(bytes);
      expect(CLASS_BYTES[cls]).toBeGreaterThanOrEqual(bytes);
      expect(cls === 1 || (CLASS_BYTES[cls - 1] as number) < bytes).toBe(true);
    }
  });

  test('blocks are whole units of 8 bytes', () => {
    expect(CLASS_BYTES.every((size) => size % 8 === 0)).toBe(true);
  });
});

describe('an arena', () => {
  const operation = fc.record({
    bytes: fc.oneof(fc.integer({ min: 16, max: 100 }), fc.integer({ min: 16, max: 2048 })),
    isFree: fc.boolean(),
    pick: fc.nat(),
  });

  test('never hands out memory that is in use, and walkers see exactly what is', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 800, size: 'max' }), (operations) => {
        const arena = new Arena();
        const live: Block[] = [];
        let usedBytes = 0;
        let mark = 1;
        for (const { bytes, isFree, pick } of operations) {
          if (isFree && live.length > 0) {
            const [block] = live.splice(pick % live.length, 1) as [Block];
            expectIntact(arena, block);
            arena.free(block.address, block.cls);
            usedBytes -= CLASS_BYTES[block.cls] as number;
          } else {
            const cls = classFor(bytes);
            const block = { address: arena.alloc(cls), cls, mark: mark++ };
            expect(block.address).toBeGreaterThan(0);
            fill(arena, block);
            live.push(block);
            usedBytes += CLASS_BYTES[cls] as number;
          }
        }
        for (const block of live) expectIntact(arena, block);
        expect(arena.usedBytes).toBe(usedBytes);
        const addresses = live.map((block) => block.address).sort((a, b) => a - b);
        expect(blocksInUse(arena).sort((a, b) => a - b)).toEqual(addresses);
      }),
      { numRuns: 60 },
    );
  });

  test('memory of one size serves another once it is free', () => {
    const arena = new Arena();
    const allocate = (bytes: number, count: number): Block[] =>
      Array.from({ length: count }, (_, i) => {
        const cls = classFor(bytes);
        const block = { address: arena.alloc(cls), cls, mark: i + 1 };
        fill(arena, block);
        return block;
      });
    const small = allocate(64, 40_000);
    const reserved = arena.reservedBytes;
    for (const { address, cls } of small) arena.free(address, cls);
    expect(arena.usedBytes).toBe(0);
    const large = allocate(1024, 2400);
    expect(arena.reservedBytes).toBe(reserved);
    for (const block of large) expectIntact(arena, block);
  });

  test('freed blocks are used again before new memory is', () => {
    const arena = new Arena();
    const cls = classFor(100);
    const first = Array.from({ length: 1000 }, () => arena.alloc(cls));
    for (const address of first) arena.segmentOf(address).words[arena.offsetOf(address) >> 2] = 1;
    const freed = first.filter((_, i) => i % 3 === 0);
    for (const address of freed) arena.free(address, cls);
    const again = freed.map(() => arena.alloc(cls));
    expect(new Set(again)).toEqual(new Set(freed));
  });

  test('an arena of a few records takes a few KB', () => {
    const arena = new Arena();
    arena.alloc(classFor(64));
    expect(arena.reservedBytes).toBeLessThanOrEqual(4096);
  });

  test('growing its first segment keeps what is in it', () => {
    const arena = new Arena();
    const cls = classFor(200);
    const blocks = Array.from({ length: 3000 }, (_, i): Block => {
      const block = { address: arena.alloc(cls), cls, mark: i + 1 };
      fill(arena, block);
      return block;
    });
    for (const block of blocks) expectIntact(arena, block);
  });
});
