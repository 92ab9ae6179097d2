// HEVC sequence parameter set (ITU-T H.265 §7.3.2.2, VUI in Annex E.2.1): picture size, bit depth, colour, timing, reordering.
// Leaves out everything after vui_timing_info (HRD, bitstream restriction) and the range, multilayer and SCC extensions.

import { BitReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { ColourDescription } from '../track.ts';
import { type HevcProfileTierLevel, readProfileTierLevel } from './hevc-ptl.ts';
import { skipScalingListData, skipShortTermReferenceSets } from './hevc-sps-sets.ts';
import { removeEmulationPrevention } from './nal.ts';
import {
  type PixelAspect,
  plausibleDimensions,
  plausibleFrameRate,
  readAspectRatio,
  readVideoSignalType,
  skipChromaLocation,
  skipOverscan,
} from './vui.ts';

export type HevcSps = {
  readonly profileTierLevel: HevcProfileTierLevel;
  readonly id: number;
  readonly maxSubLayers: number;
  readonly temporalIdNested: boolean;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Display size after the conformance window. */
  readonly width: number;
  readonly height: number;
  readonly pixelAspect?: PixelAspect;
  readonly colour?: ColourDescription;
  readonly frameRate?: number;
  /** sps_max_num_reorder_pics of the highest sub-layer. */
  readonly maxReorderFrames: number;
};

const NAL_TYPE_SPS = 33;
/** Bounds of §7.4.3.2.1. */
const MAX_SUB_LAYERS_MINUS_1 = 6;
const MAX_SPS_ID = 15;
const MAX_CHROMA_FORMAT = 3;
const MAX_BIT_DEPTH_MINUS_8 = 8;
const MAX_LOG2_POC_LSB_MINUS_4 = 12;
const MAX_LONG_TERM_PICTURES = 32;

type Picture = Pick<HevcSps, 'chromaFormatIdc' | 'width' | 'height'>;
type Vui = Pick<HevcSps, 'pixelAspect' | 'colour' | 'frameRate'>;

/** chroma_format_idc … conformance window (§7.4.3.2.1, table 6-1). */
const readPicture = (r: BitReader): Picture | undefined => {
  const chromaFormatIdc = r.ue();
  if (chromaFormatIdc > MAX_CHROMA_FORMAT) return undefined;
  if (chromaFormatIdc === 3) r.skip(1); // separate_colour_plane_flag
  const codedWidth = r.ue();
  const codedHeight = r.ue();
  if (!r.flag()) return { chromaFormatIdc, width: codedWidth, height: codedHeight };
  const unitX = chromaFormatIdc === 1 || chromaFormatIdc === 2 ? 2 : 1;
  const unitY = chromaFormatIdc === 1 ? 2 : 1;
  const width = codedWidth - unitX * (r.ue() + r.ue());
  const height = codedHeight - unitY * (r.ue() + r.ue());
  return { chromaFormatIdc, width, height };
};

/** sps_max_dec_pic_buffering_minus1 … for each signalled sub-layer; the reorder depth of the last. */
const readSubLayerOrdering = (r: BitReader, maxSubLayersMinus1: number): number => {
  const first = r.flag() ? 0 : maxSubLayersMinus1;
  let reorder = 0;
  for (let i = first; i <= maxSubLayersMinus1; i++) {
    r.ue();
    reorder = r.ue();
    r.ue();
  }
  return reorder;
};

const skipPcm = (r: BitReader): void => {
  if (!r.flag()) return;
  r.skip(8); // bit depths
  r.ue();
  r.ue();
  r.skip(1);
};

/** long_term_ref_pics_present_flag …; false when the count is out of range. */
const skipLongTermPictures = (r: BitReader, pocLsbBits: number): boolean => {
  if (!r.flag()) return true;
  const count = r.ue();
  if (count > MAX_LONG_TERM_PICTURES) return false;
  r.skip(count * (pocLsbBits + 1));
  return true;
};

/** log2_min_luma_coding_block_size_minus3 … strong_intra_smoothing_enabled_flag; false when a count is out of range. */
const skipCodingTools = (r: BitReader, pocLsbBits: number): boolean => {
  for (let i = 0; i < 6; i++) r.ue(); // block and transform sizes, hierarchy depths
  if (r.flag() && r.flag()) skipScalingListData(r);
  r.skip(2); // amp, sample adaptive offset
  skipPcm(r);
  if (!skipShortTermReferenceSets(r)) return false;
  if (!skipLongTermPictures(r, pocLsbBits)) return false;
  r.skip(2); // temporal motion vectors, strong intra smoothing
  return true;
};

const readVui = (r: BitReader): Vui => {
  const pixelAspect = readAspectRatio(r);
  skipOverscan(r);
  const colour = readVideoSignalType(r);
  skipChromaLocation(r);
  r.skip(3); // neutral chroma, field_seq, frame_field_info
  if (r.flag()) for (let i = 0; i < 4; i++) r.ue(); // default display window: players ignore it, and so do we
  let frameRate: number | undefined;
  if (r.flag()) {
    const unitsInTick = r.bits(32);
    frameRate = plausibleFrameRate(r.bits(32), unitsInTick);
  }
  return {
    ...(pixelAspect === undefined ? {} : { pixelAspect }),
    ...(colour === undefined ? {} : { colour }),
    ...(frameRate === undefined ? {} : { frameRate }),
  };
};

const truncated = (): Result<never, WireError> => wireError('hevc_sps_truncated', 'the sequence parameter set ends early');
const invalid = (what: string): Result<never, WireError> => wireError('hevc_sps_invalid', `${what} out of range`);

/** Parses a SPS NAL unit (with its two-byte header, emulation prevention still in place). */
export const parseHevcSps = (nal: Uint8Array): Result<HevcSps, WireError> => {
  if (nal.length < 4) return truncated();
  const header = nal[0] ?? 0;
  if ((header & 0x80) !== 0 || ((header >> 1) & 0x3f) !== NAL_TYPE_SPS)
    return wireError('hevc_sps_not_sps', 'the NAL unit is not a sequence parameter set', 0);
  const r = new BitReader(removeEmulationPrevention(nal));
  r.skip(16 + 4); // NAL unit header, sps_video_parameter_set_id
  const maxSubLayersMinus1 = r.bits(3);
  if (maxSubLayersMinus1 > MAX_SUB_LAYERS_MINUS_1) return invalid('sps_max_sub_layers_minus1 is');
  const temporalIdNested = r.flag();
  const profileTierLevel = readProfileTierLevel(r, maxSubLayersMinus1);
  const id = r.ue();
  if (id > MAX_SPS_ID) return invalid('sps_seq_parameter_set_id is');
  const picture = readPicture(r);
  if (picture === undefined) return invalid('chroma_format_idc is');
  const lumaMinus8 = r.ue();
  const chromaMinus8 = r.ue();
  if (lumaMinus8 > MAX_BIT_DEPTH_MINUS_8 || chromaMinus8 > MAX_BIT_DEPTH_MINUS_8) return invalid('the bit depth is');
  const pocLsbMinus4 = r.ue();
  if (pocLsbMinus4 > MAX_LOG2_POC_LSB_MINUS_4) return invalid('log2_max_pic_order_cnt_lsb_minus4 is');
  const maxReorderFrames = readSubLayerOrdering(r, maxSubLayersMinus1);
  if (!skipCodingTools(r, pocLsbMinus4 + 4)) return r.overrun ? truncated() : invalid('a reference picture set is');
  const vui = r.flag() ? readVui(r) : {};
  if (r.overrun) return truncated();
  if (!plausibleDimensions(picture.width, picture.height))
    return wireError('hevc_sps_dimensions', `a picture of ${picture.width}×${picture.height} is not possible`);
  const layers = { maxSubLayers: maxSubLayersMinus1 + 1, temporalIdNested };
  const depths = { bitDepthLuma: lumaMinus8 + 8, bitDepthChroma: chromaMinus8 + 8 };
  return ok({ profileTierLevel, id, ...layers, ...picture, ...depths, maxReorderFrames, ...vui });
};
