// Rules between two successive fetches of one media playlist (rfc8216bis §6.2.1, §6.2.2): what may be edited, and what never changes.
// Either text may be a delta update; segments that a text skips are not compared.

import { PRINT_EPSILON } from '../decimal.ts';
import { lastMsn, type ParsedMediaPlaylist, type Part, type Segment, type SegmentHead } from '../media-playlist.ts';
import { must, should, type Violation, when } from './violation.ts';

const MIN_LIVE_TARGETS = 3;

const firstListedMsn = (playlist: ParsedMediaPlaylist): number => playlist.mediaSequence + (playlist.skippedSegments ?? 0);

const segmentAt = (playlist: ParsedMediaPlaylist, msn: number): Segment | undefined => playlist.segments[msn - firstListedMsn(playlist)];

const constantRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => [
  ...when(previous.targetDuration !== current.targetDuration, () => must('target_duration_constant', 'EXT-X-TARGETDURATION changed')),
  ...when(previous.partTarget !== current.partTarget, () => must('part_target_constant', 'PART-TARGET changed')),
  ...when(JSON.stringify(previous.serverControl) !== JSON.stringify(current.serverControl), () =>
    must('server_control_constant', 'EXT-X-SERVER-CONTROL changed'),
  ),
];

const counterRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  const removed = current.mediaSequence - previous.mediaSequence;
  const edge = lastMsn(current) - lastMsn(previous);
  const openParts = (current.open?.parts.length ?? 0) - (previous.open?.parts.length ?? 0);
  const violations = [
    ...when(removed < 0, () => must('media_sequence_falls', 'EXT-X-MEDIA-SEQUENCE went down')),
    ...when(edge < 0 || (edge === 0 && openParts < 0 && !current.ended), () => must('edge_falls', 'the playlist lost its newest media')),
    ...when(current.discontinuitySequence < previous.discontinuitySequence, () =>
      must('discontinuity_sequence_falls', 'EXT-X-DISCONTINUITY-SEQUENCE went down'),
    ),
  ];
  if (removed < 0 || previous.skippedSegments !== undefined || removed > previous.segments.length) return violations;
  const discontinuities = previous.segments.slice(0, removed).filter((segment) => segment.discontinuity).length;
  return [
    ...violations,
    ...when(current.discontinuitySequence - previous.discontinuitySequence !== discontinuities, () =>
      must('discontinuity_sequence_step', `${discontinuities} discontinuities left, EXT-X-DISCONTINUITY-SEQUENCE does not follow`),
    ),
  ];
};

const windowRule = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  if (current.ended || current.skippedSegments !== undefined || current.mediaSequence <= previous.mediaSequence) return [];
  const total = current.segments.reduce((sum, segment) => sum + segment.duration, 0);
  return when(total < MIN_LIVE_TARGETS * current.targetDuration - PRINT_EPSILON, () =>
    must('window_minimum', `only ${total} s are left after removing segments`),
  );
};

const samePart = (a: Part, b: Part): boolean =>
  a.uri === b.uri && a.duration === b.duration && a.independent === b.independent && a.gap === b.gap;

const startsWith = (parts: readonly Part[], prefix: readonly Part[]): boolean =>
  prefix.every((part, index) => {
    const other = parts[index];
    return other !== undefined && samePart(part, other);
  });

const sameHead = (a: SegmentHead, b: SegmentHead, compareMap: boolean): boolean =>
  a.discontinuity === b.discontinuity && a.programDateTime === b.programDateTime && (!compareMap || a.map === b.map);

const segmentRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  const compareMap = previous.skippedSegments === undefined && current.skippedSegments === undefined;
  return previous.segments.flatMap((before, index) => {
    const msn = firstListedMsn(previous) + index;
    const after = segmentAt(current, msn);
    if (after === undefined) return [];
    const same = before.uri === after.uri && before.duration === after.duration && before.gap === after.gap;
    const partsKept = after.parts.length === 0 || (after.parts.length === before.parts.length && startsWith(after.parts, before.parts));
    return [
      ...when(!same || !sameHead(before, after, compareMap), () => must('segment_edited', `segment ${msn} changed after it was published`)),
      ...when(!partsKept, () => must('part_edited', `the parts of segment ${msn} changed after they were published`)),
    ];
  });
};

const openRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  const before = previous.open;
  if (before === undefined || before.parts.length === 0) return [];
  const msn = lastMsn(previous) + 1;
  const closed = segmentAt(current, msn);
  const after = closed ?? (lastMsn(current) + 1 === msn ? current.open : undefined);
  // Older than the window, or skipped: nothing to compare. A final playlist may drop a segment that never completed.
  if (after === undefined)
    return when(lastMsn(current) < msn && !current.ended, () => must('part_edited', `the open segment ${msn} vanished`));
  const compareMap = previous.skippedSegments === undefined && current.skippedSegments === undefined;
  const dropped = closed !== undefined && after.parts.length === 0;
  return [
    ...when(!sameHead(before, after, compareMap), () => must('segment_edited', `the head of segment ${msn} changed`)),
    ...when(!dropped && !startsWith(after.parts, before.parts), () => must('part_edited', `the published parts of segment ${msn} changed`)),
  ];
};

/** A hinted URI becomes the next part, whichever segment that part belongs to; a server whose plans change answers it with 404. */
const hintRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  const hint = previous.preloadHints.find((candidate) => candidate.type === 'PART');
  if (hint === undefined || current.ended) return [];
  if (current.preloadHints.some((candidate) => candidate.type === 'PART' && candidate.uri === hint.uri)) return [];
  const msn = lastMsn(previous) + 1;
  const partsStillListed = [msn, msn + 1].every((at) => at > lastMsn(current) || (segmentAt(current, at)?.parts.length ?? 0) > 0);
  if (!partsStillListed) return [];
  const listed = [...current.segments.flatMap((segment) => segment.parts), ...(current.open?.parts ?? [])];
  return when(!listed.some((part) => part.uri === hint.uri), () => should('hint_honoured', `the hinted part ${hint.uri} never appeared`));
};

const endRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => {
  if (!previous.ended) return [];
  const grown = lastMsn(current) !== lastMsn(previous) || current.open !== undefined;
  return when(!current.ended || grown, () => must('changed_after_end', 'the playlist changed after EXT-X-ENDLIST'));
};

export const historyRules = (previous: ParsedMediaPlaylist, current: ParsedMediaPlaylist): readonly Violation[] => [
  ...constantRules(previous, current),
  ...counterRules(previous, current),
  ...windowRule(previous, current),
  ...segmentRules(previous, current),
  ...openRules(previous, current),
  ...hintRules(previous, current),
  ...endRules(previous, current),
];
