// Gives frames back the exact times that a millisecond container (RTMP) rounded away, and makes dts strictly increase.
// Video: when the announced frame rate explains the times to within the container's rounding, frames are laid on that rate's
// grid; otherwise their own times stand. Audio: frames follow one another by their sample counts, and only a real gap re-anchors.
// Jumps, wraps and resets of the timeline are not its business: protocols normalise those before.

import { type Ticks, ticks } from '@headend/core';
import { packetSamples } from '../codecs/packet-samples.ts';
import type { AudioTrack, Frame, VideoTrack } from '../track.ts';

/** Rounding of a millisecond clock at either end of an interval: just over one millisecond. */
const GRID_TOLERANCE_S = 0.00105;
/** After this share of misses in a run of frames the announced rate is not the true one, and frames keep their own times. */
const MISS_RUN = 60;
const MAX_MISSES_PER_RUN = 6;
const MAX_GRID_RATE = 240;
/** Audio further than this from its sample count has a gap (or an overlap); less is the encoder's rounding. */
const AUDIO_TOLERANCE_S = 0.03;

/** 23.976, 29.97, 59.94, … as the exact rationals they stand for. */
const exactRate = (rate: number): number => {
  const ntsc = (Math.round(rate) * 1000) / 1001;
  return Math.abs(rate - ntsc) < 0.005 * (rate / 30) && Math.abs(rate - Math.round(rate)) > 0.001 ? ntsc : rate;
};

export interface FrameClock {
  /** The frame with its final times, or undefined when it overlaps what was already there and has to go. */
  place(frame: Frame): Frame | undefined;
}

export class VideoFrameClock implements FrameClock {
  readonly #tolerance: number;
  readonly #duration: number | undefined;
  #anchor = 0;
  #anchored = false;
  #last = -1;
  #seen = 0;
  #misses = 0;
  #abandoned = false;

  constructor(track: VideoTrack) {
    const rate = track.frameRate;
    this.#tolerance = track.timescale * GRID_TOLERANCE_S;
    this.#duration = rate !== undefined && rate > 0 && rate <= MAX_GRID_RATE ? track.timescale / exactRate(rate) : undefined;
  }

  place(frame: Frame): Frame {
    const decode = Math.max(this.#snap(frame.dts), this.#last + 1);
    this.#last = decode;
    const presentation = decode + this.#snapOffset(frame.pts - frame.dts);
    return decode === frame.dts && presentation === frame.pts ? frame : { ...frame, dts: ticks(decode), pts: ticks(presentation) };
  }

  #snap(dts: Ticks): number {
    if (this.#duration === undefined || this.#abandoned) return dts;
    if (!this.#anchored) return this.#reanchor(dts);
    const steps = Math.round((dts - this.#anchor) / this.#duration);
    const snapped = this.#anchor + Math.round(steps * this.#duration);
    this.#countFrame();
    if (Math.abs(snapped - dts) <= this.#tolerance) return snapped;
    this.#misses += 1;
    return this.#reanchor(dts);
  }

  #reanchor(dts: Ticks): number {
    this.#anchor = dts;
    this.#anchored = true;
    return dts;
  }

  #countFrame(): void {
    if (this.#misses > MAX_MISSES_PER_RUN) this.#abandoned = true;
    this.#seen += 1;
    if (this.#seen % MISS_RUN === 0) this.#misses = 0;
  }

  #snapOffset(offset: number): number {
    if (this.#duration === undefined || this.#abandoned) return offset;
    const snapped = Math.round(Math.round(offset / this.#duration) * this.#duration);
    return Math.abs(snapped - offset) <= this.#tolerance ? snapped : offset;
  }
}

export class AudioFrameClock implements FrameClock {
  readonly #track: AudioTrack;
  readonly #tolerance: number;
  #next: number | undefined;

  constructor(track: AudioTrack) {
    this.#track = track;
    this.#tolerance = track.timescale * AUDIO_TOLERANCE_S;
  }

  place(frame: Frame): Frame | undefined {
    const error = this.#next === undefined ? Number.POSITIVE_INFINITY : frame.dts - this.#next;
    if (error < -this.#tolerance) return undefined;
    const at = this.#next === undefined || error > this.#tolerance ? frame.dts : this.#next;
    this.#next = at + packetSamples(this.#track, frame.data);
    return at === frame.dts && at === frame.pts ? frame : { ...frame, dts: ticks(at), pts: ticks(at) };
  }
}
