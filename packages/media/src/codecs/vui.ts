// What the video usability information of H.264 (Annex E.1.1) and HEVC (Annex E.2.1) has in common: sample aspect ratio, video
// signal type, and the sanity bounds that every video parser here applies. HRD parameters and the rest stay with each codec.

import type { BitReader } from '@headend/core';
import type { ColourDescription } from '../track.ts';

/** Above the largest picture of any level (8192×4320 in practice); bigger claims come from broken or hostile parameter sets. */
export const MAX_DIMENSION = 16384;
/** A camera never reaches this; a larger value means that the timing fields are filler. */
const MAX_PLAUSIBLE_FRAME_RATE = 1000;
/** Code point 2 of ISO/IEC 23091-2: unspecified. */
const UNSPECIFIED = 2;
/** aspect_ratio_idc for an explicit ratio. */
const EXTENDED_SAR = 255;

export type PixelAspect = { readonly h: number; readonly v: number };

/** Table E-1: aspect_ratio_idc 1 to 16. */
const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

export const plausibleDimensions = (width: number, height: number): boolean =>
  width > 0 && height > 0 && width <= MAX_DIMENSION && height <= MAX_DIMENSION;

/** Frames per second from a count of ticks per second and ticks per frame; undefined when it cannot be meant. */
export const plausibleFrameRate = (ticksPerSecond: number, ticksPerFrame: number): number | undefined => {
  if (ticksPerSecond <= 0 || ticksPerFrame <= 0) return undefined;
  const rate = ticksPerSecond / ticksPerFrame;
  return rate <= MAX_PLAUSIBLE_FRAME_RATE ? rate : undefined;
};

/** undefined when nothing but defaults is said. */
export const colourDescription = (
  primaries: number,
  transfer: number,
  matrix: number,
  fullRange: boolean,
): ColourDescription | undefined => {
  const unspecified = primaries === UNSPECIFIED && transfer === UNSPECIFIED && matrix === UNSPECIFIED;
  return unspecified && !fullRange ? undefined : { primaries, transfer, matrix, fullRange };
};

/** aspect_ratio_info_present_flag and what follows; undefined for square or unspecified samples. */
export const readAspectRatio = (r: BitReader): PixelAspect | undefined => {
  if (!r.flag()) return undefined;
  const idc = r.bits(8);
  const [h, v] = idc === EXTENDED_SAR ? [r.bits(16), r.bits(16)] : (SAMPLE_ASPECT_RATIOS[idc] ?? [0, 0]);
  return h === 0 || v === 0 || h === v ? undefined : { h, v };
};

/** overscan_info_present_flag … : nothing in it concerns us. */
export const skipOverscan = (r: BitReader): void => {
  if (r.flag()) r.skip(1);
};

/** video_signal_type_present_flag and what follows. */
export const readVideoSignalType = (r: BitReader): ColourDescription | undefined => {
  if (!r.flag()) return undefined;
  r.skip(3); // video_format
  const fullRange = r.flag();
  if (!r.flag()) return colourDescription(UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, fullRange);
  return colourDescription(r.bits(8), r.bits(8), r.bits(8), fullRange);
};

/** chroma_loc_info_present_flag … */
export const skipChromaLocation = (r: BitReader): void => {
  if (!r.flag()) return;
  r.ue();
  r.ue();
};
