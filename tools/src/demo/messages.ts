// Tracks and frames as the FLV tag bodies that an RTMP connection or an FLV file carries, with their times in milliseconds.

import { rescale, timescale } from '@headend/core';
import { type AudioTrack, type Frame, type Track, type VideoTrack, writeAudioTag, writeVideoTag } from '@headend/media';
import { opusHead } from './elementary.ts';

export type MediaMessage = {
  readonly kind: 'audio' | 'video';
  readonly timestampMs: number;
  readonly body: Uint8Array;
  readonly key: boolean;
};

const MILLISECONDS = timescale(1000);

/** The sequence header of a track. */
export const configMessage = (track: Track, timestampMs = 0): MediaMessage => {
  const body =
    track.kind === 'video'
      ? writeVideoTag({ type: 'config', codec: track.codec, trackIndex: 0, config: track.config })
      : writeAudioTag({ type: 'config', codec: track.codec, trackIndex: 0, config: wireConfig(track) });
  return { kind: track.kind, timestampMs, body, key: true };
};

const wireConfig = (track: AudioTrack): Uint8Array => (track.codec === 'opus' ? opusHead(track.config) : track.config);

export const frameMessage = (track: Track, frame: Frame): MediaMessage => {
  const timestampMs = rescale(frame.dts, track.timescale, MILLISECONDS);
  const body = track.kind === 'video' ? videoBody(track, frame, timestampMs) : audioBody(track, frame);
  return { kind: track.kind, timestampMs, body, key: track.kind === 'video' && frame.key };
};

const videoBody = (track: VideoTrack, frame: Frame, dtsMs: number): Uint8Array =>
  writeVideoTag({
    type: 'frame',
    codec: track.codec,
    trackIndex: 0,
    key: frame.key,
    compositionTimeMs: rescale(frame.pts, track.timescale, MILLISECONDS) - dtsMs,
    nanoOffset: 0,
    data: frame.data,
  });

const audioBody = (track: AudioTrack, frame: Frame): Uint8Array =>
  writeAudioTag({ type: 'frame', codec: track.codec, trackIndex: 0, nanoOffset: 0, data: frame.data });
