// H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1, VUI in Annex E.1.1): everything that describes the picture and its timing.
// Leaves out scaling matrices and HRD contents (walked over, not kept), and the SVC/MVC extensions of subset parameter sets.

import { BitReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { ColourDescription } from '../track.ts';
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

export type H264Sps = {
  readonly profileIdc: number;
  /** constraint_set0_flag … constraint_set5_flag and two zero bits, as one byte. */
  readonly constraints: number;
  readonly levelIdc: number;
  readonly id: number;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly maxReferenceFrames: number;
  /** false: pictures may be fields (interlaced). */
  readonly frameMbsOnly: boolean;
  /** Display size after cropping. */
  readonly width: number;
  readonly height: number;
  readonly pixelAspect?: PixelAspect;
  readonly colour?: ColourDescription;
  readonly frameRate?: number;
  /** max_num_reorder_frames when the stream says so; 0 promises that decode order is display order. */
  readonly maxReorderFrames?: number;
};

const NAL_TYPE_SPS = 7;
/** Profiles whose SPS carries chroma format, bit depths and scaling matrices (§7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** Bounds of §7.4.2.1.1 and §E.2.1. */
const MAX_SPS_ID = 31;
const MAX_CHROMA_FORMAT = 3;
const MAX_BIT_DEPTH_MINUS_8 = 6;
const MAX_POC_CYCLE = 255;
const MAX_CPB_COUNT = 32;
const MAX_DPB_FRAMES = 16;
const MACROBLOCK = 16;

type Chroma = { readonly format: number; readonly separatePlanes: boolean; readonly lumaDepth: number; readonly chromaDepth: number };
type Vui = Pick<H264Sps, 'pixelAspect' | 'colour' | 'frameRate' | 'maxReorderFrames'>;

const skipScalingList = (r: BitReader, size: number): void => {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + r.se() + 256) % 256;
    if (next !== 0) last = next;
  }
};

const readChroma = (r: BitReader, profileIdc: number): Chroma | undefined => {
  if (!HIGH_PROFILES.has(profileIdc)) return { format: 1, separatePlanes: false, lumaDepth: 8, chromaDepth: 8 };
  const format = r.ue();
  const separatePlanes = format === 3 && r.flag();
  const luma = r.ue();
  const chroma = r.ue();
  if (format > MAX_CHROMA_FORMAT || luma > MAX_BIT_DEPTH_MINUS_8 || chroma > MAX_BIT_DEPTH_MINUS_8) return undefined;
  r.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (r.flag()) {
    const lists = format === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (r.flag()) skipScalingList(r, i < 6 ? 16 : 64);
  }
  return { format, separatePlanes, lumaDepth: luma + 8, chromaDepth: chroma + 8 };
};

/** false when the cycle is longer than the standard allows. */
const skipPictureOrderCount = (r: BitReader): boolean => {
  const type = r.ue();
  if (type === 0) r.ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return type <= 2;
  r.skip(1);
  r.se();
  r.se();
  const cycle = r.ue();
  if (cycle > MAX_POC_CYCLE) return false;
  for (let i = 0; i < cycle; i++) r.se();
  return true;
};

/** hrd_parameters() of Annex E.1.2; false when the CPB count is out of range. */
const skipHrd = (r: BitReader): boolean => {
  const count = r.ue() + 1;
  if (count > MAX_CPB_COUNT) return false;
  r.skip(8);
  for (let i = 0; i < count; i++) {
    r.ue();
    r.ue();
    r.skip(1);
  }
  r.skip(20);
  return true;
};

const readTiming = (r: BitReader): number | undefined => {
  if (!r.flag()) return undefined;
  const unitsInTick = r.bits(32);
  const timeScale = r.bits(32);
  r.skip(1); // fixed_frame_rate_flag
  // A tick is a field's duration, so a frame lasts two (§E.2.1).
  return plausibleFrameRate(timeScale, unitsInTick * 2);
};

const readMaxReorderFrames = (r: BitReader): number | undefined => {
  if (!r.flag()) return undefined;
  r.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) r.ue(); // max bytes and bits per picture, motion vector lengths
  const reorder = r.ue();
  r.ue(); // max_dec_frame_buffering
  return reorder <= MAX_DPB_FRAMES ? reorder : undefined;
};

const readVui = (r: BitReader): Vui | undefined => {
  const pixelAspect = readAspectRatio(r);
  skipOverscan(r);
  const colour = readVideoSignalType(r);
  skipChromaLocation(r);
  const frameRate = readTiming(r);
  const nalHrd = r.flag();
  if (nalHrd && !skipHrd(r)) return undefined;
  const vclHrd = r.flag();
  if (vclHrd && !skipHrd(r)) return undefined;
  if (nalHrd || vclHrd) r.skip(1); // low_delay_hrd_flag
  r.skip(1); // pic_struct_present_flag
  const maxReorderFrames = readMaxReorderFrames(r);
  return {
    ...(pixelAspect === undefined ? {} : { pixelAspect }),
    ...(colour === undefined ? {} : { colour }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(maxReorderFrames === undefined ? {} : { maxReorderFrames }),
  };
};

type PictureSize = { readonly width: number; readonly height: number; readonly frameMbsOnly: boolean };

/** pic_width_in_mbs_minus1 … frame_cropping; equations 7-13 to 7-22. */
const readPictureSize = (r: BitReader, chroma: Chroma): PictureSize => {
  const codedWidth = (r.ue() + 1) * MACROBLOCK;
  const mapUnits = r.ue() + 1;
  const frameMbsOnly = r.flag();
  const fields = frameMbsOnly ? 1 : 2;
  if (!frameMbsOnly) r.skip(1); // mb_adaptive_frame_field_flag
  r.skip(1); // direct_8x8_inference_flag
  const codedHeight = mapUnits * MACROBLOCK * fields;
  if (!r.flag()) return { width: codedWidth, height: codedHeight, frameMbsOnly };
  const subsampled = chroma.separatePlanes ? 0 : chroma.format;
  const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
  const unitY = (subsampled === 1 ? 2 : 1) * fields;
  const width = codedWidth - unitX * (r.ue() + r.ue());
  const height = codedHeight - unitY * (r.ue() + r.ue());
  return { width, height, frameMbsOnly };
};

const truncated = (): Result<never, WireError> => wireError('h264_sps_truncated', 'the sequence parameter set ends early');

/** Parses a SPS NAL unit (with its one-byte header, emulation prevention still in place). */
export const parseH264Sps = (nal: Uint8Array): Result<H264Sps, WireError> => {
  if (nal.length < 4) return truncated();
  const header = nal[0] ?? 0;
  if ((header & 0x80) !== 0 || (header & 0x1f) !== NAL_TYPE_SPS)
    return wireError('h264_sps_not_sps', 'the NAL unit is not a sequence parameter set', 0);
  const r = new BitReader(removeEmulationPrevention(nal));
  r.skip(8);
  const profileIdc = r.bits(8);
  const constraints = r.bits(8);
  const levelIdc = r.bits(8);
  const id = r.ue();
  if (id > MAX_SPS_ID) return wireError('h264_sps_invalid', 'seq_parameter_set_id is out of range');
  const chroma = readChroma(r, profileIdc);
  if (chroma === undefined) return wireError('h264_sps_invalid', 'chroma format or bit depth is out of range');
  r.ue(); // log2_max_frame_num_minus4
  if (!skipPictureOrderCount(r)) return wireError('h264_sps_invalid', 'the picture order count fields are out of range');
  const maxReferenceFrames = r.ue();
  r.skip(1); // gaps_in_frame_num_value_allowed_flag
  if (maxReferenceFrames > MAX_DPB_FRAMES) return wireError('h264_sps_invalid', 'max_num_ref_frames is out of range');
  const size = readPictureSize(r, chroma);
  const vui = r.flag() ? readVui(r) : {};
  if (r.overrun) return truncated();
  if (vui === undefined) return wireError('h264_sps_invalid', 'the usability information is out of range');
  if (!plausibleDimensions(size.width, size.height))
    return wireError('h264_sps_dimensions', `a picture of ${size.width}×${size.height} is not possible`);
  const depths = { chromaFormatIdc: chroma.format, bitDepthLuma: chroma.lumaDepth, bitDepthChroma: chroma.chromaDepth };
  return ok({ profileIdc, constraints, levelIdc, id, ...depths, maxReferenceFrames, ...size, ...vui });
};
