// Millisecond timestamps of RTMP as ticks of a track, and the timescale that a video track gets.

import { invariant, type Ticks, type Timescale, ticks, timescale } from '@headend/core';

/** Divides 24, 25, 30, 50 and 60 frames a second evenly. */
export const VIDEO_TIMESCALE = timescale(90_000);

/** NTSC rates are n·1000/1001; in n·1000 ticks a second their frames last exactly 1001 ticks. */
const NTSC_TIMESCALES = [24_000, 30_000, 60_000] as const;
/** Encoders announce 29.97, 29.970, 29.9700299…: closer than this, and further than this from the whole rate. */
const NTSC_TOLERANCE = 0.006;

/** The timescale in which the announced frame rate has whole frame durations. */
export const videoTimescale = (frameRate: number | undefined): Timescale => {
  if (frameRate === undefined) return VIDEO_TIMESCALE;
  const ntsc = NTSC_TIMESCALES.find((scale) => Math.abs(frameRate - scale / 1001) < NTSC_TOLERANCE);
  return ntsc === undefined ? VIDEO_TIMESCALE : timescale(ntsc);
};

/**
 * Exact rounding of milliseconds and nanoseconds to ticks, half up. Whole seconds and rest are scaled apart, so that no product
 * leaves the 53 bits of a number even for epoch-sized times.
 */
export const ticksFromMillis = (milliseconds: number, scale: Timescale, nanoseconds = 0): Ticks => {
  invariant(Number.isSafeInteger(milliseconds) && Number.isSafeInteger(nanoseconds), 'FLV times are integers');
  const seconds = Math.floor(milliseconds / 1000);
  const restNanos = (milliseconds - seconds * 1000) * 1_000_000 + nanoseconds;
  return ticks(seconds * scale + Math.round((restNanos * scale) / 1e9));
};
