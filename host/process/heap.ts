// How much memory V8 may use: a flag that only the command line of node can set, and whose default
// does not know what the server is meant to hold.

const MB = 1024 * 1024;
/** The server itself, its clients' buffers and compiled modules. */
const BASE_BYTES = 512 * MB;
/** V8 collects seldom enough to need about twice what lives. */
const HEAP_PER_DATA = 2;
/** Without maxmemory: this part of the machine's or container's memory. */
const PART_OF_MACHINE = 0.75;

/**
 * The size of the heap in megabytes, for `--max-old-space-size`.
 *
 * @param maxMemoryBytes the directive; 0: no limit
 * @param machineBytes what the process can have at all
 */
export function heapMegabytes(maxMemoryBytes: number, machineBytes: number): number {
  const wanted =
    maxMemoryBytes > 0
      ? BASE_BYTES + maxMemoryBytes * HEAP_PER_DATA
      : machineBytes * PART_OF_MACHINE;
  // A heap beyond the machine's memory would end the process where a limit reports an error.
  const bounded = Math.min(Math.max(wanted, BASE_BYTES), machineBytes);
  return Math.max(1, Math.floor(bounded / MB));
}

/**
 * The memory of the machine, or of the container if that has less.
 *
 * @param constrainedBytes of `process.constrainedMemory()`: 0 or a huge number mean no limit
 */
export function machineMemoryBytes(totalBytes: number, constrainedBytes: number): number {
  return constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes;
}
