// Per-instance statistics of commands, indexed by CommandEntry.number: INFO commandstats,
// errorstats and latencystats.

/** A histogram bucket for each power of two of 1024 nanoseconds, as LATENCY HISTOGRAM has. */
const BUCKETS = 33;
/** 1000 / 1024: microseconds to the unit of the first bucket. */
const BUCKET_UNIT = 0.9765625;
const ERROR_KINDS_MAX = 128;

export class CommandStats {
  #calls = new Float64Array(64);
  #microseconds = new Float64Array(64);
  #failed = new Float64Array(64);
  #rejected = new Float64Array(64);
  #histograms: (Uint32Array | null)[] = [];
  /** Error replies by code: the first word. */
  readonly errors = new Map<string, number>();
  totalErrors = 0;
  totalCalls = 0;
  /** latency-tracking. */
  keepsHistograms = true;

  note(entry: number, milliseconds: number, isFailed: boolean): void {
    if (entry >= this.#calls.length) this.#grow(entry);
    const microseconds = milliseconds * 1000;
    this.#calls[entry]!++;
    this.#microseconds[entry]! += microseconds;
    this.totalCalls++;
    if (isFailed) this.#failed[entry]!++;
    if (!this.keepsHistograms) return;
    let histogram = this.#histograms[entry];
    if (!histogram) {
      histogram = new Uint32Array(BUCKETS);
      this.#histograms[entry] = histogram;
    }
    histogram[32 - Math.clz32(microseconds * BUCKET_UNIT)]!++;
  }

  /** A command refused before it ran. */
  noteRejected(entry: number): void {
    if (entry >= this.#calls.length) this.#grow(entry);
    this.#rejected[entry]!++;
  }

  /** @param text the reply, code first */
  noteError(text: string): void {
    this.totalErrors++;
    const code = text.split(' ', 1)[0] ?? '';
    if (this.errors.size >= ERROR_KINDS_MAX && !this.errors.has(code)) return;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** A command is gone and its number will be another's. */
  forget(entry: number): void {
    if (entry >= this.#calls.length) return;
    this.#calls[entry] = 0;
    this.#microseconds[entry] = 0;
    this.#failed[entry] = 0;
    this.#rejected[entry] = 0;
    this.#histograms[entry] = null;
  }

  callsOf(entry: number): number {
    return this.#calls[entry] ?? 0;
  }

  microsecondsOf(entry: number): number {
    return this.#microseconds[entry] ?? 0;
  }

  failedOf(entry: number): number {
    return this.#failed[entry] ?? 0;
  }

  rejectedOf(entry: number): number {
    return this.#rejected[entry] ?? 0;
  }

  /** Calls by duration: `[0]` took less than 1024 ns, `[i]` from 1024 × 2^(i-1) ns to twice that. */
  histogramOf(entry: number): Uint32Array | null {
    return this.#histograms[entry] ?? null;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.#calls.fill(0);
    this.#microseconds.fill(0);
    this.#failed.fill(0);
    this.#rejected.fill(0);
    this.#histograms = [];
    this.errors.clear();
    this.totalErrors = 0;
    this.totalCalls = 0;
  }

  #grow(entry: number): void {
    const size = Math.max(this.#calls.length * 2, entry + 1);
    const larger = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(size);
      array.set(old);
      return array;
    };
    this.#calls = larger(this.#calls);
    this.#microseconds = larger(this.#microseconds);
    this.#failed = larger(this.#failed);
    this.#rejected = larger(this.#rejected);
  }
}
