// A heap in guest memory for tests: first fit by size, counts live bytes, overwrites what is
// freed and notices what is freed twice.

const POISON = 0xdb;

export class FakeHeap {
  /** Sum of the sizes of live blocks. */
  liveBytes = 0;
  allocations = 0;
  readonly #memory: () => WebAssembly.Memory;
  readonly #sizes = new Map<number, number>();
  readonly #free = new Map<number, number[]>();
  #top = 0;

  constructor(memory: () => WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Blocks that are live. */
  get liveBlocks(): number {
    return this.#sizes.size;
  }

  /** Address of `size` bytes, aligned to 16; their contents are junk. */
  alloc(size: number): number {
    const rounded = Math.max(16, (size + 15) & ~15);
    const ptr = this.#free.get(rounded)?.pop() ?? this.#extend(rounded);
    this.#sizes.set(ptr, rounded);
    this.liveBytes += rounded;
    this.allocations++;
    return ptr;
  }

  realloc(ptr: number, size: number): number {
    const old = this.#sizes.get(ptr);
    if (old === undefined) throw new Error(`realloc of ${ptr}, which is not live`);
    const moved = this.alloc(size);
    const bytes = new Uint8Array(this.#memory().buffer);
    bytes.copyWithin(moved, ptr, ptr + Math.min(old, size));
    this.free(ptr);
    return moved;
  }

  free(ptr: number): void {
    if (ptr === 0) return;
    const size = this.#sizes.get(ptr);
    if (size === undefined) throw new Error(`free of ${ptr}, which is not live`);
    this.#sizes.delete(ptr);
    this.liveBytes -= size;
    new Uint8Array(this.#memory().buffer, ptr, size).fill(POISON);
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [ptr]);
    else list.push(ptr);
  }

  #extend(size: number): number {
    const memory = this.#memory();
    if (this.#top === 0) this.#top = memory.buffer.byteLength; // the module's own data end there
    const ptr = this.#top;
    this.#top += size;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer, ptr, size).fill(POISON);
    return ptr;
  }
}
