// H.264 as containers see it: NAL unit types (ITU-T H.264 table 7-1), AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)
// and the RFC 6381 codecs parameter. Leaves out SVC and MVC.

import { ByteReader, ByteWriter, invariant, ok, type Result, type WireError, wireError } from '@headend/core';
import { type H264Sps, parseH264Sps } from './h264-sps.ts';
import { FRAME_NAL_LENGTH_SIZE, type NalLengthSize, nalLengthSizeFromCode } from './nal.ts';

export const H264NalType = {
  slice: 1,
  partitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  subsetSps: 15,
} as const;

export const h264NalType = (nal: Uint8Array): number => (nal[0] ?? 0) & 0x1f;

/** AVCDecoderConfigurationRecord. The tail of the high profiles is derived from the first SPS when written. */
export type AvcConfig = {
  readonly profile: number;
  readonly compatibility: number;
  readonly level: number;
  readonly lengthSize: NalLengthSize;
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly highProfile?: {
    readonly chromaFormat: number;
    readonly bitDepthLuma: number;
    readonly bitDepthChroma: number;
    readonly spsExtensions: readonly Uint8Array[];
  };
};

const VERSION = 1;
/** numOfSequenceParameterSets is five bits, the others a byte. */
const MAX_SPS = 31;
const MAX_SETS = 255;
/** NAL unit lengths are 16 bits in the record. */
const MAX_SET_BYTES = 0xffff;
/** Baseline, Main and Extended: the profiles whose record carries no chroma format and bit depths. */
const PROFILES_WITHOUT_TAIL: ReadonlySet<number> = new Set([66, 77, 88]);

const readSets = (r: ByteReader, count: number): Uint8Array[] => {
  const sets: Uint8Array[] = [];
  for (let i = 0; i < count && !r.overrun; i++) {
    const set = r.bytes(r.u16());
    if (set.length > 0) sets.push(set);
  }
  return sets;
};

const readTail = (r: ByteReader): AvcConfig['highProfile'] => {
  if (r.remaining < 4) return undefined;
  const chromaFormat = r.u8() & 3;
  const bitDepthLuma = (r.u8() & 7) + 8;
  const bitDepthChroma = (r.u8() & 7) + 8;
  const spsExtensions = readSets(r, r.u8());
  return r.overrun ? undefined : { chromaFormat, bitDepthLuma, bitDepthChroma, spsExtensions };
};

/** Parses the payload of `avcC`. An absent or broken high-profile tail is tolerated: many encoders omit it. */
export const parseAvcConfig = (config: Uint8Array): Result<AvcConfig, WireError> => {
  const r = new ByteReader(config);
  if (r.u8() !== VERSION) return wireError('h264_config_version', 'the AVC configuration record is not version 1', 0);
  const profile = r.u8();
  const compatibility = r.u8();
  const level = r.u8();
  const lengthSize = nalLengthSizeFromCode(r.u8());
  const sps = readSets(r, r.u8() & MAX_SPS);
  const pps = readSets(r, r.u8());
  if (r.overrun) return wireError('h264_config_truncated', 'the AVC configuration record ends early', r.offset);
  if (lengthSize === undefined) return wireError('h264_config_length_size', 'NAL unit lengths of 3 bytes are not allowed', 4);
  const highProfile = PROFILES_WITHOUT_TAIL.has(profile) ? undefined : readTail(r);
  const head = { profile, compatibility, level, lengthSize, sps, pps };
  return ok(highProfile === undefined ? head : { ...head, highProfile });
};

const writeSets = (w: ByteWriter, sets: readonly Uint8Array[]): void => {
  for (const set of sets) {
    invariant(set.length <= MAX_SET_BYTES, 'parameter set longer than 65535 bytes');
    w.u16(set.length).bytes(set);
  }
};

export const writeAvcConfig = (config: AvcConfig): Uint8Array => {
  invariant(config.sps.length <= MAX_SPS && config.pps.length <= MAX_SETS, 'too many parameter sets for avcC');
  const w = new ByteWriter(64);
  w.u8(VERSION).u8(config.profile).u8(config.compatibility).u8(config.level);
  w.u8(0xfc | (config.lengthSize - 1)).u8(0xe0 | config.sps.length);
  writeSets(w, config.sps);
  w.u8(config.pps.length);
  writeSets(w, config.pps);
  const tail = config.highProfile;
  if (tail !== undefined) {
    w.u8(0xfc | tail.chromaFormat)
      .u8(0xf8 | (tail.bitDepthLuma - 8))
      .u8(0xf8 | (tail.bitDepthChroma - 8))
      .u8(tail.spsExtensions.length);
    writeSets(w, tail.spsExtensions);
  }
  return w.finish();
};

/** The record that describes these parameter sets, for frames with 4-byte NAL unit lengths. */
export const avcConfigFromParameterSets = (
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): Result<{ readonly config: AvcConfig; readonly sps: H264Sps }, WireError> => {
  const first = sps[0];
  if (first === undefined) return wireError('h264_sps_missing', 'there is no sequence parameter set');
  if (pps.length === 0) return wireError('h264_pps_missing', 'there is no picture parameter set');
  const tooMany = sps.length > MAX_SPS || pps.length > MAX_SETS;
  if (tooMany || [...sps, ...pps].some((set) => set.length > MAX_SET_BYTES))
    return wireError('h264_config_too_large', 'there are more or larger parameter sets than a configuration record holds');
  const parsed = parseH264Sps(first);
  if (!parsed.ok) return parsed;
  const { profileIdc: profile, constraints: compatibility, levelIdc: level, chromaFormatIdc: chromaFormat } = parsed.value;
  const { bitDepthLuma, bitDepthChroma } = parsed.value;
  const base = { profile, compatibility, level, lengthSize: FRAME_NAL_LENGTH_SIZE, sps, pps } as const;
  const highProfile = { chromaFormat, bitDepthLuma, bitDepthChroma, spsExtensions: [] };
  return ok({ config: PROFILES_WITHOUT_TAIL.has(profile) ? base : { ...base, highProfile }, sps: parsed.value });
};

const hexByte = (value: number): string => value.toString(16).padStart(2, '0').toUpperCase();

/** `avc1.PPCCLL` (RFC 6381 §3.3). */
export const h264CodecString = (config: Pick<AvcConfig, 'profile' | 'compatibility' | 'level'>): string =>
  `avc1.${hexByte(config.profile)}${hexByte(config.compatibility)}${hexByte(config.level)}`;
