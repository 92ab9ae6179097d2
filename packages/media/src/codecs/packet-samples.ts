// How long one coded audio frame lasts, in samples at the track's rate: fixed by the configuration (AAC) or told by the frame
// itself (Opus, FLAC, AC-3, E-AC-3, MP3). AAC with SBR counts the samples of its core coder, as the track's sample rate does.

import type { Result, WireError } from '@headend/core';
import type { AudioCodec, AudioTrack } from '../track.ts';
import { parseAc3Frame, parseEac3AccessUnit } from './ac3.ts';
import { flacFrameSamples } from './flac.ts';
import { parseMp3Header } from './mp3.ts';
import { opusPacketSamples } from './opus.ts';

/** What encoders send unless told otherwise: an unreadable frame counts as this, because time goes on while it would have played. */
const USUAL_SAMPLES: Record<AudioCodec, number> = { aac: 1024, opus: 960, flac: 4096, ac3: 1536, eac3: 1536, mp3: 1152 };

const usualSamples = (track: AudioTrack): number => track.frameSamples ?? USUAL_SAMPLES[track.codec];

const samplesOf = <T>(track: AudioTrack, parsed: Result<T, WireError>, samples: (value: T) => number): number =>
  parsed.ok ? samples(parsed.value) : usualSamples(track);

export const packetSamples = (track: AudioTrack, data: Uint8Array): number => {
  switch (track.codec) {
    case 'aac':
      return usualSamples(track);
    case 'opus':
      return samplesOf(track, opusPacketSamples(data), (samples) => samples);
    case 'flac':
      return samplesOf(track, flacFrameSamples(data), (samples) => samples);
    case 'ac3':
      return samplesOf(track, parseAc3Frame(data), (frame) => frame.frameSamples);
    case 'eac3':
      return samplesOf(track, parseEac3AccessUnit(data), (unit) => unit.frameSamples);
    case 'mp3':
      return samplesOf(track, parseMp3Header(data), (header) => header.samples);
  }
};
