// Code points of FLV (Adobe FLV 10.1 annex E) and Enhanced RTMP v2: codec ids, FourCCs, frame and packet types.

import type { AudioCodec, VideoCodec } from '../../track.ts';

/** Low nibble of a legacy video tag. 12 and 13 are not in the specification: Chinese encoders and CDNs use them with AVC's layout. */
export const legacyVideoCodecs: ReadonlyMap<number, VideoCodec> = new Map<number, VideoCodec>([
  [7, 'h264'],
  [12, 'hevc'],
  [13, 'av1'],
]);
export const LEGACY_CODEC_AVC = 7;

export const FlvFrameType = { none: 0, key: 1, inter: 2, disposable: 3, generatedKey: 4, command: 5 } as const;

export const AvcPacketType = { sequenceHeader: 0, nalus: 1, endOfSequence: 2 } as const;
export const AacPacketType = { sequenceHeader: 0, raw: 1 } as const;

export const VideoPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  /** As codedFrames with a composition time of 0, which is left out. */
  codedFramesX: 3,
  metadata: 4,
  mpeg2TsSequenceStart: 5,
  multitrack: 6,
  modEx: 7,
} as const;

export const AudioPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  multichannelConfig: 4,
  multitrack: 5,
  modEx: 7,
} as const;

export const MultitrackType = { oneTrack: 0, manyTracks: 1, manyTracksManyCodecs: 2 } as const;

export const MOD_EX_TIMESTAMP_NANO_OFFSET = 0;

/** High nibble of an audio tag. */
export const SoundFormat = { mp3: 2, exHeader: 9, aac: 10, mp3At8kHz: 14 } as const;

export const fourccCode = (name: string): number =>
  ((name.charCodeAt(0) << 24) | (name.charCodeAt(1) << 16) | (name.charCodeAt(2) << 8) | name.charCodeAt(3)) >>> 0;

export const videoFourccs = { h264: 'avc1', hevc: 'hvc1', av1: 'av01', vp9: 'vp09', vp8: 'vp08' } as const satisfies Record<
  VideoCodec,
  string
>;
export const audioFourccs = { aac: 'mp4a', mp3: '.mp3', opus: 'Opus', flac: 'fLaC', ac3: 'ac-3', eac3: 'ec-3' } as const satisfies Record<
  AudioCodec,
  string
>;

export const videoCodecsByFourcc: ReadonlyMap<number, VideoCodec> = new Map<number, VideoCodec>([
  [fourccCode('avc1'), 'h264'],
  [fourccCode('hvc1'), 'hevc'],
  [fourccCode('av01'), 'av1'],
  [fourccCode('vp09'), 'vp9'],
  [fourccCode('vp08'), 'vp8'],
]);

export const audioCodecsByFourcc: ReadonlyMap<number, AudioCodec> = new Map<number, AudioCodec>([
  [fourccCode('mp4a'), 'aac'],
  [fourccCode('.mp3'), 'mp3'],
  [fourccCode('Opus'), 'opus'],
  [fourccCode('fLaC'), 'flac'],
  [fourccCode('ac-3'), 'ac3'],
  [fourccCode('ec-3'), 'eac3'],
]);

/** The codecs whose CodedFrames begin with a composition time (E-RTMP v2, ExVideoTagBody): those with B-frames and NAL units. */
export const hasCompositionTime = (codec: VideoCodec): boolean => codec === 'h264' || codec === 'hevc';

/** For messages to people: the four characters, or hexadecimal when they are not printable. */
export const fourccText = (code: number): string => {
  const text = String.fromCharCode(code >>> 24, (code >> 16) & 0xff, (code >> 8) & 0xff, code & 0xff);
  return /^[\x20-\x7e]{4}$/.test(text) ? text : `0x${code.toString(16).padStart(8, '0')}`;
};
