// Waits for a condition by asking again, with a deadline: the only way tests wait for another process.

import { setTimeout as delay } from 'node:timers/promises';

const ASK_EVERY_MS = 50;

/** Resolves with the first value that is neither undefined nor false; throws the last error, or `what`, at the deadline. */
export const eventually = async <T>(
  what: string,
  deadlineMs: number,
  ask: () => Promise<T> | T,
): Promise<Exclude<T, undefined | false>> => {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await ask();
      // The two excluded values were just ruled out.
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
    await delay(ASK_EVERY_MS);
  }
};
