// Nanoseconds of the module host's lowest layer: handles, allocator, guest memory, rewriter.
// Run alone: npx tsx test/bench/module-basics.ts [file.wasm …]

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Allocator } from '../../host/module/allocator.ts';
import { HandleTable } from '../../host/module/handles.ts';
import { GuestMemory } from '../../host/module/memory.ts';
import { formatPrintf } from '../../host/module/printf.ts';
import { rewrite } from '../../host/module/rewriter.ts';
import { VarArgs } from '../../host/module/varargs.ts';

/** Best of several rounds, in nanoseconds for one of `count` operations. */
function nanoseconds(count: number, run: (count: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    run(count);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  return best;
}

function report(name: string, value: number): void {
  console.log(`${name.padEnd(48)} ${value.toFixed(1)} ns`);
}

function benchHandles(): void {
  const table = new HandleTable(['', 'string', 'key'], () => undefined);
  const object = {};
  report(
    'handle create + get + release',
    nanoseconds(2_000_000, (count) => {
      for (let i = 0; i < count; i++) {
        const handle = table.create(1, object);
        table.get(handle, 1);
        table.release(handle, 1);
      }
    }),
  );
  const lasting = table.createRetained(1, object);
  report(
    'handle get',
    nanoseconds(10_000_000, (count) => {
      for (let i = 0; i < count; i++) table.get(lasting, 1);
    }),
  );
  report(
    'scope with four handles',
    nanoseconds(500_000, (count) => {
      for (let i = 0; i < count; i++) {
        const scope = table.openScope();
        for (let j = 0; j < 4; j++) table.create(2, object);
        table.closeScope(scope);
      }
    }),
  );
}

function benchAllocator(memory: GuestMemory): void {
  const heap = new Allocator({ memory, heapStart: 65_536, growPages: (n) => memory.grow(n) >= 0 });
  for (const size of [24, 200, 3000, 60_000]) {
    report(
      `alloc + free of ${size} bytes`,
      nanoseconds(1_000_000, (count) => {
        for (let i = 0; i < count; i++) heap.free(heap.alloc(size));
      }),
    );
  }
  const blocks = new Int32Array(10_000);
  report(
    'alloc + free, 10,000 live blocks of 16 to 400 bytes',
    nanoseconds(1_000_000, (count) => {
      for (let i = 0; i < count; i++) {
        const at = (i * 7919) % 10_000;
        heap.free(blocks[at] as number);
        blocks[at] = heap.alloc(16 + ((i * 31) & 383));
      }
    }),
  );
}

function benchMemory(memory: GuestMemory): void {
  report(
    'readU32',
    nanoseconds(10_000_000, (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum = (sum + memory.readU32((i * 4) & 0xffff)) | 0;
      if (sum === 1) throw new Error('unexpected'); // keeps the loop alive
    }),
  );
  memory.writeByteString(0, 'user:000000001234\0' as never);
  report(
    'byteString of 17 bytes',
    nanoseconds(2_000_000, (count) => {
      for (let i = 0; i < count; i++) memory.byteString(0, 17);
    }),
  );
  report(
    'cstring of 17 bytes',
    nanoseconds(2_000_000, (count) => {
      for (let i = 0; i < count; i++) memory.cstring(0);
    }),
  );
  memory.writeByteString(100, 'user %d has %s\0' as never);
  memory.writeU32(200, 42);
  memory.writeU32(204, 0);
  report(
    'printf of "user %d has %s"',
    nanoseconds(300_000, (count) => {
      for (let i = 0; i < count; i++) formatPrintf(memory, 100, new VarArgs(memory, 200), 4096);
    }),
  );
}

function benchRewriter(path: string): void {
  const bytes = readFileSync(path);
  const time = nanoseconds(20, (count) => {
    for (let i = 0; i < count; i++) rewrite(bytes);
  });
  const perByte = `${((time * 100_000) / bytes.length / 1e6).toFixed(2)} ms for 100 KB`;
  console.log(`rewrite ${path} (${bytes.length} bytes): ${(time / 1e6).toFixed(2)} ms, ${perByte}`);
}

/** Runs all of them. */
export function benchModuleBasics(wasmFiles: readonly string[]): void {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 2, maximum: 4096 }));
  benchHandles();
  benchAllocator(memory);
  benchMemory(memory);
  for (const path of wasmFiles) benchRewriter(path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  benchModuleBasics(process.argv.slice(2));
}
