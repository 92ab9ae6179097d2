// The delta update validator (rfc8216bis §6.2.5.1): a delta against the full playlist of the same update.

import { PRINT_EPSILON } from '../decimal.ts';
import { applyDeltaUpdate } from '../delta-update.ts';
import type { ParsedMediaPlaylist } from '../media-playlist.ts';
import { parseMediaPlaylist } from '../parse-media-playlist.ts';
import { must, type Violation, when } from './violation.ts';

const boundaryRule = (full: ParsedMediaPlaylist, skipped: number): readonly Violation[] => {
  const boundary = full.serverControl?.canSkipUntil ?? Number.POSITIVE_INFINITY;
  const afterSkipped = full.segments.slice(skipped).reduce((total, segment) => total + segment.duration, 0);
  return when(afterSkipped < boundary - PRINT_EPSILON, () =>
    must('skip_boundary', `a skipped segment ends ${afterSkipped} s before the end`),
  );
};

export const validateDeltaUpdate = (deltaText: string, fullText: string): readonly Violation[] => {
  const delta = parseMediaPlaylist(deltaText);
  const full = parseMediaPlaylist(fullText);
  if (!delta.ok) return [must('parse', delta.error.message, delta.error.offset)];
  if (!full.ok) return [must('parse', full.error.message, full.error.offset)];
  const skipped = delta.value.skippedSegments;
  if (skipped === undefined)
    return when(deltaText !== fullText, () => must('skip_fallback', 'a reply without EXT-X-SKIP is not the full playlist'));
  const { version: _version, skippedSegments: _skipped, ...expected } = full.value;
  const rebuilt = applyDeltaUpdate(full.value, delta.value);
  return [
    ...when(delta.value.mediaSequence !== full.value.mediaSequence, () => must('skip_media_sequence', 'EXT-X-MEDIA-SEQUENCE differs')),
    ...when(delta.value.discontinuitySequence !== full.value.discontinuitySequence, () =>
      must('skip_discontinuity_sequence', 'EXT-X-DISCONTINUITY-SEQUENCE differs'),
    ),
    ...when(skipped + delta.value.segments.length !== full.value.segments.length, () =>
      must('skip_count', 'skipped and listed segments do not add up to the full playlist'),
    ),
    ...boundaryRule(full.value, skipped),
    ...when(!rebuilt.ok || JSON.stringify(sorted(rebuilt.value)) !== JSON.stringify(sorted(expected)), () =>
      must('skip_rebuild', 'the delta update does not lead back to the full playlist'),
    ),
  ];
};

/** The same value with its keys in order, so that two models compare by their text. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
};
