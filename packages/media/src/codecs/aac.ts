// AAC: AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1, GASpecificConfig §4.4.1, program_config_element §4.4.1.1), ADTS
// (§1.A.2.2) and the codecs parameter. Leaves out USAC, error protection and the contents of ELD's own configuration.

import { BitReader, ok, type Result, type WireError, wireError } from '@headend/core';

export const AacObjectType = { main: 1, lc: 2, ssr: 3, ltp: 4, sbr: 5, erLc: 17, erLtp: 19, erLd: 23, ps: 29, erEld: 39 } as const;

export type AacConfig = {
  /** The object type of the core coder: for HE-AAC that is LC. */
  readonly objectType: number;
  /** Rate of the core coder; SBR doubles it on output. */
  readonly sampleRate: number;
  readonly channelConfiguration: number;
  /** Channels of the core coder; parametric stereo makes two of one on output. */
  readonly channels: number;
  /** Samples of the core coder per frame. */
  readonly frameSamples: 1024 | 960 | 512 | 480;
  /** Explicitly signalled extension. Implicit SBR shows only inside the frames, and decoders find it there. */
  readonly extension: 'none' | 'sbr' | 'ps';
  readonly extensionSampleRate?: number;
};

const SAMPLE_RATES: readonly number[] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const ESCAPED_RATE = 15;
const ESCAPED_OBJECT_TYPE = 31;
const MAX_SAMPLE_RATE = 192_000;
const SYNC_EXTENSION_SBR = 0x2b7;
const SYNC_EXTENSION_PS = 0x548;
/** Table 1.19: channels for each channelConfiguration; 0 means a program config element tells. */
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8];
const LAYERED: ReadonlySet<number> = new Set([6, 20]);
const SUPPORTED: ReadonlySet<number> = new Set([
  AacObjectType.main,
  AacObjectType.lc,
  AacObjectType.ssr,
  AacObjectType.ltp,
  AacObjectType.erLc,
  AacObjectType.erLtp,
  AacObjectType.erLd,
  AacObjectType.erEld,
]);

const readObjectType = (r: BitReader): number => {
  const type = r.bits(5);
  return type === ESCAPED_OBJECT_TYPE ? 32 + r.bits(6) : type;
};

/** 0 for reserved indices, which the caller refuses. */
const readSampleRate = (r: BitReader): number => {
  const index = r.bits(4);
  return index === ESCAPED_RATE ? r.bits(24) : (SAMPLE_RATES[index] ?? 0);
};

/** Front, side and back elements: a single channel or a pair each. */
const readElements = (r: BitReader, count: number): number => {
  let channels = 0;
  for (let i = 0; i < count && !r.overrun; i++) {
    channels += r.flag() ? 2 : 1;
    r.skip(4); // element tag
  }
  return channels;
};

/** program_config_element() as far as the number of channels. */
const readProgramConfig = (r: BitReader): number => {
  r.skip(4 + 2 + 4); // element tag, object type, sampling frequency index
  const mains = r.bits(4) + r.bits(4) + r.bits(4); // front, side, back
  const lfes = r.bits(2);
  r.skip(3 + 4); // associated data and valid coupling elements
  if (r.flag()) r.skip(4); // mono mixdown
  if (r.flag()) r.skip(4); // stereo mixdown
  if (r.flag()) r.skip(3); // matrix mixdown
  return readElements(r, mains) + lfes;
};

type GeneralAudio = { readonly frameSamples: AacConfig['frameSamples']; readonly channels: number };

/** GASpecificConfig(); for ELD its first flag means the same and the rest is not needed. */
const readGeneralAudio = (r: BitReader, objectType: number, channelConfiguration: number): GeneralAudio => {
  const short = r.flag();
  const lowDelay = objectType === AacObjectType.erLd || objectType === AacObjectType.erEld;
  const frameSamples = lowDelay ? (short ? 480 : 512) : short ? 960 : 1024;
  const known = CHANNELS[channelConfiguration] ?? 0;
  if (objectType === AacObjectType.erEld) return { frameSamples, channels: known };
  if (r.flag()) r.skip(14); // coreCoderDelay
  const extended = r.flag();
  const channels = channelConfiguration === 0 ? readProgramConfig(r) : known;
  if (LAYERED.has(objectType)) r.skip(3);
  if (extended && objectType >= AacObjectType.erLc) r.skip(3); // resilience flags
  if (extended) r.skip(1); // extensionFlag3
  return { frameSamples, channels };
};

type Extension = Pick<AacConfig, 'extension' | 'extensionSampleRate'>;

/** Backward compatible signalling: a sync word after the configuration of the core coder. */
const readSyncExtension = (r: BitReader): Extension => {
  if (r.remainingBits < 16 || r.bits(11) !== SYNC_EXTENSION_SBR) return { extension: 'none' };
  if (readObjectType(r) !== AacObjectType.sbr || !r.flag()) return { extension: 'none' };
  const extensionSampleRate = readSampleRate(r);
  const ps = r.remainingBits >= 12 && r.bits(11) === SYNC_EXTENSION_PS && r.flag();
  return { extension: ps ? 'ps' : 'sbr', extensionSampleRate };
};

const plausibleRate = (rate: number): boolean => rate > 0 && rate <= MAX_SAMPLE_RATE;

/** Parses an AudioSpecificConfig. */
export const parseAudioSpecificConfig = (config: Uint8Array): Result<AacConfig, WireError> => {
  const r = new BitReader(config);
  const declared = readObjectType(r);
  const sampleRate = readSampleRate(r);
  const channelConfiguration = r.bits(4);
  const explicit = declared === AacObjectType.sbr || declared === AacObjectType.ps;
  const explicitRate = explicit ? readSampleRate(r) : 0;
  const objectType = explicit ? readObjectType(r) : declared;
  if (r.overrun) return wireError('aac_config_truncated', 'the AudioSpecificConfig ends early');
  if (!SUPPORTED.has(objectType))
    return wireError('aac_object_type_unsupported', `audio object type ${objectType} is not AAC as streamed live`);
  const general = readGeneralAudio(r, objectType, channelConfiguration);
  if (r.overrun) return wireError('aac_config_truncated', 'the AudioSpecificConfig ends early');
  const hierarchical = { extension: declared === AacObjectType.ps ? 'ps' : 'sbr', extensionSampleRate: explicitRate } as const;
  // Only the general audio coders can be followed by the sync word right here.
  const extension = explicit ? hierarchical : objectType < AacObjectType.erLc ? readSyncExtension(r) : { extension: 'none' as const };
  if (!plausibleRate(sampleRate)) return wireError('aac_sample_rate', `a sampling rate of ${sampleRate} Hz is not possible`);
  if (general.channels === 0) return wireError('aac_channels', 'the channel configuration names no channels');
  return ok({ objectType, sampleRate, channelConfiguration, ...general, ...extension });
};

class BitWriter {
  readonly #bits: number[] = [];

  put(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
    return bytes;
  }
}

const putSampleRate = (w: BitWriter, rate: number): void => {
  const index = SAMPLE_RATES.indexOf(rate);
  if (index === -1) w.put(ESCAPED_RATE, 4).put(rate, 24);
  else w.put(index, 4);
};

/** The configurations we make ourselves: AAC-LC without program config element, for ADTS input and generated signals. */
export type AacLcSetup = { readonly sampleRate: number; readonly channelConfiguration: 1 | 2 | 3 | 4 | 5 | 6 | 7 };

export const writeAudioSpecificConfig = (setup: AacLcSetup): Uint8Array => {
  const w = new BitWriter().put(AacObjectType.lc, 5);
  putSampleRate(w, setup.sampleRate);
  return w.put(setup.channelConfiguration, 4).put(0, 3).finish();
};

/** `mp4a.40.N`: 2 LC, 5 HE-AAC, 29 HE-AAC v2. */
export const aacCodecString = (config: Pick<AacConfig, 'objectType' | 'extension'>): string => {
  if (config.extension === 'ps') return `mp4a.40.${AacObjectType.ps}`;
  if (config.extension === 'sbr') return `mp4a.40.${AacObjectType.sbr}`;
  return `mp4a.40.${config.objectType}`;
};

export type AdtsHeader = {
  readonly objectType: number;
  readonly sampleRate: number;
  readonly channelConfiguration: number;
  /** 7, or 9 with a CRC. */
  readonly headerBytes: 7 | 9;
  /** Header included. */
  readonly frameBytes: number;
  readonly rawDataBlocks: number;
};

const ADTS_HEADER_BYTES = 7;
const ADTS_HEADER_WITH_CRC_BYTES = 9;

/**
 * ```
 * syncword(12)=fff id(1) layer(2)=0 protection_absent(1) | profile(2) rate(4) private(1) channels(3) original(1) home(1)
 * copyright(2) frame_length(13) buffer_fullness(11) raw_data_blocks_minus1(2)
 * ```
 */
export const parseAdtsHeader = (data: Uint8Array): Result<AdtsHeader, WireError> => {
  const r = new BitReader(data.subarray(0, ADTS_HEADER_BYTES));
  const sync = r.bits(12);
  r.skip(1);
  const layer = r.bits(2);
  const protectionAbsent = r.flag();
  const objectType = r.bits(2) + 1;
  const sampleRate = SAMPLE_RATES[r.bits(4)] ?? 0;
  r.skip(1);
  const channelConfiguration = r.bits(3);
  r.skip(4);
  const frameBytes = r.bits(13);
  r.skip(11);
  const rawDataBlocks = r.bits(2) + 1;
  if (r.overrun) return wireError('adts_truncated', 'the ADTS header ends early');
  if (sync !== 0xfff || layer !== 0) return wireError('adts_sync', 'the ADTS syncword is missing', 0);
  const headerBytes = protectionAbsent ? ADTS_HEADER_BYTES : ADTS_HEADER_WITH_CRC_BYTES;
  if (sampleRate === 0 || frameBytes < headerBytes) return wireError('adts_invalid', 'the ADTS header contradicts itself');
  return ok({ objectType, sampleRate, channelConfiguration, headerBytes, frameBytes, rawDataBlocks });
};

/**
 * The raw frame without its ADTS header. Data that is not exactly one ADTS frame is returned as it is, since a raw frame is
 * what it should be: the syncword would read as an END element, which no raw frame starts with.
 */
export const stripAdts = (data: Uint8Array): Uint8Array => {
  const header = parseAdtsHeader(data);
  const single = header.ok && header.value.frameBytes === data.length && header.value.rawDataBlocks === 1;
  return single ? data.subarray(header.value.headerBytes) : data;
};
