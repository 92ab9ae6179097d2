// MPEG audio frame header (ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.2.3, and the unofficial MPEG 2.5). Layer III is what
// streams carry as MP3; Layers I and II are read all the same. Leaves out free-format bitrates.

import { ok, type Result, type WireError, wireError } from '@headend/core';

export type Mp3Header = {
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Bits per second. */
  readonly bitrate: number;
  readonly samples: 384 | 576 | 1152;
  readonly frameBytes: number;
};

const HEADER_BYTES = 4;
const SAMPLE_RATES = [44100, 48000, 32000] as const;
const VERSION_RESERVED = 1;
const VERSION_1 = 3;
const VERSION_25 = 0;

/** kbit/s for index 1 to 14; index 0 is free format, 15 forbidden. */
const KBITS_V1: Record<Mp3Header['layer'], readonly number[]> = {
  1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
};
const KBITS_V2_LAYER_1: readonly number[] = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const KBITS_V2: readonly number[] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

const layerFromCode = (code: number): Mp3Header['layer'] | undefined => (code === 1 ? 3 : code === 2 ? 2 : code === 3 ? 1 : undefined);

const frameSamples = (layer: Mp3Header['layer'], version1: boolean): Mp3Header['samples'] =>
  layer === 1 ? 384 : layer === 3 && !version1 ? 576 : 1152;

const invalid = (): Result<never, WireError> => wireError('mp3_header_invalid', 'the MPEG audio frame header is malformed', 0);

/** sync(11) version(2) layer(2) no_crc(1) | bitrate(4) rate(2) padding(1) private(1) | mode(2) … */
export const parseMp3Header = (data: Uint8Array): Result<Mp3Header, WireError> => {
  const [first, second, third, fourth] = data;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    return wireError('mp3_header_truncated', `an MPEG audio frame header has ${HEADER_BYTES} bytes`);
  const version = (second >> 3) & 3;
  const layer = layerFromCode((second >> 1) & 3);
  if (first !== 0xff || second < 0xe0 || version === VERSION_RESERVED || layer === undefined) return invalid();
  const version1 = version === VERSION_1;
  const table = version1 ? KBITS_V1[layer] : layer === 1 ? KBITS_V2_LAYER_1 : KBITS_V2;
  const kbits = table[(third >> 4) - 1];
  const fullRate = SAMPLE_RATES[(third >> 2) & 3];
  if (kbits === undefined || fullRate === undefined) return invalid();
  const sampleRate = version1 ? fullRate : version === VERSION_25 ? fullRate / 4 : fullRate / 2;
  const samples = frameSamples(layer, version1);
  const bitrate = kbits * 1000;
  const padding = (third >> 1) & 1;
  // Layer I counts in slots of four bytes (§2.4.3.1).
  const slot = layer === 1 ? 4 : 1;
  const frameBytes = (Math.floor(((samples / 8 / slot) * bitrate) / sampleRate) + padding) * slot;
  return ok({ layer, sampleRate, channels: fourth >> 6 === 3 ? 1 : 2, bitrate, samples, frameBytes });
};
