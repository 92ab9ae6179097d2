// How much media arrives: bits per second over a sliding window, part loads, and how long the last load took. Pure: time comes in.

const WINDOW_MS = 10_000;
/** Two tracks of 100 ms parts over the window; older samples go first. */
const MAX_SAMPLES = 256;
/** A figure over less time than this jumps about; say nothing instead. */
const MIN_SPAN_MS = 1_000;

export class ReceiveMeter {
  #samples: { readonly at: number; readonly bytes: number }[] = [];
  #since = 0;
  parts = 0;
  lastLoadMs: number | null = null;

  reset(now: number): void {
    this.#samples = [];
    this.#since = now;
    this.parts = 0;
    this.lastLoadMs = null;
  }

  add(now: number, bytes: number, loadMs: number, isPart: boolean): void {
    this.#samples.push({ at: now, bytes });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    if (isPart) this.parts += 1;
    this.lastLoadMs = loadMs;
  }

  bitrate(now: number): number | null {
    this.#samples = this.#samples.filter((sample) => now - sample.at <= WINDOW_MS);
    const span = Math.min(WINDOW_MS, now - this.#since);
    if (span < MIN_SPAN_MS || this.#samples.length === 0) return null;
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    return (bytes * 8 * 1000) / span;
  }
}
