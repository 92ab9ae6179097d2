// What keeps the numbers of all renditions of a presentation together: media sequence numbers without holes, and discontinuity
// numbers that match (rfc8216bis §6.2.4), also in a rendition that begins late.

import type { SegmentFacts } from './hot-segment.ts';
import type { LiveRendition } from './live-rendition.ts';

export type MissingSegment = {
  readonly facts: SegmentFacts;
  /** Seconds. */
  readonly duration: number;
};

/**
 * Numbers that the packager left out before `opening` (lost in a crash, or an audio track that came late), as any other rendition
 * knows them. None in a rendition that has no segment yet: it joins where it begins.
 */
export const missingSegments = (
  { timeline }: LiveRendition,
  opening: SegmentFacts,
  renditions: readonly LiveRendition[],
  targetDuration: number,
): readonly MissingSegment[] => {
  if (timeline.segments.length === 0) return [];
  const initIndex = timeline.segments.at(-1)?.initIndex ?? opening.initIndex;
  return Array.from({ length: Math.max(0, opening.msn - timeline.nextMsn) }, (_, index) => {
    const msn = timeline.nextMsn + index;
    const sibling = renditions.map((other) => other.timeline.segment(msn)).find((segment) => segment !== undefined);
    const facts = { msn, initIndex, discontinuity: sibling?.discontinuity ?? false, programDateTime: sibling?.programDateTime };
    return { facts, duration: sibling?.duration ?? targetDuration };
  });
};

/** How many discontinuities the others have counted before the segment that a rendition begins with. */
export const discontinuitiesAtJoin = (joining: LiveRendition, msn: number, renditions: readonly LiveRendition[]): number =>
  Math.max(0, ...renditions.filter((other) => other !== joining).map(({ timeline }) => timeline.discontinuitiesBefore(msn)));
