// Randomness of tests: one number decides everything, is printed with the test, and can be given again by HEADEND_TEST_SEED.

import type { TestContext } from 'node:test';

export type Random = {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** In [0, below). */
  integer(below: number): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
};

/** mulberry32: small, fast, and good enough to scatter bytes. */
const mulberry32 = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const testSeed = (t: TestContext): number => {
  const given = process.env['HEADEND_TEST_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  t.diagnostic(`seed ${seed} (HEADEND_TEST_SEED=${seed} repeats it)`);
  return seed;
};

export const randomFrom = (seed: number): Random => {
  const next = mulberry32(seed);
  const integer = (below: number): number => Math.floor(next() * below);
  return { seed, next, integer, bytes: (length) => Uint8Array.from({ length }, () => integer(256)) };
};

export const seededRandom = (t: TestContext): Random => randomFrom(testSeed(t));
