// One rendition of a live presentation: its timeline, its playlist texts (rendered once per update and kind), and who waits for more.

import { type Millis, millis } from '@headend/core';
import {
  type DeliveryDirectives,
  type DirectiveDecision,
  decideDelivery,
  type RenditionReport,
  type ServerControl,
  skippableSegments,
  writeMediaPlaylist,
} from '@headend/manifest';
import type { HotSegment } from './hot-segment.ts';
import { edgeOf, mediaPlaylistOf } from './media-playlist-view.ts';
import type { RenditionSummary } from './multivariant-view.ts';
import { RenderedText } from './rendered-text.ts';
import { type Init, RenditionTimeline } from './rendition-timeline.ts';
import type { TrackSummary } from './track-summary.ts';
import type { Waiters } from './waiters.ts';

export type RenditionPlanSummary = {
  readonly id: string;
  readonly partTargetMs: Millis;
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  readonly track: TrackSummary;
};

/** What a rendition needs to know of its presentation to write a playlist. */
export type PresentationFacts = {
  readonly targetDuration: number;
  readonly serverControl: ServerControl;
  readonly ended: boolean;
  readonly reports: readonly RenditionReport[];
};

export class LiveRendition {
  readonly id: string;
  readonly timeline = new RenditionTimeline();
  readonly waiters: Waiters;
  track: TrackSummary;
  /** The plan no longer has it: its playlist has ended, its segments live on until they leave the window. */
  retired = false;
  /** How many playlist texts were rendered, for metrics and tests. */
  renders = 0;
  #plan: RenditionPlanSummary;
  #peakBandwidth = 0;
  #full: RenderedText | undefined;
  #delta: RenderedText | undefined;

  constructor(plan: RenditionPlanSummary, waiters: Waiters) {
    this.id = plan.id;
    this.#plan = plan;
    this.track = plan.track;
    this.waiters = waiters;
  }

  get plan(): RenditionPlanSummary {
    return this.#plan;
  }

  /** Seconds. */
  get partTarget(): number {
    return this.#plan.partTargetMs / 1000;
  }

  get summary(): RenditionSummary {
    const { averageBandwidth, bandwidth } = this.#plan;
    return { id: this.id, track: this.track, averageBandwidth, bandwidth: Math.max(bandwidth, this.#peakBandwidth) };
  }

  get playable(): boolean {
    return this.timeline.segments.length > 0;
  }

  /** A later plan of the same stream. PART-TARGET stands for the life of the playlist; a later part may only be shorter. */
  replan(plan: RenditionPlanSummary): void {
    this.#plan = { ...plan, partTargetMs: millis(Math.max(plan.partTargetMs, this.#plan.partTargetMs)) };
    this.track = plan.track;
    this.retired = false;
  }

  /** What follows is described by it. */
  addInit(init: Init): void {
    this.timeline.inits.set(init.index, init);
    this.track = init.track;
  }

  /** Returns whether the segment raised the peak that the multivariant playlist states. */
  measure(segment: HotSegment): boolean {
    const bandwidth = segment.duration > 0 ? Math.ceil((segment.size * 8) / segment.duration) : 0;
    if (bandwidth <= Math.max(this.#peakBandwidth, this.#plan.bandwidth)) return false;
    this.#peakBandwidth = bandwidth;
    return true;
  }

  /** The timeline changed: texts rendered before are old. */
  invalidate(): void {
    this.#full = undefined;
    this.#delta = undefined;
  }

  decide(directives: DeliveryDirectives, facts: Pick<PresentationFacts, 'targetDuration' | 'ended'>): DirectiveDecision {
    const { targetDuration } = facts;
    return decideDelivery(edgeOf(this.timeline, { targetDuration, partTarget: this.partTarget, ended: this.hasEnded(facts) }), directives);
  }

  hasEnded(facts: Pick<PresentationFacts, 'ended'>): boolean {
    return facts.ended || this.retired;
  }

  /** The current playlist; `facts` is only called when the text has to be written. */
  rendered(skip: boolean, facts: () => PresentationFacts): RenderedText {
    const known = skip ? this.#delta : this.#full;
    if (known !== undefined) return known;
    const given = facts();
    const playlist = mediaPlaylistOf(this.timeline, { ...given, partTarget: this.partTarget, ended: this.hasEnded(given) });
    if (skip && skippableSegments(playlist) === 0) {
      this.#delta = this.rendered(false, () => given);
      return this.#delta;
    }
    this.renders += 1;
    const text = new RenderedText(writeMediaPlaylist(playlist, { skip }));
    if (skip) this.#delta = text;
    else this.#full = text;
    return text;
  }
}
