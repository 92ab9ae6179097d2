// Tracks and frames back into FLV / Enhanced RTMP messages, for a publisher: the counterpart of demuxer.ts.
// Leaves out onMetaData (AMF) and the order of messages across tracks, which are the publisher's.

import { invariant, type Millis, toMillis } from '@headend/core';
import { parseDfla, writeFlacHeader } from '../../codecs/flac.ts';
import { parseDops, writeOpusHead } from '../../codecs/opus.ts';
import type { AudioTrack, Frame, Track } from '../../track.ts';
import { hasCompositionTime } from './flv-codecs.ts';
import { writeAudioTag, writeVideoTag } from './tag-writer.ts';

export type FlvOutput = { readonly type: 'audio' | 'video'; readonly timestampMs: Millis; readonly body: Uint8Array };

const audioConfig = (track: AudioTrack): Uint8Array => {
  if (track.codec === 'opus') {
    const config = parseDops(track.config);
    invariant(config.ok, 'an Opus track holds a valid dOps');
    return writeOpusHead(config.value);
  }
  if (track.codec === 'flac') {
    const config = parseDfla(track.config);
    invariant(config.ok, 'a FLAC track holds a valid dfLa');
    return writeFlacHeader(config.value);
  }
  return track.config;
};

/** MP3, AC-3 and E-AC-3 have no sequence header (E-RTMP v2, AudioPacketType.SequenceStart). */
const hasSequenceHeader = (track: Track): boolean => track.kind === 'video' || ['aac', 'opus', 'flac'].includes(track.codec);

/** The sequence header message of a track, or undefined where the codec has none. */
export const flvSequenceHeader = (track: Track, trackIndex: number, timestampMs: Millis): FlvOutput | undefined => {
  if (!hasSequenceHeader(track)) return undefined;
  const body =
    track.kind === 'video'
      ? writeVideoTag({ type: 'config', codec: track.codec, trackIndex, config: track.config })
      : writeAudioTag({ type: 'config', codec: track.codec, trackIndex, config: audioConfig(track) });
  return { type: track.kind, timestampMs, body };
};

const wholeMillis = (time: Frame['dts'], track: Track): Millis => Math.round(toMillis(time, track.timescale)) as Millis; // rounded, same unit

/** One frame as a message. Codecs without a composition time are sent at their presentation time. */
export const flvFrame = (track: Track, frame: Frame, trackIndex: number): FlvOutput => {
  const dts = wholeMillis(frame.dts, track);
  const pts = wholeMillis(frame.pts, track);
  if (track.kind === 'audio') {
    const body = writeAudioTag({ type: 'frame', codec: track.codec, trackIndex, nanoOffset: 0, data: frame.data });
    return { type: 'audio', timestampMs: dts, body };
  }
  const timed = hasCompositionTime(track.codec);
  const body = writeVideoTag({
    type: 'frame',
    codec: track.codec,
    trackIndex,
    key: frame.key,
    compositionTimeMs: timed ? pts - dts : 0,
    nanoOffset: 0,
    data: frame.data,
  });
  return { type: 'video', timestampMs: timed ? dts : pts, body };
};
