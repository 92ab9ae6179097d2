// Tracks from codec configurations: what the bitstream itself says about size, rate, colour and channels, and the configuration
// rewritten to match what `Frame.data` promises (4-byte NAL unit lengths, parameter sets out of band and complete).

import { ok, type Result, type Timescale, timescale, type WireError, wireError } from '@headend/core';
import { aacCodecString, parseAudioSpecificConfig } from './codecs/aac.ts';
import { type Ac3Config, parseAc3Frame, parseDac3, parseDec3, parseEac3AccessUnit } from './codecs/ac3.ts';
import { type Av1Config, av1CodecString, findAv1SequenceHeader, parseAv1Config } from './codecs/av1.ts';
import { parseDfla } from './codecs/flac.ts';
import { avcConfigFromParameterSets, h264CodecString, parseAvcConfig, writeAvcConfig } from './codecs/h264.ts';
import {
  HevcNalType,
  hevcCodecString,
  hevcConfigFromParameterSets,
  hevcConfigNals,
  parseHevcConfig,
  writeHevcConfig,
} from './codecs/hevc.ts';
import { parseHevcVps } from './codecs/hevc-vps.ts';
import { parseMp3Header } from './codecs/mp3.ts';
import type { NalLengthSize } from './codecs/nal.ts';
import { OPUS_SAMPLE_RATE, parseDops } from './codecs/opus.ts';
import { parseVpConfig, type VpConfig, vp9LevelForSize, vpCodecString, writeVpConfig } from './codecs/vp9.ts';
import { colourDescription, type PixelAspect, plausibleDimensions } from './codecs/vui.ts';
import type { AudioCodec, AudioTrack, ColourDescription, TrackId, VideoCodec, VideoTrack } from './track.ts';

export type VideoTrackSetup = {
  readonly id: TrackId;
  readonly codec: VideoCodec;
  /** As `track.ts` documents it; NAL unit lengths of any allowed size. */
  readonly config: Uint8Array;
  readonly timescale: Timescale;
  /** Used where the bitstream says nothing. */
  readonly frameRateHint?: number;
  /** Needed by VP8 and VP9, whose configuration has no size, and by AV1 without configuration OBUs. */
  readonly sizeHint?: { readonly width: number; readonly height: number };
};

type Picture = {
  readonly config: Uint8Array;
  readonly codecString: string;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect?: PixelAspect;
  readonly frameRate?: number;
  readonly colour?: ColourDescription;
};

type Described = Partial<Pick<Picture, 'pixelAspect' | 'frameRate' | 'colour'>>;

/** Only the optional members that are there, so that absent ones stay absent. */
const described = (source: Described): Described => ({
  ...(source.pixelAspect === undefined ? {} : { pixelAspect: source.pixelAspect }),
  ...(source.frameRate === undefined ? {} : { frameRate: source.frameRate }),
  ...(source.colour === undefined ? {} : { colour: source.colour }),
});

const describeH264 = (config: Uint8Array): Result<Picture, WireError> => {
  const parsed = parseAvcConfig(config);
  if (!parsed.ok) return parsed;
  const rebuilt = avcConfigFromParameterSets(parsed.value.sps, parsed.value.pps);
  if (!rebuilt.ok) return rebuilt;
  const { config: avc, sps } = rebuilt.value;
  const { width, height } = sps;
  return ok({ config: writeAvcConfig(avc), codecString: h264CodecString(avc), width, height, ...described(sps) });
};

/** Some encoders write their timing only into the VPS. */
const hevcFrameRate = (spsRate: number | undefined, vps: Uint8Array | undefined): { readonly frameRate?: number } => {
  if (spsRate !== undefined) return { frameRate: spsRate };
  const parsed = vps === undefined ? undefined : parseHevcVps(vps);
  return parsed?.ok === true && parsed.value.frameRate !== undefined ? { frameRate: parsed.value.frameRate } : {};
};

const describeHevc = (config: Uint8Array): Result<Picture, WireError> => {
  const parsed = parseHevcConfig(config);
  if (!parsed.ok) return parsed;
  const nals = (type: number): Uint8Array[] => hevcConfigNals(parsed.value, type);
  const vps = nals(HevcNalType.vps);
  const rebuilt = hevcConfigFromParameterSets({ vps, sps: nals(HevcNalType.sps), pps: nals(HevcNalType.pps) });
  if (!rebuilt.ok) return rebuilt;
  const { sps } = rebuilt.value;
  // What the encoder declared beyond the parameter sets (segmentation, parallelism, SEI such as mastering display) is kept.
  const { minSpatialSegmentation, parallelismType, averageFrameRate, constantFrameRate } = parsed.value;
  const sei = parsed.value.arrays.filter((array) => array.type >= HevcNalType.prefixSei);
  const declared = { minSpatialSegmentation, parallelismType, averageFrameRate, constantFrameRate };
  const hvcC = writeHevcConfig({ ...rebuilt.value.config, ...declared, arrays: [...rebuilt.value.config.arrays, ...sei] });
  const picture = { config: hvcC, codecString: hevcCodecString(sps.profileTierLevel), width: sps.width, height: sps.height };
  return ok({ ...picture, ...described(sps), ...hevcFrameRate(sps.frameRate, vps[0]) });
};

const describeAv1 = (config: Uint8Array, sizeHint: VideoTrackSetup['sizeHint']): Result<Picture, WireError> => {
  const parsed = parseAv1Config(config);
  if (!parsed.ok) return parsed;
  const found = findAv1SequenceHeader(parsed.value.configObus);
  if (!found.ok) return found;
  const size = found.value ?? sizeHint;
  if (size === undefined) return wireError('av1_sequence_missing', 'the AV1 configuration has no sequence header');
  const av1: Omit<Av1Config, 'configObus'> = found.value ?? parsed.value;
  const codecString = av1CodecString(av1, found.value?.colour);
  return ok({ config, codecString, width: size.width, height: size.height, ...described(found.value ?? {}) });
};

const describeVp = (codec: 'vp8' | 'vp9', config: Uint8Array, sizeHint: VideoTrackSetup['sizeHint']): Result<Picture, WireError> => {
  const parsed = parseVpConfig(config);
  if (!parsed.ok) return parsed;
  if (sizeHint === undefined) return wireError('vp_size_unknown', 'the picture size of VP8 and VP9 is known from a key frame only');
  const { width, height } = sizeHint;
  // A level of 0 would make the codecs parameter invalid, and players refuse it.
  const level = parsed.value.level === 0 ? vp9LevelForSize(width, height) : parsed.value.level;
  const vp: VpConfig = { ...parsed.value, level };
  const colour = colourDescription(vp.primaries, vp.transfer, vp.matrix, vp.fullRange);
  const picture = { config: writeVpConfig(vp), codecString: vpCodecString(codec, vp), width, height };
  return ok(colour === undefined ? picture : { ...picture, colour });
};

/** A track outlives the message it was announced in, whose buffer may be used again. */
const owned = ({ config }: { readonly config: Uint8Array }): { readonly config: Uint8Array } => ({ config: new Uint8Array(config) });

const describeVideo = (setup: VideoTrackSetup): Result<Picture, WireError> => {
  switch (setup.codec) {
    case 'h264':
      return describeH264(setup.config);
    case 'hevc':
      return describeHevc(setup.config);
    case 'av1':
      return describeAv1(setup.config, setup.sizeHint);
    case 'vp8':
    case 'vp9':
      return describeVp(setup.codec, setup.config, setup.sizeHint);
  }
};

export const createVideoTrack = (setup: VideoTrackSetup): Result<VideoTrack, WireError> => {
  const picture = describeVideo(setup);
  if (!picture.ok) return picture;
  const { width, height } = picture.value;
  if (!plausibleDimensions(width, height)) return wireError('video_dimensions', `a picture of ${width}×${height} is not possible`);
  const hint = setup.frameRateHint;
  const hinted = picture.value.frameRate === undefined && hint !== undefined && hint > 0 ? { frameRate: hint } : {};
  return ok({
    kind: 'video',
    id: setup.id,
    codec: setup.codec,
    timescale: setup.timescale,
    ...picture.value,
    ...owned(picture.value),
    ...hinted,
  });
};

/** NAL unit length size that a container's configuration announces for its samples. */
export const configNalLengthSize = (codec: 'h264' | 'hevc', config: Uint8Array): Result<NalLengthSize, WireError> => {
  const parsed = codec === 'h264' ? parseAvcConfig(config) : parseHevcConfig(config);
  return parsed.ok ? ok(parsed.value.lengthSize) : parsed;
};

export type AudioTrackSetup = {
  readonly id: TrackId;
  readonly codec: AudioCodec;
  /** As `track.ts` documents it. */
  readonly config: Uint8Array;
  /** Timescale other than the sample rate. */
  readonly sampleTimescale?: Timescale;
  /** A coded frame, for codecs that arrive without configuration: MP3, and AC-3 and E-AC-3 when `config` is empty. */
  readonly frame?: Uint8Array;
};

type Sound = {
  readonly config: Uint8Array;
  readonly codecString: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly frameSamples?: number;
};

const describeAac = (config: Uint8Array): Result<Sound, WireError> => {
  const parsed = parseAudioSpecificConfig(config);
  if (!parsed.ok) return parsed;
  const { sampleRate, channels, frameSamples } = parsed.value;
  return ok({ config, codecString: aacCodecString(parsed.value), sampleRate, channels, frameSamples });
};

const describeOpus = (config: Uint8Array): Result<Sound, WireError> => {
  const parsed = parseDops(config);
  if (!parsed.ok) return parsed;
  return ok({ config, codecString: 'Opus', sampleRate: OPUS_SAMPLE_RATE, channels: parsed.value.channels });
};

const describeFlac = (config: Uint8Array): Result<Sound, WireError> => {
  const parsed = parseDfla(config);
  if (!parsed.ok) return parsed;
  const { sampleRate, channels, minBlockSamples, maxBlockSamples } = parsed.value;
  const sound = { config, codecString: 'fLaC', sampleRate, channels };
  return ok(minBlockSamples === maxBlockSamples ? { ...sound, frameSamples: maxBlockSamples } : sound);
};

const soundOfAc3 = (parsed: Result<Ac3Config, WireError>, codecString: string): Result<Sound, WireError> => {
  if (!parsed.ok) return parsed;
  const { box, sampleRate, channels, frameSamples } = parsed.value;
  return ok({ config: box, codecString, sampleRate, channels, frameSamples });
};

const NO_FRAME = new Uint8Array(0);

const describeMp3 = (frame: Uint8Array): Result<Sound, WireError> => {
  const parsed = parseMp3Header(frame);
  if (!parsed.ok) return parsed;
  const { sampleRate, channels, samples } = parsed.value;
  // Object type 34 of ISO/IEC 14496-3: MPEG-1/2 Layer III.
  return ok({ config: NO_FRAME, codecString: 'mp4a.40.34', sampleRate, channels, frameSamples: samples });
};

const describeAudio = ({ codec, config, frame = NO_FRAME }: AudioTrackSetup): Result<Sound, WireError> => {
  switch (codec) {
    case 'aac':
      return describeAac(config);
    case 'opus':
      return describeOpus(config);
    case 'flac':
      return describeFlac(config);
    case 'ac3':
      return soundOfAc3(config.length > 0 ? parseDac3(config) : parseAc3Frame(frame), 'ac-3');
    case 'eac3':
      return soundOfAc3(config.length > 0 ? parseDec3(config) : parseEac3AccessUnit(frame), 'ec-3');
    case 'mp3':
      return describeMp3(frame);
  }
};

export const createAudioTrack = (setup: AudioTrackSetup): Result<AudioTrack, WireError> => {
  const sound = describeAudio(setup);
  if (!sound.ok) return sound;
  const scale = setup.sampleTimescale ?? timescale(sound.value.sampleRate);
  return ok({ kind: 'audio', id: setup.id, codec: setup.codec, timescale: scale, ...sound.value, ...owned(sound.value) });
};
