// One segment of one rendition as the origin keeps it: what playlists say about it, and its bytes, part by part, in memory or on disk.

import { invariant, type Millis, type WallMs } from '@headend/core';

export type HotPart = {
  /** `<msn>.<part>` as in the URL. A part that a hint announced keeps the hinted name, even in the next segment. */
  readonly name: string;
  /** Seconds as printed. */
  readonly duration: number;
  readonly independent: boolean;
  readonly gap: boolean;
  /** Where its bytes lie in the segment. */
  readonly start: number;
  readonly end: number;
};

export type SegmentFacts = {
  readonly msn: number;
  readonly initIndex: number;
  readonly discontinuity: boolean;
  readonly programDateTime: WallMs | undefined;
};

export type DiskState = 'absent' | 'stored' | 'failed';

export class HotSegment {
  readonly msn: number;
  readonly initIndex: number;
  readonly discontinuity: boolean;
  readonly programDateTime: WallMs | undefined;
  readonly parts: HotPart[] = [];
  /** Seconds as printed; known when the segment is complete. */
  duration = 0;
  gap = false;
  disk: DiskState = 'absent';
  /** When its parts left the playlist. */
  partsUnlistedAt: Millis | undefined;
  /** When it may be deleted, once it has left the playlist. */
  deleteAt: Millis | undefined;
  #chunks: Uint8Array[] | undefined = [];
  #size = 0;

  constructor(facts: SegmentFacts) {
    this.msn = facts.msn;
    this.initIndex = facts.initIndex;
    this.discontinuity = facts.discontinuity;
    this.programDateTime = facts.programDateTime;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether a decoder can start at it, as far as is known: a part that is missing is no obstacle. */
  get startsIndependent(): boolean {
    const [first] = this.parts;
    return first === undefined || first.independent || first.gap;
  }

  /** Bytes it holds in memory. */
  get memoryBytes(): number {
    return this.#chunks === undefined ? 0 : this.#size;
  }

  /** Its parts' bytes in order, or undefined when only the disk has them. */
  get chunks(): readonly Uint8Array[] | undefined {
    return this.#chunks;
  }

  /** Seconds of the parts so far. */
  get partsDuration(): number {
    return this.parts.reduce((total, part) => total + part.duration, 0);
  }

  addPart(part: Omit<HotPart, 'start' | 'end'>, bytes: Uint8Array): void {
    invariant(this.#chunks !== undefined, 'a part for a segment that left memory');
    this.parts.push({ ...part, start: this.#size, end: this.#size + bytes.length });
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** The bytes of one part as a list of at most one chunk, or undefined when only the disk has them. */
  partChunks(index: number): readonly Uint8Array[] | undefined {
    const chunk = this.#chunks?.[index];
    return chunk === undefined ? undefined : [chunk];
  }

  dropBytes(): void {
    this.#chunks = undefined;
  }

  /** Restores what the journal tells: the bytes are on disk. */
  restore(parts: readonly HotPart[], size: number): void {
    this.parts.push(...parts);
    this.#size = size;
    this.#chunks = undefined;
    this.disk = 'stored';
  }
}
