// profile_tier_level() of HEVC (ITU-T H.265 §7.3.3), which VPS and SPS share and which hvcC and the codecs parameter repeat.
// Sub-layer profiles are walked over, not kept.

import type { BitReader } from '@headend/core';

/**
 * ```
 * general_profile_space(2) tier_flag(1) profile_idc(5) | compatibility_flags(32) | constraint flags(48) | level_idc(8)
 * ```
 */
export type HevcProfileTierLevel = {
  readonly profileSpace: number;
  readonly highTier: boolean;
  readonly profileIdc: number;
  readonly compatibility: number;
  /** Six bytes: progressive, interlaced, non-packed, frame-only and 44 more flags. */
  readonly constraints: Uint8Array;
  readonly levelIdc: number;
};

const CONSTRAINT_BYTES = 6;
const SUB_LAYER_PROFILE_BITS = 88;
const SUB_LAYER_LEVEL_BITS = 8;
const MAX_SUB_LAYERS = 8;

export const readProfileTierLevel = (r: BitReader, maxSubLayersMinus1: number): HevcProfileTierLevel => {
  const profileSpace = r.bits(2);
  const highTier = r.flag();
  const profileIdc = r.bits(5);
  const compatibility = r.bits(32);
  const constraints = new Uint8Array(CONSTRAINT_BYTES);
  for (let i = 0; i < CONSTRAINT_BYTES; i++) constraints[i] = r.bits(8);
  const levelIdc = r.bits(8);
  let skip = 0;
  for (let i = 0; i < maxSubLayersMinus1; i++) {
    if (r.flag()) skip += SUB_LAYER_PROFILE_BITS;
    if (r.flag()) skip += SUB_LAYER_LEVEL_BITS;
  }
  if (maxSubLayersMinus1 > 0) r.skip((MAX_SUB_LAYERS - maxSubLayersMinus1) * 2); // reserved_zero_2bits
  r.skip(skip);
  return { profileSpace, highTier, profileIdc, compatibility, constraints, levelIdc };
};
