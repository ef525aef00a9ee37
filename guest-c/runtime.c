// The C runtime of a wasm guest: the malloc family on the host's allocator, so that a module has
// one heap, the host accounts for every byte of it, and RedisModule_Free(malloc(n)) is legal.
// Linked into every wasm module by build/guest.ts; a native .so uses the server's own allocator.

#include "redismodule.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Without this the compiler may assume what malloc does while it compiles malloc itself.
#define ALLOCATOR __attribute__((no_builtin))

// What the host promises for every block; larger alignments are made here.
#define HOST_ALIGNMENT 16

// An over-aligned block lies inside a larger host block:
//
//     host block                          what the caller gets
//     |<- 0 or more bytes ->| OveralignedBlock |<- size bytes ->|
//
// free() must know these from ordinary blocks, hence a hash table of them. Ordinary programs
// have none, and then free() pays one load and one branch for it.
typedef struct OveralignedBlock {
    struct OveralignedBlock *next;
    void *host_block;
    size_t size;
} OveralignedBlock;

#define BUCKETS 256
static OveralignedBlock *buckets[BUCKETS];
static size_t overaligned_count;

static OveralignedBlock **bucket_of(const OveralignedBlock *block) {
    return &buckets[((uintptr_t)block >> 5) % BUCKETS];
}

// Returns the link that points to the block of `ptr`, or NULL if `ptr` is an ordinary block.
static OveralignedBlock **find_overaligned(void *ptr) {
    if (overaligned_count == 0)
        return NULL;
    OveralignedBlock *block = (OveralignedBlock *)ptr - 1;
    for (OveralignedBlock **link = bucket_of(block); *link != NULL; link = &(*link)->next)
        if (*link == block)
            return link;
    return NULL;
}

static void *out_of_memory(void) {
    errno = ENOMEM;
    return NULL;
}

// The host may answer a size of 0 with NULL; callers of malloc take NULL for a failure.
static size_t at_least_one(size_t size) {
    return size == 0 ? 1 : size;
}

ALLOCATOR void *malloc(size_t size) {
    void *ptr = RedisModule_TryAlloc(at_least_one(size));
    return ptr != NULL ? ptr : out_of_memory();
}

ALLOCATOR void *calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return out_of_memory();
    void *ptr = RedisModule_TryCalloc(1, at_least_one(total));
    return ptr != NULL ? ptr : out_of_memory();
}

ALLOCATOR void free(void *ptr) {
    if (ptr == NULL)
        return;
    OveralignedBlock **link = find_overaligned(ptr);
    if (link != NULL) {
        ptr = (*link)->host_block;
        *link = (*link)->next;
        overaligned_count--;
    }
    RedisModule_Free(ptr);
}

ALLOCATOR void *realloc(void *ptr, size_t size) {
    if (ptr == NULL)
        return malloc(size);
    OveralignedBlock **link = find_overaligned(ptr);
    if (link == NULL) {
        void *moved = RedisModule_TryRealloc(ptr, at_least_one(size));
        return moved != NULL ? moved : out_of_memory();
    }
    // realloc promises no more than malloc's alignment, so the result is an ordinary block.
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    size_t old_size = (*link)->size;
    memcpy(moved, ptr, size < old_size ? size : old_size);
    free(ptr);
    return moved;
}

ALLOCATOR void *reallocarray(void *ptr, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return out_of_memory();
    return realloc(ptr, total);
}

// `alignment` is a power of two above HOST_ALIGNMENT.
static void *overaligned_alloc(size_t alignment, size_t size) {
    size_t total;
    if (__builtin_add_overflow(size, alignment + sizeof(OveralignedBlock), &total))
        return NULL;
    void *host_block = RedisModule_TryAlloc(total);
    if (host_block == NULL)
        return NULL;
    uintptr_t first = (uintptr_t)host_block + sizeof(OveralignedBlock);
    uintptr_t aligned = (first + alignment - 1) & ~(uintptr_t)(alignment - 1);
    OveralignedBlock *block = (OveralignedBlock *)aligned - 1;
    OveralignedBlock **bucket = bucket_of(block);
    *block = (OveralignedBlock){.next = *bucket, .host_block = host_block, .size = size};
    *bucket = block;
    overaligned_count++;
    return (void *)aligned;
}

// Returns 0 and sets *out, or returns an errno value.
static int allocate_aligned(void **out, size_t alignment, size_t size) {
    if (alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    *out = alignment <= HOST_ALIGNMENT ? RedisModule_TryAlloc(at_least_one(size))
                                       : overaligned_alloc(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

ALLOCATOR int posix_memalign(void **out, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0)
        return EINVAL;
    void *ptr;
    int error = allocate_aligned(&ptr, alignment, size);
    if (error == 0)
        *out = ptr;
    return error;
}

ALLOCATOR void *aligned_alloc(size_t alignment, size_t size) {
    void *ptr;
    int error = allocate_aligned(&ptr, alignment, size);
    if (error == 0)
        return ptr;
    errno = error;
    return NULL;
}

ALLOCATOR void *memalign(size_t alignment, size_t size) {
    return aligned_alloc(alignment, size);
}

ALLOCATOR size_t malloc_usable_size(void *ptr) {
    if (ptr == NULL)
        return 0;
    OveralignedBlock **link = find_overaligned(ptr);
    return link != NULL ? (*link)->size : RedisModule_MallocSize(ptr);
}

// The C library reaches for these names inside itself (atexit, locales). They must be here too:
// otherwise the linker takes its allocator along, with a second definition of malloc.
ALLOCATOR void *__libc_malloc(size_t size) {
    return malloc(size);
}

ALLOCATOR void *__libc_calloc(size_t count, size_t size) {
    return calloc(count, size);
}

ALLOCATOR void __libc_free(void *ptr) {
    free(ptr);
}

// A module never exits, so a buffered stdout would never be flushed: printf("here\n") reaches
// the server's log line by line instead. A weak name: a module without stdio stays without it.
extern FILE *volatile __stdout_used __attribute__((weak));

__attribute__((constructor)) static void make_stdout_line_buffered(void) {
    if (&__stdout_used != NULL && __stdout_used != NULL)
        setvbuf(__stdout_used, NULL, _IOLBF, 0);
}
