// HEVC as containers see it: NAL unit types (ITU-T H.265 table 7-1), HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1)
// and the RFC 6381 codecs parameter (Annex E.3 there). Leaves out layered HEVC.

import { ByteReader, ByteWriter, invariant, ok, type Result, type WireError, wireError } from '@headend/core';
import type { HevcProfileTierLevel } from './hevc-ptl.ts';
import { type HevcSps, parseHevcSps } from './hevc-sps.ts';
import { FRAME_NAL_LENGTH_SIZE, type NalLengthSize, nalLengthSizeFromCode } from './nal.ts';

export const HevcNalType = {
  blaWithLeading: 16,
  idrWithRadl: 19,
  idrNoLeading: 20,
  cra: 21,
  lastVcl: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
} as const;

export const hevcNalType = (nal: Uint8Array): number => ((nal[0] ?? 0) >> 1) & 0x3f;

export type HevcNalArray = {
  /** All NAL units of this type are here, none in the samples: what `hvc1` promises. */
  readonly complete: boolean;
  readonly type: number;
  readonly nals: readonly Uint8Array[];
};

/** HEVCDecoderConfigurationRecord. */
export type HevcConfig = {
  readonly profileTierLevel: HevcProfileTierLevel;
  readonly minSpatialSegmentation: number;
  readonly parallelismType: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly averageFrameRate: number;
  readonly constantFrameRate: number;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  readonly lengthSize: NalLengthSize;
  readonly arrays: readonly HevcNalArray[];
};

const VERSION = 1;
const MAX_SET_BYTES = 0xffff;
const MAX_ARRAYS = 255;
/** More parameter sets of one type than ids exist (64 PPS) is no stream. */
const MAX_SETS_PER_TYPE = 64;

const readArray = (r: ByteReader): HevcNalArray => {
  const head = r.u8();
  const count = r.u16();
  const nals: Uint8Array[] = [];
  for (let i = 0; i < count && !r.overrun; i++) {
    const nal = r.bytes(r.u16());
    if (nal.length > 0) nals.push(nal);
  }
  return { complete: (head & 0x80) !== 0, type: head & 0x3f, nals };
};

const readProfile = (r: ByteReader): HevcProfileTierLevel => {
  const first = r.u8();
  const compatibility = r.u32();
  const constraints = r.bytes(6);
  const levelIdc = r.u8();
  return { profileSpace: first >> 6, highTier: (first & 0x20) !== 0, profileIdc: first & 0x1f, compatibility, constraints, levelIdc };
};

/** Parses the payload of `hvcC`. */
export const parseHevcConfig = (config: Uint8Array): Result<HevcConfig, WireError> => {
  const r = new ByteReader(config);
  const version = r.u8();
  // Version 0 is what encoders older than the final standard wrote; the layout is the same.
  if (version > VERSION) return wireError('hevc_config_version', 'the HEVC configuration record is not version 1', 0);
  const profileTierLevel = readProfile(r);
  const minSpatialSegmentation = r.u16() & 0xfff;
  const parallelismType = r.u8() & 3;
  const chromaFormat = r.u8() & 3;
  const bitDepthLuma = (r.u8() & 7) + 8;
  const bitDepthChroma = (r.u8() & 7) + 8;
  const averageFrameRate = r.u16();
  const flags = r.u8();
  const lengthSize = nalLengthSizeFromCode(flags);
  const count = r.u8();
  const arrays: HevcNalArray[] = [];
  for (let i = 0; i < count && !r.overrun; i++) arrays.push(readArray(r));
  if (r.overrun) return wireError('hevc_config_truncated', 'the HEVC configuration record ends early', r.offset);
  if (lengthSize === undefined) return wireError('hevc_config_length_size', 'NAL unit lengths of 3 bytes are not allowed', 21);
  const layers = { constantFrameRate: flags >> 6, temporalLayers: (flags >> 3) & 7, temporalIdNested: (flags & 4) !== 0 };
  const picture = { minSpatialSegmentation, parallelismType, chromaFormat, bitDepthLuma, bitDepthChroma, averageFrameRate };
  return ok({ profileTierLevel, ...picture, ...layers, lengthSize, arrays });
};

const writeArray = (w: ByteWriter, array: HevcNalArray): void => {
  w.u8((array.complete ? 0x80 : 0) | array.type).u16(array.nals.length);
  for (const nal of array.nals) {
    invariant(nal.length <= MAX_SET_BYTES, 'parameter set longer than 65535 bytes');
    w.u16(nal.length).bytes(nal);
  }
};

export const writeHevcConfig = (config: HevcConfig): Uint8Array => {
  invariant(config.arrays.length <= MAX_ARRAYS, 'too many NAL unit arrays for hvcC');
  const w = new ByteWriter(128);
  const ptl = config.profileTierLevel;
  w.u8(VERSION)
    .u8((ptl.profileSpace << 6) | (ptl.highTier ? 0x20 : 0) | ptl.profileIdc)
    .u32(ptl.compatibility)
    .bytes(ptl.constraints)
    .u8(ptl.levelIdc)
    .u16(0xf000 | config.minSpatialSegmentation)
    .u8(0xfc | config.parallelismType)
    .u8(0xfc | config.chromaFormat)
    .u8(0xf8 | (config.bitDepthLuma - 8))
    .u8(0xf8 | (config.bitDepthChroma - 8))
    .u16(config.averageFrameRate)
    .u8((config.constantFrameRate << 6) | (config.temporalLayers << 3) | (config.temporalIdNested ? 4 : 0) | (config.lengthSize - 1))
    .u8(config.arrays.length);
  for (const array of config.arrays) writeArray(w, array);
  return w.finish();
};

/** The NAL units of one type in the record, whichever array holds them. */
export const hevcConfigNals = (config: HevcConfig, type: number): Uint8Array[] =>
  config.arrays.filter((array) => array.type === type).flatMap((array) => array.nals);

export type HevcParameterSets = {
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
};

const checkSets = (sets: HevcParameterSets): Result<Uint8Array, WireError> => {
  const first = sets.sps[0];
  if (sets.vps.length === 0) return wireError('hevc_vps_missing', 'there is no video parameter set');
  if (first === undefined) return wireError('hevc_sps_missing', 'there is no sequence parameter set');
  if (sets.pps.length === 0) return wireError('hevc_pps_missing', 'there is no picture parameter set');
  for (const list of [sets.vps, sets.sps, sets.pps]) {
    if (list.length > MAX_SETS_PER_TYPE || list.some((nal) => nal.length > MAX_SET_BYTES))
      return wireError('hevc_config_too_large', 'there are more or larger parameter sets than a configuration record holds');
  }
  return ok(first);
};

/** The record that describes these parameter sets as `hvc1` wants it: complete arrays, 4-byte NAL unit lengths. */
export const hevcConfigFromParameterSets = (
  sets: HevcParameterSets,
): Result<{ readonly config: HevcConfig; readonly sps: HevcSps }, WireError> => {
  const first = checkSets(sets);
  if (!first.ok) return first;
  const parsed = parseHevcSps(first.value);
  if (!parsed.ok) return parsed;
  const sps = parsed.value;
  const config: HevcConfig = {
    profileTierLevel: sps.profileTierLevel,
    minSpatialSegmentation: 0,
    parallelismType: 0,
    chromaFormat: sps.chromaFormatIdc,
    bitDepthLuma: sps.bitDepthLuma,
    bitDepthChroma: sps.bitDepthChroma,
    averageFrameRate: 0,
    constantFrameRate: 0,
    temporalLayers: sps.maxSubLayers,
    temporalIdNested: sps.temporalIdNested,
    lengthSize: FRAME_NAL_LENGTH_SIZE,
    arrays: [
      { complete: true, type: HevcNalType.vps, nals: sets.vps },
      { complete: true, type: HevcNalType.sps, nals: sets.sps },
      { complete: true, type: HevcNalType.pps, nals: sets.pps },
    ],
  };
  return ok({ config, sps });
};

const PROFILE_SPACES = ['', 'A', 'B', 'C'] as const;

/** Bit 31 becomes bit 0: the codecs parameter writes the compatibility flags in reverse. */
const reverse32 = (value: number): number => {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((value >>> i) & 1);
  return reversed >>> 0;
};

/** `hvc1.<space><idc>.<compatibility>.<tier><level>[.<constraint byte>…]`, trailing zero constraint bytes left out. */
export const hevcCodecString = (ptl: HevcProfileTierLevel): string => {
  let last = ptl.constraints.length;
  while (last > 0 && ptl.constraints[last - 1] === 0) last -= 1;
  const constraints = Array.from(ptl.constraints.subarray(0, last), (byte) => `.${byte.toString(16).toUpperCase()}`);
  const compatibility = reverse32(ptl.compatibility).toString(16).toUpperCase();
  const tier = ptl.highTier ? 'H' : 'L';
  return `hvc1.${PROFILE_SPACES[ptl.profileSpace] ?? ''}${ptl.profileIdc}.${compatibility}.${tier}${ptl.levelIdc}${constraints.join('')}`;
};
