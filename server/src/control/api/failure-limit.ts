// Slows down guessing: an address that fails to authenticate too often is refused for a while, whatever it sends. Bounded memory: with more
// addresses than fit, the one that failed longest ago is forgotten. Pure apart from the clock handed in.

export const MAX_FAILURES = 10;
export const FAILURE_SPAN_MS = 60_000;
export const MAX_ADDRESSES = 10_000;

/** One host is given a whole IPv6 /64, so that is what counts. */
export const addressKey = (address: string): string => {
  const plain = address
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::') ? Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0') : [];
  const groups = [...front, ...zeros, ...back].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
};

export class FailureLimit {
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; since: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#failures.size;
  }

  /** Seconds to wait; 0 when the address may try. */
  retryAfter(address: string): number {
    const entry = this.#failures.get(addressKey(address));
    if (entry === undefined || entry.count < MAX_FAILURES) return 0;
    return Math.max(0, Math.ceil((entry.since + FAILURE_SPAN_MS - this.#now()) / 1000));
  }

  fail(address: string): void {
    const key = addressKey(address);
    const now = this.#now();
    const entry = this.#failures.get(key);
    const current = entry !== undefined && now - entry.since < FAILURE_SPAN_MS ? entry : { count: 0, since: now };
    current.count += 1;
    this.#failures.delete(key);
    this.#failures.set(key, current);
    if (this.#failures.size <= MAX_ADDRESSES) return;
    const oldest = this.#failures.keys().next();
    if (oldest.done !== true) this.#failures.delete(oldest.value);
  }
}
