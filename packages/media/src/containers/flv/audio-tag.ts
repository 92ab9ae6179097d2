// Reads the body of an FLV audio tag or RTMP audio message: AAC and MP3 (FLV 10.1 annex E.4.2) and the Ex header of Enhanced
// RTMP v2 with every track it holds. An empty body is silence, not an error. Payloads are views of the body.
// Leaves out PCM, G.711, Nellymoser and Speex: they come back as `skipped`.

import { ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { AudioCodec } from '../../track.ts';
import { type ExTrack, type FlvSkipped, readExTracks, readModEx, skipped } from './ex-header.ts';
import { AacPacketType, AudioPacketType, audioCodecsByFourcc, fourccText, SoundFormat } from './flv-codecs.ts';

type AudioTrackRef = { readonly codec: AudioCodec; readonly trackIndex: number };

/** AudioSpecificConfig, OpusHead or "fLaC" + STREAMINFO, as the tag carries it. */
export type FlvAudioConfig = AudioTrackRef & { readonly type: 'config'; readonly config: Uint8Array };
export type FlvAudioFrame = AudioTrackRef & {
  readonly type: 'frame';
  /** Added to the message's timestamp, 0 to 999 999. */
  readonly nanoOffset: number;
  readonly data: Uint8Array;
};
export type FlvAudioEnd = AudioTrackRef & { readonly type: 'end' };
export type FlvMultichannel = AudioTrackRef & {
  readonly type: 'multichannel';
  readonly order: 'unspecified' | 'native' | 'custom';
  readonly channels: number;
  /** Native order: one bit a speaker. */
  readonly mask?: number;
  /** Custom order: a speaker for each channel (0xFE unused, 0xFF unknown). */
  readonly mapping?: Uint8Array;
};
/** An empty message: the publisher is there and has nothing to say. */
export type FlvSilence = { readonly type: 'silence'; readonly trackIndex: number };

export type FlvAudioPacket = FlvAudioConfig | FlvAudioFrame | FlvAudioEnd | FlvMultichannel | FlvSilence | FlvSkipped;

const CHANNEL_ORDERS = ['unspecified', 'native', 'custom'] as const;

const parseLegacy = (reader: ByteReader, head: number): Result<FlvAudioPacket[], WireError> => {
  const format = head >> 4;
  if (format === SoundFormat.mp3 || format === SoundFormat.mp3At8kHz) {
    return ok([{ type: 'frame', codec: 'mp3', trackIndex: 0, nanoOffset: 0, data: reader.rest() }]);
  }
  if (format !== SoundFormat.aac) return ok([skipped('codec_unsupported', `sound format ${format}`, 0)]);
  const packetType = reader.u8();
  if (reader.overrun) return wireError('flv_truncated', 'the AAC tag has no packet type', reader.offset);
  const data = reader.rest();
  if (packetType === AacPacketType.sequenceHeader) return ok([{ type: 'config', codec: 'aac', trackIndex: 0, config: data }]);
  if (packetType !== AacPacketType.raw) return ok([skipped('packet_type_unknown', `AAC packet type ${packetType}`, 0)]);
  return ok([{ type: 'frame', codec: 'aac', trackIndex: 0, nanoOffset: 0, data }]);
};

const parseMultichannel = (body: ByteReader, track: AudioTrackRef): Result<FlvAudioPacket, WireError> => {
  const orderCode = body.u8();
  const channels = body.u8();
  const order = CHANNEL_ORDERS[orderCode];
  if (order === undefined) return ok(skipped('packet_type_unknown', `audio channel order ${orderCode}`, track.trackIndex));
  const base = { type: 'multichannel', ...track, order, channels } as const;
  const packet: FlvMultichannel =
    order === 'native' ? { ...base, mask: body.u32() } : order === 'custom' ? { ...base, mapping: body.bytes(channels) } : base;
  return body.overrun ? wireError('flv_truncated', 'the multichannel configuration is cut', body.offset) : ok(packet);
};

const parseTrack = (track: ExTrack, nanoOffset: number): Result<FlvAudioPacket, WireError> => {
  const { trackIndex, packetType, body } = track;
  const codec = audioCodecsByFourcc.get(track.fourcc);
  if (codec === undefined) return ok(skipped('codec_unsupported', `audio FourCC ${fourccText(track.fourcc)}`, trackIndex));
  switch (packetType) {
    case AudioPacketType.sequenceStart:
      return ok({ type: 'config', codec, trackIndex, config: body.rest() });
    case AudioPacketType.codedFrames:
      return ok({ type: 'frame', codec, trackIndex, nanoOffset, data: body.rest() });
    case AudioPacketType.sequenceEnd:
      return ok({ type: 'end', codec, trackIndex });
    case AudioPacketType.multichannelConfig:
      return parseMultichannel(body, { codec, trackIndex });
    default:
      return ok(skipped('packet_type_unknown', `audio packet type ${packetType}`, trackIndex));
  }
};

const parseEx = (reader: ByteReader, head: number): Result<FlvAudioPacket[], WireError> => {
  const modEx = readModEx(reader, head & 0x0f, AudioPacketType.modEx);
  if (!modEx.ok) return modEx;
  if (modEx.value.type === 'skipped') return ok([modEx.value]);
  const { packetType, nanoOffset } = modEx.value;
  const tracks = readExTracks(reader, packetType, AudioPacketType.multitrack);
  if (!tracks.ok) return tracks;
  const packets: FlvAudioPacket[] = [];
  for (const track of tracks.value) {
    const packet = track.type === 'skipped' ? ok(track) : parseTrack(track, nanoOffset);
    if (!packet.ok && tracks.value.length === 1) return packet;
    packets.push(packet.ok ? packet.value : skipped('track_truncated', packet.error.message));
  }
  return ok(packets);
};

/** Every packet of one audio message, in its order. */
export const parseAudioTag = (body: Uint8Array): Result<FlvAudioPacket[], WireError> => {
  const reader = new ByteReader(body);
  const head = reader.u8();
  if (reader.overrun) return ok([{ type: 'silence', trackIndex: 0 }]);
  return head >> 4 === SoundFormat.exHeader ? parseEx(reader, head) : parseLegacy(reader, head);
};
