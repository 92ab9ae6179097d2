// A presentation from what a former process left on disk: the journal says what was published, the files say what is really there.
// A segment whose file is missing or short stays in the numbering as a gap.

import { type Millis, millis, wallMs } from '@headend/core';
import { HotSegment } from './hot-segment.ts';
import { type JournalLine, PART_GAP, PART_INDEPENDENT, parseJournal } from './journal.ts';
import { LivePresentation, type LivePresentationOptions } from './live-presentation.ts';
import type { LiveRendition } from './live-rendition.ts';
import { initName, segmentName } from './media-playlist-view.ts';
import { JOURNAL_NAME } from './segment-keeper.ts';

type SegmentLine = Extract<JournalLine, { readonly t: 'seg' }>;

const segmentFrom = (line: SegmentLine): HotSegment => {
  const segment = new HotSegment({
    msn: line.msn,
    initIndex: line.i,
    discontinuity: line.d,
    programDateTime: line.pdt === null ? undefined : wallMs(line.pdt),
  });
  let at = 0;
  const parts = line.parts.map(([name, duration, size, flags]) => {
    const start = at;
    at += size;
    return { name, duration, independent: (flags & PART_INDEPENDENT) !== 0, gap: (flags & PART_GAP) !== 0, start, end: at };
  });
  segment.restore(parts, at);
  segment.duration = line.dur;
  segment.gap = line.gap;
  return segment;
};

/** Segments that the journal lost (a full disk, a torn line) become gaps; numbers that fall back are another stream's and are ignored. */
const restoreSegment = (rendition: LiveRendition, line: SegmentLine, targetDuration: number): void => {
  const { timeline } = rendition;
  if (timeline.segments.length > 0 && line.msn > timeline.nextMsn + MAX_LOST_SEGMENTS) return;
  while (timeline.segments.length > 0 && timeline.nextMsn < line.msn) {
    const facts = { msn: timeline.nextMsn, initIndex: line.i, discontinuity: false, programDateTime: undefined };
    timeline.addGap(facts, targetDuration).disk = 'stored';
  }
  timeline.restore(segmentFrom(line));
};

/** A hole in the journal beyond this is not believed. */
const MAX_LOST_SEGMENTS = 100_000;

type Replay = { restarts: number; readonly discontinuities: Map<string, number> };

const replayLine = (presentation: LivePresentation, line: JournalLine, replay: Replay): void => {
  switch (line.t) {
    case 'begin':
      if (line.td <= presentation.targetDuration || presentation.renditions.length === 0)
        presentation.applyPlan(
          line.td,
          line.r.map((plan) => ({ ...plan, partTargetMs: millis(plan.partTargetMs) })),
        );
      return;
    case 'init':
      presentation.rendition(line.r)?.addInit({ index: line.i, track: line.track, bytes: undefined });
      return;
    case 'base':
      replay.discontinuities.set(line.r, line.ds);
      return;
    case 'seg': {
      const rendition = presentation.rendition(line.r);
      if (rendition !== undefined) restoreSegment(rendition, line, presentation.targetDuration);
      return;
    }
    case 'restart':
      replay.restarts += 1;
      return;
    case 'end':
      presentation.markEnded();
      return;
  }
};

/** Files that are whole, checked by their size; the journal's word alone does not count. */
const matchFiles = async (options: LivePresentationOptions, rendition: LiveRendition, now: Millis): Promise<void> => {
  const { timeline } = rendition;
  const folder = `${options.streamId}/${rendition.id}`;
  const sizes = new Map((await options.files.list(folder)).map(({ name, size }) => [name, size]));
  const intact = (segment: HotSegment): boolean => segment.size > 0 && sizes.get(segmentName(segment.msn)) === segment.size;
  for (const segment of timeline.segments) if (!intact(segment)) segment.gap = true;
  for (const segment of timeline.removed) if (!intact(segment)) segment.deleteAt = now;
  timeline.removed.sort((a, b) => (a.deleteAt ?? 0) - (b.deleteAt ?? 0));
  timeline.takeDeletable(now);
  const kept = new Set([...timeline.all()].filter(({ gap }) => !gap).map(({ msn }) => segmentName(msn)));
  for (const index of timeline.inits.keys()) kept.add(initName(index));
  for (const name of sizes.keys()) if (!kept.has(name)) await options.files.remove(`${folder}/${name}`);
};

/** Undefined when there is no journal, or none that tells of a presentation. */
export const recoverPresentation = async (options: LivePresentationOptions): Promise<LivePresentation | undefined> => {
  const bytes = await options.files.read(`${options.streamId}/${JOURNAL_NAME}`);
  const lines = bytes === undefined ? [] : parseJournal(bytes);
  const presentation = new LivePresentation(options);
  const replay: Replay = { restarts: 1, discontinuities: new Map() };
  for (const line of lines) replayLine(presentation, line, replay);
  if (presentation.renditions.length === 0) return undefined;
  const now = options.clock.monotonic();
  for (const rendition of presentation.renditions) {
    rendition.timeline.slide(options.windowMs / 1000, presentation.targetDuration, now);
    rendition.timeline.unlistParts(presentation.targetDuration, now);
    await matchFiles(options, rendition, now);
    rendition.timeline.resume(replay.restarts, replay.discontinuities.get(rendition.id) ?? 0);
  }
  presentation.recovered(replay.restarts);
  return presentation;
};
