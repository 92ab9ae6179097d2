// Audio (and any rendition that does not lead) waits here until the leader has passed its time, so that both cut at the same instant.
// If the leader stalls, frames go on after a bounded lead: sound is not held up by a picture that does not come.

import type { Millis, Ticks } from '@headend/core';
import { toMillis } from '@headend/core';
import type { Frame, Track } from '@headend/media';

/** How far a follower may run ahead of the leader before it stops waiting. */
export const MAX_LEAD_MS = 600;
/** Bound while no leader keyframe has come yet: about 40 s of AAC. The oldest go first. */
const MAX_WAITING_FRAMES = 2000;

export class FollowerQueue {
  readonly #track: Track;
  #frames: Frame[] = [];

  constructor(track: Track) {
    this.#track = track;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    if (this.#frames.length > MAX_WAITING_FRAMES) this.#frames.shift();
  }

  /** Frames whose time the leader has reached (`watermark`), or that are too far ahead of it to wait. */
  release(watermark: Millis): readonly Frame[] {
    const newest = this.#frames.at(-1);
    if (newest === undefined) return [];
    const limit = Math.max(watermark, this.#ms(newest.pts) - MAX_LEAD_MS);
    let count = 0;
    for (const frame of this.#frames) {
      if (this.#ms(frame.pts) > limit) break;
      count += 1;
    }
    return this.#frames.splice(0, count);
  }

  releaseAll(): readonly Frame[] {
    return this.#frames.splice(0);
  }

  #ms(at: Ticks): Millis {
    return toMillis(at, this.#track.timescale);
  }
}
