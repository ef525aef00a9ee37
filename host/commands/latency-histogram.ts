// The buckets of LATENCY HISTOGRAM: powers of two of 1024 ns.

/** Upper bound of bucket `index` of CommandStats.histogramOf in microseconds, with fraction. */
export function bucketUs(index: number): number {
  return 1.024 * 2 ** index;
}

/** The bound as LATENCY HISTOGRAM prints it. */
export function bucketLabel(index: number): number {
  const nanoseconds = 1024 * 2 ** index;
  // Redis keeps two significant digits: it shows the end of the cell in which the bound lies.
  const cell = 2 ** Math.max(0, Math.floor(Math.log2(nanoseconds)) - 7);
  return Math.floor((nanoseconds + cell - 1) / 1000);
}
