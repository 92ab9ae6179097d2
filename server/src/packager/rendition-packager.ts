// One track to CMAF: frames become samples, samples parts (one chunk each), parts segments. Cutting decisions about segments come
// from outside; this file keeps every part within PART-TARGET and every sample's duration equal to the distance to its successor.
// Decode times are the encoder's own and composition offsets stay positive: moving either for B-frames makes FFmpeg play sound and
// picture apart by the reorder delay, because its reader adds the most negative offset back to the picture alone.

import { invariant, type Ticks, ticks, type WallMs, wallMs } from '@headend/core';
import { type ChunkSample, type Frame, type Track, writeChunk } from '@headend/media';
import type { PackageSink, RenditionId } from './ports.ts';

export type RenditionConfig = {
  readonly id: RenditionId;
  readonly track: Track;
  readonly partTarget: Ticks;
  /** Usual frame duration: lets a full part go out without waiting to see how long one more frame would be. */
  readonly frameDuration: Ticks;
};

/** RFC 8216bis 4.4.4.9 asks for 85 % of PART-TARGET; one more keeps printed decimals above it. */
const MIN_PART_SHARE = 0.86;

/** Wallclock of a presentation time, fixed for one epoch: wall = ticks / timescale + origin. */
export type WallAnchor = { readonly originMs: number };

export const wallOf = (anchor: WallAnchor, at: number, track: Track): WallMs =>
  wallMs(Math.round(anchor.originMs + (at * 1000) / track.timescale));

export class RenditionPackager {
  readonly id: RenditionId;
  readonly #sink: PackageSink;
  #config: RenditionConfig;
  #anchor: WallAnchor = { originMs: 0 };
  #sequence = 0;
  #pending: Frame | undefined;
  #lastDuration: number;
  #samples: ChunkSample[] = [];
  #partStart = 0;
  #partDuration = 0;
  #partIndex = 0;
  #msn: number | undefined;
  #segmentStart = 0;
  /** Media in the open segment, and how long the playlist says it is. */
  #segmentDuration = 0;
  #listedDuration = 0;
  /** What listed durations are ahead of the media by. */
  #borrowed = 0;

  constructor(sink: PackageSink, config: RenditionConfig) {
    this.id = config.id;
    this.#sink = sink;
    this.#config = config;
    this.#lastDuration = config.frameDuration;
  }

  get track(): Track {
    return this.#config.track;
  }

  get config(): RenditionConfig {
    return this.#config;
  }

  get segmentOpen(): boolean {
    return this.#msn !== undefined;
  }

  /** A new epoch: its wallclock and possibly its track. The segment must be closed. */
  beginEpoch(anchor: WallAnchor, config: RenditionConfig): void {
    invariant(this.#msn === undefined, 'epoch begins inside a segment');
    this.#anchor = anchor;
    this.#config = config;
    this.#pending = undefined;
    this.#borrowed = 0;
    this.#lastDuration = config.frameDuration;
  }

  /** Media time from the open segment's start to `decode`. */
  elapsed(decode: number): number {
    return decode - this.#segmentStart;
  }

  /** `start` is a decode time; what the viewer sees first comes `delay` later (B-frames). */
  openSegment(msn: number, initIndex: number, start: number, delay: number, discontinuity: boolean): void {
    invariant(this.#msn === undefined, 'segment opened inside a segment');
    this.#msn = msn;
    this.#partIndex = 0;
    this.#segmentStart = start;
    this.#segmentDuration = 0;
    this.#listedDuration = 0;
    const startTicks = ticks(start + delay);
    const programDateTime = wallOf(this.#anchor, startTicks, this.track);
    this.#sink.openSegment(this.id, { msn, initIndex, discontinuity, programDateTime, startTicks });
  }

  add(frame: Frame): void {
    this.#settle(frame.dts);
    this.#pending = frame;
  }

  /** Closes the open segment at `end` (decode time), or after the last frame when nothing follows on this timeline. Returns its end. */
  closeSegment(end?: number): number {
    const msn = this.#msn;
    invariant(msn !== undefined, 'no segment to close');
    this.#settle(end);
    this.#flushPart(true);
    if (end !== undefined) this.#gap(end - this.#segmentStart - this.#segmentDuration);
    this.#sink.closeSegment(this.id, msn, ticks(this.#listedDuration));
    this.#msn = undefined;
    return this.#segmentStart + this.#segmentDuration;
  }

  /** The waiting frame gets its duration: up to its successor at `next`, or as long as the frame before it. */
  #settle(next: number | undefined): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const duration = next === undefined ? this.#lastDuration : next - pending.dts;
    invariant(duration > 0, 'decode times must increase');
    if (duration <= this.#config.partTarget) this.#lastDuration = duration;
    this.#addSample(pending, duration);
  }

  #addSample(frame: Frame, duration: number): void {
    const { partTarget, frameDuration } = this.#config;
    if (duration <= partTarget && this.#partDuration + duration > partTarget) this.#flushPart();
    if (this.#samples.length === 0) this.#partStart = frame.dts;
    this.#samples.push({ duration: ticks(duration), compositionOffset: ticks(frame.pts - frame.dts), key: frame.key, data: frame.data });
    this.#partDuration += duration;
    if (this.#partDuration > partTarget) this.#flushLongPart();
    else if (this.#partDuration + frameDuration > partTarget) this.#flushPart();
  }

  /** A frame that lasts longer than PART-TARGET: the media stays whole, the playlist shows the rest of its time as gap parts. */
  #flushLongPart(): void {
    const rest = this.#partDuration - this.#config.partTarget;
    this.#partDuration = this.#config.partTarget;
    this.#flushPart(true);
    this.#gap(rest);
  }

  #gap(duration: number): void {
    for (let rest = duration; rest > 0; rest -= this.#config.partTarget) {
      const duration = Math.min(rest, this.#config.partTarget);
      this.#emit(duration, new Uint8Array(0), false, true);
      this.#segmentDuration += duration;
    }
  }

  /** `short` when the rules let this part be shorter than the minimum: it ends its segment or a gap follows. */
  #flushPart(short = false): void {
    const first = this.#samples[0];
    if (first === undefined) return;
    const bytes = writeChunk({
      sequence: this.#sequence++,
      track: this.track,
      baseDecodeTime: ticks(this.#partStart),
      samples: this.#samples,
      producerReferenceTime: { wallMs: wallOf(this.#anchor, this.#partStart, this.track), mediaTime: ticks(this.#partStart) },
    });
    const duration = this.#partDuration;
    this.#samples = [];
    this.#partDuration = 0;
    this.#emit(this.#listed(duration, short), bytes, first.key, false);
    this.#segmentDuration += duration;
  }

  /**
   * The duration a part is listed with. A lost frame can leave a part below the minimum; it then borrows from the parts after it, so that the
   * rule holds, the sum stays true, and no part is listed more than a part away from its media.
   */
  #listed(duration: number, exempt: boolean): number {
    const due = duration - this.#borrowed;
    const minimum = exempt ? 1 : Math.ceil(this.#config.partTarget * MIN_PART_SHARE);
    const listed = Math.max(due, minimum);
    this.#borrowed = listed - due;
    return listed;
  }

  #emit(duration: number, bytes: Uint8Array, independent: boolean, gap: boolean): void {
    invariant(this.#msn !== undefined, 'part outside a segment');
    this.#sink.part(this.id, { msn: this.#msn, part: this.#partIndex++, durationTicks: ticks(duration), independent, gap, bytes });
    this.#listedDuration += duration;
  }
}
