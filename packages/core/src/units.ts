// Units as types. Media time is integer ticks over a timescale; clocks are milliseconds. Floats appear only in interfaces for people.

declare const unit: unique symbol;
export type Brand<Name extends string> = { readonly [unit]: Name };

/** A span, or a reading of a monotonic clock, in milliseconds. */
export type Millis = number & Brand<'Millis'>;
/** Milliseconds since the Unix epoch. */
export type WallMs = number & Brand<'WallMs'>;
/** Media time in units of 1/timescale second. Always an integer. */
export type Ticks = number & Brand<'Ticks'>;
/** Ticks per second. */
export type Timescale = number & Brand<'Timescale'>;

export const millis = (value: number): Millis => value as Millis;
export const wallMs = (value: number): WallMs => value as WallMs;
export const ticks = (value: number): Ticks => value as Ticks;
export const timescale = (value: number): Timescale => value as Timescale;

/**
 * Rescales integer media time, rounding to the nearest tick (half away from zero).
 * Splits into whole seconds and rest, so that epoch-sized values stay exact below 2^53.
 */
export const rescale = (value: Ticks, from: Timescale, to: Timescale): Ticks => {
  if (from === to) return value;
  const seconds = Math.trunc(value / from);
  const rest = value - seconds * from;
  const scaled = (rest * to) / from;
  const rounded = scaled < 0 ? -Math.round(-scaled) : Math.round(scaled);
  return (seconds * to + rounded) as Ticks;
};

export const toSeconds = (value: Ticks, scale: Timescale): number => value / scale;
export const toMillis = (value: Ticks, scale: Timescale): Millis => ((value * 1000) / scale) as Millis;

const WRAP_32 = 2 ** 32;

/** Extends a wrapping unsigned 32-bit counter to the value nearest to `reference` (which may exceed 32 bits). */
export const unwrap32 = (value: number, reference: number): number => {
  const base = Math.floor(reference / WRAP_32) * WRAP_32 + (value >>> 0);
  if (base - reference > WRAP_32 / 2) return base - WRAP_32;
  if (reference - base > WRAP_32 / 2) return base + WRAP_32;
  return base;
};
