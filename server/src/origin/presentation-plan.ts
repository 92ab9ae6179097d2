// From the packager's plan to the origin's and back: what a plan says of each rendition, how long parts may get, and where a
// packager that comes later has to go on.

import type { PresentationPlan, ResumePoint } from '../packager/index.ts';
import type { LiveRendition, RenditionPlanSummary } from './live-rendition.ts';
import { summarise } from './track-summary.ts';

/** Sound alone or picture alone may get the other later, with parts of up to this many seconds (three frames at 12.5 fps). */
const LATE_PART_SECONDS = 0.25;

export const summarisePlan = ({ renditions }: PresentationPlan): readonly RenditionPlanSummary[] =>
  renditions.map(({ id, track, partTargetMs, bandwidth, averageBandwidth }) => ({
    id,
    partTargetMs,
    bandwidth,
    averageBandwidth,
    track: summarise(track),
  }));

/** Seconds of the longest part that any rendition has or may get: EXT-X-SERVER-CONTROL never changes. */
export const longestPartToCome = (renditions: readonly LiveRendition[]): number => {
  const longest = Math.max(...renditions.map(({ partTarget }) => partTarget));
  const kinds = new Set(renditions.map(({ track }) => track.kind));
  return kinds.size > 1 ? longest : Math.max(longest, LATE_PART_SECONDS);
};

export const resumePointOf = (targetDurationSeconds: number, renditions: readonly LiveRendition[]): ResumePoint => {
  const nextMsn = Math.max(0, ...renditions.map(({ timeline }) => timeline.nextMsn));
  const constants = renditions.map(({ id, plan, timeline }) => {
    const nextInitIndex = Math.max(-1, ...timeline.inits.keys()) + 1;
    return [id, { partTargetMs: plan.partTargetMs, nextInitIndex }] as const;
  });
  return { targetDurationSeconds, nextMsn, renditions: new Map(constants) };
};
