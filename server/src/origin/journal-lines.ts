// A presentation as journal lines: what publishing appends one by one, and all of it at once when the journal is rewritten.
// The way back is recovery.ts.

import type { HotSegment } from './hot-segment.ts';
import { type JournalLine, PART_GAP, PART_INDEPENDENT } from './journal.ts';
import type { LiveRendition } from './live-rendition.ts';

/** Of the renditions that the plan still has. */
export const planLine = (targetDuration: number, renditions: readonly LiveRendition[]): JournalLine => ({
  t: 'begin',
  td: targetDuration,
  r: renditions.filter(({ retired }) => !retired).map(({ plan }) => plan),
});

export const segmentLine = (rendition: string, segment: HotSegment): JournalLine => ({
  t: 'seg',
  r: rendition,
  msn: segment.msn,
  i: segment.initIndex,
  d: segment.discontinuity,
  pdt: segment.programDateTime ?? null,
  dur: segment.duration,
  gap: segment.gap,
  parts: segment.parts.map((part) => {
    const flags = (part.independent ? PART_INDEPENDENT : 0) | (part.gap ? PART_GAP : 0);
    return [part.name, part.duration, part.end - part.start, flags] as const;
  }),
});

const renditionLines = ({ id, timeline }: LiveRendition): readonly JournalLine[] => [
  ...[...timeline.inits.values()].map((init): JournalLine => ({ t: 'init', r: id, i: init.index, track: init.track })),
  { t: 'base', r: id, ds: timeline.discontinuitySequence },
  ...timeline.segments.filter(({ disk }) => disk === 'stored').map((segment) => segmentLine(id, segment)),
];

/** The shortest journal that recovers the same presentation. */
export const snapshotLines = (targetDuration: number, renditions: readonly LiveRendition[], restarts: number): readonly JournalLine[] => [
  planLine(targetDuration, renditions),
  ...renditions.flatMap(renditionLines),
  ...Array.from({ length: restarts }, (): JournalLine => ({ t: 'restart' })),
];
