// One setTimeout for a session's moving deadline. A deadline that moves later leaves the timer alone: it fires, finds nothing due,
// and is set again; so a busy connection costs no timer per packet.

import { type Millis, millis } from '@headend/core';
import type { Deadline } from '../session.ts';

export const monotonicNow = (): Millis => millis(performance.now());

export class DeadlineTimer {
  readonly #fire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(fire: () => void) {
    this.#fire = fire;
  }

  set(deadline: Deadline | null): void {
    if (deadline === null) {
      this.clear();
      return;
    }
    if (this.#timer !== undefined && this.#at <= deadline.at) return;
    this.clear();
    this.#at = deadline.at;
    const wait = Math.max(0, Math.ceil(deadline.at - monotonicNow()));
    this.#timer = setTimeout(() => {
      this.clear();
      this.#fire();
    }, wait);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
