// Where segments are cut. Pure: keyframes at or after the target length; earlier ones when waiting for the next would pass the
// target duration; and a cut without a keyframe only when the encoder leaves no choice (RFC 8216bis: rounded EXTINF <= target duration).

import { type Millis, millis } from '@headend/core';

/** EXTINF is rounded to the nearest integer before it is compared, so a segment may pass the target by just under a half second. */
const ROUNDING_ALLOWANCE_MS = 490;
/** Half a frame at 25 fps: a keyframe this much early is on time. */
export const EARLY_MS = 20;

export class SegmentPolicy {
  readonly #targetMs: Millis;
  readonly #limitMs: Millis;
  #longestGopMs = 0;
  /** Relative to the open segment's start; negative when the last keyframe was before it. */
  #lastKeyMs = 0;

  constructor(segmentTargetMs: Millis, targetDurationSeconds: number) {
    this.#targetMs = segmentTargetMs;
    this.#limitMs = millis(targetDurationSeconds * 1000 + ROUNDING_ALLOWANCE_MS);
  }

  /** Whether a frame that begins `elapsedMs` after the segment's start and lasts `frameMs` opens a new segment. */
  cutsBefore(elapsedMs: number, frameMs: number, key: boolean): boolean {
    if (key) {
      this.#longestGopMs = Math.max(this.#longestGopMs, elapsedMs - this.#lastKeyMs);
      this.#lastKeyMs = elapsedMs;
    }
    const due = key
      ? elapsedMs >= this.#targetMs - EARLY_MS || elapsedMs + this.#longestGopMs > this.#limitMs
      : elapsedMs + frameMs > this.#limitMs;
    if (due) this.#lastKeyMs -= elapsedMs;
    return due;
  }
}
