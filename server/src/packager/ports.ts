// What the packager hands over: one presentation of CMAF renditions, part by part. The origin implements it; so may a recorder.
// Calls arrive in order and synchronously; bytes are never mutated afterwards, so a sink may keep them without a copy.

import type { Millis, Ticks, WallMs } from '@headend/core';
import type { Track } from '@headend/media';

/** First path part of the rendition's URLs: `v0`, `a0`, … */
export type RenditionId = string;

export type RenditionPlan = {
  readonly id: RenditionId;
  readonly track: Track;
  /** PART-TARGET: the longest part this rendition will ever have. Constant for the life of the playlist. */
  readonly partTargetMs: Millis;
  /** Measured or declared peak bitrate in bits per second, for the multivariant playlist. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** Longest distance between keyframes in the first segment, in seconds; undefined for audio and when it had only one. */
  readonly keyframeIntervalSeconds?: number | undefined;
};

export type PresentationPlan = {
  readonly renditions: readonly RenditionPlan[];
  /** EXT-X-TARGETDURATION in whole seconds. Constant for the life of the presentation. */
  readonly targetDurationSeconds: number;
};

export type PackagedPart = {
  /** Media sequence number of the parent segment, counted from 0 for the life of the stream (also across restarts). */
  readonly msn: number;
  /** Index within the parent segment, from 0. */
  readonly part: number;
  readonly durationTicks: Ticks;
  /** The part starts with a frame that a decoder can start at. */
  readonly independent: boolean;
  /** No media exists for this span (EXT-X-GAP semantics); `bytes` is empty. */
  readonly gap: boolean;
  /** One CMAF chunk: [prft] moof mdat. */
  readonly bytes: Uint8Array;
};

export type SegmentOpening = {
  readonly msn: number;
  /** Which init segment its parts need. */
  readonly initIndex: number;
  /** The segment does not continue its predecessor: EXT-X-DISCONTINUITY goes before it. */
  readonly discontinuity: boolean;
  /** Wallclock of the first frame: EXT-X-PROGRAM-DATE-TIME. */
  readonly programDateTime: WallMs;
  /** Presentation time of the first frame, in the track's timescale. */
  readonly startTicks: Ticks;
};

export interface PackageSink {
  /** Once, before anything else. Called again only if the set of renditions changes (a track appears after a reconnect). */
  begin(plan: PresentationPlan): void;
  init(rendition: RenditionId, initIndex: number, track: Track, bytes: Uint8Array): void;
  openSegment(rendition: RenditionId, segment: SegmentOpening): void;
  part(rendition: RenditionId, part: PackagedPart): void;
  /** The segment is complete: its bytes are the concatenation of its parts. */
  closeSegment(rendition: RenditionId, msn: number, durationTicks: Ticks): void;
  /** Nothing more will come: EXT-X-ENDLIST. */
  end(): void;
}

/** Where a presentation goes on after the process restarted: its constants and the next numbers. */
export type ResumePoint = {
  readonly targetDurationSeconds: number;
  readonly nextMsn: number;
  readonly renditions: ReadonlyMap<RenditionId, { readonly partTargetMs: Millis; readonly nextInitIndex: number }>;
};
