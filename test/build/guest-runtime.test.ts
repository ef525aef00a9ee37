// guest-c/runtime.c, run against a host allocator of a few lines that knows every block.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildGuest } from '../../build/guest.ts';

// Each check returns 0, or the line at which it found something wrong.
const SOURCE = `
#include "redismodule.h"
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memalign(size_t alignment, size_t size); // wasi-libc has it in no header

#define EXPORT(name) __attribute__((export_name(#name))) int name(void)
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

int RedisModule_OnLoad(RedisModuleCtx *ctx, RedisModuleString **argv, int argc) {
    (void)argv; (void)argc;
    return RedisModule_Init(ctx, "runtime", 1, REDISMODULE_APIVER_1);
}

static int holds(const unsigned char *bytes, int from, int to) {
    for (int i = from; i < to; i++) if (bytes[i] != (unsigned char)i) return 0;
    return 1;
}

static void fill(unsigned char *bytes, int len) {
    for (int i = 0; i < len; i++) bytes[i] = (unsigned char)i;
}

EXPORT(blocks) {
    unsigned char *a = malloc(100), *b = malloc(0), *c = calloc(10, 10);
    CHECK(a && b && c && a != b);
    for (int i = 0; i < 100; i++) CHECK(c[i] == 0);
    fill(a, 100);
    a = realloc(a, 1000);
    CHECK(a && holds(a, 0, 100));
    a = realloc(a, 10);
    CHECK(a && holds(a, 0, 10));
    a = reallocarray(a, 7, 11);
    CHECK(a && holds(a, 0, 10) && malloc_usable_size(a) >= 77);
    CHECK(malloc_usable_size(NULL) == 0);
    char *d = strdup("text");
    CHECK(strcmp(d, "text") == 0);
    void *e = realloc(NULL, 5);
    CHECK(e);
    free(a); free(b); free(c); free(d); free(e); free(NULL);
    return 0;
}

EXPORT(one_heap) {
    char *mine = malloc(10);
    RedisModule_Free(mine);
    free(RedisModule_Alloc(10));
    return 0;
}

EXPORT(overaligned) {
    unsigned char *blocks[600];
    for (int i = 0; i < 600; i++) {
        size_t alignment = (size_t)32 << i % 6;
        if (i % 3 == 0) blocks[i] = aligned_alloc(alignment, 100);
        else if (i % 3 == 1) blocks[i] = memalign(alignment, 100);
        else CHECK(posix_memalign((void **)&blocks[i], alignment, 100) == 0);
        CHECK(blocks[i] && (uintptr_t)blocks[i] % alignment == 0);
        CHECK(malloc_usable_size(blocks[i]) >= 100);
        memset(blocks[i], i, 100);
    }
    unsigned char *plain = malloc(64);
    for (int i = 599; i >= 0; i -= 2) {
        for (int j = 0; j < 100; j++) CHECK(blocks[i][j] == (unsigned char)i);
        free(blocks[i]);
    }
    for (int i = 0; i < 600; i += 2) {
        blocks[i] = realloc(blocks[i], i % 4 == 0 ? 50 : 500);
        for (int j = 0; j < 50; j++) CHECK(blocks[i][j] == (unsigned char)i);
        free(blocks[i]);
    }
    free(plain);
    return 0;
}

EXPORT(small_alignments_and_bad_ones) {
    void *p = NULL;
    CHECK(posix_memalign(&p, 8, 10) == 0 && p);
    free(p);
    p = &p;
    CHECK(posix_memalign(&p, 24, 10) == EINVAL && p == &p);
    CHECK(posix_memalign(&p, 2, 10) == EINVAL && p == &p);
    CHECK(posix_memalign(&p, 0, 10) == EINVAL && p == &p);
    errno = 0;
    CHECK(aligned_alloc(3, 10) == NULL && errno == EINVAL);
    CHECK((p = aligned_alloc(1, 10)) != NULL);
    free(p);
    return 0;
}

static volatile size_t huge = SIZE_MAX;

EXPORT(failures) {
    errno = 0;
    CHECK(malloc(huge) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(huge / 2, 3) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(1, huge) == NULL && errno == ENOMEM);
    char *p = malloc(4);
    strcpy(p, "abc");
    errno = 0;
    CHECK(realloc(p, huge) == NULL && errno == ENOMEM && strcmp(p, "abc") == 0);
    errno = 0;
    CHECK(reallocarray(p, huge / 2, 3) == NULL && errno == ENOMEM && strcmp(p, "abc") == 0);
    errno = 0;
    CHECK(aligned_alloc(64, huge - 70) == NULL && errno == ENOMEM);
    void *q = p;
    CHECK(posix_memalign(&q, 64, huge) == ENOMEM && q == p);
    free(p);
    p = aligned_alloc(64, 4);
    strcpy(p, "abc");
    CHECK(realloc(p, huge) == NULL && strcmp(p, "abc") == 0);
    free(p);
    return 0;
}

EXPORT(formats) {
    char text[100];
    snprintf(text, sizeof(text), "%d %s %.3f %Lg %zu %lld", -1, "x", 1.5, 2.5L, sizeof(text), 1LL << 40);
    CHECK(strcmp(text, "-1 x 1.500 2.5 100 1099511627776") == 0);
    return 0;
}

static jmp_buf here;
static void __attribute__((noinline)) leave(void) { longjmp(here, 7); }

EXPORT(jumps) {
    volatile int before = 5;
    int value = setjmp(here);
    if (value == 0) leave();
    CHECK(value == 7 && before == 5);
    return 0;
}

EXPORT(prints) {
    printf("one %d\\ntw", 1);
    printf("o\\n");
    return 0;
}
`;

const LIMIT_BYTES = 1 << 24;

/** A host allocator that never reuses memory and notes what is live. */
class Host {
  readonly memory: () => WebAssembly.Memory;
  readonly live = new Map<number, number>();
  readonly written: string[] = [];
  #top = 0;

  constructor(memory: () => WebAssembly.Memory) {
    this.memory = memory;
  }

  alloc(size: number): number {
    const bytes = size >>> 0;
    if (bytes > LIMIT_BYTES) return 0;
    const memory = this.memory();
    if (this.#top === 0) this.#top = memory.buffer.byteLength;
    const ptr = this.#top;
    this.#top = (ptr + Math.max(bytes, 1) + 15) & ~15;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer, ptr, bytes).fill(0xa5);
    this.live.set(ptr, bytes);
    return ptr;
  }

  calloc(count: number, size: number): number {
    const ptr = this.alloc((count >>> 0) * (size >>> 0));
    if (ptr !== 0) new Uint8Array(this.memory().buffer, ptr, this.live.get(ptr)).fill(0);
    return ptr;
  }

  realloc(old: number, size: number): number {
    const oldSize = this.sizeOf(old);
    const ptr = this.alloc(size);
    if (ptr === 0) return 0;
    const bytes = new Uint8Array(this.memory().buffer);
    bytes.copyWithin(ptr, old, old + Math.min(oldSize, size >>> 0));
    this.live.delete(old);
    return ptr;
  }

  free(ptr: number): void {
    this.sizeOf(ptr);
    this.live.delete(ptr);
  }

  sizeOf(ptr: number): number {
    const size = this.live.get(ptr);
    if (size === undefined) throw new Error(`${ptr} is no live block`);
    return size;
  }

  /** Takes what goes to stdout, as WASI does. */
  write(fd: number, iovs: number, count: number, writtenPtr: number): number {
    const view = new DataView(this.memory().buffer);
    let text = '';
    for (let iov = iovs; iov < iovs + 8 * count; iov += 8) {
      const [at, length] = [view.getUint32(iov, true), view.getUint32(iov + 4, true)];
      text += Buffer.from(view.buffer, at, length).toString('latin1');
    }
    this.written.push(`${fd}:${text}`);
    view.setUint32(writtenPtr, text.length, true);
    return 0;
  }
}

type GuestExports = Readonly<Record<string, unknown>>;

function instantiate(bytes: Uint8Array): { exports: GuestExports; host: Host } {
  const host = new Host(() => exports.memory as WebAssembly.Memory);
  const redismodule: Record<string, unknown> = {
    RedisModule_Alloc: (size: number) => host.alloc(size),
    RedisModule_TryAlloc: (size: number) => host.alloc(size),
    RedisModule_TryCalloc: (count: number, size: number) => host.calloc(count, size),
    RedisModule_TryRealloc: (ptr: number, size: number) => host.realloc(ptr, size),
    RedisModule_Free: (ptr: number) => host.free(ptr),
    RedisModule_MallocSize: (ptr: number) => host.sizeOf(ptr),
    RedisModule_IsModuleNameBusy: () => 0,
    RedisModule_SetModuleAttribs: () => undefined,
  };
  const wasi = {
    fd_write: (...args: [number, number, number, number]) => host.write(...args),
    fd_close: () => 0,
    fd_seek: () => 0,
    fd_fdstat_get: () => 0,
  };
  const imports = { redismodule, wasi_snapshot_preview1: wasi };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  const exports: GuestExports = instance.exports;
  (exports._initialize as () => void)();
  return { exports, host };
}

describe('the C runtime', () => {
  let folder: string;
  let wasm: Uint8Array;
  let guest: ReturnType<typeof instantiate>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redcell-runtime-'));
    const source = join(folder, 'runtime-checks.c');
    await writeFile(source, SOURCE);
    const out = join(folder, 'runtime-checks.wasm');
    await buildGuest({ lang: 'c', sources: [source], out, flags: ['-fno-builtin', '-Werror'] });
    wasm = await readFile(out);
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  beforeEach(() => {
    guest = instantiate(wasm);
  });

  test.each([
    ['malloc, calloc, realloc and free work on host blocks', 'blocks'],
    ['malloc and RedisModule_Alloc share one heap', 'one_heap'],
    ['alignments above 16 bytes are kept and freed', 'overaligned'],
    ['bad alignments give EINVAL', 'small_alignments_and_bad_ones'],
    ['what does not fit gives NULL and ENOMEM and leaves the old block', 'failures'],
    ['snprintf formats numbers of all sizes, long double included', 'formats'],
    ['longjmp returns to its setjmp', 'jumps'],
  ])('%s, and nothing stays allocated', (_, name) => {
    const before = guest.host.live.size;
    const failedLine = (guest.exports[name] as () => number)();
    expect(failedLine).toBe(0);
    expect(guest.host.live.size).toBe(before);
  });

  test('printf reaches the host line by line without being flushed', () => {
    (guest.exports.prints as () => number)();
    expect(guest.host.written).toEqual(['1:one 1\n', '1:two\n']);
  });

  test('exports errno, the stack pointer and the function table', () => {
    const { errno, __stack_pointer, __indirect_function_table } = guest.exports;
    expect(errno).toBeInstanceOf(WebAssembly.Global);
    expect((__stack_pointer as WebAssembly.Global).value).toBe(262144);
    expect(__indirect_function_table).toBeInstanceOf(WebAssembly.Table);
  });
});
