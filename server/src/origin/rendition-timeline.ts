// The sliding timeline of one rendition: complete segments in the window, the open one, those that left but must stay downloadable, and
// the name of the next part. Rules of rfc8216bis §6.2.1–6.2.2; no clock, disk or socket.
//
// Names: the hint announces part N+1 of the open segment. If the segment closes first, the first part of the next segment takes the
// announced name, as §4.4.5.3 allows: no hinted request is ever turned away.

import { invariant, type Millis, millis } from '@headend/core';
import { PART_LISTING_TARGETS, printable } from '@headend/manifest';
import { HotSegment, type SegmentFacts } from './hot-segment.ts';
import type { TrackSummary } from './track-summary.ts';

/** A live playlist never gets shorter than this many target durations. */
const MIN_WINDOW_TARGETS = 3;
/** Part numbers of the first segment after a restart begin here times the number of restarts: a cache may hold parts of the same number from before. */
const PART_NUMBERS_PER_RESTART = 1000;

export type Init = { readonly index: number; readonly track: TrackSummary; readonly bytes: Uint8Array | undefined };

export type PartLocation = { readonly segment: HotSegment; readonly index: number };

export class RenditionTimeline {
  readonly segments: HotSegment[] = [];
  readonly inits = new Map<number, Init>();
  /** Left the playlist, not yet deletable; oldest first. */
  readonly removed: HotSegment[] = [];
  #open: HotSegment | undefined;
  #mediaSequence: number | undefined;
  #discontinuitySequence = 0;
  #nextName: string | undefined;
  #longestPlaylist = 0;
  #restarts = 0;
  /** MSN of the first segment with media after the last restart; 'pending' until its first part. */
  #restartSegment: number | 'pending' | undefined;
  readonly #byMsn = new Map<number, HotSegment>();
  readonly #byName = new Map<string, PartLocation>();

  get open(): HotSegment | undefined {
    return this.#open;
  }

  get mediaSequence(): number {
    return this.#mediaSequence ?? 0;
  }

  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  get lastMsn(): number {
    return this.mediaSequence + this.segments.length - 1;
  }

  get nextMsn(): number {
    return this.#open === undefined ? this.lastMsn + 1 : this.#open.msn + 1;
  }

  /** The name that the next part will have, in whichever segment. */
  get nextPartName(): string {
    return this.#nextName ?? `${this.nextMsn}.0`;
  }

  /** Seconds of the complete segments listed. */
  get duration(): number {
    return this.segments.reduce((total, segment) => total + segment.duration, 0);
  }

  segment(msn: number): HotSegment | undefined {
    return this.#byMsn.get(msn);
  }

  part(name: string): PartLocation | undefined {
    return this.#byName.get(name);
  }

  /** Ticks per second of a segment's media. */
  timescaleOf({ initIndex }: SegmentFacts): number {
    const init = this.inits.get(initIndex);
    invariant(init !== undefined, 'media before its init segment');
    return init.track.timescale;
  }

  openSegment(facts: SegmentFacts): void {
    invariant(this.#open === undefined, 'segment opened inside a segment');
    this.#mediaSequence ??= facts.msn;
    invariant(facts.msn === this.lastMsn + 1, `segment ${facts.msn} does not follow ${this.lastMsn}`);
    this.#nextName ??= `${facts.msn}.0`;
    this.#open = new HotSegment(facts);
  }

  /** Before its first segment: a rendition that joins late counts discontinuities like those that were there before it. */
  joinAt(discontinuitySequence: number): void {
    invariant(this.#mediaSequence === undefined, 'a timeline joins before its first segment');
    this.#discontinuitySequence = discontinuitySequence;
  }

  /** The absolute number of discontinuities before a segment. */
  discontinuitiesBefore(msn: number): number {
    return this.#discontinuitySequence + this.segments.filter((segment) => segment.discontinuity && segment.msn < msn).length;
  }

  addPart(
    part: { readonly duration: number; readonly independent: boolean; readonly gap: boolean },
    index: number,
    bytes: Uint8Array,
  ): void {
    const segment = this.#open;
    invariant(segment !== undefined && segment.parts.length === index, 'part out of order');
    const name = this.nextPartName;
    segment.addPart({ name, ...part }, bytes);
    this.#byName.set(name, { segment, index });
    if (this.#restartSegment === 'pending') this.#restartSegment = segment.msn;
    // Only the first segment after a restart can share its number with one that a cache remembers.
    const offset = this.#restartSegment === segment.msn ? this.#restarts * PART_NUMBERS_PER_RESTART : 0;
    this.#nextName = `${segment.msn}.${offset + index + 1}`;
  }

  closeSegment(msn: number, duration: number): HotSegment {
    const segment = this.#open;
    invariant(segment !== undefined && segment.msn === msn, 'another segment is open');
    this.#open = undefined;
    segment.duration = printable(duration);
    segment.gap = segment.parts.every((part) => part.gap);
    this.#list(segment);
    return segment;
  }

  /** A segment of which nothing exists, to keep the numbering: EXT-X-GAP. */
  addGap(facts: SegmentFacts, duration: number): HotSegment {
    this.openSegment(facts);
    return this.closeSegment(facts.msn, duration);
  }

  /** A segment that the journal remembers. False when it does not continue the timeline. */
  restore(segment: HotSegment): boolean {
    this.#mediaSequence ??= segment.msn;
    if (segment.msn !== this.lastMsn + 1) return false;
    segment.parts.forEach((part, index) => {
      this.#byName.set(part.name, { segment, index });
    });
    this.#list(segment);
    return true;
  }

  /** After the journal was read: how often this stream was recovered, and how many discontinuities left before. */
  resume(restarts: number, discontinuitySequence: number): void {
    this.#restarts = restarts;
    this.#discontinuitySequence += discontinuitySequence;
    this.#restartSegment = 'pending';
    this.#nextName = `${this.nextMsn}.${restarts * PART_NUMBERS_PER_RESTART}`;
  }

  #list(segment: HotSegment): void {
    this.segments.push(segment);
    this.#byMsn.set(segment.msn, segment);
    this.#longestPlaylist = Math.max(this.#longestPlaylist, this.duration);
  }

  /** §4.4.4.9: parts leave the playlist once their segment is more than three target durations from its end. */
  unlistParts(targetDuration: number, now: Millis): void {
    let afterSegment = this.#open?.partsDuration ?? 0;
    for (let index = this.segments.length - 1; index >= 0; index--) {
      const segment = this.segments[index];
      if (segment === undefined || segment.partsUnlistedAt !== undefined) return;
      if (afterSegment > PART_LISTING_TARGETS * targetDuration) segment.partsUnlistedAt = now;
      afterSegment += segment.duration;
    }
  }

  /** §6.2.2: oldest first, and never below three target durations. */
  slide(windowSeconds: number, targetDuration: number, now: Millis): void {
    const keep = Math.max(windowSeconds, MIN_WINDOW_TARGETS * targetDuration);
    let total = this.duration;
    for (let first = this.segments[0]; first !== undefined && total - first.duration >= keep; first = this.segments[0]) {
      total -= first.duration;
      this.removeOldest(now);
    }
  }

  /** Whether one more segment may leave early because its bytes have no place to stay. */
  mayRemoveOldest(targetDuration: number): boolean {
    const first = this.segments[0];
    return first !== undefined && this.duration - first.duration >= MIN_WINDOW_TARGETS * targetDuration;
  }

  /** The segment stays downloadable for its own duration plus that of the longest playlist that listed it. */
  removeOldest(now: Millis): HotSegment | undefined {
    const first = this.segments.shift();
    if (first === undefined) return undefined;
    this.#mediaSequence = first.msn + 1;
    if (first.discontinuity) this.#discontinuitySequence += 1;
    first.partsUnlistedAt ??= now;
    first.deleteAt = millis(now + (first.duration + this.#longestPlaylist) * 1000);
    this.removed.push(first);
    return first;
  }

  /** Takes out what no client may still ask for. */
  takeDeletable(now: Millis): readonly HotSegment[] {
    const count = this.removed.findIndex((segment) => (segment.deleteAt ?? now) > now);
    const deletable = this.removed.splice(0, count < 0 ? this.removed.length : count);
    for (const segment of deletable) this.#forget(segment);
    return deletable;
  }

  #forget(segment: HotSegment): void {
    this.#byMsn.delete(segment.msn);
    for (const part of segment.parts) this.#byName.delete(part.name);
  }

  /** Init segments that nothing refers to any more, except the newest. */
  takeUnusedInits(): readonly Init[] {
    const newest = Math.max(...this.inits.keys());
    const used = new Set([...this.removed, ...this.segments].map((segment) => segment.initIndex));
    const unused = [...this.inits.values()].filter(({ index }) => index !== newest && index !== this.#open?.initIndex && !used.has(index));
    for (const { index } of unused) this.inits.delete(index);
    return unused;
  }

  /** Every segment whose bytes may be in memory, oldest first. */
  *all(): Generator<HotSegment> {
    yield* this.removed;
    yield* this.segments;
    if (this.#open !== undefined) yield this.#open;
  }
}
