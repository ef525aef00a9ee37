// Short-lived bytes for one host call: C strings and out-parameters. A stack in static memory, so
// that a reply allocates nothing; what does not fit is on the heap until it is released.
//
// Every use is a pair, and pairs nest (a host call may enter the module again):
//   const mark = scratchMark(); … cstring(text) … scratchRelease(mark);
// A trap in between leaks its bytes from this stack; the heap path then does their work.

const CAPACITY: usize = 4096;
const base: usize = memory.data(4096, 8);

/** Bytes handed out, rounded up to 8. It goes on counting past CAPACITY to number blocks. */
let top: usize = 0;

/** Newest heap block, or 0. Layout: next block, its number (the `top` it was made at), bytes. */
let overflow: usize = 0;
const OVERFLOW_HEADER: usize = 8;

export function scratchMark(): usize {
  return top;
}

/** Frees everything handed out since `mark` was taken. */
export function scratchRelease(mark: usize): void {
  while (overflow !== 0 && load<usize>(overflow, 4) >= mark) {
    const next = load<usize>(overflow);
    heap.free(overflow);
    overflow = next;
  }
  top = mark;
}

/** `size` bytes, aligned to 8, not cleared. */
export function scratch(size: usize): usize {
  const end = (top + size + 7) & ~7;
  if (end <= CAPACITY) {
    const ptr = base + top;
    top = end;
    return ptr;
  }
  const block = heap.alloc(size + OVERFLOW_HEADER);
  store<usize>(block, overflow);
  store<usize>(block, top, 4);
  overflow = block;
  top += 8; // so that a nested mark at the same place does not free this block
  return block + OVERFLOW_HEADER;
}

/** `text` in UTF-8, NUL-terminated. C ends it at the first NUL inside, if there is one. */
export function cstring(text: string): usize {
  const ptr = scratch(<usize>String.UTF8.byteLength(text, true));
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, ptr, true);
  return ptr;
}

/** Bytes of `text` in UTF-8, without a terminator. */
export function utf8Length(text: string): usize {
  return <usize>String.UTF8.byteLength(text);
}
