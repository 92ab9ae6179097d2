// One audio track of an FLV stream: from configurations and coded frames to a Track and its Frames. Configurations come as
// AudioSpecificConfig, OpusHead or FLAC header and leave as ISO boxes; MP3, AC-3 and E-AC-3 have none, their frames tell.
// Leaves out MultichannelConfig: channel counts are read from the codec, and layouts beyond them concern decoders only.

import { ok, type Result, type WallMs, type WireError } from '@headend/core';
import { parseAdtsHeader, stripAdts, writeAudioSpecificConfig } from '../../codecs/aac.ts';
import { parseFlacHeader, writeDfla } from '../../codecs/flac.ts';
import { parseOpusHead, writeDops } from '../../codecs/opus.ts';
import type { AudioCodec, AudioTrack, Frame, TrackId } from '../../track.ts';
import { createAudioTrack } from '../../tracks.ts';
import type { FlvAudioFrame } from './audio-tag.ts';
import { ticksFromMillis } from './flv-time.ts';
import type { FlvProblem, ProblemLog } from './problem-log.ts';
import { sameBytes } from './video-config.ts';

export type FlvAudioTrackEvent =
  | { readonly type: 'track'; readonly track: AudioTrack }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'silence'; readonly trackId: TrackId }
  | FlvProblem;

type AudioArrival = { readonly timestampMs: number; readonly wallclock: WallMs };

const EMPTY = new Uint8Array(0);

type FrameDescribedCodec = 'mp3' | 'ac3' | 'eac3';
const isFrameDescribed = (codec: AudioCodec): codec is FrameDescribedCodec => codec === 'mp3' || codec === 'ac3' || codec === 'eac3';

/** A bare STREAMINFO block (RFC 9639 §8.2): FFmpeg 8 sends it without "fLaC" and the block header that E-RTMP asks for. */
const STREAMINFO_BYTES = 34;
const FLAC_HEADER = Uint8Array.of(0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAMINFO_BYTES);

const withFlacHeader = (streamInfo: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(FLAC_HEADER.length + streamInfo.length);
  bytes.set(FLAC_HEADER);
  bytes.set(streamInfo, FLAC_HEADER.length);
  return bytes;
};

/** The sequence header as `Track.config`. The result owns its bytes. */
const readAudioConfig = (codec: AudioCodec, received: Uint8Array): Result<Uint8Array, WireError> => {
  if (codec === 'opus') {
    const head = parseOpusHead(received);
    return head.ok ? ok(writeDops(head.value)) : head;
  }
  if (codec === 'flac') {
    const header = parseFlacHeader(received.length === STREAMINFO_BYTES ? withFlacHeader(received) : received);
    return header.ok ? ok(writeDfla(header.value)) : header;
  }
  return ok(new Uint8Array(received));
};

const CHANNEL_CONFIGURATIONS = [1, 2, 3, 4, 5, 6, 7] as const;

/** An AudioSpecificConfig from the ADTS header that some encoders leave in front of every frame. */
const configFromAdts = (data: Uint8Array): Uint8Array | undefined => {
  const header = parseAdtsHeader(data);
  if (!header.ok) return undefined;
  const channelConfiguration = CHANNEL_CONFIGURATIONS.find((known) => known === header.value.channelConfiguration);
  if (channelConfiguration === undefined) return undefined;
  return writeAudioSpecificConfig({ sampleRate: header.value.sampleRate, channelConfiguration });
};

/** Configurations of frame-described codecs may differ in bitrate fields from frame to frame, which changes nothing for a decoder. */
const sameTrack = (a: AudioTrack, b: AudioTrack): boolean =>
  a.codec === b.codec &&
  a.sampleRate === b.sampleRate &&
  a.channels === b.channels &&
  (isFrameDescribed(a.codec) || sameBytes(a.config, b.config));

export class FlvAudioTrack {
  readonly #id: TrackId;
  readonly #problems: ProblemLog;
  #codec: AudioCodec | undefined;
  #received: Uint8Array | undefined;
  #track: AudioTrack | undefined;

  constructor(id: TrackId, problems: ProblemLog) {
    this.#id = id;
    this.#problems = problems;
  }

  config(codec: AudioCodec, received: Uint8Array): readonly FlvAudioTrackEvent[] {
    if (isFrameDescribed(codec)) return [];
    if (codec === this.#codec && this.#received !== undefined && sameBytes(received, this.#received)) return [];
    const config = readAudioConfig(codec, received);
    if (!config.ok) return this.#problem(config.error);
    this.#begin(codec);
    this.#received = new Uint8Array(received);
    return this.#adopt(codec, config.value, EMPTY);
  }

  frame(packet: FlvAudioFrame, arrival: AudioArrival): readonly FlvAudioTrackEvent[] {
    if (packet.data.length === 0) return [{ type: 'silence', trackId: this.#id }];
    if (packet.codec !== this.#codec) this.#begin(packet.codec);
    const events = this.#followFrame(packet);
    const track = this.#track;
    if (track === undefined) {
      const error = { code: 'flv_frame_before_config', message: 'an audio frame came before its configuration' };
      return events.length > 0 ? events : this.#problem(error);
    }
    // A frame-described codec whose frame cannot be read has only a problem to tell.
    if (events.some((event) => event.type === 'problem')) return events;
    const time = ticksFromMillis(arrival.timestampMs, track.timescale, packet.nanoOffset);
    const data = packet.codec === 'aac' ? stripAdts(packet.data) : packet.data;
    const frame: Frame = { trackId: this.#id, dts: time, pts: time, wallclock: arrival.wallclock, key: true, data };
    return [...events, { type: 'frame', frame }];
  }

  /** Another codec ends the old track; another configuration of the same codec may turn out to be equal. */
  #begin(codec: AudioCodec): void {
    if (codec !== this.#codec) this.#track = undefined;
    this.#codec = codec;
    this.#received = undefined;
    this.#problems.forget(this.#id);
  }

  /** Brings the track to what this frame says about itself. */
  #followFrame({ codec, data }: FlvAudioFrame): readonly FlvAudioTrackEvent[] {
    if (isFrameDescribed(codec)) return this.#adopt(codec, EMPTY, data);
    if (codec !== 'aac' || this.#track !== undefined) return [];
    const config = configFromAdts(data);
    return config === undefined ? [] : this.#adopt(codec, config, EMPTY);
  }

  #adopt(codec: AudioCodec, config: Uint8Array, frame: Uint8Array): readonly FlvAudioTrackEvent[] {
    const created = createAudioTrack({ id: this.#id, codec, config, frame });
    if (!created.ok) return this.#problem(created.error);
    if (this.#track !== undefined && sameTrack(created.value, this.#track)) return [];
    this.#track = created.value;
    return [{ type: 'track', track: created.value }];
  }

  #problem(error: WireError): readonly FlvProblem[] {
    return this.#problems.report(error, this.#id);
  }
}
