// The frames since the last video keyframe (audio-only sources: a short tail), so that a new subscriber starts with a picture at once.
// At its bound the cache empties: a subscriber then waits for the next keyframe, as it would without a cache.

import type { Frame, TrackId } from '@headend/media';

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_FRAMES = 4096;
/** Audio-only sources keep about a second (AAC at 48 kHz has 47 frames a second). */
const AUDIO_ONLY_FRAMES = 50;

export class GopCache {
  #frames: Frame[] = [];
  #bytes = 0;
  #leader: TrackId | undefined;

  /** `leader` is the track whose keyframes open a group: the first video track, or undefined without video. */
  reset(leader: TrackId | undefined): void {
    this.#leader = leader;
    this.#clear();
  }

  push(frame: Frame): void {
    if (this.#leader === undefined) {
      this.#append(frame);
      if (this.#frames.length > AUDIO_ONLY_FRAMES) this.#bytes -= this.#frames.shift()?.data.length ?? 0;
      return;
    }
    const opens = frame.trackId === this.#leader && frame.key;
    if (opens) this.#clear();
    else if (this.#frames.length === 0) return;
    this.#append(frame);
    if (this.#bytes > MAX_BYTES || this.#frames.length > MAX_FRAMES) this.#clear();
  }

  frames(): readonly Frame[] {
    return this.#frames;
  }

  #append(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frame.data.length;
  }

  #clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}
