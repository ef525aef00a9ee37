// How fast a counter grows, averaged over the last samples.

const RATE_SAMPLES = 16;

/** Sampled ten times a second: what INFO's instantaneous fields show. */
export class Rate {
  readonly #samples: number[] = [];
  #lastValue = 0;
  #lastMs = 0;

  sample(value: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs;
    if (elapsedMs > 0 && this.#lastMs > 0) {
      this.#samples.push(((value - this.#lastValue) * 1000) / elapsedMs);
      if (this.#samples.length > RATE_SAMPLES) this.#samples.shift();
    }
    this.#lastValue = value;
    this.#lastMs = nowMs;
  }

  get perSecond(): number {
    if (this.#samples.length === 0) return 0;
    return this.#samples.reduce((sum, rate) => sum + rate, 0) / this.#samples.length;
  }

  reset(): void {
    this.#samples.length = 0;
    this.#lastMs = 0;
  }
}
