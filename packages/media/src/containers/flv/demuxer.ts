// FLV and Enhanced RTMP messages in, tracks and frames out. Track ids are stable: video track index i is 100 + i, audio index i is
// 200 + i. Nothing a publisher sends ends the stream here: what cannot be read becomes one `problem` and the stream goes on.
// Leaves out AMF (colorInfo comes out as raw pairs), timestamp unwrapping before it and the repair of dts behind it.

import type { WallMs, WireError } from '@headend/core';
import type { Frame, Track, TrackId } from '../../track.ts';
import { type FlvAudioPacket, parseAudioTag } from './audio-tag.ts';
import { FlvAudioTrack } from './audio-track.ts';
import type { FlvSkipped } from './ex-header.ts';
import { type FlvProblem, ProblemLog } from './problem-log.ts';
import { type FlvVideoPacket, parseVideoTag } from './video-tag.ts';
import { FlvVideoTrack } from './video-track.ts';

/** Tracks of each kind that one publisher may have; OBS sends up to six. */
export const MAX_FLV_TRACKS = 16;

const VIDEO_TRACK_BASE = 100;
const AUDIO_TRACK_BASE = 200;

export const flvVideoTrackId = (trackIndex: number): TrackId => VIDEO_TRACK_BASE + trackIndex;
export const flvAudioTrackId = (trackIndex: number): TrackId => AUDIO_TRACK_BASE + trackIndex;

export type FlvMessage = {
  readonly type: 'audio' | 'video';
  /** Unwrapped and normalised, an integer. */
  readonly timestampMs: number;
  /** Frames may be views of it: do not write into it afterwards. */
  readonly body: Uint8Array;
  /** Arrival, or capture when the protocol tells. */
  readonly wallclock: WallMs;
};

export type FlvEvent =
  /** A new track, or one whose configuration really changed. Comes before the first frame it describes. */
  | { readonly type: 'track'; readonly track: Track }
  | { readonly type: 'frame'; readonly frame: Frame }
  /** An empty audio message: no sound for now, but the publisher is there. */
  | { readonly type: 'silence'; readonly trackId: TrackId }
  /** The publisher says that the track ends here. It may begin again. */
  | { readonly type: 'end'; readonly trackId: TrackId }
  /** AMF0 pairs of an E-RTMP video Metadata packet, for example "colorInfo". */
  | { readonly type: 'metadata'; readonly trackId: TrackId; readonly data: Uint8Array }
  | FlvProblem;

/** The same bytes without Node's Buffer methods, whose slice() shares memory: frames go to code that expects a Uint8Array. */
const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class FlvDemuxer {
  readonly #problems = new ProblemLog();
  readonly #video = new Map<number, FlvVideoTrack>();
  readonly #audio = new Map<number, FlvAudioTrack>();
  #frameRateHint: number | undefined;

  /** Frame rate from onMetaData: used for tracks that are configured from now on, where the bitstream does not say. */
  setFrameRateHint(framesPerSecond: number | undefined): void {
    const plausible = framesPerSecond !== undefined && Number.isFinite(framesPerSecond) && framesPerSecond > 0;
    this.#frameRateHint = plausible ? framesPerSecond : undefined;
    this.#video.get(0)?.setFrameRateHint(this.#frameRateHint);
  }

  push(message: FlvMessage): readonly FlvEvent[] {
    return message.type === 'video' ? this.#pushVideo(message) : this.#pushAudio(message);
  }

  #pushVideo(message: FlvMessage): readonly FlvEvent[] {
    const packets = parseVideoTag(plainBytes(message.body));
    if (!packets.ok) return this.#problems.report(packets.error);
    return packets.value.flatMap((packet) => this.#videoPacket(packet, message));
  }

  #pushAudio(message: FlvMessage): readonly FlvEvent[] {
    const packets = parseAudioTag(plainBytes(message.body));
    if (!packets.ok) return this.#problems.report(packets.error);
    return packets.value.flatMap((packet) => this.#audioPacket(packet, message));
  }

  #videoPacket(packet: FlvVideoPacket, message: FlvMessage): readonly FlvEvent[] {
    if (packet.type === 'command') return [];
    if (packet.type === 'skipped') return this.#skipped(packet, flvVideoTrackId);
    const trackId = flvVideoTrackId(packet.trackIndex);
    if (packet.type === 'end') return [{ type: 'end', trackId }];
    if (packet.type === 'metadata') return [{ type: 'metadata', trackId, data: packet.data }];
    const track = this.#videoTrack(packet.trackIndex);
    if (track === undefined) return this.#tooMany(packet.trackIndex);
    return packet.type === 'config' ? track.config(packet.codec, packet.config) : track.frame(packet, message);
  }

  #audioPacket(packet: FlvAudioPacket, message: FlvMessage): readonly FlvEvent[] {
    if (packet.type === 'multichannel') return [];
    if (packet.type === 'skipped') return this.#skipped(packet, flvAudioTrackId);
    const trackId = flvAudioTrackId(packet.trackIndex);
    if (packet.type === 'silence') return [{ type: 'silence', trackId }];
    if (packet.type === 'end') return [{ type: 'end', trackId }];
    const track = this.#audioTrack(packet.trackIndex);
    if (track === undefined) return this.#tooMany(packet.trackIndex);
    return packet.type === 'config' ? track.config(packet.codec, packet.config) : track.frame(packet, message);
  }

  #videoTrack(index: number): FlvVideoTrack | undefined {
    const known = this.#video.get(index);
    if (known !== undefined || index >= MAX_FLV_TRACKS) return known;
    const track = new FlvVideoTrack(flvVideoTrackId(index), this.#problems);
    // onMetaData speaks of the first track; the others of a multitrack stream have the same clock.
    track.setFrameRateHint(this.#frameRateHint);
    this.#video.set(index, track);
    return track;
  }

  #audioTrack(index: number): FlvAudioTrack | undefined {
    const known = this.#audio.get(index);
    if (known !== undefined || index >= MAX_FLV_TRACKS) return known;
    const track = new FlvAudioTrack(flvAudioTrackId(index), this.#problems);
    this.#audio.set(index, track);
    return track;
  }

  #skipped(packet: FlvSkipped, idOf: (trackIndex: number) => TrackId): readonly FlvProblem[] {
    const error: WireError = { code: `flv_${packet.reason}`, message: packet.detail };
    return this.#problems.report(error, packet.trackIndex === undefined ? undefined : idOf(packet.trackIndex));
  }

  #tooMany(trackIndex: number): readonly FlvProblem[] {
    return this.#problems.report({ code: 'flv_too_many_tracks', message: `track index ${trackIndex} is above ${MAX_FLV_TRACKS - 1}` });
  }
}
