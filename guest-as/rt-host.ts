// The heap: __alloc, __realloc and __free on the host's allocator, so that the host accounts for
// every byte and there is one heap. Not exported by the module because rt.ts is the entry.
//
//   host block ─► ├ unused ┼ size ┼ payload …        size: a multiple of 4 in the word before
//                 0        4      8 ◄─ __alloc        the payload, where the collector reads it

@external('redismodule', 'RedisModule_Alloc')
declare function hostAlloc(size: usize): usize;

@external('redismodule', 'RedisModule_Realloc')
declare function hostRealloc(ptr: usize, size: usize): usize;

@external('redismodule', 'RedisModule_Free')
declare function hostFree(ptr: usize): void;

// Eight bytes rather than four keep i64 and f64 fields aligned: the host aligns to 16.
@inline
const HEADER: usize = 8;

@global
@unsafe
function __alloc(size: usize): usize {
  return withHeader(hostAlloc(size + HEADER), size);
}

@global
@unsafe
function __realloc(ptr: usize, size: usize): usize {
  if (ptr < __heap_base) {
    // Static data cannot grow in place; its size is not known, its end is.
    const copy = __alloc(size);
    memory.copy(copy, ptr, min(size, __heap_base - ptr));
    return copy;
  }
  return withHeader(hostRealloc(ptr - HEADER, size + HEADER), size);
}

@global
@unsafe
function __free(ptr: usize): void {
  if (ptr < __heap_base) return;
  hostFree(ptr - HEADER);
}

function withHeader(block: usize, size: usize): usize {
  if (block === 0) abort('out of memory');
  store<usize>(block, (size + 3) & ~3, 4);
  return block + HEADER;
}
