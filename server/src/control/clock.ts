// The real clock. Timers do not keep the process alive: what must finish before an exit is awaited by close().

import { wallMs } from '@headend/core';
import type { Clock } from './ports.ts';

/** setTimeout fires at once beyond 2^31 - 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => wallMs(Date.now()),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
