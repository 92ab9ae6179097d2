// One stream as clients see it: implements the packager's sink, keeps the sliding window of every rendition, writes its playlists.
// Order of every change: bytes first, then the playlist that lists them, then (at the end of the caller's turn) those who wait.

import { invariant, type Millis } from '@headend/core';
import { printable, serverControlFor } from '@headend/manifest';
import type { Track } from '@headend/media';
import type { PackagedPart, PackageSink, PresentationPlan, RenditionId, ResumePoint, SegmentOpening } from '../packager/index.ts';
import { planLine, snapshotLines } from './journal-lines.ts';
import { LiveRendition, type PresentationFacts, type RenditionPlanSummary } from './live-rendition.ts';
import { reportsOf } from './media-playlist-view.ts';
import { MultivariantText } from './multivariant-text.ts';
import type { OriginEvents } from './origin-events.ts';
import type { Clock, SegmentFiles } from './ports.ts';
import { longestPartToCome, resumePointOf, summarisePlan } from './presentation-plan.ts';
import type { RenderedText } from './rendered-text.ts';
import { discontinuitiesAtJoin, missingSegments } from './rendition-alignment.ts';
import { SegmentKeeper } from './segment-keeper.ts';
import { summarise } from './track-summary.ts';
import { type WaiterBudget, Waiters } from './waiters.ts';

export type LivePresentationOptions = {
  readonly streamId: string;
  readonly clock: Clock;
  readonly files: SegmentFiles;
  readonly waiterBudget: WaiterBudget;
  readonly windowMs: Millis;
  readonly maxHotBytes: number;
  readonly maxQueuedBytes: number;
  readonly events: OriginEvents;
};

export class LivePresentation implements PackageSink {
  readonly streamId: string;
  readonly keeper: SegmentKeeper;
  /** Those who wait for the first playable playlist. */
  readonly starting: Waiters;
  readonly #options: LivePresentationOptions;
  readonly #renditions = new Map<string, LiveRendition>();
  readonly #multivariant = new MultivariantText();
  #targetDuration: number | undefined;
  /** Seconds; what EXT-X-SERVER-CONTROL counts with. */
  #holdBackPart: number | undefined;
  #ended = false;
  #closed = false;
  #wakeScheduled = false;
  #playableAnnounced = false;
  #restarts = 0;

  constructor(options: LivePresentationOptions) {
    this.streamId = options.streamId;
    this.#options = options;
    this.keeper = new SegmentKeeper(options);
    this.starting = new Waiters(options.clock, options.waiterBudget);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The stream was taken off the origin while clients were waiting. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Seconds; 1 before the plan is known, for cache lifetimes. */
  get targetDuration(): number {
    return this.#targetDuration ?? 1;
  }

  get playable(): boolean {
    return this.renditions.some((rendition) => rendition.playable);
  }

  get renditions(): readonly LiveRendition[] {
    return [...this.#renditions.values()];
  }

  get hotBytes(): number {
    return this.renditions.flatMap(({ timeline }) => [...timeline.all()]).reduce((sum, segment) => sum + segment.memoryBytes, 0);
  }

  rendition(id: string): LiveRendition | undefined {
    return this.#renditions.get(id);
  }

  /** Where a packager goes on; undefined when nothing was published yet. */
  get resumePoint(): ResumePoint | undefined {
    return this.#targetDuration === undefined ? undefined : resumePointOf(this.#targetDuration, this.renditions);
  }

  begin(plan: PresentationPlan): void {
    invariant(!this.#ended, 'a presentation that has ended cannot begin again');
    this.applyPlan(plan.targetDurationSeconds, summarisePlan(plan));
    this.keeper.note(planLine(this.targetDuration, this.renditions));
    for (const rendition of this.renditions) this.#changed(rendition);
  }

  /** The plan without its announcement: also what recovery applies. */
  applyPlan(targetDuration: number, plans: readonly RenditionPlanSummary[]): void {
    // EXT-X-TARGETDURATION never changes; a later plan may only promise less.
    invariant(targetDuration <= (this.#targetDuration ?? targetDuration), 'the target duration cannot grow');
    this.#targetDuration ??= targetDuration;
    for (const rendition of this.renditions) rendition.retired = !plans.some(({ id }) => id === rendition.id);
    const { clock, waiterBudget } = this.#options;
    for (const plan of plans) {
      const known = this.#renditions.get(plan.id);
      if (known === undefined) this.#renditions.set(plan.id, new LiveRendition(plan, new Waiters(clock, waiterBudget)));
      else known.replan(plan);
    }
    this.#holdBackPart ??= longestPartToCome(this.renditions);
    this.#multivariant.invalidate();
  }

  init(id: RenditionId, initIndex: number, track: Track, bytes: Uint8Array): void {
    const init = { index: initIndex, track: summarise(track), bytes };
    this.#expect(id).addInit(init);
    this.keeper.storeInit(id, init);
    this.#multivariant.invalidate();
  }

  openSegment(id: RenditionId, opening: SegmentOpening): void {
    const rendition = this.#expect(id);
    if (rendition.timeline.segments.length === 0) this.#join(rendition, opening.msn);
    for (const { facts, duration } of missingSegments(rendition, opening, this.renditions, this.targetDuration))
      void this.keeper.storeSegment(id, rendition.timeline.addGap(facts, duration));
    rendition.timeline.openSegment(opening);
    this.#changed(rendition);
  }

  part(id: RenditionId, part: PackagedPart): void {
    const rendition = this.#expect(id);
    const { timeline } = rendition;
    const { open } = timeline;
    invariant(open?.msn === part.msn, 'a part outside its segment');
    const duration = printable(part.durationTicks / timeline.timescaleOf(open));
    timeline.addPart({ duration, independent: part.independent, gap: part.gap }, part.part, part.bytes);
    if (!open.startsIndependent) this.#multivariant.dependentSegment();
    timeline.unlistParts(this.targetDuration, this.#options.clock.monotonic());
    this.#changed(rendition);
  }

  closeSegment(id: RenditionId, msn: number, durationTicks: number): void {
    const rendition = this.#expect(id);
    const open = rendition.timeline.open;
    invariant(open !== undefined, 'no segment is open');
    this.#close(rendition, msn, durationTicks / rendition.timeline.timescaleOf(open));
  }

  end(): void {
    if (this.#ended) return;
    for (const rendition of this.renditions) {
      const open = rendition.timeline.open;
      if (open !== undefined && open.parts.length > 0) this.#close(rendition, open.msn, open.partsDuration);
    }
    this.markEnded();
    this.keeper.note({ t: 'end' });
    this.#options.events.ended?.(this.streamId);
    for (const rendition of this.renditions) this.#changed(rendition);
  }

  markEnded(): void {
    this.#ended = true;
  }

  /** After recovery, by the process that is number `restarts` + 1 on this stream: the conclusions that live publishing draws. */
  recovered(restarts: number): void {
    this.#restarts = restarts;
    this.keeper.note({ t: 'restart' });
    const segments = this.renditions.flatMap(({ timeline }) => timeline.segments);
    if (segments.some(({ startsIndependent }) => !startsIndependent)) this.#multivariant.dependentSegment();
    this.#playableAnnounced = this.playable;
  }

  /** The multivariant playlist; only once the plan is known. */
  manifest(): RenderedText {
    return this.#multivariant.rendered(() => this.renditions.filter(({ retired }) => !retired).map(({ summary }) => summary));
  }

  playlist(rendition: LiveRendition, skip: boolean): RenderedText {
    return rendition.rendered(skip, () => this.#factsFor(rendition));
  }

  /** Releases everyone who waits; the disk keeps what it has. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.keeper.close();
  }

  #factsFor(rendition: LiveRendition): PresentationFacts {
    const others = this.renditions.filter((other) => other !== rendition && !other.retired);
    const serverControl = serverControlFor(this.targetDuration, this.#holdBackPart ?? rendition.partTarget);
    return { targetDuration: this.targetDuration, serverControl, ended: this.#ended, reports: reportsOf(others) };
  }

  /** Discontinuity numbers match across renditions, also in one that begins when others have counted some (§6.2.4). */
  #join(rendition: LiveRendition, msn: number): void {
    const ds = discontinuitiesAtJoin(rendition, msn, this.renditions);
    if (ds === 0) return;
    rendition.timeline.joinAt(ds);
    this.keeper.note({ t: 'base', r: rendition.id, ds });
  }

  #close(rendition: LiveRendition, msn: number, duration: number): void {
    const { timeline } = rendition;
    const now = this.#options.clock.monotonic();
    const segment = timeline.closeSegment(msn, duration);
    if (rendition.measure(segment)) this.#multivariant.invalidate();
    timeline.slide(this.#options.windowMs / 1000, this.targetDuration, now);
    timeline.unlistParts(this.targetDuration, now);
    this.keeper.deleteExpired(rendition.id, timeline, now);
    void this.keeper.storeSegment(rendition.id, segment).then(() => this.#trim());
    this.#trim();
    this.keeper.compactJournal(() => snapshotLines(this.targetDuration, this.renditions, this.#restarts));
    this.#options.events.segmentPublished?.({ streamId: this.streamId, rendition: rendition.id, msn, bytes: segment.size });
    this.#changed(rendition);
  }

  #trim(): void {
    const timelines = this.renditions.map(({ timeline }) => timeline);
    const before = timelines.map(({ mediaSequence }) => mediaSequence);
    this.keeper.trim(timelines, this.targetDuration, this.#options.clock.monotonic());
    for (const [index, rendition] of this.renditions.entries())
      if (rendition.timeline.mediaSequence !== before[index]) this.#changed(rendition);
  }

  #expect(id: RenditionId): LiveRendition {
    const rendition = this.#renditions.get(id);
    invariant(rendition !== undefined && !this.#ended, `rendition ${id} is not part of the plan`);
    return rendition;
  }

  /** Those who wait are woken once the caller's turn is over, so that a part, a close and an open made together are one update. */
  #changed(rendition: LiveRendition): void {
    rendition.invalidate();
    if (this.#wakeScheduled) return;
    this.#wakeScheduled = true;
    queueMicrotask(() => this.#wake());
  }

  #wake(): void {
    this.#wakeScheduled = false;
    if (!this.#playableAnnounced && this.playable) {
      this.#playableAnnounced = true;
      this.#options.events.playable?.(this.streamId);
    }
    for (const rendition of this.renditions) rendition.waiters.wake();
    this.starting.wake();
  }
}
