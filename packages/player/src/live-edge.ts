// Keeps a following viewer at the live edge: reads the engine four times a second and applies catch-up.ts to the media element.
// A viewer who rewinds or pauses is left where they are until they go live again.

import { decideCatchUp, type LatencyPenalty, NO_PENALTY, penaltyAfterCalm, penaltyAfterStall } from './catch-up.ts';
import type { Engine } from './engine.ts';

/** A jump needs time to take effect before the next one is considered. */
const JUMP_PAUSE_MS = 3_000;
const MIN_JUMP_SECONDS = 0.3;
/** Behind the target by more than this, a viewer who paused or seeked counts as behind and is not hurried. */
const BEHIND_SECONDS = 2;

export class LiveEdge {
  readonly #video: HTMLVideoElement;
  #following = true;
  #penalty: LatencyPenalty = NO_PENALTY;
  #lastJumpAt = Number.NEGATIVE_INFINITY;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  get following(): boolean {
    return this.#following;
  }

  reset(): void {
    this.#following = true;
    this.#penalty = NO_PENALTY;
    this.#lastJumpAt = Number.NEGATIVE_INFINITY;
    this.#video.playbackRate = 1;
  }

  stalled(now: number): void {
    if (this.#following) this.#penalty = penaltyAfterStall(this.#penalty, now);
  }

  /** After the viewer seeked or resumed: near the edge they follow it, else they watch behind. */
  reconsider(engine: Engine): void {
    const { edgeLatency, targetLatency } = engine.snapshot();
    if (edgeLatency === null || targetLatency === null) return;
    this.#following = edgeLatency < targetLatency + BEHIND_SECONDS;
    if (!this.#following) this.#video.playbackRate = 1;
  }

  goLive(engine: Engine): void {
    this.#following = true;
    this.#jump(engine);
  }

  target(engine: Engine): number | null {
    const base = engine.snapshot().targetLatency;
    return base === null ? null : base + this.#penalty.seconds;
  }

  /** Where the viewer is in the window, for the controls. */
  position(engine: Engine | null): { windowSeconds: number; positionSeconds: number; behind: boolean } {
    const snapshot = engine?.snapshot() ?? null;
    if (snapshot === null || snapshot.livePosition === null) return { windowSeconds: 0, positionSeconds: 0, behind: false };
    const start = snapshot.windowStart ?? 0;
    const lag = (snapshot.edgeLatency ?? 0) - (snapshot.targetLatency ?? 0);
    const behind = !this.#following || (this.#video.paused && lag > BEHIND_SECONDS);
    return {
      windowSeconds: Math.max(0, snapshot.livePosition - start),
      positionSeconds: Math.max(0, this.#video.currentTime - start),
      behind,
    };
  }

  tick(engine: Engine, now: number): void {
    const video = this.#video;
    this.#penalty = penaltyAfterCalm(this.#penalty, now);
    const { live, edgeLatency } = engine.snapshot();
    const target = this.target(engine);
    if (!live) {
      video.playbackRate = 1;
      return;
    }
    if (
      !this.#following ||
      video.paused ||
      video.seeking ||
      video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA ||
      edgeLatency === null ||
      target === null
    )
      return;
    const decision = decideCatchUp({ latency: edgeLatency, target, bufferAhead: bufferAhead(video), rate: video.playbackRate });
    if (decision.action === 'rate') {
      if (video.playbackRate !== decision.rate) video.playbackRate = decision.rate;
    } else if (now - this.#lastJumpAt > JUMP_PAUSE_MS) {
      this.#lastJumpAt = now;
      this.#jump(engine);
    }
  }

  #jump(engine: Engine): void {
    const position = engine.snapshot().livePosition;
    if (position === null) return;
    this.#video.playbackRate = 1;
    const to = Math.max(0, position - this.#penalty.seconds);
    // Forward only: while an encoder is silent the edge stands still, and a viewer who reached it must not be thrown back.
    if (to - this.#video.currentTime > MIN_JUMP_SECONDS) this.#video.currentTime = to;
  }
}

/** Seconds that can be played without another byte. */
export function bufferAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime) return buffered.end(index) - currentTime;
  }
  return 0;
}
