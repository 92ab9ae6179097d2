// A clock for tests: time moves only when told to, and timers run in order of their moment.

import { type WallMs, wallMs } from '@headend/core';
import type { Clock } from './ports.ts';

export class VirtualClock implements Clock {
  #now: WallMs;
  #nextId = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();

  constructor(start = 1_800_000_000_000) {
    this.#now = wallMs(start);
  }

  now(): WallMs {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + delayMs, run });
    return () => this.#timers.delete(id);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time, running what falls due, and lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now = wallMs(Math.max(this.#now, timer.at));
      timer.run();
      await settle();
    }
    this.#now = wallMs(end);
    await settle();
  }
}

/** Lets everything that waits only for promises run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
