// Encodes the demo sound, stereo 48 kHz, to AAC-LC or Opus with node-av. The encoder delay is taken off again: frame times are those of the
// samples they decode to, and the priming frame before time 0 is dropped, so sound and picture both start at 0.

import { invariant, ticks, timescale, wallMs } from '@headend/core';
import { type AudioTrack, type Frame as MediaFrame, parseOpusHead, writeDops } from '@headend/media';
import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { fillBeeps } from './beep.ts';
import { setEncoderOption } from './encoder-options.ts';
import type { SignalTimeline } from './timeline.ts';

export const AUDIO_TRACK_ID = 2;
export const SAMPLE_RATE = 48_000;
const CHANNELS = 2;
const BITRATE = { aac: 128_000n, opus: 96_000n } as const;

/** libopus hands out an OpusHead (RFC 7845 section 5.1); a track holds the same as a dOps. */
const dopsOf = (head: Uint8Array): Uint8Array => {
  const config = parseOpusHead(head);
  invariant(config.ok, 'the encoder gave no OpusHead');
  return writeDops(config.value);
};

export class AudioEncoder {
  readonly track: AudioTrack;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #planar: boolean;
  readonly #frameSamples: number;
  readonly #samples: Float32Array;
  #nextSample = 0;

  constructor(codec: 'aac' | 'opus') {
    this.#planar = codec === 'aac';
    const encoder = Codec.findEncoderByName(codec === 'aac' ? FF_ENCODER_AAC : FF_ENCODER_LIBOPUS);
    invariant(encoder !== null, `the ${codec} encoder is not part of this build`);
    const context = this.#context;
    context.allocContext3(encoder);
    context.sampleRate = SAMPLE_RATE;
    context.sampleFormat = this.#planar ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
    context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
    context.bitRate = BITRATE[codec];
    context.timeBase = new Rational(1, SAMPLE_RATE);
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    if (codec === 'opus') setEncoderOption(context, 'application', 'lowdelay');
    const opened = context.open2Sync(encoder);
    invariant(opened >= 0, `the ${codec} encoder refused its settings (${opened})`);
    const extra = context.extraData;
    invariant(extra !== null, 'the audio encoder gave no configuration');
    this.#frameSamples = context.frameSize;
    this.#samples = new Float32Array(this.#frameSamples);
    this.track = {
      id: AUDIO_TRACK_ID,
      kind: 'audio',
      codec,
      timescale: timescale(SAMPLE_RATE),
      config: codec === 'opus' ? dopsOf(extra) : Uint8Array.from(extra),
      codecString: codec === 'opus' ? 'opus' : 'mp4a.40.2',
      sampleRate: SAMPLE_RATE,
      channels: CHANNELS,
      frameSamples: this.#frameSamples,
    };
    this.#allocate();
  }

  #allocate(): void {
    this.#frame.alloc();
    this.#frame.nbSamples = this.#frameSamples;
    this.#frame.format = this.#planar ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
    this.#frame.sampleRate = SAMPLE_RATE;
    this.#frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
    invariant(this.#frame.getBuffer(0) >= 0, 'no memory for sound');
    this.#packet.alloc();
  }

  /** Media time in milliseconds up to which sound has been made. */
  get position(): number {
    return (this.#nextSample * 1000) / SAMPLE_RATE;
  }

  /** Encodes whole audio frames until `mediaMs` is covered. */
  encodeUntil(mediaMs: number, timeline: SignalTimeline): MediaFrame[] {
    const out: MediaFrame[] = [];
    while (this.position < mediaMs) out.push(...this.#encodeOne(timeline));
    return out;
  }

  /** Leaves a hole instead of making up for lost time. */
  skipTo(mediaMs: number): void {
    const frames = Math.floor((mediaMs * SAMPLE_RATE) / 1000 / this.#frameSamples);
    this.#nextSample = Math.max(this.#nextSample, frames * this.#frameSamples);
  }

  flush(timeline: SignalTimeline): MediaFrame[] {
    this.#context.sendFrameSync(null);
    return this.#drain(timeline);
  }

  #encodeOne(timeline: SignalTimeline): MediaFrame[] {
    fillBeeps(this.#samples, this.#nextSample, SAMPLE_RATE, timeline);
    invariant(this.#frame.makeWritable() >= 0, 'no memory for sound');
    const planes = this.#frame.data ?? [];
    for (const plane of planes) {
      const target = new Float32Array(plane.buffer, plane.byteOffset, this.#planar ? this.#frameSamples : this.#frameSamples * CHANNELS);
      if (this.#planar) target.set(this.#samples);
      else for (let i = 0; i < target.length; i++) target[i] = this.#samples[i >> 1] ?? 0;
    }
    this.#frame.pts = BigInt(this.#nextSample);
    this.#nextSample += this.#frameSamples;
    const sent = this.#context.sendFrameSync(this.#frame);
    invariant(sent >= 0, `the audio encoder failed (${sent})`);
    return this.#drain(timeline);
  }

  #drain(timeline: SignalTimeline): MediaFrame[] {
    const out: MediaFrame[] = [];
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      const data = this.#packet.data;
      const pts = Number(this.#packet.pts);
      if (data !== null && pts >= 0) {
        const wall = Math.round(timeline.originMs + (pts * 1000) / SAMPLE_RATE);
        const at = ticks(pts);
        out.push({ trackId: AUDIO_TRACK_ID, pts: at, dts: at, wallclock: wallMs(wall), key: true, data: Uint8Array.from(data) });
      }
      this.#packet.unref();
    }
    return out;
  }

  close(): void {
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }
}
