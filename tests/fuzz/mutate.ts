// One step from a real input to a hostile one. Everything is drawn from the given randomness, so a seed repeats it exactly.

import type { Random } from '../kit/seed.ts';
import type { Target } from './target.ts';

/** Longer inputs only cost time: no parser here behaves otherwise beyond it, save for limits that have tests of their own. */
export const MAX_INPUT_BYTES = 16 * 1024;
const MAX_STEPS = 4;
const MAX_BLOCK = 64;

const INTERESTING = [0, 1, 2, 7, 8, 127, 128, 255, 256, 32_767, 32_768, 65_535, 2 ** 24 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] as const;

const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[random.integer(list.length)];
const place = (random: Random, bytes: Uint8Array): number => random.integer(bytes.length + 1);

const splice = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array => {
  const tail = bytes.subarray(Math.min(at + remove, bytes.length));
  const joined = new Uint8Array(at + insert.length + tail.length);
  joined.set(bytes.subarray(0, at));
  joined.set(insert, at);
  joined.set(tail, at + insert.length);
  return joined;
};

const overwrite = (bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array => splice(bytes, at, by.length, by);

const integerBytes = (value: number, size: number, littleEndian: boolean): Uint8Array => {
  const bytes = Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * (size - 1 - i))) & 0xff);
  return littleEndian ? bytes.reverse() : bytes;
};

type Mutation = (bytes: Uint8Array, random: Random, target: Target) => Uint8Array;

const flipBit: Mutation = (bytes, random) => {
  const at = random.integer(bytes.length);
  return overwrite(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.integer(8))));
};

const setByte: Mutation = (bytes, random) => overwrite(bytes, random.integer(bytes.length), random.bytes(1));

const truncate: Mutation = (bytes, random) => bytes.subarray(0, place(random, bytes));

const interestingInteger: Mutation = (bytes, random) => {
  const value = pick(random, INTERESTING) ?? 0;
  return overwrite(bytes, place(random, bytes), integerBytes(value, 1 + random.integer(4), random.integer(4) === 0));
};

/** A field that could be the length of what follows it, made longer or shorter than that. */
const inflateLength: Mutation = (bytes, random) => {
  const size = 1 + random.integer(4);
  const start = random.integer(bytes.length);
  for (let step = 0; step < bytes.length; step++) {
    const at = (start + step) % bytes.length;
    if (at + size > bytes.length) continue;
    const value = bytes.subarray(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value === 0 || value > bytes.length - at - size) continue;
    const wrong = pick(random, [value + 1, value - 1, value * 2, bytes.length, 2 ** (8 * size) - 1, 2 ** (8 * size - 1)]) ?? 0;
    return overwrite(bytes, at, integerBytes(wrong, size, false));
  }
  return bytes;
};

const insertNoise: Mutation = (bytes, random) => splice(bytes, place(random, bytes), 0, random.bytes(1 + random.integer(MAX_BLOCK)));

const removeBlock: Mutation = (bytes, random) => splice(bytes, place(random, bytes), 1 + random.integer(MAX_BLOCK), new Uint8Array(0));

const repeatBlock: Mutation = (bytes, random) => {
  const from = random.integer(bytes.length);
  const block = bytes.subarray(from, from + 1 + random.integer(MAX_BLOCK));
  let longer = bytes;
  for (let times = 1 + random.integer(8); times > 0; times--) longer = splice(longer, from, 0, block);
  return longer;
};

const fillBlock: Mutation = (bytes, random) =>
  overwrite(bytes, place(random, bytes), new Uint8Array(1 + random.integer(MAX_BLOCK)).fill(pick(random, [0x00, 0xff, 0x80, 0x30]) ?? 0));

const crossOver: Mutation = (bytes, random, { corpus }) => {
  const other = pick(random, corpus) ?? bytes;
  const from = place(random, other);
  return splice(
    bytes,
    place(random, bytes),
    random.integer(bytes.length + 1),
    other.subarray(from, from + 1 + random.integer(other.length)),
  );
};

const insertWord: Mutation = (bytes, random, { words }) =>
  splice(bytes, place(random, bytes), random.integer(3), pick(random, words ?? []) ?? new Uint8Array(0));

const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  truncate,
  interestingInteger,
  interestingInteger,
  inflateLength,
  inflateLength,
  insertNoise,
  removeBlock,
  repeatBlock,
  fillBlock,
  crossOver,
  insertWord,
];

/** Pure noise one time in sixteen, otherwise a real input after one to four mutations. */
export const hostileInput = (target: Target, random: Random): Uint8Array => {
  if (random.integer(16) === 0) return random.bytes(random.integer(256));
  let bytes = pick(random, target.corpus) ?? new Uint8Array(0);
  for (let steps = 1 + random.integer(MAX_STEPS); steps > 0; steps--) {
    const mutation = bytes.length === 0 ? insertNoise : (pick(random, mutations) ?? flipBit);
    bytes = mutation(bytes, random, target).subarray(0, MAX_INPUT_BYTES);
  }
  // A copy of its own: a parser that reads outside its view would find nothing to its liking.
  return new Uint8Array(bytes);
};
