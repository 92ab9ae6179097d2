// HEVC video parameter set (ITU-T H.265 §7.3.2.1): profile and the frame rate, which some encoders write only here.
// Leaves out HRD parameters and the multilayer extension.

import { BitReader, ok, type Result, type WireError, wireError } from '@headend/core';
import { type HevcProfileTierLevel, readProfileTierLevel } from './hevc-ptl.ts';
import { removeEmulationPrevention } from './nal.ts';
import { plausibleFrameRate } from './vui.ts';

export type HevcVps = {
  readonly id: number;
  readonly maxSubLayers: number;
  readonly temporalIdNested: boolean;
  readonly profileTierLevel: HevcProfileTierLevel;
  readonly frameRate?: number;
};

const NAL_TYPE_VPS = 32;
/** Bounds of §7.4.3.1. */
const MAX_SUB_LAYERS_MINUS_1 = 6;
const MAX_LAYER_SETS_MINUS_1 = 1023;

const skipSubLayerOrdering = (r: BitReader, maxSubLayersMinus1: number): void => {
  const first = r.flag() ? 0 : maxSubLayersMinus1;
  for (let i = first; i <= maxSubLayersMinus1; i++) {
    r.ue();
    r.ue();
    r.ue();
  }
};

export const parseHevcVps = (nal: Uint8Array): Result<HevcVps, WireError> => {
  const header = nal[0] ?? 0;
  if ((header & 0x80) !== 0 || ((header >> 1) & 0x3f) !== NAL_TYPE_VPS)
    return wireError('hevc_vps_not_vps', 'the NAL unit is not a video parameter set', 0);
  const r = new BitReader(removeEmulationPrevention(nal));
  r.skip(16); // NAL unit header
  const id = r.bits(4);
  r.skip(2 + 6); // base layer flags, vps_max_layers_minus1
  const maxSubLayersMinus1 = r.bits(3);
  if (maxSubLayersMinus1 > MAX_SUB_LAYERS_MINUS_1) return wireError('hevc_vps_invalid', 'vps_max_sub_layers_minus1 is out of range');
  const temporalIdNested = r.flag();
  r.skip(16); // vps_reserved_0xffff_16bits
  const profileTierLevel = readProfileTierLevel(r, maxSubLayersMinus1);
  skipSubLayerOrdering(r, maxSubLayersMinus1);
  const maxLayerId = r.bits(6);
  const layerSetsMinus1 = r.ue();
  if (layerSetsMinus1 > MAX_LAYER_SETS_MINUS_1) return wireError('hevc_vps_invalid', 'vps_num_layer_sets_minus1 is out of range');
  r.skip(layerSetsMinus1 * (maxLayerId + 1));
  let frameRate: number | undefined;
  if (r.flag()) {
    const unitsInTick = r.bits(32);
    frameRate = plausibleFrameRate(r.bits(32), unitsInTick);
  }
  if (r.overrun) return wireError('hevc_vps_truncated', 'the video parameter set ends early');
  const head = { id, maxSubLayers: maxSubLayersMinus1 + 1, temporalIdNested, profileTierLevel };
  return ok(frameRate === undefined ? head : { ...head, frameRate });
};
