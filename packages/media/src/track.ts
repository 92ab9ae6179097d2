// Track and Frame: the one language in which protocols, packager and players' feeds meet (docs: ARCHITECTURE, "life of one frame").

import type { Ticks, Timescale, WallMs } from '@headend/core';

export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8';
export type AudioCodec = 'aac' | 'opus' | 'flac' | 'ac3' | 'eac3' | 'mp3';
export type Codec = VideoCodec | AudioCodec;

/** Unique within a Source for its lifetime; a track whose configuration changes keeps its id. */
export type TrackId = number;

type TrackBase = {
  readonly id: TrackId;
  readonly timescale: Timescale;
  /**
   * Codec configuration as ISO BMFF stores it: the payload of avcC, hvcC, av1C, vpcC, dOps, dfLa, dac3, dec3 (without box header);
   * where vpcC and dfLa begin with their FullBox version and flags; for AAC the AudioSpecificConfig. Empty for MP3.
   * avcC and hvcC announce 4-byte NAL unit lengths, as `Frame.data` has them.
   */
  readonly config: Uint8Array;
  /** RFC 6381 codecs parameter, for example `avc1.64001F` or `mp4a.40.2`. */
  readonly codecString: string;
};

export type VideoTrack = TrackBase & {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** Display size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Sample aspect ratio when it is not square. */
  readonly pixelAspect?: { readonly h: number; readonly v: number };
  /** Frames per second as announced by the bitstream or the encoder; a hint, never trusted for timing. */
  readonly frameRate?: number;
  readonly colour?: ColourDescription;
};

/** ISO/IEC 23091-2 code points. */
export type ColourDescription = {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
};

export type AudioTrack = TrackBase & {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per coded frame when the codec fixes it (AAC-LC 1024), else absent. */
  readonly frameSamples?: number;
};

export type Track = VideoTrack | AudioTrack;

/**
 * One coded picture or audio frame.
 * Data: H.264/HEVC NAL units each behind a 4-byte length, without parameter sets and access unit delimiters; AV1 one temporal
 * unit without temporal delimiter, every OBU with a size field; audio the raw frame (no ADTS).
 */
export type Frame = {
  readonly trackId: TrackId;
  /** Decode and presentation time in the track's timescale; dts strictly increases within a track. */
  readonly dts: Ticks;
  readonly pts: Ticks;
  /** When it was captured if the protocol tells, otherwise when it arrived. */
  readonly wallclock: WallMs;
  /** A decoder can start here (IDR, CRA, recovery point, AV1 key frame; every audio frame). */
  readonly key: boolean;
  readonly data: Uint8Array;
};
