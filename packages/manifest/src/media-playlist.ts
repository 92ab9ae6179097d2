// The media playlist as data (draft-pantos-hls-rfc8216bis §4.4.3–4.4.5): what the writer prints and the parser returns.
// Only what a CMAF presentation in the clear needs: no keys, byte ranges, date ranges or I-frame playlists.

import type { WallMs } from '@headend/core';

export type Part = {
  readonly uri: string;
  /** Seconds. Printed with five decimals. */
  readonly duration: number;
  readonly independent: boolean;
  /** GAP=YES: the URI is listed, but no media exists for this span. */
  readonly gap: boolean;
};

/** What stands before the first part of a segment, whether or not the segment is complete. */
export type SegmentHead = {
  readonly discontinuity: boolean;
  /** URI of the init segment that the media needs. */
  readonly map: string | undefined;
  readonly programDateTime: WallMs | undefined;
};

export type Segment = SegmentHead & {
  readonly uri: string;
  /** Seconds. Printed with five decimals. */
  readonly duration: number;
  readonly gap: boolean;
  /** Empty once the parts are older than three target durations. */
  readonly parts: readonly Part[];
};

/** The segment at the live edge: it has parts but no EXTINF yet. Its MSN is the one after the last complete segment. */
export type OpenSegment = SegmentHead & { readonly parts: readonly Part[] };

export type ServerControl = {
  readonly canBlockReload: boolean;
  /** All in seconds. */
  readonly holdBack: number | undefined;
  readonly partHoldBack: number | undefined;
  readonly canSkipUntil: number | undefined;
};

export type PreloadHint = { readonly type: 'PART' | 'MAP'; readonly uri: string };

export type RenditionReport = {
  readonly uri: string;
  readonly lastMsn: number;
  readonly lastPart: number | undefined;
};

export type MediaPlaylist = {
  /** EXT-X-TARGETDURATION, whole seconds. */
  readonly targetDuration: number;
  /** EXT-X-PART-INF:PART-TARGET in seconds. */
  readonly partTarget: number | undefined;
  readonly serverControl: ServerControl | undefined;
  /** MSN of the first segment of the full playlist, also in a delta update. */
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly Segment[];
  readonly open: OpenSegment | undefined;
  readonly preloadHints: readonly PreloadHint[];
  readonly renditionReports: readonly RenditionReport[];
  readonly ended: boolean;
};

/** What a text says beyond the model: its version and, for a delta update, how many segments it leaves out. */
export type ParsedMediaPlaylist = MediaPlaylist & {
  readonly version: number;
  /** EXT-X-SKIP:SKIPPED-SEGMENTS; undefined for a full playlist. `segments` then starts at mediaSequence + skipped. */
  readonly skippedSegments: number | undefined;
};

/** MSN of the last complete segment; mediaSequence − 1 when there is none. */
export const lastMsn = (playlist: MediaPlaylist & { readonly skippedSegments?: number | undefined }): number =>
  playlist.mediaSequence + (playlist.skippedSegments ?? 0) + playlist.segments.length - 1;
