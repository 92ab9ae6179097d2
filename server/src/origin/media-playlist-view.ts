// A rendition's timeline as a media playlist: which parts are listed, what is hinted, how the other renditions are reported.

import { type MediaPlaylist, type PlaylistEdge, printableCeiling, type RenditionReport, type ServerControl } from '@headend/manifest';
import type { HotSegment } from './hot-segment.ts';
import { playlistUri } from './multivariant-view.ts';
import type { RenditionTimeline } from './rendition-timeline.ts';

export const initName = (index: number): string => `init-${index}.mp4`;
export const segmentName = (msn: number): string => `${msn}.m4s`;
export const partName = (name: string): string => `${name}.m4s`;

export type PlaylistFacts = {
  readonly targetDuration: number;
  /** Seconds, as planned; printed rounded up. */
  readonly partTarget: number;
  readonly serverControl: ServerControl;
  readonly ended: boolean;
  readonly reports: readonly RenditionReport[];
};

const listedParts = (segment: HotSegment): MediaPlaylist['segments'][number]['parts'] =>
  segment.partsUnlistedAt !== undefined
    ? []
    : segment.parts.map(({ name, duration, independent, gap }) => ({ uri: partName(name), duration, independent, gap }));

const headOf = (segment: HotSegment) => ({
  discontinuity: segment.discontinuity,
  map: initName(segment.initIndex),
  programDateTime: segment.programDateTime,
});

const hintsOf = (timeline: RenditionTimeline): MediaPlaylist['preloadHints'] => {
  const open = timeline.open;
  const hints: MediaPlaylist['preloadHints'][number][] = [{ type: 'PART', uri: partName(timeline.nextPartName) }];
  const changesInit = open !== undefined && open.parts.length === 0 && open.initIndex !== timeline.segments.at(-1)?.initIndex;
  if (changesInit) hints.push({ type: 'MAP', uri: initName(open.initIndex) });
  return hints;
};

export const mediaPlaylistOf = (timeline: RenditionTimeline, facts: PlaylistFacts): MediaPlaylist => {
  const open = timeline.open;
  return {
    targetDuration: facts.targetDuration,
    partTarget: printableCeiling(facts.partTarget),
    serverControl: facts.serverControl,
    mediaSequence: timeline.mediaSequence,
    discontinuitySequence: timeline.discontinuitySequence,
    segments: timeline.segments.map((segment) => ({
      ...headOf(segment),
      uri: segmentName(segment.msn),
      duration: segment.duration,
      gap: segment.gap,
      parts: listedParts(segment),
    })),
    open: open === undefined || open.parts.length === 0 || facts.ended ? undefined : { ...headOf(open), parts: listedParts(open) },
    preloadHints: facts.ended ? [] : hintsOf(timeline),
    renditionReports: facts.reports,
    ended: facts.ended,
  };
};

/** What the other playlists say about this one: its newest segment or part. Undefined before it has any. */
const reportOf = (timeline: RenditionTimeline, uri: string): RenditionReport | undefined => {
  const open = timeline.open;
  if (open !== undefined && open.parts.length > 0) return { uri, lastMsn: open.msn, lastPart: open.parts.length - 1 };
  const last = timeline.segments.at(-1);
  return last === undefined ? undefined : { uri, lastMsn: last.msn, lastPart: Math.max(0, last.parts.length - 1) };
};

export const reportsOf = (others: readonly { readonly id: string; readonly timeline: RenditionTimeline }[]): readonly RenditionReport[] =>
  others.map(({ id, timeline }) => reportOf(timeline, `../${playlistUri(id)}`)).filter((report) => report !== undefined);

export const edgeOf = (
  timeline: RenditionTimeline,
  facts: Pick<PlaylistFacts, 'targetDuration' | 'partTarget' | 'ended'>,
): PlaylistEdge => ({
  lastMsn: timeline.lastMsn,
  lastSegmentParts: timeline.segments.at(-1)?.parts.length ?? 0,
  openParts: timeline.open?.parts.length ?? 0,
  ended: facts.ended,
  partTarget: facts.partTarget,
  targetDuration: facts.targetDuration,
});
