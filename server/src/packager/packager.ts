// Subscriber of a Source, feeder of a PackageSink. Holds the first segment back until its numbers are known, then cuts and publishes.
// An epoch change, frames dropped by the hub, or an interruption end the open segment; what follows is a discontinuity.

import { invariant, type Millis, millis, ticks, toMillis } from '@headend/core';
import type { Frame, Track } from '@headend/media';
import type { LiveEvent } from '../live/index.ts';
import type { PackageSink, PresentationPlan, RenditionId, ResumePoint } from './ports.ts';
import { Presentation } from './presentation.ts';
import { MAX_SEGMENT_SECONDS, planRendition, planTargetDuration, renditionIds } from './presentation-planner.ts';
import type { WallAnchor } from './rendition-packager.ts';
import { EARLY_MS } from './segment-policy.ts';

export type PackagerOptions = {
  readonly segmentTargetMs: Millis;
  readonly partTargetMs: Millis;
  /** Set when the sink already holds segments of this stream from before a restart. */
  readonly resume?: ResumePoint | undefined;
  /** The renditions of the presentation, whenever their set is planned. */
  readonly onPlan?: (plan: PresentationPlan) => void;
  /** Called once: the first complete segment is in the sink, so the stream can be played. */
  readonly onPlayable?: () => void;
};

/** Frames held while no keyframe of the leading track has come; the oldest go first. */
const MAX_HELD_FRAMES = 4096;

export class Packager {
  readonly #sink: PackageSink;
  readonly #options: PackagerOptions;
  #tracks: readonly Track[] = [];
  #leader: Track | undefined;
  /** Frames of the first segment, until the presentation can be planned. */
  #held: Frame[] = [];
  #presentation: Presentation | undefined;
  /** What a former presentation of this stream fixed for good. */
  #constants: ResumePoint | undefined;
  #epochOpen = false;
  #originMs = Number.NEGATIVE_INFINITY;
  #playable = false;

  constructor(sink: PackageSink, options: PackagerOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#constants = options.resume;
  }

  /** Drains a subscription until the Source ends. */
  async run(events: AsyncIterable<LiveEvent>): Promise<void> {
    for await (const event of events) this.push(event);
  }

  push(event: LiveEvent): void {
    switch (event.type) {
      case 'tracks':
        this.#breakTimeline();
        this.#changeTracks(event.tracks);
        return;
      case 'frame':
        this.#frame(event.frame);
        return;
      case 'dropped':
      case 'interrupted':
      case 'shutdown':
        this.#breakTimeline();
        return;
      case 'end':
        this.#breakTimeline();
        this.#sink.end();
        return;
    }
  }

  /** Ends what is open. The next frames wait for a keyframe and begin a new epoch. */
  #breakTimeline(): void {
    if (this.#presentation === undefined && this.#firstKeyframe() !== undefined) this.#startPresentation();
    this.#held = [];
    this.#presentation?.flush();
    this.#epochOpen = false;
    this.#signalPlayable();
  }

  #changeTracks(tracks: readonly Track[]): void {
    const sameSet = tracks.length === this.#tracks.length && tracks.every((track, i) => track.id === this.#tracks[i]?.id);
    if (!sameSet && this.#presentation !== undefined) {
      this.#constants = this.#presentation.resumePoint;
      this.#presentation = undefined;
    }
    this.#tracks = tracks;
    this.#leader = tracks.find((track) => track.kind === 'video') ?? tracks[0];
  }

  #frame(frame: Frame): void {
    if (this.#presentation === undefined) {
      this.#hold(frame);
      return;
    }
    if (!this.#epochOpen && frame.trackId === this.#leader?.id && frame.key) this.#openEpoch(this.#presentation, [frame]);
    this.#presentation.push(frame);
    this.#signalPlayable();
  }

  #hold(frame: Frame): void {
    this.#held.push(frame);
    if (this.#held.length > MAX_HELD_FRAMES && this.#firstKeyframe() === undefined) this.#held.shift();
    if (this.#firstSegmentIsOver(frame)) this.#startPresentation();
  }

  #firstKeyframe(): Frame | undefined {
    return this.#held.find((frame) => frame.trackId === this.#leader?.id && frame.key);
  }

  #firstSegmentIsOver(frame: Frame): boolean {
    const first = this.#firstKeyframe();
    if (first === undefined || frame.trackId !== this.#leader?.id) return false;
    const elapsedMs = toMillis(ticks(frame.dts - first.dts), this.#leader.timescale);
    return (frame.key && elapsedMs >= this.#options.segmentTargetMs - EARLY_MS) || elapsedMs >= MAX_SEGMENT_SECONDS * 1000;
  }

  #startPresentation(): void {
    const first = this.#firstKeyframe();
    const leader = this.#leader;
    invariant(first !== undefined && leader !== undefined, 'planned before the first keyframe');
    const held = this.#held;
    this.#held = [];
    const planned = this.#tracks.map((track) => this.#planRendition(track, held));
    const last = held.findLast((frame) => frame.trackId === leader.id) ?? first;
    const targetDurationSeconds =
      this.#constants?.targetDurationSeconds ??
      planTargetDuration(toMillis(ticks(last.dts - first.dts), leader.timescale) / 1000, this.#options.segmentTargetMs);
    const plan: PresentationPlan = { targetDurationSeconds, renditions: planned.map((rendition) => rendition.plan) };
    this.#sink.begin(plan);
    this.#options.onPlan?.(plan);
    const presentation = new Presentation(this.#sink, {
      renditions: planned.map(({ config }) => config),
      leader: leader.id,
      segmentTargetMs: this.#options.segmentTargetMs,
      targetDurationSeconds,
      resume: this.#constants,
    });
    this.#presentation = presentation;
    this.#openEpoch(presentation, held);
    for (const frame of held) presentation.push(frame);
    this.#signalPlayable();
  }

  #planRendition(track: Track, held: readonly Frame[]): ReturnType<typeof planRendition> {
    const id: RenditionId = renditionIds(this.#tracks).get(track.id) ?? `x${track.id}`;
    const frames = held.filter((frame) => frame.trackId === track.id);
    const planned = planRendition(id, track, frames, this.#options.partTargetMs);
    const fixed = this.#constants?.renditions.get(id)?.partTargetMs;
    if (fixed === undefined) return planned;
    const partTarget = ticks(Math.floor((fixed * track.timescale) / 1000));
    return { config: { ...planned.config, partTarget }, plan: { ...planned.plan, partTargetMs: fixed } };
  }

  /** The earliest that any of these frames came is the best estimate of capture; it never moves the wallclock back. */
  #openEpoch(presentation: Presentation, frames: readonly Frame[]): void {
    const leader = this.#leader;
    invariant(leader !== undefined, 'an epoch needs tracks');
    let origin = Number.POSITIVE_INFINITY;
    for (const frame of frames) {
      if (frame.trackId === leader.id) origin = Math.min(origin, frame.wallclock - toMillis(frame.pts, leader.timescale));
    }
    this.#originMs = Math.max(this.#originMs, origin);
    const anchor: WallAnchor = { originMs: millis(this.#originMs) };
    presentation.beginEpoch(anchor, this.#tracks);
    this.#epochOpen = true;
  }

  #signalPlayable(): void {
    if (this.#playable || !this.#presentation?.hasClosedSegment) return;
    this.#playable = true;
    this.#options.onPlayable?.();
  }
}
