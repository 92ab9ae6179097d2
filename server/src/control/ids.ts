// Identifiers: a prefix that names the kind, then a ULID (48-bit epoch milliseconds, 80 random bits) in lower-case Crockford base 32.
// They sort by creation within a process, need no escaping in URLs and file names, and two machines never agree on one.

import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_BITS = 48n;
const RANDOM_BITS = 80n;
const RANDOM_LIMIT = 1n << RANDOM_BITS;
const RANDOM_BYTES = 10;
const LENGTH = 26;

const prefixes = { stream: 'st', session: 'ss', viewer: 'vs', event: 'ev', admin: 'ad', request: 'rq' } as const;
export type IdKind = keyof typeof prefixes;
export type Ids = (kind: IdKind) => string;

const encode = (value: bigint): string => {
  let text = '';
  let rest = value;
  for (let i = 0; i < LENGTH; i++) {
    text = `${ALPHABET[Number(rest & 31n)] ?? ''}${text}`;
    rest >>= 5n;
  }
  return text;
};

export const createIds = (now: () => number, random: () => Uint8Array = () => randomBytes(RANDOM_BYTES)): Ids => {
  let lastTime = 0n;
  let lastRandom = 0n;
  return (kind) => {
    const time = BigInt(Math.max(0, Math.floor(now()))) & ((1n << TIME_BITS) - 1n);
    if (time > lastTime) {
      lastTime = time;
      lastRandom = random().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) % RANDOM_LIMIT;
    } else {
      // Within a millisecond, or after the clock stepped back: the next number, so that order holds.
      lastRandom += 1n;
      if (lastRandom === RANDOM_LIMIT) {
        lastTime += 1n;
        lastRandom = 0n;
      }
    }
    return `${prefixes[kind]}_${encode((lastTime << RANDOM_BITS) | lastRandom)}`;
  };
};

export const streamIdPattern = '^st_[0-9a-hjkmnp-tv-z]{26}$';
