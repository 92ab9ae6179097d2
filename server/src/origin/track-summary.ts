// What the multivariant playlist says about a track, and nothing else: small enough for the journal, so a restart needs no codec bytes.

import type { Track, VideoTrack } from '@headend/media';

export type TrackSummary = {
  readonly kind: 'video' | 'audio';
  /** RFC 6381 codecs parameter. */
  readonly codecs: string;
  readonly timescale: number;
  readonly resolution?: { readonly width: number; readonly height: number };
  readonly frameRate?: number;
  readonly videoRange?: 'HLG' | 'PQ';
  readonly channels?: number;
};

/** ISO/IEC 23091-2 transfer characteristics. */
const TRANSFER_PQ = 16;
const TRANSFER_HLG = 18;

const videoRangeOf = (track: VideoTrack): 'HLG' | 'PQ' | undefined => {
  if (track.colour?.transfer === TRANSFER_PQ) return 'PQ';
  return track.colour?.transfer === TRANSFER_HLG ? 'HLG' : undefined;
};

/** RESOLUTION is what a player should show: coded width times the sample aspect ratio. */
const resolutionOf = ({ width, height, pixelAspect }: VideoTrack): { width: number; height: number } =>
  pixelAspect === undefined || pixelAspect.v === 0
    ? { width, height }
    : { width: Math.max(1, Math.round((width * pixelAspect.h) / pixelAspect.v)), height };

export const summarise = (track: Track): TrackSummary => {
  const base = { kind: track.kind, codecs: track.codecString, timescale: track.timescale };
  if (track.kind === 'audio') return { ...base, channels: track.channels };
  const videoRange = videoRangeOf(track);
  return {
    ...base,
    resolution: resolutionOf(track),
    ...(track.frameRate === undefined || track.frameRate <= 0 ? {} : { frameRate: track.frameRate }),
    ...(videoRange === undefined ? {} : { videoRange }),
  };
};
