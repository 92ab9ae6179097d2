// From the first segment's frames to the numbers that may never change again: EXT-X-TARGETDURATION and each PART-TARGET.
// Pure. Parts are a whole number of frames near the wanted length (llhls sheet, "Frame-quantised part sizes").

import { type Millis, millis, type Ticks, ticks } from '@headend/core';
import type { Frame, Track } from '@headend/media';
import type { RenditionId, RenditionPlan } from './ports.ts';
import type { RenditionConfig } from './rendition-packager.ts';

/** A segment is never longer than this, keyframe or not; it also bounds how much of the first segment is held back. */
export const MAX_SEGMENT_SECONDS = 10;
/** Times from a millisecond clock that fit no frame rate: two roundings of one millisecond. */
const JITTER_SECONDS = 0.002;
/** Distances above this multiple of the median are holes, not frame durations. */
const OUTLIER = 1.5;
/** Without a peak measured yet: headroom over the first segment's mean. */
const PEAK_HEADROOM = 1.3;
const DEFAULT_FRAME_SECONDS = 1 / 30;

export const renditionIds = (tracks: readonly Track[]): ReadonlyMap<number, RenditionId> => {
  const counts = { video: 0, audio: 0 };
  return new Map(tracks.map((track) => [track.id, `${track.kind === 'video' ? 'v' : 'a'}${counts[track.kind]++}`]));
};

const deltas = (frames: readonly Frame[]): number[] => frames.slice(1).map((frame, i) => frame.dts - (frames[i]?.dts ?? 0));

const median = (values: readonly number[]): number | undefined => [...values].sort((a, b) => a - b)[values.length >> 1];

const longestWindow = (values: readonly number[], size: number): number => {
  let longest = 0;
  for (let i = 0; i + size <= values.length; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += values[i + j] ?? 0;
    longest = Math.max(longest, sum);
  }
  return longest;
};

const nominalFrameDuration = (track: Track): number => {
  if (track.kind === 'audio') return track.frameSamples ?? track.timescale * 0.02;
  return track.timescale * (track.frameRate === undefined ? DEFAULT_FRAME_SECONDS : 1 / track.frameRate);
};

/** Part target and frame duration of one track, from the frames seen so far (none: from what the track declares). */
export const planParts = (track: Track, frames: readonly Frame[], wantedMs: Millis): { partTarget: Ticks; frameDuration: Ticks } => {
  const all = deltas(frames);
  const frameDuration = median(all) ?? nominalFrameDuration(track);
  const regular = all.filter((delta) => delta <= frameDuration * OUTLIER);
  const count = Math.max(1, Math.round((wantedMs * track.timescale) / 1000 / frameDuration));
  const jitter = regular.some((delta) => Math.abs(delta - frameDuration) > 1) ? track.timescale * JITTER_SECONDS : 0;
  const partTarget = Math.ceil(Math.max(count * frameDuration, longestWindow(regular, count)) + jitter);
  return { partTarget: ticks(partTarget), frameDuration: ticks(Math.round(frameDuration)) };
};

const keyframeInterval = (track: Track, frames: readonly Frame[]): number | undefined => {
  const keys = frames.filter(({ key }) => key);
  return track.kind === 'audio' || keys.length < 2 ? undefined : Math.max(...deltas(keys)) / track.timescale;
};

/** The same rendition with another track (an encoder that returned, a changed resolution): PART-TARGET stands, frames may differ. */
export const adaptRendition = (config: RenditionConfig, track: Track): RenditionConfig => {
  if (track === config.track) return config;
  const partTarget = ticks(Math.floor((config.partTarget * track.timescale) / config.track.timescale));
  return { id: config.id, track, partTarget, frameDuration: ticks(Math.round(nominalFrameDuration(track))) };
};

export const planRendition = (
  id: RenditionId,
  track: Track,
  frames: readonly Frame[],
  wantedMs: Millis,
): { readonly plan: RenditionPlan; readonly config: RenditionConfig } => {
  const { partTarget, frameDuration } = planParts(track, frames, wantedMs);
  const span = ((frames.at(-1)?.dts ?? 0) - (frames[0]?.dts ?? 0) + frameDuration) / track.timescale;
  const bits = frames.reduce((sum, frame) => sum + frame.data.length * 8, 0);
  const averageBandwidth = Math.max(1, Math.ceil(bits / Math.max(span, frameDuration / track.timescale)));
  return {
    config: { id, track, partTarget, frameDuration },
    plan: {
      id,
      track,
      partTargetMs: millis((partTarget * 1000) / track.timescale),
      bandwidth: Math.ceil(averageBandwidth * PEAK_HEADROOM),
      averageBandwidth,
      keyframeIntervalSeconds: keyframeInterval(track, frames),
    },
  };
};

/** Twice the segment target leaves room for a scene-cut keyframe; a longer first group of pictures raises it, up to the maximum. */
export const planTargetDuration = (firstSegmentSeconds: number, segmentTargetMs: Millis): number =>
  Math.min(MAX_SEGMENT_SECONDS, Math.max(Math.ceil((2 * segmentTargetMs) / 1000), Math.ceil(firstSegmentSeconds)));
