// AV1 as containers see it: the OBU stream (AV1 bitstream specification §5.3, low-overhead format), AV1CodecConfigurationRecord
// and samples (AV1 in ISO BMFF §2.3, §2.4), and the codecs parameter (§5 there). Leaves out Annex B length-delimited streams.

import { ByteWriter, ok, type Result, type WireError, wireError } from '@headend/core';
import { type Av1SequenceHeader, parseAv1SequenceHeader } from './av1-sequence.ts';

export const ObuType = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  redundantFrameHeader: 7,
  tileList: 8,
  padding: 15,
} as const;

export type Obu = {
  readonly type: number;
  /** The whole OBU as it stood, header included. */
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
  readonly hasSizeField: boolean;
  readonly headerBytes: 1 | 2;
};

/** A temporal unit with more OBUs than this (every tile group of every layer on its own) is malformed. */
export const MAX_OBUS = 4096;
/** leb128() is at most eight bytes (§4.10.5) and its value at most 2^32 - 1. */
const MAX_LEB128_BYTES = 8;
const HAS_SIZE_FIELD = 0x02;
const HAS_EXTENSION = 0x04;

const readLeb128 = (data: Uint8Array, at: number): { readonly value: number; readonly size: number } | undefined => {
  let value = 0;
  for (let i = 0; i < MAX_LEB128_BYTES; i++) {
    const byte = data[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return value < 2 ** 32 ? { value, size: i + 1 } : undefined;
  }
  return undefined;
};

const writeLeb128 = (w: ByteWriter, value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    w.u8((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  w.u8(rest);
};

const readObu = (data: Uint8Array, at: number): Result<Obu, WireError> => {
  const header = data[at] ?? 0;
  if ((header & 0x80) !== 0) return wireError('av1_obu_forbidden_bit', 'obu_forbidden_bit is set', at);
  const headerBytes = (header & HAS_EXTENSION) !== 0 ? 2 : 1;
  const hasSizeField = (header & HAS_SIZE_FIELD) !== 0;
  const size = hasSizeField ? readLeb128(data, at + headerBytes) : { value: data.length - at - headerBytes, size: 0 };
  if (size === undefined) return wireError('av1_obu_size', 'the OBU size is malformed', at);
  const start = at + headerBytes + size.size;
  if (size.value < 0 || size.value > data.length - start)
    return wireError('av1_obu_overrun', 'an OBU is longer than its temporal unit', at);
  const end = start + size.value;
  const type = (header >> 3) & 0xf;
  return ok({ type, bytes: data.subarray(at, end), payload: data.subarray(start, end), hasSizeField, headerBytes });
};

/** The OBUs of a temporal unit, as views. One without a size field extends to the end. */
export const splitObus = (data: Uint8Array): Result<Obu[], WireError> => {
  const obus: Obu[] = [];
  let at = 0;
  while (at < data.length) {
    const obu = readObu(data, at);
    if (!obu.ok) return obu;
    if (obus.length === MAX_OBUS) return wireError('av1_obu_too_many', `more than ${MAX_OBUS} OBUs in one temporal unit`, at);
    obus.push(obu.value);
    at += obu.value.bytes.length;
  }
  return ok(obus);
};

const writeObu = (w: ByteWriter, obu: Obu): void => {
  if (obu.hasSizeField) {
    w.bytes(obu.bytes);
    return;
  }
  w.u8((obu.bytes[0] ?? 0) | HAS_SIZE_FIELD);
  if (obu.headerBytes === 2) w.u8(obu.bytes[1] ?? 0);
  writeLeb128(w, obu.payload.length);
  w.bytes(obu.payload);
};

/** Whether a frame header starts a shown key frame: show_existing_frame(1)=0 frame_type(2)=0 show_frame(1)=1 (§5.9.2). */
const isShownKeyFrame = (payload: Uint8Array): boolean => ((payload[0] ?? 0xff) & 0xf0) === 0x10;

/** OBUs that ISO BMFF samples must not or should not hold. */
const DROPPED: ReadonlySet<number> = new Set([ObuType.temporalDelimiter, ObuType.tileList, ObuType.padding]);

export type TemporalUnit = {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** The sequence header OBU (with size field) when the unit carries one. */
  readonly sequenceHeader?: Uint8Array;
};

/**
 * A temporal unit in the form of `Frame.data`: no temporal delimiter, tile list or padding, every OBU with a size field.
 * The same array comes back when nothing has to change.
 */
export const normaliseTemporalUnit = (data: Uint8Array): Result<TemporalUnit, WireError> => {
  const split = splitObus(data);
  if (!split.ok) return split;
  const kept = split.value.filter((obu) => !DROPPED.has(obu.type));
  const first = kept.find((obu) => obu.type === ObuType.frame || obu.type === ObuType.frameHeader);
  const key = first !== undefined && isShownKeyFrame(first.payload);
  const header = kept.find((obu) => obu.type === ObuType.sequenceHeader);
  const unchanged = kept.length === split.value.length && kept.every((obu) => obu.hasSizeField);
  const unit = { data: unchanged ? data : joinObus(kept), key };
  return ok(header === undefined ? unit : { ...unit, sequenceHeader: joinObus([header]) });
};

const joinObus = (obus: readonly Obu[]): Uint8Array => {
  let size = 0;
  for (const obu of obus) size += obu.bytes.length + MAX_LEB128_BYTES;
  const w = new ByteWriter(size, size);
  for (const obu of obus) writeObu(w, obu);
  return w.finish();
};

/** AV1CodecConfigurationRecord. */
export type Av1Config = {
  readonly profile: number;
  readonly level: number;
  readonly highTier: boolean;
  readonly bitDepth: 8 | 10 | 12;
  readonly monochrome: boolean;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly chromaSamplePosition: number;
  /** initial_presentation_delay_minus_one, when present. */
  readonly presentationDelayMinusOne?: number;
  /** A sequence header OBU and possibly metadata OBUs, each with a size field. */
  readonly configObus: Uint8Array;
};

/** marker(1)=1 version(7)=1 */
const MARKER_AND_VERSION = 0x81;
const CONFIG_HEAD_BYTES = 4;

/** Parses the payload of `av1C`. */
export const parseAv1Config = (config: Uint8Array): Result<Av1Config, WireError> => {
  if (config.length < CONFIG_HEAD_BYTES) return wireError('av1_config_truncated', 'the AV1 configuration record ends early');
  const [first = 0, second = 0, third = 0, fourth = 0] = config;
  if (first !== MARKER_AND_VERSION) return wireError('av1_config_version', 'the AV1 configuration record is not version 1', 0);
  const bitDepth = (third & 0x40) === 0 ? 8 : (third & 0x20) === 0 ? 10 : 12;
  const head = {
    profile: second >> 5,
    level: second & 0x1f,
    highTier: (third & 0x80) !== 0,
    bitDepth,
    monochrome: (third & 0x10) !== 0,
    subsamplingX: (third >> 3) & 1,
    subsamplingY: (third >> 2) & 1,
    chromaSamplePosition: third & 3,
    configObus: config.subarray(CONFIG_HEAD_BYTES),
  } as const;
  return ok((fourth & 0x10) === 0 ? head : { ...head, presentationDelayMinusOne: fourth & 0xf });
};

export const writeAv1Config = (config: Av1Config): Uint8Array => {
  const depthBits = config.bitDepth === 8 ? 0 : config.bitDepth === 10 ? 0x40 : 0x60;
  const chroma = (config.subsamplingX << 3) | (config.subsamplingY << 2) | config.chromaSamplePosition;
  const delay = config.presentationDelayMinusOne;
  return new ByteWriter(CONFIG_HEAD_BYTES + config.configObus.length)
    .u8(MARKER_AND_VERSION)
    .u8((config.profile << 5) | config.level)
    .u8((config.highTier ? 0x80 : 0) | depthBits | (config.monochrome ? 0x10 : 0) | chroma)
    .u8(delay === undefined ? 0 : 0x10 | delay)
    .bytes(config.configObus)
    .finish();
};

/** The sequence header among the configuration OBUs (or in any temporal unit), if there is one. */
export const findAv1SequenceHeader = (data: Uint8Array): Result<Av1SequenceHeader | undefined, WireError> => {
  const obus = splitObus(data);
  if (!obus.ok) return obus;
  const header = obus.value.find((obu) => obu.type === ObuType.sequenceHeader);
  return header === undefined ? ok(undefined) : parseAv1SequenceHeader(header.payload);
};

/** The record for a sequence header OBU, as `normaliseTemporalUnit` reports it. */
export const av1ConfigFromSequenceHeader = (obu: Uint8Array): Result<Av1Config, WireError> => {
  const found = findAv1SequenceHeader(obu);
  if (!found.ok) return found;
  const header = found.value;
  if (header === undefined) return wireError('av1_sequence_missing', 'there is no sequence header');
  const { profile, level, highTier, bitDepth, monochrome, subsamplingX, subsamplingY, chromaSamplePosition } = header;
  const picture = { bitDepth, monochrome, subsamplingX, subsamplingY, chromaSamplePosition };
  return ok({ profile, level, highTier, ...picture, configObus: obu });
};

const two = (value: number): string => value.toString().padStart(2, '0');

/**
 * `av01.P.LLT.DD`; the optional tail `.M.CCC.cp.tc.mc.F` follows only when colour or subsampling differ from the defaults
 * that its absence means (4:2:0, BT.709, limited range).
 */
export const av1CodecString = (config: Omit<Av1Config, 'configObus'>, colour?: Av1SequenceHeader['colour']): string => {
  const base = `av01.${config.profile}.${two(config.level)}${config.highTier ? 'H' : 'M'}.${two(config.bitDepth)}`;
  const { primaries = 1, transfer = 1, matrix = 1, fullRange = false } = colour ?? {};
  const plainColour = primaries === 1 && transfer === 1 && matrix === 1 && !fullRange;
  const plainChroma = !config.monochrome && config.subsamplingX === 1 && config.subsamplingY === 1;
  if (plainColour && plainChroma) return base;
  const chroma = `${config.subsamplingX}${config.subsamplingY}${config.chromaSamplePosition}`;
  return `${base}.${config.monochrome ? 1 : 0}.${chroma}.${two(primaries)}.${two(transfer)}.${two(matrix)}.${fullRange ? 1 : 0}`;
};
