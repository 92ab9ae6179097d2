// AV1 sequence header OBU (AV1 bitstream specification §5.5): profile, level, picture size, timing and colour.
// Leaves out decoder model and operating point contents (walked over, not kept) except those of operating point 0.

import { BitReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { ColourDescription } from '../track.ts';
import { colourDescription, plausibleDimensions, plausibleFrameRate } from './vui.ts';

export type Av1SequenceHeader = {
  readonly profile: number;
  /** seq_level_idx and seq_tier of operating point 0. */
  readonly level: number;
  readonly highTier: boolean;
  readonly reducedStillPicture: boolean;
  readonly bitDepth: 8 | 10 | 12;
  readonly monochrome: boolean;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly chromaSamplePosition: number;
  readonly width: number;
  readonly height: number;
  readonly colour?: ColourDescription;
  readonly frameRate?: number;
};

type Layers = { readonly level: number; readonly highTier: boolean; readonly frameRate?: number };
type Colour = Pick<Av1SequenceHeader, 'bitDepth' | 'monochrome' | 'subsamplingX' | 'subsamplingY' | 'chromaSamplePosition' | 'colour'>;

const MAX_PROFILE = 2;
/** seq_level_idx above 7 (level 4.0 and up) is followed by a tier. */
const LAST_LEVEL_WITHOUT_TIER = 7;
const BT709 = 1;
const SRGB_TRANSFER = 13;
const IDENTITY_MATRIX = 0;
const UNSPECIFIED = 2;

/** timing_info() (§5.5.3). */
const readTimingInfo = (r: BitReader): number | undefined => {
  const unitsInTick = r.bits(32);
  const timeScale = r.bits(32);
  const equalInterval = r.flag();
  const ticksPerPicture = equalInterval ? r.ue() + 1 : 0; // uvlc() is ue(v)
  return plausibleFrameRate(timeScale, unitsInTick * ticksPerPicture);
};

/** operating_parameters_info and the rest of §5.5.1 up to the frame size. */
const readOperatingPoints = (r: BitReader): Layers => {
  let frameRate: number | undefined;
  let delayBits = 0;
  if (r.flag()) {
    frameRate = readTimingInfo(r);
    if (r.flag()) {
      delayBits = r.bits(5) + 1;
      r.skip(32 + 10); // num_units_in_decoding_tick, two lengths
    }
  }
  const displayDelays = r.flag();
  const count = r.bits(5) + 1;
  let level = 0;
  let highTier = false;
  for (let i = 0; i < count && !r.overrun; i++) {
    r.skip(12); // operating_point_idc
    const pointLevel = r.bits(5);
    const pointTier = pointLevel > LAST_LEVEL_WITHOUT_TIER && r.flag();
    if (i === 0) {
      level = pointLevel;
      highTier = pointTier;
    }
    if (delayBits > 0 && r.flag()) r.skip(delayBits * 2 + 1);
    if (displayDelays && r.flag()) r.skip(4);
  }
  return frameRate === undefined ? { level, highTier } : { level, highTier, frameRate };
};

/** enable_interintra_compound … order_hint_bits_minus_1. */
const skipInterTools = (r: BitReader): void => {
  r.skip(4); // interintra, masked compound, warped motion, dual filter
  const orderHint = r.flag();
  if (orderHint) r.skip(2);
  const chooseScreenContent = r.flag();
  const screenContent = chooseScreenContent || r.flag();
  if (screenContent && !r.flag()) r.skip(1); // seq_force_integer_mv
  if (orderHint) r.skip(3);
};

const readSubsampling = (r: BitReader, profile: number, bitDepth: number): [number, number] => {
  if (profile === 0) return [1, 1];
  if (profile === 1) return [0, 0];
  if (bitDepth !== 12) return [1, 0];
  const x = r.bit();
  return [x, x === 1 ? r.bit() : 0];
};

/** color_config() (§5.5.2). */
const readColourConfig = (r: BitReader, profile: number): Colour => {
  const highBitDepth = r.flag();
  const twelve = profile === 2 && highBitDepth && r.flag();
  const bitDepth = twelve ? 12 : highBitDepth ? 10 : 8;
  const monochrome = profile !== 1 && r.flag();
  const described = r.flag();
  const primaries = described ? r.bits(8) : UNSPECIFIED;
  const transfer = described ? r.bits(8) : UNSPECIFIED;
  const matrix = described ? r.bits(8) : UNSPECIFIED;
  const rgb = !monochrome && primaries === BT709 && transfer === SRGB_TRANSFER && matrix === IDENTITY_MATRIX;
  const fullRange = rgb || r.flag();
  const [subsamplingX, subsamplingY] = monochrome ? [1, 1] : rgb ? [0, 0] : readSubsampling(r, profile, bitDepth);
  const positioned = !monochrome && subsamplingX === 1 && subsamplingY === 1;
  const chromaSamplePosition = positioned ? r.bits(2) : 0;
  if (!monochrome) r.skip(1); // separate_uv_delta_q
  const colour = colourDescription(primaries, transfer, matrix, fullRange);
  const head = { bitDepth, monochrome, subsamplingX, subsamplingY, chromaSamplePosition } as const;
  return colour === undefined ? head : { ...head, colour };
};

/** Parses the payload of a sequence header OBU. */
export const parseAv1SequenceHeader = (payload: Uint8Array): Result<Av1SequenceHeader, WireError> => {
  const r = new BitReader(payload);
  const profile = r.bits(3);
  if (profile > MAX_PROFILE) return wireError('av1_sequence_invalid', 'seq_profile is reserved', 0);
  r.skip(1); // still_picture
  const reducedStillPicture = r.flag();
  const layers = reducedStillPicture ? { level: r.bits(5), highTier: false } : readOperatingPoints(r);
  const widthBits = r.bits(4) + 1;
  const heightBits = r.bits(4) + 1;
  const width = r.bits(widthBits) + 1;
  const height = r.bits(heightBits) + 1;
  if (!reducedStillPicture && r.flag()) r.skip(7); // frame id lengths
  r.skip(3); // superblock size, filter intra, intra edge filter
  if (!reducedStillPicture) skipInterTools(r);
  r.skip(3); // superres, CDEF, restoration
  const colour = readColourConfig(r, profile);
  r.skip(1); // film_grain_params_present
  if (r.overrun) return wireError('av1_sequence_truncated', 'the sequence header ends early');
  if (!plausibleDimensions(width, height)) return wireError('av1_sequence_dimensions', `a picture of ${width}×${height} is not possible`);
  return ok({ profile, ...layers, reducedStillPicture, ...colour, width, height });
};
