// The numbers of EXT-X-SERVER-CONTROL (rfc8216bis §4.4.3.8): one set for all playlists of a presentation, at the recommended multiples.

import { printableCeiling } from './decimal.ts';
import type { ServerControl } from './media-playlist.ts';

/** HOLD-BACK must be at least this many target durations. */
export const HOLD_BACK_TARGETS = 3;
/** PART-HOLD-BACK must be at least 2 part targets and should be 3, of the longest part target in the presentation. */
export const PART_HOLD_BACK_PARTS = 3;
export const MIN_PART_HOLD_BACK_PARTS = 2;
/** The skip boundary must be at least this many target durations. */
export const SKIP_BOUNDARY_TARGETS = 6;
/** EXT-X-PART tags leave the playlist when their segment is this many target durations from its end (§4.4.4.9). */
export const PART_LISTING_TARGETS = 3;

/** @param maxPartTarget PART-TARGET in seconds, the longest of all renditions; undefined without parts. */
export const serverControlFor = (targetDuration: number, maxPartTarget: number | undefined): ServerControl => ({
  canBlockReload: true,
  holdBack: HOLD_BACK_TARGETS * targetDuration,
  partHoldBack: maxPartTarget === undefined ? undefined : printableCeiling(PART_HOLD_BACK_PARTS * printableCeiling(maxPartTarget)),
  canSkipUntil: SKIP_BOUNDARY_TARGETS * targetDuration,
});
