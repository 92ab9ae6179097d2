// Decoder configurations of video in FLV: what a sequence header says about the frames that follow, and configurations made from
// what the frames themselves carry (parameter sets, AV1 sequence headers) when no record does or when they disagree with it.
// `createVideoTrack` brings a configuration to the form of `Track.config`.

import { ok, type Result, type WireError } from '@headend/core';
import type { NalCodec, ParameterSets } from '../../codecs/access-unit.ts';
import { av1CodecString, av1ConfigFromSequenceHeader, findAv1SequenceHeader, parseAv1Config, writeAv1Config } from '../../codecs/av1.ts';
import type { Av1SequenceHeader } from '../../codecs/av1-sequence.ts';
import { avcConfigFromParameterSets, parseAvcConfig, writeAvcConfig } from '../../codecs/h264.ts';
import { HevcNalType, hevcConfigFromParameterSets, hevcConfigNals, parseHevcConfig, writeHevcConfig } from '../../codecs/hevc.ts';
import { FRAME_NAL_LENGTH_SIZE, type NalLengthSize } from '../../codecs/nal.ts';
import type { VideoCodec } from '../../track.ts';

export type VideoSetup = {
  /** The record, or undefined while it is empty and the frames have to bring what it lacks. */
  readonly config: Uint8Array | undefined;
  /** Of the frames as they arrive. */
  readonly nalLengthSize: NalLengthSize;
};

export const DEFAULT_SETUP: VideoSetup = { config: undefined, nalLengthSize: FRAME_NAL_LENGTH_SIZE };

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

type Sets = Required<ParameterSets>;

type NalRecord = { readonly nalLengthSize: NalLengthSize; readonly sets: Sets };

const readNalRecord = (codec: NalCodec, config: Uint8Array): Result<NalRecord, WireError> => {
  if (codec === 'h264') {
    const parsed = parseAvcConfig(config);
    if (!parsed.ok) return parsed;
    return ok({ nalLengthSize: parsed.value.lengthSize, sets: { vps: [], sps: parsed.value.sps, pps: parsed.value.pps } });
  }
  const parsed = parseHevcConfig(config);
  if (!parsed.ok) return parsed;
  const nals = (type: number): readonly Uint8Array[] => hevcConfigNals(parsed.value, type);
  const sets = { vps: nals(HevcNalType.vps), sps: nals(HevcNalType.sps), pps: nals(HevcNalType.pps) };
  return ok({ nalLengthSize: parsed.value.lengthSize, sets });
};

const isComplete = (codec: NalCodec, { vps, sps, pps }: Sets): boolean =>
  sps.length > 0 && pps.length > 0 && (codec === 'h264' || vps.length > 0);

/** Reads the record of a sequence header. The result owns its bytes: a configuration outlives its message. */
export const readVideoConfig = (codec: VideoCodec, received: Uint8Array): Result<VideoSetup, WireError> => {
  // Some encoders announce a codec before they know its parameter sets.
  if (received.length === 0) return ok(DEFAULT_SETUP);
  if (codec === 'h264' || codec === 'hevc') {
    const parsed = readNalRecord(codec, received);
    if (!parsed.ok) return parsed;
    const { nalLengthSize, sets } = parsed.value;
    return ok({ config: isComplete(codec, sets) ? new Uint8Array(received) : undefined, nalLengthSize });
  }
  if (codec === 'av1') {
    const parsed = parseAv1Config(received);
    if (!parsed.ok) return parsed;
    if (parsed.value.configObus.length === 0) return ok(DEFAULT_SETUP);
  }
  return ok({ ...DEFAULT_SETUP, config: new Uint8Array(received) });
};

const contains = (known: readonly Uint8Array[], found: readonly Uint8Array[]): boolean =>
  found.every((set) => known.some((other) => sameBytes(other, set)));

/** In-band sets of one kind replace those of the configuration, unless there are none. */
const preferInBand = (found: readonly Uint8Array[], known: readonly Uint8Array[]): readonly Uint8Array[] =>
  found.length === 0 ? known : found;

const NO_SETS: Sets = { vps: [], sps: [], pps: [] };

/**
 * The configuration that in-band parameter sets ask for, or undefined when the current one already has them. Most encoders
 * repeat the same sets before every IDR picture; some change resolution that way, and some send no record at all.
 */
export const configFromParameterSets = (
  codec: NalCodec,
  inBand: ParameterSets,
  current: Uint8Array | undefined,
): Result<Uint8Array | undefined, WireError> => {
  const record = current === undefined ? undefined : readNalRecord(codec, current);
  const known = record?.ok === true ? record.value.sets : NO_SETS;
  const found: Sets = { vps: inBand.vps ?? [], sps: inBand.sps, pps: inBand.pps };
  const unchanged = contains(known.sps, found.sps) && contains(known.pps, found.pps) && contains(known.vps, found.vps);
  if (unchanged && current !== undefined) return ok(undefined);
  const sps = preferInBand(found.sps, known.sps);
  const pps = preferInBand(found.pps, known.pps);
  if (codec === 'h264') {
    const built = avcConfigFromParameterSets(sps, pps);
    return built.ok ? ok(writeAvcConfig(built.value.config)) : built;
  }
  const built = hevcConfigFromParameterSets({ vps: preferInBand(found.vps, known.vps), sps, pps });
  return built.ok ? ok(writeHevcConfig(built.value.config)) : built;
};

/** What a player has to know before the first frame; coding tools may differ without it noticing. */
const describe = (header: Av1SequenceHeader): string => `${av1CodecString(header, header.colour)} ${header.width}x${header.height}`;

/**
 * As `configFromParameterSets`, for the sequence header OBU of an AV1 temporal unit. That OBU stays in the frame, and decoders
 * obey it there, so only a picture that differs is a change: SVT-AV1 1.2 announces other coding tools than it then uses.
 */
export const configFromSequenceHeader = (obu: Uint8Array, current: Uint8Array | undefined): Result<Uint8Array | undefined, WireError> => {
  const record = current === undefined ? undefined : parseAv1Config(current);
  const known = record?.ok === true ? findAv1SequenceHeader(record.value.configObus) : undefined;
  const found = findAv1SequenceHeader(obu);
  const both = known?.ok === true && found.ok && known.value !== undefined && found.value !== undefined;
  if (both && describe(known.value) === describe(found.value)) return ok(undefined);
  const built = av1ConfigFromSequenceHeader(obu);
  return built.ok ? ok(writeAv1Config(built.value)) : built;
};
