// Writes video and audio message bodies for our RTMP publisher, in the layout that OBS and FFmpeg write and read: H.264, AAC and
// MP3 of track 0 in their legacy form, everything else with an Ex header, tracks above 0 as multitrack OneTrack.
// Leaves out ManyTracks bodies (nobody emits them) and, of video commands, everything.

import { invariant } from '@headend/core';
import type { FlvAudioConfig, FlvAudioEnd, FlvAudioFrame, FlvMultichannel, FlvSilence } from './audio-tag.ts';
import {
  AacPacketType,
  AudioPacketType,
  AvcPacketType,
  audioFourccs,
  FlvFrameType,
  fourccCode,
  hasCompositionTime,
  LEGACY_CODEC_AVC,
  MOD_EX_TIMESTAMP_NANO_OFFSET,
  MultitrackType,
  SoundFormat,
  VideoPacketType,
  videoFourccs,
} from './flv-codecs.ts';
import type { FlvVideoConfig, FlvVideoEnd, FlvVideoFrame, FlvVideoMetadata } from './video-tag.ts';

export type FlvVideoOutput = FlvVideoConfig | FlvVideoFrame | FlvVideoEnd | FlvVideoMetadata;
export type FlvAudioOutput = FlvAudioConfig | FlvAudioFrame | FlvAudioEnd | FlvMultichannel | FlvSilence;

/** AAC, 44 kHz, 16 bit, stereo: fixed by FLV whatever the stream is. */
const AAC_HEADER = (SoundFormat.aac << 4) | 0x0f;
/** MP3, 44 kHz, 16 bit, stereo: decoders read the frame header instead. */
const MP3_HEADER = (SoundFormat.mp3 << 4) | 0x0f;
const MAX_COMPOSITION_TIME = 2 ** 23 - 1;
const MAX_TRACK_INDEX = 255;

const EMPTY = new Uint8Array(0);

/** Header bytes and payload in one array of exactly their size. */
const message = (header: readonly number[], payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(payload, header.length);
  return bytes;
};

const u24 = (value: number): readonly number[] => [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
const u32 = (value: number): readonly number[] => [value >>> 24, ...u24(value)];

const compositionBytes = (milliseconds: number): readonly number[] => {
  invariant(Math.abs(milliseconds) <= MAX_COMPOSITION_TIME, 'composition time exceeds 24 bits');
  return u24(milliseconds);
};

type ExLayout = {
  /** High bits of the first byte. */
  readonly lead: number;
  readonly packetType: number;
  readonly multitrack: number;
  readonly modEx: number;
  readonly fourcc: string;
  readonly trackIndex: number;
  readonly nanoOffset: number;
};

/** First byte, ModEx, multitrack byte, FourCC and track index: everything before a track's own body. */
const exHeader = (layout: ExLayout): readonly number[] => {
  const { lead, packetType, multitrack, modEx, trackIndex, nanoOffset } = layout;
  invariant(trackIndex >= 0 && trackIndex <= MAX_TRACK_INDEX, 'track index is a byte');
  const single = trackIndex === 0;
  const outer = single ? packetType : multitrack;
  const head = nanoOffset === 0 ? [lead | outer] : [lead | modEx, 2, ...u24(nanoOffset), (MOD_EX_TIMESTAMP_NANO_OFFSET << 4) | outer];
  const code = u32(fourccCode(layout.fourcc));
  return single ? [...head, ...code] : [...head, (MultitrackType.oneTrack << 4) | packetType, ...code, trackIndex];
};

const videoFrameType = (packet: FlvVideoOutput): number => {
  if (packet.type === 'frame') return packet.key ? FlvFrameType.key : FlvFrameType.inter;
  // FFmpeg parses colorInfo only under frame type 5; behind a multitrack header 5 would read as a command.
  if (packet.type === 'metadata') return packet.trackIndex === 0 ? FlvFrameType.command : FlvFrameType.none;
  return FlvFrameType.key;
};

const legacyVideo = (packet: Exclude<FlvVideoOutput, FlvVideoMetadata>): Uint8Array => {
  const head = (videoFrameType(packet) << 4) | LEGACY_CODEC_AVC;
  if (packet.type === 'config') return message([head, AvcPacketType.sequenceHeader, 0, 0, 0], packet.config);
  if (packet.type === 'end') return message([head, AvcPacketType.endOfSequence, 0, 0, 0], EMPTY);
  return message([head, AvcPacketType.nalus, ...compositionBytes(packet.compositionTimeMs)], packet.data);
};

const videoPacketType = (packet: FlvVideoOutput): number => {
  if (packet.type === 'config') return VideoPacketType.sequenceStart;
  if (packet.type === 'end') return VideoPacketType.sequenceEnd;
  if (packet.type === 'metadata') return VideoPacketType.metadata;
  const withoutTime = hasCompositionTime(packet.codec) && packet.compositionTimeMs === 0;
  return withoutTime ? VideoPacketType.codedFramesX : VideoPacketType.codedFrames;
};

const isLegacyVideo = (packet: Exclude<FlvVideoOutput, FlvVideoMetadata>): boolean =>
  packet.codec === 'h264' && packet.trackIndex === 0 && !(packet.type === 'frame' && packet.nanoOffset !== 0);

/** One video message body. */
export const writeVideoTag = (packet: FlvVideoOutput): Uint8Array => {
  if (packet.type !== 'metadata' && isLegacyVideo(packet)) return legacyVideo(packet);
  const packetType = videoPacketType(packet);
  const header = exHeader({
    lead: 0x80 | (videoFrameType(packet) << 4),
    packetType,
    multitrack: VideoPacketType.multitrack,
    modEx: VideoPacketType.modEx,
    fourcc: videoFourccs[packet.codec],
    trackIndex: packet.trackIndex,
    nanoOffset: packet.type === 'frame' ? packet.nanoOffset : 0,
  });
  if (packet.type === 'config') return message(header, packet.config);
  if (packet.type === 'end') return message(header, EMPTY);
  if (packet.type === 'metadata') return message(header, packet.data);
  const timed = packetType === VideoPacketType.codedFrames && hasCompositionTime(packet.codec);
  invariant(timed || packet.compositionTimeMs === 0, 'this codec has no composition time in E-RTMP');
  return message(timed ? [...header, ...compositionBytes(packet.compositionTimeMs)] : header, packet.data);
};

type TrackedAudio = Exclude<FlvAudioOutput, FlvSilence>;

const legacyAudio = (packet: TrackedAudio): Uint8Array | undefined => {
  if (packet.trackIndex !== 0 || (packet.type === 'frame' && packet.nanoOffset !== 0)) return undefined;
  if (packet.codec === 'mp3' && packet.type === 'frame') return message([MP3_HEADER], packet.data);
  if (packet.codec !== 'aac') return undefined;
  if (packet.type === 'config') return message([AAC_HEADER, AacPacketType.sequenceHeader], packet.config);
  return packet.type === 'frame' ? message([AAC_HEADER, AacPacketType.raw], packet.data) : undefined;
};

const audioPacketTypes = {
  config: AudioPacketType.sequenceStart,
  frame: AudioPacketType.codedFrames,
  end: AudioPacketType.sequenceEnd,
  multichannel: AudioPacketType.multichannelConfig,
} as const;

const multichannelBody = (packet: FlvMultichannel): readonly number[] => {
  if (packet.order === 'native') return [1, packet.channels, ...u32(packet.mask ?? 0)];
  if (packet.order === 'unspecified') return [0, packet.channels];
  const mapping = packet.mapping ?? EMPTY;
  invariant(mapping.length === packet.channels, 'a custom channel order names each channel');
  return [2, packet.channels, ...mapping];
};

/** One audio message body. */
export const writeAudioTag = (packet: FlvAudioOutput): Uint8Array => {
  if (packet.type === 'silence') return EMPTY;
  const legacy = legacyAudio(packet);
  if (legacy !== undefined) return legacy;
  const header = exHeader({
    lead: SoundFormat.exHeader << 4,
    packetType: audioPacketTypes[packet.type],
    multitrack: AudioPacketType.multitrack,
    modEx: AudioPacketType.modEx,
    fourcc: audioFourccs[packet.codec],
    trackIndex: packet.trackIndex,
    nanoOffset: packet.type === 'frame' ? packet.nanoOffset : 0,
  });
  if (packet.type === 'config') return message(header, packet.config);
  if (packet.type === 'frame') return message(header, packet.data);
  return message(packet.type === 'multichannel' ? [...header, ...multichannelBody(packet)] : header, EMPTY);
};
