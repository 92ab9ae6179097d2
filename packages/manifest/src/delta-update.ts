// Playlist delta updates (rfc8216bis §6.2.5.1): which segments EXT-X-SKIP may replace, and how a client puts the playlist together again.
// Durations are counted from the END of the playlist: counting from its start would skip segments a client still needs.

import { err, ok, type Result } from '@headend/core';
import { PRINT_EPSILON } from './decimal.ts';
import type { MediaPlaylist, ParsedMediaPlaylist } from './media-playlist.ts';

/** How many of the oldest segments lie wholly beyond the skip boundary. 0 when skipping is not on offer or the playlist has ended. */
export const skippableSegments = (playlist: MediaPlaylist): number => {
  const boundary = playlist.serverControl?.canSkipUntil;
  if (boundary === undefined || playlist.ended) return 0;
  let afterSegment = 0;
  for (let index = playlist.segments.length - 1; index >= 0; index--) {
    if (afterSegment > boundary + PRINT_EPSILON) return index + 1;
    afterSegment += playlist.segments[index]?.duration ?? 0;
  }
  return 0;
};

/** The full playlist behind a delta update, or why the client's copy does not suffice. */
export const applyDeltaUpdate = (previous: MediaPlaylist, delta: ParsedMediaPlaylist): Result<MediaPlaylist, string> => {
  const { version: _version, skippedSegments, ...playlist } = delta;
  if (skippedSegments === undefined) return ok(playlist);
  const offset = delta.mediaSequence - previous.mediaSequence;
  if (offset < 0) return err('the delta update is older than the client copy');
  const kept = previous.segments.slice(offset, offset + skippedSegments);
  if (kept.length < skippedSegments) return err('the client copy lacks skipped segments');
  // A skipped segment is older than every listed part, so the parts a client still holds for it are gone by now.
  const skipped = kept.map((segment) => (segment.parts.length === 0 ? segment : { ...segment, parts: [] }));
  const lastMap = skipped.at(-1)?.map;
  let map = lastMap;
  const segments = delta.segments.map((segment) => {
    map = segment.map ?? map;
    return segment.map === map ? segment : { ...segment, map };
  });
  const open = delta.open === undefined ? undefined : { ...delta.open, map: delta.open.map ?? map };
  return ok({ ...playlist, segments: [...skipped, ...segments], open });
};
