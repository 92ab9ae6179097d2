// Requests that wait for the timeline to grow: blocked playlist reloads and hinted parts. Bounded, timed, and released in one go.

import { type Millis, millis } from '@headend/core';
import type { Clock } from './ports.ts';

export type WaitOutcome = 'ready' | 'timeout';

/** Shared by all wait lists of an origin. */
export class WaiterBudget {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }
}

type Waiter = { readonly ready: () => boolean; readonly done: (outcome: WaitOutcome) => void; readonly cancelTimer: () => void };

export class Waiters {
  readonly #clock: Clock;
  readonly #budget: WaiterBudget;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock, budget: WaiterBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `done` once, when `ready` holds after a wake or when the time is over.
   * @returns a function that gives up silently, or undefined when the budget is spent.
   */
  wait(ready: () => boolean, maxWaitMs: Millis, done: (outcome: WaitOutcome) => void): (() => void) | undefined {
    if (this.#budget.used >= this.#budget.limit) return undefined;
    const cancelTimer = this.#clock.setTimer(maxWaitMs, () => {
      if (this.#remove(waiter)) done('timeout');
    });
    const waiter: Waiter = { ready, done, cancelTimer };
    this.#budget.used += 1;
    this.#waiting.add(waiter);
    return () => {
      this.#remove(waiter);
    };
  }

  /** After every change of what the waiters wait for. */
  wake(): void {
    for (const waiter of this.#waiting) {
      if (waiter.ready() && this.#remove(waiter)) waiter.done('ready');
    }
  }

  #remove(waiter: Waiter): boolean {
    if (!this.#waiting.delete(waiter)) return false;
    waiter.cancelTimer();
    this.#budget.used -= 1;
    return true;
  }
}

/** Longest that a request waits for the timeline: rfc8216bis §6.2.5.2. */
export const maxBlockingMs = (targetDuration: number): Millis => millis(3 * targetDuration * 1000);
