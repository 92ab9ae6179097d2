// One video track of an FLV stream: from configurations and coded frames to a Track and its Frames. Handles records that repeat,
// change or never come, parameter sets in the frames, byte streams in place of lengths, and key flags (the bitstream decides).
// Leaves out the repair of times: two frames may come out with equal or falling dts.

import { type Result, type WallMs, type WireError, wireError } from '@headend/core';
import { normaliseAccessUnit } from '../../codecs/access-unit.ts';
import { normaliseTemporalUnit } from '../../codecs/av1.ts';
import { parseVp8FrameHeader, parseVp9FrameHeader } from '../../codecs/vp9.ts';
import type { Frame, TrackId, VideoCodec, VideoTrack } from '../../track.ts';
import { createVideoTrack } from '../../tracks.ts';
import { ticksFromMillis, VIDEO_TIMESCALE, videoTimescale } from './flv-time.ts';
import type { FlvProblem, ProblemLog } from './problem-log.ts';
import {
  configFromParameterSets,
  configFromSequenceHeader,
  DEFAULT_SETUP,
  readVideoConfig,
  sameBytes,
  type VideoSetup,
} from './video-config.ts';
import type { FlvVideoFrame } from './video-tag.ts';

/** FFmpeg's bound too: a frame that is shown a quarter of an hour after it is decoded is a broken field, not a long GOP. */
export const MAX_COMPOSITION_TIME_MS = 15 * 60 * 1000;

export type FlvTrackEvent =
  | { readonly type: 'track'; readonly track: VideoTrack }
  | { readonly type: 'frame'; readonly frame: Frame }
  | FlvProblem;

export type VideoArrival = { readonly timestampMs: number; readonly wallclock: WallMs };

type Size = { readonly width: number; readonly height: number };

/** A coded frame in the form of `Frame.data`, and the configuration it asks for when that is not the current one. */
type CodedFrame = {
  readonly data: Uint8Array;
  readonly key: boolean;
  readonly config?: Result<Uint8Array | undefined, WireError>;
  readonly size?: Size;
};

const sameTrack = (a: VideoTrack, b: VideoTrack): boolean =>
  a.codec === b.codec && a.width === b.width && a.height === b.height && sameBytes(a.config, b.config);

export class FlvVideoTrack {
  readonly #id: TrackId;
  readonly #problems: ProblemLog;
  #codec: VideoCodec | undefined;
  #received: Uint8Array | undefined;
  #setup: VideoSetup = DEFAULT_SETUP;
  #size: Size | undefined;
  #track: VideoTrack | undefined;
  #frameRateHint: number | undefined;

  constructor(id: TrackId, problems: ProblemLog) {
    this.#id = id;
    this.#problems = problems;
  }

  /** Frames per second as announced outside the bitstream. It decides a timescale only before the track exists. */
  setFrameRateHint(framesPerSecond: number | undefined): void {
    this.#frameRateHint = framesPerSecond;
  }

  config(codec: VideoCodec, received: Uint8Array): readonly FlvTrackEvent[] {
    if (codec === this.#codec && this.#received !== undefined && sameBytes(received, this.#received)) return [];
    const setup = readVideoConfig(codec, received);
    if (!setup.ok) return this.#problem(setup.error);
    this.#begin(codec, setup.value);
    this.#received = new Uint8Array(received);
    return this.#adopt(setup.value.config);
  }

  frame(packet: FlvVideoFrame, arrival: VideoArrival): readonly FlvTrackEvent[] {
    if (Math.abs(packet.compositionTimeMs) > MAX_COMPOSITION_TIME_MS) {
      return this.#problem({ code: 'flv_composition_time', message: `a composition time of ${packet.compositionTimeMs} ms` });
    }
    if (packet.codec !== this.#codec) this.#begin(packet.codec, DEFAULT_SETUP);
    const coded = this.#readFrame(packet);
    if (!coded.ok) return this.#problem(coded.error);
    const events = this.#followFrame(coded.value);
    if (this.#track === undefined) {
      const error = { code: 'flv_frame_before_config', message: 'a video frame came before its configuration' };
      return events.length > 0 ? events : this.#problem(error);
    }
    const { data, key } = coded.value;
    // Nothing but parameter sets: some encoders send them as a message of their own.
    if (data.length === 0) return events;
    return [...events, { type: 'frame', frame: this.#frame(packet, arrival, this.#track, data, key) }];
  }

  #frame(packet: FlvVideoFrame, arrival: VideoArrival, track: VideoTrack, data: Uint8Array, key: boolean): Frame {
    return {
      trackId: this.#id,
      dts: ticksFromMillis(arrival.timestampMs, track.timescale),
      pts: ticksFromMillis(arrival.timestampMs + packet.compositionTimeMs, track.timescale, packet.nanoOffset),
      wallclock: arrival.wallclock,
      key,
      data,
    };
  }

  /** A configuration of another codec ends the old track; one of the same codec may turn out to be equal to it. */
  #begin(codec: VideoCodec, setup: VideoSetup): void {
    if (codec !== this.#codec) this.#track = undefined;
    this.#codec = codec;
    this.#setup = setup;
    this.#received = undefined;
    this.#problems.forget(this.#id);
  }

  #readFrame({ codec, data }: FlvVideoFrame): Result<CodedFrame, WireError> {
    if (data.length === 0) return wireError('flv_frame_empty', 'a video frame has no data');
    if (codec === 'av1') return this.#readTemporalUnit(data);
    if (codec === 'h264' || codec === 'hevc') return this.#readAccessUnit(codec, data);
    const header = codec === 'vp9' ? parseVp9FrameHeader(data) : parseVp8FrameHeader(data);
    if (!header.ok) return header;
    const { key } = header.value;
    return { ok: true, value: header.value.key ? { data, key, size: header.value } : { data, key } };
  }

  #readAccessUnit(codec: 'h264' | 'hevc', data: Uint8Array): Result<CodedFrame, WireError> {
    const unit = normaliseAccessUnit(codec, data, this.#setup.nalLengthSize);
    if (!unit.ok) return unit;
    const { parameterSets } = unit.value;
    if (parameterSets === undefined) return unit;
    return { ok: true, value: { ...unit.value, config: configFromParameterSets(codec, parameterSets, this.#currentConfig()) } };
  }

  #readTemporalUnit(data: Uint8Array): Result<CodedFrame, WireError> {
    const unit = normaliseTemporalUnit(data);
    if (!unit.ok) return unit;
    const { sequenceHeader } = unit.value;
    if (sequenceHeader === undefined) return unit;
    return { ok: true, value: { ...unit.value, config: configFromSequenceHeader(sequenceHeader, this.#currentConfig()) } };
  }

  #currentConfig(): Uint8Array | undefined {
    return this.#track?.config ?? this.#setup.config;
  }

  /** Brings the track to what this frame says about itself. */
  #followFrame(coded: CodedFrame): readonly FlvTrackEvent[] {
    if (coded.size !== undefined) {
      this.#size = coded.size;
      return this.#adopt(this.#setup.config);
    }
    if (coded.config === undefined) return [];
    return coded.config.ok ? this.#adopt(coded.config.value) : this.#problem(coded.config.error);
  }

  #adopt(config: Uint8Array | undefined): readonly FlvTrackEvent[] {
    const codec = this.#codec;
    const unsized = (codec === 'vp8' || codec === 'vp9') && this.#size === undefined;
    if (codec === undefined || config === undefined || unsized) return [];
    const created = createVideoTrack({
      id: this.#id,
      codec,
      config,
      timescale: VIDEO_TIMESCALE,
      ...(this.#frameRateHint === undefined ? {} : { frameRateHint: this.#frameRateHint }),
      ...(this.#size === undefined ? {} : { sizeHint: this.#size }),
    });
    if (!created.ok) return this.#problem(created.error);
    // Once chosen, the timescale stays: times on both sides of a change then compare.
    const timescale = this.#track?.timescale ?? videoTimescale(created.value.frameRate);
    const track = { ...created.value, timescale };
    if (this.#track !== undefined && sameTrack(track, this.#track)) return [];
    this.#track = track;
    return [{ type: 'track', track }];
  }

  #problem(error: WireError): readonly FlvProblem[] {
    return this.#problems.report(error, this.#id);
  }
}
