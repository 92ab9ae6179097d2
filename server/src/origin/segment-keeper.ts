// Where the bytes of a presentation live: on disk as soon as a segment is complete, in memory while it is young, within a budget.
// A disk that refuses is reported once and never hurts playback: the segment stays in memory as long as the budget allows.

import { type Millis, ok, type Result } from '@headend/core';
import { PART_LISTING_TARGETS } from '@headend/manifest';
import type { HotSegment } from './hot-segment.ts';
import { encodeLine, type JournalLine, MAX_STALE_LINES } from './journal.ts';
import { segmentLine } from './journal-lines.ts';
import { initName, segmentName } from './media-playlist-view.ts';
import type { OriginEvents } from './origin-events.ts';
import type { ByteSpan, SegmentFiles, StorageError } from './ports.ts';
import type { Init, RenditionTimeline } from './rendition-timeline.ts';
import { StorageQueue } from './storage-queue.ts';

export const JOURNAL_NAME = 'timeline.jsonl';
/** Accounted for a journal line in the queue. */
const LINE_BYTES = 1024;

export type SegmentKeeperOptions = {
  readonly streamId: string;
  readonly files: SegmentFiles;
  readonly events: OriginEvents;
  /** Bytes of this stream's segments in memory. */
  readonly maxHotBytes: number;
  readonly maxQueuedBytes: number;
};

export class SegmentKeeper {
  readonly #options: SegmentKeeperOptions;
  readonly #queue: StorageQueue;
  readonly #reading = new Map<string, Promise<Uint8Array | undefined>>();
  #failing = false;
  #failures = 0;
  #journalLines = 0;

  constructor(options: SegmentKeeperOptions) {
    this.#options = options;
    this.#queue = new StorageQueue(options.maxQueuedBytes);
  }

  get failures(): number {
    return this.#failures;
  }

  get journalLines(): number {
    return this.#journalLines;
  }

  key(rendition: string, name: string): string {
    return `${this.#options.streamId}/${rendition}/${name}`;
  }

  /** A fact about the stream that needs no bytes. */
  note(line: JournalLine): void {
    void this.#push(LINE_BYTES, () => this.#append(line));
  }

  storeInit(rendition: string, init: Init): void {
    const { bytes } = init;
    if (bytes === undefined) return;
    void this.#push(bytes.length + LINE_BYTES, async () => {
      const written = await this.#options.files.write(this.key(rendition, initName(init.index)), [bytes]);
      return written.ok ? this.#append({ t: 'init', r: rendition, i: init.index, track: init.track }) : written;
    });
  }

  /** Resolves when the disk has it or refused it. */
  async storeSegment(rendition: string, segment: HotSegment): Promise<void> {
    const chunks = segment.chunks ?? [];
    const line = segmentLine(rendition, segment);
    const stored = await this.#push(segment.size + LINE_BYTES, async () => {
      const written = segment.gap ? ok(undefined) : await this.#options.files.write(this.key(rendition, segmentName(segment.msn)), chunks);
      return written.ok ? this.#append(line) : written;
    });
    segment.disk = stored.ok ? 'stored' : 'failed';
    // Only a whole segment proves that the disk works again: a line or a deletion succeeds on a full one.
    if (stored.ok && this.#failing) {
      this.#failing = false;
      this.#options.events.storageRecovered?.(this.#options.streamId);
    }
  }

  /** Clients who ask for the same bytes at one time share one read and one buffer: a crowd that rewinds costs one segment of memory. */
  read(rendition: string, name: string, span?: ByteSpan): Promise<Uint8Array | undefined> {
    const key = this.key(rendition, name);
    const bytes = span === undefined ? key : `${key}@${span.start}-${span.end}`;
    const underWay = this.#reading.get(bytes);
    if (underWay !== undefined) return underWay;
    const reading = this.#options.files.read(key, span).finally(() => this.#reading.delete(bytes));
    this.#reading.set(bytes, reading);
    return reading;
  }

  /** Deletes what no client may still ask for. */
  deleteExpired(rendition: string, timeline: RenditionTimeline, now: Millis): void {
    const segments = timeline.takeDeletable(now).filter(({ disk }) => disk === 'stored');
    const inits = timeline.takeUnusedInits();
    const names = [...segments.map(({ msn }) => segmentName(msn)), ...inits.map(({ index }) => initName(index))];
    for (const name of names) void this.#push(0, () => this.#options.files.remove(this.key(rendition, name)));
  }

  /** Rewrites the journal when most of it speaks of segments long gone. */
  compactJournal(snapshot: () => readonly JournalLine[]): void {
    if (this.#journalLines < MAX_STALE_LINES) return;
    const lines = snapshot();
    this.#journalLines = lines.length;
    const key = `${this.#options.streamId}/${JOURNAL_NAME}`;
    void this.#push(lines.length * LINE_BYTES, () => this.#options.files.write(key, lines.map(encodeLine)));
  }

  /** Lets go of bytes that the disk has and no part request is due for, then of more until the budget holds. */
  trim(timelines: readonly RenditionTimeline[], targetDuration: number, now: Millis): void {
    const keepMs = PART_LISTING_TARGETS * targetDuration * 1000;
    let total = 0;
    const stored: HotSegment[] = [];
    for (const timeline of timelines) {
      for (const segment of timeline.all()) {
        const stale = segment.partsUnlistedAt !== undefined && now - segment.partsUnlistedAt >= keepMs;
        if (segment.disk === 'stored' && stale) segment.dropBytes();
        else if (segment.disk === 'stored') stored.push(segment);
        total += segment.memoryBytes;
      }
    }
    for (const segment of stored.toSorted((a, b) => a.msn - b.msn)) {
      if (total <= this.#options.maxHotBytes) return;
      total -= segment.memoryBytes;
      segment.dropBytes();
    }
    shrinkWindows(timelines, targetDuration, now, total - this.#options.maxHotBytes);
  }

  /** Takes no more; what was accepted is on disk when this resolves. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  #append(line: JournalLine): Promise<Result<void, StorageError>> {
    this.#journalLines += 1;
    return this.#options.files.append(`${this.#options.streamId}/${JOURNAL_NAME}`, encodeLine(line));
  }

  async #push(bytes: number, write: () => Promise<Result<void, StorageError>>): Promise<Result<void, StorageError>> {
    const result = await this.#queue.push(bytes, write);
    const { events, streamId } = this.#options;
    if (result.ok) return result;
    this.#failures += 1;
    if (!this.#failing) events.storageFailed?.(streamId, result.error);
    this.#failing = true;
    return result;
  }
}

/** Nothing on disk to fall back on: what has left the window goes first, then the window gets shorter, down to what a live playlist needs. */
const shrinkWindows = (timelines: readonly RenditionTimeline[], targetDuration: number, now: Millis, excess: number): void => {
  let over = excess;
  const drop = (segment: HotSegment | undefined): void => {
    over -= segment?.memoryBytes ?? 0;
    segment?.dropBytes();
  };
  for (const timeline of timelines) for (const segment of timeline.removed) if (over > 0) drop(segment);
  while (over > 0 && timelines.some((timeline) => timeline.mayRemoveOldest(targetDuration))) {
    for (const timeline of timelines) if (timeline.mayRemoveOldest(targetDuration)) drop(timeline.removeOldest(now));
  }
};
