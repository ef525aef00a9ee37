// V8's heap, whose end is the end of the process: how full it is, and a way to clean it.

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Heap {
  /** Used part of what V8 may ever use, garbage included: 0 to 1. Some microseconds. */
  usedShare(): number;
  /** The limit behind that, in bytes. */
  limitBytes(): number;
  /** Frees all garbage; stalls the process for a time that grows with what lives. */
  collect(): void;
}

let collectGarbage: (() => void) | null = null;

export const processHeap: Heap = {
  usedShare: () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return used / limit;
  },
  limitBytes: () => getHeapStatistics().heap_size_limit,
  collect: () => {
    collectGarbage ??= garbageCollector();
    collectGarbage();
  },
};

/** V8 gives its collector only to contexts made while the flag is set. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // what the flag exposes
  setFlagsFromString('--no-expose-gc');
  return collect;
}
