// Opus: the identification header of Ogg and E-RTMP (RFC 7845 §5.1), OpusSpecificBox `dOps` (Opus in ISO BMFF §4.3.2), and
// packet durations from the TOC byte (RFC 6716 §3.1). Leaves out the comment header.

import { ByteReader, ByteWriter, invariant, ok, type Result, type WireError, wireError } from '@headend/core';

/** Opus always counts time at 48 kHz, whatever was recorded (RFC 7845 §4). */
export const OPUS_SAMPLE_RATE = 48_000;

export type OpusConfig = {
  readonly channels: number;
  /** Samples at 48 kHz to drop at the start. */
  readonly preSkip: number;
  /** Rate before encoding; informative. */
  readonly inputSampleRate: number;
  /** Q7.8 dB. */
  readonly outputGain: number;
  /** 0 mono or stereo, 1 Vorbis order, 255 discrete. */
  readonly mappingFamily: number;
  /** Present when the family is not 0. */
  readonly mapping?: { readonly streams: number; readonly coupled: number; readonly table: Uint8Array };
};

/** What an empty header stands for in E-RTMP: stereo; the pre-skip is libopus's usual 6.5 ms. */
export const DEFAULT_OPUS_CONFIG: OpusConfig = {
  channels: 2,
  preSkip: 312,
  inputSampleRate: OPUS_SAMPLE_RATE,
  outputGain: 0,
  mappingFamily: 0,
};

const MAGIC = 'OpusHead';
const MAX_FAMILY_0_CHANNELS = 2;
const MAX_FAMILY_1_CHANNELS = 8;
const SILENT_CHANNEL = 255;

type Mapping = NonNullable<OpusConfig['mapping']>;

const readMapping = (r: ByteReader, channels: number): Mapping => ({
  streams: r.u8(),
  coupled: r.u8(),
  table: r.bytes(channels),
});

/** RFC 7845 §5.1.1: every channel comes from a decoded one or is silent. */
const mappingIsValid = ({ streams, coupled, table }: Mapping): boolean =>
  streams > 0 && coupled <= streams && table.every((index) => index === SILENT_CHANNEL || index < streams + coupled);

const checkOpus = (config: OpusConfig, truncated: boolean): Result<OpusConfig, WireError> => {
  if (truncated) return wireError('opus_config_truncated', 'the Opus configuration ends early');
  const { channels, mappingFamily, mapping } = config;
  const most = mappingFamily === 0 ? MAX_FAMILY_0_CHANNELS : mappingFamily === 1 ? MAX_FAMILY_1_CHANNELS : SILENT_CHANNEL;
  if (channels === 0 || channels > most)
    return wireError('opus_channels', `${channels} channels do not fit mapping family ${mappingFamily}`);
  if (mapping !== undefined && !mappingIsValid(mapping)) return wireError('opus_mapping', 'the channel mapping contradicts itself');
  return ok(config);
};

/** Parses an OpusHead; an empty one means stereo (E-RTMP). */
export const parseOpusHead = (data: Uint8Array): Result<OpusConfig, WireError> => {
  if (data.length === 0) return ok(DEFAULT_OPUS_CONFIG);
  const magic = String.fromCharCode(...data.subarray(0, MAGIC.length));
  if (magic !== MAGIC) return wireError('opus_head_magic', 'the OpusHead signature is missing', 0);
  const r = new ByteReader(data, MAGIC.length);
  const version = r.u8();
  const channels = r.u8();
  const preSkip = r.u8() | (r.u8() << 8);
  const inputSampleRate = r.u32le();
  const gain = r.u8() | (r.u8() << 8);
  const mappingFamily = r.u8();
  const mapping = mappingFamily === 0 ? undefined : readMapping(r, channels);
  // The upper four bits are the major version: 0 is all there is (§5.1 item 2).
  if (!r.overrun && version >> 4 !== 0) return wireError('opus_head_version', 'the OpusHead version is not supported', MAGIC.length);
  const outputGain = (gain << 16) >> 16;
  const head = { channels, preSkip, inputSampleRate, outputGain, mappingFamily };
  return checkOpus(mapping === undefined ? head : { ...head, mapping }, r.overrun);
};

/** Parses the payload of `dOps`. */
export const parseDops = (data: Uint8Array): Result<OpusConfig, WireError> => {
  const r = new ByteReader(data);
  const version = r.u8();
  if (version !== 0) return wireError('opus_dops_version', 'the Opus configuration is not version 0', 0);
  const channels = r.u8();
  const preSkip = r.u16();
  const inputSampleRate = r.u32();
  const outputGain = r.i16();
  const mappingFamily = r.u8();
  const mapping = mappingFamily === 0 ? undefined : readMapping(r, channels);
  const head = { channels, preSkip, inputSampleRate, outputGain, mappingFamily };
  return checkOpus(mapping === undefined ? head : { ...head, mapping }, r.overrun);
};

const writeMapping = (w: ByteWriter, config: OpusConfig): void => {
  invariant((config.mappingFamily === 0) === (config.mapping === undefined), 'a channel mapping belongs to families other than 0');
  if (config.mapping === undefined) return;
  w.u8(config.mapping.streams).u8(config.mapping.coupled).bytes(config.mapping.table);
};

/** Payload of `dOps`: big-endian, unlike OpusHead. */
export const writeDops = (config: OpusConfig): Uint8Array => {
  const w = new ByteWriter(16)
    .u8(0)
    .u8(config.channels)
    .u16(config.preSkip)
    .u32(config.inputSampleRate)
    .i16(config.outputGain)
    .u8(config.mappingFamily);
  writeMapping(w, config);
  return w.finish();
};

/** OpusHead, for E-RTMP output and Ogg. */
export const writeOpusHead = (config: OpusConfig): Uint8Array => {
  const w = new ByteWriter(24)
    .ascii(MAGIC)
    .u8(1)
    .u8(config.channels)
    .u8(config.preSkip & 0xff)
    .u8(config.preSkip >> 8)
    .u32le(config.inputSampleRate)
    .u8(config.outputGain & 0xff)
    .u8((config.outputGain >> 8) & 0xff)
    .u8(config.mappingFamily);
  writeMapping(w, config);
  return w.finish();
};

const SILK_MS = [10, 20, 40, 60] as const;
const HYBRID_MS = [10, 20] as const;
const CELT_MS = [2.5, 5, 10, 20] as const;
const FIRST_HYBRID = 12;
const FIRST_CELT = 16;
/** No packet is longer than 120 ms (§3.4, R5). */
const MAX_PACKET_SAMPLES = (OPUS_SAMPLE_RATE * 120) / 1000;

/** Milliseconds of one frame for the TOC's configuration number (table 2). */
const frameMs = (configuration: number): number => {
  if (configuration < FIRST_HYBRID) return SILK_MS[configuration & 3] ?? 0;
  if (configuration < FIRST_CELT) return HYBRID_MS[configuration & 1] ?? 0;
  return CELT_MS[configuration & 3] ?? 0;
};

/** Samples at 48 kHz in one packet: TOC = config(5) stereo(1) code(2); code 3 is followed by vbr(1) padding(1) count(6). */
export const opusPacketSamples = (packet: Uint8Array): Result<number, WireError> => {
  const toc = packet[0];
  if (toc === undefined) return wireError('opus_packet_empty', 'the Opus packet is empty');
  const code = toc & 3;
  const second = packet[1];
  if (code === 3 && second === undefined) return wireError('opus_packet_truncated', 'the Opus packet has no frame count');
  const frames = code === 0 ? 1 : code === 3 ? (second ?? 0) & 0x3f : 2;
  const samples = (frames * frameMs(toc >> 3) * OPUS_SAMPLE_RATE) / 1000;
  if (samples === 0 || samples > MAX_PACKET_SAMPLES)
    return wireError('opus_packet_duration', 'the Opus packet claims an impossible duration');
  return ok(samples);
};
