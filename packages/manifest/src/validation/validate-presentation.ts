// Rules across the media playlists of one presentation, all fetched at about the same time (rfc8216bis §4.4.3.8, §6.2.4).

import type { ParsedMediaPlaylist } from '../media-playlist.ts';
import { parseMediaPlaylist } from '../parse-media-playlist.ts';
import { must, type Violation, when } from './violation.ts';

type Dated = { readonly time: number; readonly discontinuities: number };

/** Each dated segment with its absolute discontinuity sequence number. */
const datedSegments = (playlist: ParsedMediaPlaylist): readonly Dated[] => {
  let discontinuities = playlist.discontinuitySequence;
  return playlist.segments.flatMap((segment) => {
    if (segment.discontinuity) discontinuities += 1;
    return segment.programDateTime === undefined ? [] : [{ time: segment.programDateTime, discontinuities }];
  });
};

/** Two segments that begin this close to each other, as a share of the target duration, cover the same stretch of the timeline. */
const SAME_SPAN_SHARE = 0.25;

const discontinuitiesAgree = (a: ParsedMediaPlaylist, b: ParsedMediaPlaylist): boolean => {
  const span = SAME_SPAN_SHARE * a.targetDuration * 1000;
  const others = datedSegments(b);
  return datedSegments(a).every((segment) => {
    const distance = (other: Dated): number => Math.abs(other.time - segment.time);
    const near = others.filter((other) => distance(other) < span);
    // The nearest: the last segment before a discontinuity may be a fraction of the span long.
    const closest = Math.min(...near.map(distance));
    const matches = near.filter((other) => distance(other) === closest);
    return matches.length === 0 || matches.some(({ discontinuities }) => discontinuities === segment.discontinuities);
  });
};

const isDated = (playlist: ParsedMediaPlaylist): boolean => playlist.segments.some((segment) => segment.programDateTime !== undefined);

const compare = (uri: string, first: ParsedMediaPlaylist, other: ParsedMediaPlaylist): readonly Violation[] => [
  ...when(first.targetDuration !== other.targetDuration, () => must('presentation_target_duration', `${uri}: another target duration`)),
  ...when(JSON.stringify(first.serverControl) !== JSON.stringify(other.serverControl), () =>
    must('presentation_server_control', `${uri}: another EXT-X-SERVER-CONTROL`),
  ),
  ...when(isDated(first) !== isDated(other), () => must('presentation_dates', `${uri}: EXT-X-PROGRAM-DATE-TIME in some playlists only`)),
  ...when(!discontinuitiesAgree(first, other), () => must('presentation_discontinuities', `${uri}: discontinuity numbers do not match`)),
];

/** @param texts media playlist texts by URI. */
export const validatePresentation = (texts: ReadonlyMap<string, string>): readonly Violation[] => {
  const playlists: [string, ParsedMediaPlaylist][] = [];
  for (const [uri, text] of texts) {
    const playlist = parseMediaPlaylist(text);
    if (!playlist.ok) return [must('parse', `${uri}: ${playlist.error.message}`, playlist.error.offset)];
    playlists.push([uri, playlist.value]);
  }
  const [first, ...others] = playlists;
  if (first === undefined) return [];
  const reports = playlists.flatMap(([uri, playlist]) =>
    when(playlist.partTarget !== undefined && playlist.renditionReports.length !== playlists.length - 1, () =>
      must('presentation_reports', `${uri} does not report every other rendition`),
    ),
  );
  return [...others.flatMap(([uri, playlist]) => compare(uri, first[1], playlist)), ...reports];
};
