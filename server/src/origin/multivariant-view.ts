// The renditions of a presentation as a multivariant playlist (rfc8216bis §4.4.6): one variant per video with the audio as a group,
// or the audio renditions as variants when there is no video.

import type { AudioRendition, MultivariantPlaylist, Variant } from '@headend/manifest';
import type { TrackSummary } from './track-summary.ts';

export type RenditionSummary = {
  readonly id: string;
  readonly track: TrackSummary;
  /** Bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
};

const AUDIO_GROUP = 'audio';

export const playlistUri = (id: string): string => `${id}/playlist.m3u8`;

const audioRenditions = (audio: readonly RenditionSummary[]): readonly AudioRendition[] =>
  audio.map(({ id, track }, index) => ({
    groupId: AUDIO_GROUP,
    name: index === 0 ? 'Audio' : `Audio ${index + 1}`,
    uri: playlistUri(id),
    isDefault: index === 0,
    autoselect: true,
    language: undefined,
    channels: track.channels,
  }));

const variantOf = (rendition: RenditionSummary, audio: readonly RenditionSummary[]): Variant => {
  const { id, track, bandwidth, averageBandwidth } = rendition;
  const codecs = new Set([track.codecs, ...audio.map((other) => other.track.codecs)]);
  const peak = (pick: (other: RenditionSummary) => number): number => Math.max(0, ...audio.map(pick));
  return {
    uri: playlistUri(id),
    bandwidth: Math.ceil(bandwidth + peak((other) => other.bandwidth)),
    averageBandwidth: Math.ceil(Math.min(averageBandwidth, bandwidth) + peak((other) => Math.min(other.averageBandwidth, other.bandwidth))),
    codecs: [...codecs].join(','),
    resolution: track.resolution,
    frameRate: track.frameRate,
    videoRange: track.videoRange,
    audio: audio.length > 0 ? AUDIO_GROUP : undefined,
    stableVariantId: id,
  };
};

export const multivariantOf = (renditions: readonly RenditionSummary[], independentSegments: boolean): MultivariantPlaylist => {
  const video = renditions.filter(({ track }) => track.kind === 'video');
  const audio = renditions.filter(({ track }) => track.kind === 'audio');
  if (video.length === 0) return { independentSegments, audio: [], variants: audio.map((rendition) => variantOf(rendition, [])) };
  return { independentSegments, audio: audioRenditions(audio), variants: video.map((rendition) => variantOf(rendition, audio)) };
};
