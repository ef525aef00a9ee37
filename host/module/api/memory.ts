// ABI area "memory": the host's heap in guest memory.

import type { AreaImports } from '../../../abi/index.ts';
import type { Ptr } from '../../../abi/kinds.ts';
import type { ModuleInstance } from '../instance.ts';

export function memory(m: ModuleInstance): AreaImports<'memory'> {
  const { allocator } = m;
  const block = (ptr: number): Ptr<'block'> => ptr as Ptr<'block'>; // the allocator's own
  const need = (ptr: number, size: number): Ptr<'block'> => {
    if (ptr === 0) m.quota.refuse(size, 'a block', 'bytes');
    return block(ptr);
  };
  return {
    RedisModule_Alloc: (bytes) => need(allocator.alloc(bytes), bytes >>> 0),
    RedisModule_TryAlloc: (bytes) => block(allocator.alloc(bytes)),
    RedisModule_Calloc: (count, size) =>
      need(allocator.calloc(count, size), (count >>> 0) * (size >>> 0)),
    RedisModule_TryCalloc: (count, size) => block(allocator.calloc(count, size)),
    RedisModule_Realloc: (ptr, bytes) => {
      if (bytes === 0 && ptr !== 0) {
        allocator.free(ptr);
        return block(0);
      }
      return need(allocator.realloc(ptr, bytes), bytes >>> 0);
    },
    RedisModule_TryRealloc: (ptr, bytes) => block(allocator.realloc(ptr, bytes)),
    RedisModule_Free: (ptr) => {
      if (ptr !== 0) allocator.free(ptr);
    },
    RedisModule_Strdup: (str) => {
      const bytes = m.memory.cstring(str, 'str');
      const copy = need(allocator.alloc(bytes.length + 1), bytes.length + 1);
      m.memory.writeByteString(copy, bytes);
      m.memory.writeU8(copy + bytes.length, 0);
      return copy as number as Ptr<'cstring'>;
    },
    RedisModule_PoolAlloc: (ctx, bytes) => {
      const context = m.context(ctx);
      if (bytes === 0) return block(0);
      const ptr = need(allocator.alloc(bytes), bytes >>> 0);
      context.poolBlocks.push(ptr);
      return ptr;
    },
    RedisModule_AutoMemory: (ctx) => {
      m.context(ctx).hasAutoMemory = true;
    },
  };
}
