import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../host/module/allocator.ts';
import { GuestMemory, PAGE_BYTES } from '../../host/module/memory.ts';
import { ModuleTrap } from '../../host/module/trap.ts';

interface Heap {
  readonly heap: Allocator;
  readonly memory: GuestMemory;
}

function make(options: { pages?: number; maxPages?: number; heapStart?: number } = {}): Heap {
  const { pages = 2, maxPages = 1000, heapStart = 70_000 } = options;
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: pages, maximum: maxPages }));
  const growPages = (more: number): boolean => memory.grow(more) >= 0;
  return { memory, heap: new Allocator({ memory, heapStart, growPages }) };
}

const SIZES = [
  0, 1, 15, 16, 17, 100, 128, 129, 1000, 4096, 16_384, 16_385, 20_480, 65_536, 300_000,
];

describe('alloc', () => {
  test.each(SIZES)('gives %d bytes, aligned, above the heap start and inside memory', (size) => {
    const { heap, memory } = make();
    const ptr = heap.alloc(size);
    expect(ptr % 16).toBe(0);
    expect(ptr).toBeGreaterThanOrEqual(70_000);
    expect(heap.usableSize(ptr)).toBeGreaterThanOrEqual(Math.max(size, 1));
    expect(() => memory.check(ptr, heap.usableSize(ptr))).not.toThrow();
  });

  test('wastes at most a quarter of a block over 64 bytes', () => {
    const { heap } = make();
    for (let size = 65; size < 200_000; size = Math.ceil(size * 1.01)) {
      const ptr = heap.alloc(size);
      expect(heap.usableSize(ptr) / size).toBeLessThanOrEqual(1.27);
      heap.free(ptr);
    }
  });

  test('answers 0 when the quota is used up, and works again after a free', () => {
    const { heap } = make({ maxPages: 4 });
    const blocks: number[] = [];
    for (let ptr = heap.alloc(30_000); ptr !== 0; ptr = heap.alloc(30_000)) blocks.push(ptr);
    expect(blocks.length).toBe(5); // 4 pages less 70,000 bytes, in blocks of 32,768
    expect(heap.alloc(2 ** 31)).toBe(0);
    expect(heap.alloc(-1)).toBe(0);
    heap.free(blocks[2] ?? 0);
    expect(heap.alloc(30_000)).toBe(blocks[2]);
  });

  test('takes back empty slabs before it gives up', () => {
    const { heap } = make({ maxPages: 4, heapStart: 65_536 });
    const small = Array.from({ length: 3 * 4096 }, () => heap.alloc(16));
    expect(small.every((ptr) => ptr !== 0)).toBe(true);
    expect(heap.alloc(100_000)).toBe(0);
    for (const ptr of small) heap.free(ptr);
    expect(heap.alloc(3 * 65_536)).toBe(65_536);
  });

  test('never hands out memory that the guest grew itself', () => {
    const { heap, memory } = make({ pages: 1, heapStart: 65_536 });
    const first = heap.alloc(60_000);
    const guestPage = memory.grow(1) * PAGE_BYTES;
    for (let i = 0; i < 50; i++) {
      const ptr = heap.alloc(50_000);
      const isApart = ptr >= guestPage + PAGE_BYTES || ptr + 50_000 <= guestPage;
      expect(ptr !== 0 && isApart).toBe(true);
    }
    expect(first).toBe(65_536);
    expect(() => heap.free(guestPage)).toThrow(/is not an address that Alloc returned/);
  });
});

describe('calloc', () => {
  test('zeroes, also memory that was used before', () => {
    const { heap, memory } = make();
    for (const size of [24, 5000, 40_000]) {
      const dirty = heap.alloc(size);
      memory.fill(dirty, size, 0xff);
      heap.free(dirty);
      const ptr = heap.calloc(size / 8, 8);
      expect(ptr).toBe(dirty);
      expect(memory.bytes(ptr, size).every((byte) => byte === 0)).toBe(true);
    }
  });

  test('answers 0 when the product overflows', () => {
    const { heap } = make();
    expect(heap.calloc(0x10000, 0x10000)).toBe(0);
    expect(heap.calloc(-1, -1)).toBe(0);
    expect(heap.calloc(0x80000001 | 0, 2)).toBe(0);
    expect(heap.calloc(0, -1)).not.toBe(0);
  });
});

describe('realloc', () => {
  test('allocates for NULL, frees for size 0', () => {
    const { heap } = make();
    const ptr = heap.realloc(0, 100);
    expect(heap.owns(ptr)).toBe(true);
    expect(heap.realloc(ptr, 0)).toBe(0);
    expect(heap.owns(ptr)).toBe(false);
    expect(heap.liveBytes).toBe(0);
  });

  test('stays where it is within the usable size, and where a large block has room', () => {
    const { heap } = make();
    const small = heap.alloc(100);
    expect(heap.realloc(small, 112)).toBe(small);
    const large = heap.alloc(50_000);
    const grown = heap.realloc(large, 500_000);
    expect(heap.realloc(grown, 20_000)).toBe(grown);
    expect(heap.realloc(grown, 400_000)).toBe(grown);
    expect(heap.usableSize(grown)).toBe(401_408);
  });

  test('leaves the old block as it is when there is no memory', () => {
    const { heap, memory } = make({ maxPages: 3 });
    const ptr = heap.alloc(1000);
    memory.fill(ptr, 1000, 7);
    expect(heap.realloc(ptr, 10_000_000)).toBe(0);
    expect(memory.bytes(ptr, 1000).every((byte) => byte === 7)).toBe(true);
    expect(heap.liveBlocks).toBe(1);
  });
});

describe('a wrong pointer', () => {
  test.each([100, 5000, 50_000])('is a double free of %d bytes', (size) => {
    const { heap } = make();
    const other = heap.alloc(size);
    const ptr = heap.alloc(size);
    heap.free(ptr);
    const message = /^argument 'ptr': 0x[0-9a-f]{8} is free: freed twice, or never allocated$/;
    expect(() => heap.free(ptr)).toThrow(message);
    expect(() => heap.realloc(ptr, 5)).toThrow(message);
    expect(() => heap.usableSize(ptr)).toThrow(ModuleTrap);
    heap.free(other);
  });

  test.each([100, 5000, 50_000])('is the inside of a block of %d bytes', (size) => {
    const { heap } = make();
    const ptr = heap.alloc(size);
    for (const inside of [ptr + 1, ptr + 16, ptr + size - 1, ptr + 4096]) {
      expect(() => heap.free(inside)).toThrow(ModuleTrap);
      expect(heap.owns(inside)).toBe(false);
    }
    expect(heap.owns(ptr)).toBe(true);
  });

  test('is anything outside the heap', () => {
    const { heap } = make();
    heap.alloc(10);
    for (const ptr of [1, 16, 4096, 65_536, 2 ** 31 - 16, -16, 2 ** 32 - 4096, 131_072]) {
      expect(() => heap.free(ptr, 'p')).toThrow(/^argument 'p': 0x/);
      expect(heap.owns(ptr)).toBe(false);
    }
    expect(() => heap.free(0)).not.toThrow();
  });

  test('changes nothing', () => {
    const { heap } = make();
    const ptr = heap.alloc(100);
    const before = [heap.liveBytes, heap.liveBlocks, heap.frees];
    expect(() => heap.free(ptr + 8)).toThrow(ModuleTrap);
    expect([heap.liveBytes, heap.liveBlocks, heap.frees]).toEqual(before);
  });
});

test('accounts for live, peak and outstanding memory', () => {
  const { heap } = make();
  const kept = heap.alloc(100);
  heap.mark();
  const a = heap.alloc(1000);
  const b = heap.alloc(50_000);
  heap.settle();
  expect(heap.outstanding).toEqual({ blocks: 2, bytes: 1024 + 53_248 });
  heap.free(b);
  heap.free(kept);
  heap.settle();
  expect(heap.outstanding).toEqual({ blocks: 0, bytes: 1024 - 112 });
  expect([heap.liveBytes, heap.liveBlocks, heap.peakBytes]).toEqual([1024, 1, 112 + 1024 + 53_248]);
  expect([heap.allocations, heap.frees]).toEqual([3, 2]);
  heap.free(a);
  expect(heap.liveBytes).toBe(0);
});

interface Block {
  ptr: number;
  size: number;
  seed: number;
}

test('keeps blocks apart and their contents whole, whatever is asked of it', () => {
  const size = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  );
  const action = fc.constantFrom('alloc', 'alloc', 'calloc', 'realloc', 'free', 'free', 'guest');
  const step = fc.record({ action, size, pick: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { heap, memory } = make({ maxPages: 60 });
      const blocks: Block[] = [];
      let seed = 0;
      const add = (ptr: number, bytes: number): void => {
        if (ptr === 0) return;
        seed = (seed % 250) + 1;
        memory.fill(ptr, bytes, seed);
        blocks.push({ ptr, size: bytes, seed });
      };
      for (const { action: what, size: bytes, pick } of steps) {
        const at = pick % Math.max(blocks.length, 1);
        const block = blocks[at];
        if (what === 'alloc') add(heap.alloc(bytes), bytes);
        else if (what === 'calloc') {
          const ptr = heap.calloc(bytes, 1);
          if (ptr !== 0) expect(memory.bytes(ptr, bytes).every((byte) => byte === 0)).toBe(true);
          add(ptr, bytes);
        } else if (what === 'guest') memory.grow(pick % 50 === 0 ? 1 : 0);
        else if (block !== undefined && what === 'free') {
          heap.free(block.ptr);
          blocks.splice(at, 1);
        } else if (block !== undefined && what === 'realloc' && bytes > 0) {
          const ptr = heap.realloc(block.ptr, bytes);
          if (ptr === 0) continue;
          const kept = Math.min(bytes, block.size);
          expect(memory.bytes(ptr, kept).every((byte) => byte === block.seed)).toBe(true);
          blocks.splice(at, 1);
          add(ptr, bytes);
        }
      }
      checkBlocks(heap, memory, blocks);
    }),
    { numRuns: 150 },
  );
});

function checkBlocks(heap: Allocator, memory: GuestMemory, blocks: Block[]): void {
  const sorted = [...blocks].sort((a, b) => a.ptr - b.ptr);
  let end = 70_000;
  let live = 0;
  for (const { ptr, size, seed } of sorted) {
    expect(ptr % 16).toBe(0);
    expect(ptr).toBeGreaterThanOrEqual(end);
    expect(memory.bytes(ptr, size).every((byte) => byte === seed)).toBe(true);
    end = ptr + heap.usableSize(ptr);
    live += heap.usableSize(ptr);
  }
  expect(heap.liveBytes).toBe(live);
  expect(heap.liveBlocks).toBe(blocks.length);
}

describe('fragmentation', () => {
  test('memory freed in one size is used again in another', () => {
    const { heap } = make();
    for (const size of [16, 100, 1000, 5000, 40_000, 500_000, 64]) {
      const count = Math.floor(4_000_000 / size);
      const blocks = Array.from({ length: count }, () => heap.alloc(size));
      expect(blocks).not.toContain(0);
      for (const ptr of blocks) heap.free(ptr);
    }
    expect(heap.liveBytes).toBe(0);
    expect(heap.heapBytes).toBeLessThan(7_000_000);
  });

  test('stays bounded when sizes and lifetimes are mixed', () => {
    const { heap } = make({ maxPages: 2000 });
    let random = 12_345;
    const next = (limit: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (random >>> 8) % limit;
    };
    const blocks: number[] = [];
    for (let i = 0; i < 300_000; i++) {
      const size = next(100) < 90 ? next(500) : next(30_000);
      if (blocks.length >= 8000) {
        const at = next(blocks.length);
        heap.free(blocks[at] as number);
        blocks[at] = heap.alloc(size);
      } else blocks.push(heap.alloc(size));
    }
    expect(blocks).not.toContain(0);
    expect(heap.heapBytes / heap.peakBytes).toBeLessThan(1.4);
  });
});
