// One stream as clients see it: implements the packager's sink, keeps the sliding window of every rendition, writes its playlists.
// Order of every change: bytes first, then the playlist that lists them, then (at the end of the caller's turn) those who wait.

import { invariant, type Millis, millis } from '@headend/core';
import { printable, type RenditionReport, serverControlFor, writeMultivariant } from '@headend/manifest';
import type { Track } from '@headend/media';
import type { PackagedPart, PackageSink, PresentationPlan, RenditionId, ResumePoint, SegmentOpening } from '../packager/index.ts';
import type { JournalLine } from './journal.ts';
import { LiveRendition, type PresentationFacts, type RenditionPlanSummary } from './live-rendition.ts';
import { initName, reportOf, segmentName } from './media-playlist-view.ts';
import { multivariantOf, playlistUri } from './multivariant-view.ts';
import type { OriginEvents } from './origin-events.ts';
import type { Clock, SegmentFiles } from './ports.ts';
import { RenderedText } from './rendered-text.ts';
import { SegmentKeeper, segmentLine } from './segment-keeper.ts';
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

/** Sound alone or picture alone may get the other later, with parts of up to this many seconds (three frames at 12.5 fps). */
const LATE_PART_SECONDS = 0.25;

const longestPartToCome = (renditions: readonly LiveRendition[]): number => {
  const longest = Math.max(...renditions.map(({ partTarget }) => partTarget));
  const kinds = new Set(renditions.map(({ track }) => track.kind));
  return kinds.size > 1 ? longest : Math.max(longest, LATE_PART_SECONDS);
};

export class LivePresentation implements PackageSink {
  readonly streamId: string;
  readonly keeper: SegmentKeeper;
  /** Those who wait for the first playable playlist. */
  readonly starting: Waiters;
  readonly #options: LivePresentationOptions;
  readonly #renditions = new Map<string, LiveRendition>();
  #targetDuration: number | undefined;
  /** Longest part that any rendition has or may get: EXT-X-SERVER-CONTROL never changes. */
  #holdBackPart: number | undefined;
  #independentSegments = true;
  #ended = false;
  #closed = false;
  #manifest: RenderedText | undefined;
  #wakeScheduled = false;
  #playableAnnounced = false;
  #restarts = 0;

  constructor(options: LivePresentationOptions) {
    this.streamId = options.streamId;
    this.#options = options;
    this.keeper = new SegmentKeeper(options);
    this.starting = this.#newWaiters();
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
    if (this.#targetDuration === undefined) return undefined;
    const renditions = this.renditions.map(({ id, plan, timeline }) => {
      const nextInitIndex = Math.max(-1, ...timeline.inits.keys()) + 1;
      return [id, { partTargetMs: plan.partTargetMs, nextInitIndex }] as const;
    });
    const nextMsn = Math.max(0, ...this.renditions.map(({ timeline }) => timeline.nextMsn));
    return { targetDurationSeconds: this.#targetDuration, nextMsn, renditions: new Map(renditions) };
  }

  begin(plan: PresentationPlan): void {
    invariant(!this.#ended, 'a presentation that has ended cannot begin again');
    this.applyPlan(
      plan.targetDurationSeconds,
      plan.renditions.map(({ id, track, partTargetMs, bandwidth, averageBandwidth }) => ({
        id,
        partTargetMs,
        bandwidth,
        averageBandwidth,
        track: summarise(track),
      })),
    );
    this.keeper.note(this.#planLine());
    for (const rendition of this.renditions) this.#changed(rendition);
  }

  /** The plan without its announcement: also what recovery applies. */
  applyPlan(targetDuration: number, plans: readonly RenditionPlanSummary[]): void {
    // EXT-X-TARGETDURATION never changes; a later plan may only promise less.
    invariant(targetDuration <= (this.#targetDuration ?? targetDuration), 'the target duration cannot grow');
    this.#targetDuration ??= targetDuration;
    for (const rendition of this.renditions) rendition.retired = !plans.some(({ id }) => id === rendition.id);
    for (const plan of plans) {
      const known = this.#renditions.get(plan.id);
      if (known === undefined) this.#renditions.set(plan.id, new LiveRendition(plan, this.#newWaiters()));
      else known.replan(plan);
    }
    this.#holdBackPart ??= longestPartToCome(this.renditions);
    this.#manifest = undefined;
  }

  init(id: RenditionId, initIndex: number, track: Track, bytes: Uint8Array): void {
    const rendition = this.#expect(id);
    const init = { index: initIndex, track: summarise(track), bytes };
    rendition.timeline.inits.set(initIndex, init);
    rendition.track = init.track;
    this.keeper.storeInit(id, init);
    this.#manifest = undefined;
  }

  openSegment(id: RenditionId, opening: SegmentOpening): void {
    const rendition = this.#expect(id);
    this.#fillUpTo(rendition, opening);
    rendition.timeline.openSegment(opening);
    this.#changed(rendition);
  }

  part(id: RenditionId, part: PackagedPart): void {
    const rendition = this.#expect(id);
    const { timeline } = rendition;
    invariant(timeline.open?.msn === part.msn, 'a part outside its segment');
    const duration = printable(part.durationTicks / this.#timescaleOf(rendition, timeline.open.initIndex));
    timeline.addPart({ duration, independent: part.independent, gap: part.gap }, part.part, part.bytes);
    if (part.part === 0 && !part.independent && !part.gap) this.#dependentSegment();
    timeline.unlistParts(this.targetDuration, this.#options.clock.monotonic());
    this.#changed(rendition);
  }

  closeSegment(id: RenditionId, msn: number, durationTicks: number): void {
    const rendition = this.#expect(id);
    const open = rendition.timeline.open;
    invariant(open !== undefined, 'no segment is open');
    this.#close(rendition, msn, durationTicks / this.#timescaleOf(rendition, open.initIndex));
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

  /** A segment that no decoder can start at was published: EXT-X-INDEPENDENT-SEGMENTS would be untrue from now on. */
  #dependentSegment(): void {
    if (this.#independentSegments) this.#manifest = undefined;
    this.#independentSegments = false;
  }

  /** After recovery, by the process that is number `restarts` + 1 on this stream: the conclusions that live publishing draws. */
  recovered(restarts: number): void {
    this.#restarts = restarts;
    this.keeper.note({ t: 'restart' });
    for (const { timeline } of this.renditions) {
      const dependent = timeline.segments.some(({ parts: [first] }) => first !== undefined && !first.independent && !first.gap);
      if (dependent) this.#dependentSegment();
    }
    this.#playableAnnounced = this.playable;
  }

  /** The multivariant playlist; only once the plan is known. */
  manifest(): RenderedText {
    const current = this.renditions.filter(({ retired }) => !retired);
    this.#manifest ??= new RenderedText(
      writeMultivariant(
        multivariantOf(
          current.map(({ summary }) => summary),
          this.#independentSegments,
        ),
      ),
    );
    return this.#manifest;
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
    const reports = others.map((other) => reportOf(other.timeline, `../${playlistUri(other.id)}`)).filter(isReport);
    const serverControl = serverControlFor(this.targetDuration, this.#holdBackPart ?? rendition.partTarget);
    return { targetDuration: this.targetDuration, serverControl, ended: this.#ended, reports };
  }

  /** Numbers that the packager left out (lost in a crash, or an audio track that came late) become gaps. */
  #fillUpTo(rendition: LiveRendition, opening: SegmentOpening): void {
    const { timeline } = rendition;
    if (timeline.segments.length === 0) {
      this.#join(rendition, opening.msn);
      return;
    }
    for (let msn = timeline.nextMsn; msn < opening.msn; msn++) {
      const sibling = this.renditions.map((other) => other.timeline.segment(msn)).find((segment) => segment !== undefined);
      const initIndex = timeline.segments.at(-1)?.initIndex ?? opening.initIndex;
      const facts = { msn, initIndex, discontinuity: sibling?.discontinuity ?? false, programDateTime: sibling?.programDateTime };
      void this.keeper.storeSegment(rendition.id, timeline.addGap(facts, sibling?.duration ?? this.targetDuration));
    }
  }

  /** Discontinuity numbers match across renditions, also in one that begins when others have counted some (§6.2.4). */
  #join(rendition: LiveRendition, msn: number): void {
    const ds = Math.max(
      0,
      ...this.renditions.filter((other) => other !== rendition).map(({ timeline }) => timeline.discontinuitiesBefore(msn)),
    );
    if (ds === 0) return;
    rendition.timeline.joinAt(ds);
    this.keeper.note({ t: 'base', r: rendition.id, ds });
  }

  #close(rendition: LiveRendition, msn: number, duration: number): void {
    const { timeline } = rendition;
    const now = this.#options.clock.monotonic();
    const segment = timeline.closeSegment(msn, duration);
    if (rendition.measure(segment)) this.#manifest = undefined;
    timeline.slide(this.#options.windowMs / 1000, this.targetDuration, now);
    timeline.unlistParts(this.targetDuration, now);
    this.#deleteExpired(rendition, now);
    void this.keeper.storeSegment(rendition.id, segment).then(() => this.#trim());
    this.#trim();
    this.keeper.compactJournal(() => this.#journalSnapshot());
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

  #deleteExpired(rendition: LiveRendition, now: Millis): void {
    const segments = rendition.timeline.takeDeletable(now).filter(({ disk }) => disk === 'stored');
    const inits = rendition.timeline.takeUnusedInits();
    this.keeper.delete(rendition.id, [...segments.map(({ msn }) => segmentName(msn)), ...inits.map(({ index }) => initName(index))]);
  }

  #planLine(): JournalLine {
    const current = this.renditions.filter(({ retired }) => !retired);
    return { t: 'begin', td: this.targetDuration, r: current.map(({ plan }) => plan) };
  }

  #journalSnapshot(): readonly JournalLine[] {
    return [
      this.#planLine(),
      ...this.renditions.flatMap(({ id, timeline }) => [
        ...[...timeline.inits.values()].map((init): JournalLine => ({ t: 'init', r: id, i: init.index, track: init.track })),
        { t: 'base', r: id, ds: timeline.discontinuitySequence } as const,
        ...timeline.segments.filter(({ disk }) => disk === 'stored').map((segment) => segmentLine(id, segment)),
      ]),
      ...Array.from({ length: this.#restarts }, (): JournalLine => ({ t: 'restart' })),
    ];
  }

  #expect(id: RenditionId): LiveRendition {
    const rendition = this.#renditions.get(id);
    invariant(rendition !== undefined && !this.#ended, `rendition ${id} is not part of the plan`);
    return rendition;
  }

  #timescaleOf(rendition: LiveRendition, initIndex: number): number {
    const init = rendition.timeline.inits.get(initIndex);
    invariant(init !== undefined, 'media before its init segment');
    return init.track.timescale;
  }

  #newWaiters(): Waiters {
    return new Waiters(this.#options.clock, this.#options.waiterBudget);
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

const isReport = (report: RenditionReport | undefined): report is RenditionReport => report !== undefined;

/** Longest that a request waits for the timeline: rfc8216bis §6.2.5.2. */
export const maxBlockingMs = (targetDuration: number): Millis => millis(3 * targetDuration * 1000);
