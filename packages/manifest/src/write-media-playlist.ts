// Media playlist to text (rfc8216bis §4.4.3–4.4.5). Order inside a segment: discontinuity, map and date before its FIRST part, then the
// parts, then EXTINF and URI. The version is the lowest the features need (6 with EXT-X-MAP, 8 with EXT-X-GAP, 9 with EXT-X-SKIP).

import { formatSeconds } from './decimal.ts';
import { skippableSegments } from './delta-update.ts';
import type { MediaPlaylist, Part, Segment, SegmentHead, ServerControl } from './media-playlist.ts';

export type WriteMediaPlaylistOptions = {
  /** Replace the segments beyond the skip boundary by EXT-X-SKIP. Without such segments the full playlist is written. */
  readonly skip?: boolean;
};

const VERSION_FLOAT_EXTINF = 3;
const VERSION_MAP = 6;
/** The current draft names no floor for EXT-X-GAP; it came with version 8, and older parsers insist on that. */
const VERSION_GAP = 8;
const VERSION_SKIP = 9;

const versionOf = (playlist: MediaPlaylist, skipped: number): number => {
  if (skipped > 0) return VERSION_SKIP;
  if (playlist.segments.some((segment) => segment.gap)) return VERSION_GAP;
  const heads: readonly SegmentHead[] = playlist.open === undefined ? playlist.segments : [...playlist.segments, playlist.open];
  return heads.some((head) => head.map !== undefined) ? VERSION_MAP : VERSION_FLOAT_EXTINF;
};

const serverControlLine = (control: ServerControl): string => {
  const attributes: string[] = [];
  if (control.canBlockReload) attributes.push('CAN-BLOCK-RELOAD=YES');
  if (control.partHoldBack !== undefined) attributes.push(`PART-HOLD-BACK=${formatSeconds(control.partHoldBack)}`);
  if (control.holdBack !== undefined) attributes.push(`HOLD-BACK=${formatSeconds(control.holdBack)}`);
  if (control.canSkipUntil !== undefined) attributes.push(`CAN-SKIP-UNTIL=${formatSeconds(control.canSkipUntil)}`);
  return `#EXT-X-SERVER-CONTROL:${attributes.join(',')}`;
};

const partLine = (part: Part): string =>
  `#EXT-X-PART:DURATION=${formatSeconds(part.duration)},URI="${part.uri}"${part.independent ? ',INDEPENDENT=YES' : ''}${part.gap ? ',GAP=YES' : ''}`;

const pushHead = (lines: string[], head: SegmentHead, previousMap: string | undefined): void => {
  if (head.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (head.map !== undefined && head.map !== previousMap) lines.push(`#EXT-X-MAP:URI="${head.map}"`);
  if (head.programDateTime !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(head.programDateTime).toISOString()}`);
};

const pushSegment = (lines: string[], segment: Segment, previousMap: string | undefined): void => {
  pushHead(lines, segment, previousMap);
  for (const part of segment.parts) lines.push(partLine(part));
  if (segment.gap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${formatSeconds(segment.duration)},`, segment.uri);
};

const pushPreamble = (lines: string[], playlist: MediaPlaylist, skipped: number): void => {
  lines.push('#EXTM3U', `#EXT-X-VERSION:${versionOf(playlist, skipped)}`, `#EXT-X-TARGETDURATION:${playlist.targetDuration}`);
  if (playlist.serverControl !== undefined) lines.push(serverControlLine(playlist.serverControl));
  if (playlist.partTarget !== undefined) lines.push(`#EXT-X-PART-INF:PART-TARGET=${formatSeconds(playlist.partTarget)}`);
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`);
  if (playlist.discontinuitySequence > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`);
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
};

const pushTail = (lines: string[], playlist: MediaPlaylist): void => {
  for (const hint of playlist.preloadHints) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=${hint.type},URI="${hint.uri}"`);
  for (const report of playlist.renditionReports) {
    const lastPart = report.lastPart === undefined ? '' : `,LAST-PART=${report.lastPart}`;
    lines.push(`#EXT-X-RENDITION-REPORT:URI="${report.uri}",LAST-MSN=${report.lastMsn}${lastPart}`);
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST');
};

export const writeMediaPlaylist = (playlist: MediaPlaylist, options: WriteMediaPlaylistOptions = {}): string => {
  const skipped = options.skip === true ? skippableSegments(playlist) : 0;
  const lines: string[] = [];
  pushPreamble(lines, playlist, skipped);
  let map = skipped > 0 ? playlist.segments[skipped - 1]?.map : undefined;
  for (const segment of playlist.segments.slice(skipped)) {
    pushSegment(lines, segment, map);
    map = segment.map;
  }
  if (playlist.open !== undefined) {
    pushHead(lines, playlist.open, map);
    for (const part of playlist.open.parts) lines.push(partLine(part));
  }
  pushTail(lines, playlist);
  return `${lines.join('\n')}\n`;
};
