// Reads the body of an FLV video tag or RTMP video message: legacy codec ids (FLV 10.1 annex E.4.3) and the Ex header of
// Enhanced RTMP v2 with every track it holds. Payloads are views of the body; what is inside them is checked by the demuxer.
// Leaves out the pre-H.264 codecs (H.263, Screen Video, VP6) and MPEG-2 TS descriptors: they come back as `skipped`.

import { ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { VideoCodec } from '../../track.ts';
import { type ExTrack, type FlvSkipped, readExTracks, readModEx, skipped } from './ex-header.ts';
import {
  AvcPacketType,
  FlvFrameType,
  fourccText,
  hasCompositionTime,
  legacyVideoCodecs,
  VideoPacketType,
  videoCodecsByFourcc,
} from './flv-codecs.ts';

type VideoTrackRef = { readonly codec: VideoCodec; readonly trackIndex: number };

/** avcC, hvcC, av1C or vpcC payload. */
export type FlvVideoConfig = VideoTrackRef & { readonly type: 'config'; readonly config: Uint8Array };
export type FlvVideoFrame = VideoTrackRef & {
  readonly type: 'frame';
  /** What the tag claims; the bitstream decides. */
  readonly key: boolean;
  readonly compositionTimeMs: number;
  /** Added to the message's timestamp for presentation, 0 to 999 999. */
  readonly nanoOffset: number;
  readonly data: Uint8Array;
};
export type FlvVideoEnd = VideoTrackRef & { readonly type: 'end' };
/** AMF0 pairs, for example "colorInfo" and its object. */
export type FlvVideoMetadata = VideoTrackRef & { readonly type: 'metadata'; readonly data: Uint8Array };
/** A player's seek marks: 0 start, 1 end. */
export type FlvVideoCommand = { readonly type: 'command'; readonly command: number };

export type FlvVideoPacket = FlvVideoConfig | FlvVideoFrame | FlvVideoEnd | FlvVideoMetadata | FlvVideoCommand | FlvSkipped;

const EX_HEADER = 0x80;

const isKey = (frameType: number): boolean => frameType === FlvFrameType.key || frameType === FlvFrameType.generatedKey;

const parseLegacy = (reader: ByteReader, head: number): Result<FlvVideoPacket[], WireError> => {
  const frameType = head >> 4;
  if (frameType === FlvFrameType.command) return ok([{ type: 'command', command: reader.u8() }]);
  const codec = legacyVideoCodecs.get(head & 0x0f);
  if (codec === undefined) return ok([skipped('codec_unsupported', `video codec id ${head & 0x0f}`, 0)]);
  const packetType = reader.u8();
  // The end of sequence may come without its composition time, which means nothing there.
  if (packetType === AvcPacketType.endOfSequence && !reader.overrun) return ok([{ type: 'end', codec, trackIndex: 0 }]);
  const compositionTimeMs = reader.i24();
  if (reader.overrun) return wireError('flv_truncated', 'the video tag ends inside its header', reader.offset);
  if (packetType === AvcPacketType.sequenceHeader) return ok([{ type: 'config', codec, trackIndex: 0, config: reader.rest() }]);
  if (packetType !== AvcPacketType.nalus) return ok([skipped('packet_type_unknown', `AVC packet type ${packetType}`, 0)]);
  return ok([{ type: 'frame', codec, trackIndex: 0, key: isKey(frameType), compositionTimeMs, nanoOffset: 0, data: reader.rest() }]);
};

type FrameContext = { readonly key: boolean; readonly nanoOffset: number };

const parseTrack = (track: ExTrack, context: FrameContext): Result<FlvVideoPacket, WireError> => {
  const { trackIndex, packetType, body } = track;
  const codec = videoCodecsByFourcc.get(track.fourcc);
  if (codec === undefined) return ok(skipped('codec_unsupported', `video FourCC ${fourccText(track.fourcc)}`, trackIndex));
  switch (packetType) {
    case VideoPacketType.sequenceStart:
      return ok({ type: 'config', codec, trackIndex, config: body.rest() });
    case VideoPacketType.codedFrames:
    case VideoPacketType.codedFramesX: {
      const compositionTimeMs = packetType === VideoPacketType.codedFrames && hasCompositionTime(codec) ? body.i24() : 0;
      if (body.overrun) return wireError('flv_truncated', 'a coded frame ends inside its composition time', body.offset);
      return ok({ type: 'frame', codec, trackIndex, ...context, compositionTimeMs, data: body.rest() });
    }
    case VideoPacketType.sequenceEnd:
      return ok({ type: 'end', codec, trackIndex });
    case VideoPacketType.metadata:
      return ok({ type: 'metadata', codec, trackIndex, data: body.rest() });
    default:
      return ok(skipped('packet_type_unknown', `video packet type ${packetType}`, trackIndex));
  }
};

const parseEx = (reader: ByteReader, head: number): Result<FlvVideoPacket[], WireError> => {
  const frameType = (head >> 4) & 7;
  const modEx = readModEx(reader, head & 0x0f, VideoPacketType.modEx);
  if (!modEx.ok) return modEx;
  if (modEx.value.type === 'skipped') return ok([modEx.value]);
  const { packetType, nanoOffset } = modEx.value;
  // Metadata gives its frame type no meaning: OBS writes 0, FFmpeg 5.
  if (packetType !== VideoPacketType.metadata && frameType === FlvFrameType.command) {
    return ok([{ type: 'command', command: reader.u8() }]);
  }
  const tracks = readExTracks(reader, packetType, VideoPacketType.multitrack);
  if (!tracks.ok) return tracks;
  const packets: FlvVideoPacket[] = [];
  for (const track of tracks.value) {
    const packet = track.type === 'skipped' ? ok(track) : parseTrack(track, { key: isKey(frameType), nanoOffset });
    if (!packet.ok && tracks.value.length === 1) return packet;
    packets.push(packet.ok ? packet.value : skipped('track_truncated', packet.error.message));
  }
  return ok(packets);
};

/** Every packet of one video message, in its order. */
export const parseVideoTag = (body: Uint8Array): Result<FlvVideoPacket[], WireError> => {
  const reader = new ByteReader(body);
  const head = reader.u8();
  if (reader.overrun) return wireError('flv_video_empty', 'the video tag is empty', 0);
  return head & EX_HEADER ? parseEx(reader, head) : parseLegacy(reader, head);
};
