// What a viewing went through: time to the first frame, stalls and how long they took.

import type { PlayerState } from './player-state.ts';

export type Viewing = {
  readonly stalls: number;
  readonly stalledMs: number;
  readonly firstFrameMs: number | null;
};

export const FIRST_FRAME_MARK = 'headend:first-frame';

export class ViewingClock {
  readonly #video: HTMLVideoElement;
  #startedAt = 0;
  #firstFrameMs: number | null = null;
  #stalls = 0;
  #stalledMs = 0;
  #stalledSince: number | null = null;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  start(): void {
    const startedAt = performance.now();
    this.#startedAt = startedAt;
    this.#firstFrameMs = null;
    this.#stalls = 0;
    this.#stalledMs = 0;
    this.#stalledSince = null;
    this.#onFirstFrame(() => {
      if (this.#startedAt !== startedAt) return;
      this.#firstFrameMs = performance.now() - startedAt;
      performance.mark(FIRST_FRAME_MARK);
    });
  }

  /** A stall begins when playing turns into buffering (a seek of the viewer's is none) and ends with the next state. */
  state(state: PlayerState, now: number): void {
    if (state.kind === 'buffering' && (this.#stalledSince !== null || !this.#video.seeking)) {
      if (this.#stalledSince === null) this.#stalls += 1;
      this.#stalledSince ??= now;
    } else if (this.#stalledSince !== null) {
      this.#stalledMs += now - this.#stalledSince;
      this.#stalledSince = null;
    }
  }

  read(now: number): Viewing {
    const running = this.#stalledSince === null ? 0 : now - this.#stalledSince;
    return { stalls: this.#stalls, stalledMs: this.#stalledMs + running, firstFrameMs: this.#firstFrameMs };
  }

  #onFirstFrame(then: () => void): void {
    const video = this.#video;
    if (typeof video.requestVideoFrameCallback === 'function') video.requestVideoFrameCallback(then);
    else video.addEventListener('loadeddata', then, { once: true });
  }
}
