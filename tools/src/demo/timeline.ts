// When each frame is due and where flashes and beeps fall. Media time counts from 0; `originMs` is the wall clock at media time 0.
// The flash starts with the first frame at or after a full wall-clock second, and the beep starts at that frame's media time, so
// picture and sound are aligned by construction at any frame rate. Pure arithmetic.

import { invariant } from '@headend/core';

export type FrameRate = { readonly num: number; readonly den: number };

/** Integers stay integers; anything else is taken as the nearest NTSC rate (n × 1000/1001), or as thousandths. */
export const frameRate = (fps: number): FrameRate => {
  invariant(fps > 0 && fps <= 240, `frame rate ${fps} is out of range`);
  if (Number.isInteger(fps)) return { num: fps, den: 1 };
  const ntsc = Math.ceil(fps);
  if (Math.abs((ntsc * 1000) / 1001 - fps) < 0.01) return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(fps * 1000), den: 1000 };
};

const FLASH_MS = 50;
export const BEEP_MS = 80;
/** In frames. Guards comparisons of times that are equal on paper. */
const EPSILON = 1e-6;

export class SignalTimeline {
  readonly originMs: number;
  readonly #frameMs: number;
  readonly #flashFrames: number;
  /** The wall-clock second that holds the origin, and how far into it the origin is: small numbers keep their precision. */
  readonly #originSecond: number;
  readonly #offsetMs: number;

  /** The origin is `wallMs` moved forward onto the frame grid of its second, so that flashes fall on full seconds. */
  constructor(wallMs: number, rate: FrameRate) {
    this.#frameMs = (1000 * rate.den) / rate.num;
    this.#flashFrames = Math.max(1, Math.round(FLASH_MS / this.#frameMs));
    this.#originSecond = Math.floor(wallMs / 1000);
    const into = wallMs - this.#originSecond * 1000;
    this.#offsetMs = Math.ceil(into / this.#frameMs - EPSILON) * this.#frameMs;
    this.originMs = this.#originSecond * 1000 + this.#offsetMs;
  }

  /** Media time of a frame in milliseconds. */
  frameAt(frame: number): number {
    return frame * this.#frameMs;
  }

  /** The newest frame whose time has come. */
  frameDue(mediaMs: number): number {
    return Math.floor(mediaMs / this.#frameMs + EPSILON);
  }

  /** The first frame at or after a full second, counted from the origin's; negative before the origin. */
  #firstFrameOf(second: number): number {
    return Math.ceil((second * 1000 - this.#offsetMs) / this.#frameMs - EPSILON);
  }

  #secondOf(frame: number): number {
    return Math.floor((this.#offsetMs + this.frameAt(frame) + EPSILON * this.#frameMs) / 1000);
  }

  isFlash(frame: number): boolean {
    const first = this.#firstFrameOf(this.#secondOf(frame));
    return first >= 0 && frame - first < this.#flashFrames;
  }

  /** Where a frame stands in its wall-clock second, for the moving ball. */
  phaseOf(frame: number): { readonly fraction: number; readonly second: number } {
    const second = this.#secondOf(frame);
    const into = (this.#offsetMs + this.frameAt(frame) - second * 1000) / 1000;
    return { fraction: Math.min(1, Math.max(0, into)), second: this.#originSecond + second };
  }

  /** Media times (ms) at which beeps start in [fromMs, toMs). */
  beepsIn(fromMs: number, toMs: number): number[] {
    const beeps: number[] = [];
    const last = Math.floor((this.#offsetMs + toMs) / 1000);
    for (let second = Math.floor((this.#offsetMs + fromMs) / 1000) - 1; second <= last; second++) {
      const frame = this.#firstFrameOf(second);
      const at = this.frameAt(frame);
      if (frame >= 0 && at >= fromMs && at < toMs) beeps.push(at);
    }
    return beeps;
  }
}
