// Bounded exponential backoff with jitter. Randomness comes in as an argument, so a test can pin it.

export type BackoffPolicy = {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
};

/** First retry after half a second: most faults are a blip. The cap keeps a returning server from waiting long for its viewers. */
export const RECONNECT_BACKOFF: BackoffPolicy = { firstDelayMs: 500, maxDelayMs: 10_000 };

/** Delay before try number `attempt` (from 1). `random` in [0, 1) spreads viewers over the upper half of the delay. */
export function backoffDelayMs(attempt: number, policy: BackoffPolicy, random: number): number {
  const exponent = Math.max(0, attempt - 1);
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(exponent, 20));
  return Math.round(ceiling * (0.5 + random / 2));
}
