// ABI area "memory": blocks of the host's allocator, the pool that ends with a command, and automatic
// memory.

import type { Area } from '../table.ts';

export const memory = {
  title: 'Memory',
  doc: 'Every block comes from one allocator, which the host runs over the memory of the guest and accounts to the module. Blocks are aligned to 16 bytes.',
  functions: {
    RedisModule_Alloc: {
      doc: 'Allocates `bytes` bytes. Running out of memory ends the call as a trap, so the result is never NULL; a size of 0 gives a block of its own.',
      params: [['bytes', 'size']],
      result: 'block',
      returns: 'free',
      since: '4.0.0',
    },
    RedisModule_TryAlloc: {
      doc: 'Like RedisModule_Alloc, but returns NULL when memory runs out.',
      params: [['bytes', 'size']],
      result: 'block?',
      returns: 'free',
      since: '7.0.0',
    },
    RedisModule_Calloc: {
      doc: 'Allocates `nmemb` times `size` zero bytes; an overflowing product is out of memory, which traps.',
      params: [
        ['nmemb', 'size'],
        ['size', 'size'],
      ],
      result: 'block',
      returns: 'free',
      since: '4.0.0',
    },
    RedisModule_TryCalloc: {
      doc: 'Like RedisModule_Calloc, but returns NULL when memory runs out or the product overflows.',
      params: [
        ['nmemb', 'size'],
        ['size', 'size'],
      ],
      result: 'block?',
      returns: 'free',
      since: '7.4.0',
    },
    RedisModule_Realloc: {
      doc: 'Changes the size of a block, keeping its content, and returns its possibly new address; the old address is invalid then. NULL allocates. A size of 0 frees and returns NULL. Traps when memory runs out.',
      params: [
        ['ptr', 'block?'],
        ['bytes', 'size'],
      ],
      result: 'block?',
      returns: 'free',
      since: '4.0.0',
    },
    RedisModule_TryRealloc: {
      doc: 'Like RedisModule_Realloc, but returns NULL when memory runs out and leaves the old block as it was.',
      params: [
        ['ptr', 'block?'],
        ['bytes', 'size'],
      ],
      result: 'block?',
      returns: 'free',
      since: '7.4.0',
    },
    RedisModule_Free: {
      doc: 'Frees a block of this allocator; NULL is ignored. Freeing twice, or an address that is no block, traps and names the address.',
      params: [['ptr', 'block?']],
      result: 'void',
      since: '4.0.0',
    },
    RedisModule_Strdup: {
      doc: 'Copies a NUL-terminated string into a new block. Traps when memory runs out.',
      params: [['str', 'cstring']],
      result: 'mutable cstring',
      returns: 'free',
      since: '4.0.0',
    },
    RedisModule_PoolAlloc: {
      doc: 'Allocates from a pool that is freed as a whole when the callback returns; there is nothing to free. Meant for many small, short-lived pieces. Returns NULL for 0 bytes.',
      params: [
        ['ctx', 'ctx'],
        ['bytes', 'size'],
      ],
      result: 'block?',
      returns: 'borrow',
      since: '4.0.0',
    },
    RedisModule_AutoMemory: {
      doc: 'Turns automatic memory on for this callback, best as its first call: strings, keys, call replies and dictionaries made with this ctx are freed when it returns. Freeing one earlier by hand is allowed.',
      params: [['ctx', 'ctx']],
      result: 'void',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
