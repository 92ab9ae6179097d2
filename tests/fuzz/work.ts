// Two bounds that need no clock: how often a parser reads (each loop over peer bytes reads at least once), and how much it hands back.

import { BitReader, ByteReader } from '@headend/core';

/** Reads per byte of input: parsers look at a byte a few times (a box, then its fields), bit by bit at worst. */
const READS_PER_BYTE = 200;
const READS_FOR_NOTHING = 300_000;
/** Values (nodes of the output, bytes and characters in it) per byte of input: a playlist's segment is a few dozen fields from a short line. */
const VALUES_PER_BYTE = 64;
const VALUES_FOR_NOTHING = 16_384;

export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

let readsLeft = Number.POSITIVE_INFINITY;

const spend = (): void => {
  readsLeft -= 1;
  if (readsLeft < 0) throw new TooMuchWork('the parser goes on reading far beyond its input');
};

/** Wraps every public method of a reader so that each call is counted. */
const countCalls = (prototype: object): void => {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === 'constructor' || typeof value !== 'function') continue;
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      spend();
      return Reflect.apply(value, this, args);
    };
    Object.defineProperty(prototype, name, { value: counted });
  }
};

/** For this process only: called once, before the first parser runs. */
export const countReads = (): void => {
  countCalls(ByteReader.prototype);
  countCalls(BitReader.prototype);
};

export const allowReads = (inputBytes: number): void => {
  readsLeft = READS_FOR_NOTHING + READS_PER_BYTE * inputBytes;
};

/** What the values directly inside `value` are; leaves have none. */
const inside = (value: object): Iterable<unknown> => {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set || Array.isArray(value)) return value;
  return Object.values(value);
};

const leafSize = (value: unknown): number | undefined => {
  if (typeof value === 'string') return 1 + value.length;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength;
  return typeof value === 'object' && value !== null ? undefined : 1;
};

/** Throws when the output is larger than its input explains. What occurs twice counts twice, as it would when somebody walks it. */
export const checkSize = (output: unknown, inputBytes: number, allowance = 0): void => {
  const limit = VALUES_FOR_NOTHING + allowance + VALUES_PER_BYTE * inputBytes;
  const pending: unknown[] = [output];
  for (let size = 0; pending.length > 0; ) {
    const value = pending.pop();
    const leaf = leafSize(value);
    size += leaf ?? 1;
    if (size > limit) throw new TooMuchWork(`${inputBytes} bytes became more than ${limit} values`);
    if (leaf === undefined && typeof value === 'object' && value !== null) for (const child of inside(value)) pending.push(child);
  }
};
