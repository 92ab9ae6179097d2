// The demo signal in real time: paints, encodes and hands out frames in dts order, paced against an injected clock. Frames that are
// late by more than MAX_LATE_MS are skipped, never queued, so the signal stays at "now"; sound is made up to the picture, and jumps only over a
// gap longer than MAX_CATCH_UP_MS (a suspended laptop).

import type { Frame, Track } from '@headend/media';
import { AudioEncoder, SAMPLE_RATE } from './audio-encoder.ts';
import type { SignalOptions } from './options.ts';
import { TestCard } from './test-card.ts';
import { frameRate, SignalTimeline } from './timeline.ts';
import { VideoEncoder } from './video-encoder.ts';

/** Three frames at 30 fps: what a busy scheduler does now and then. Painting and encoding them takes a tenth of that. */
const MAX_LATE_MS = 100;
const REHEARSALS = 4;
const MAX_CATCH_UP_MS = 2000;

/** Time as the generator sees it. `sleepUntil` resolves at that monotonic time, or at once when the signal aborts. */
export interface SignalClock {
  wallNow(): number;
  monotonicNow(): number;
  sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: SignalClock = {
  wallNow: () => Date.now(),
  monotonicNow: () => performance.now(),
  sleepUntil: (at, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, at - performance.now()));
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    }),
};

const CODEC_NAMES = { h264: 'H.264', hevc: 'HEVC', av1: 'AV1', aac: 'AAC', opus: 'OPUS', none: 'SILENT' } as const;

export class SignalGenerator {
  readonly tracks: readonly Track[];
  readonly #options: SignalOptions;
  readonly #clock: SignalClock;
  readonly #card: TestCard;
  readonly #video: VideoEncoder;
  readonly #audio: AudioEncoder | undefined;
  #framesSkipped = 0;
  #closed = false;

  /** Opens the encoders. `run` or `close` frees them. */
  constructor(options: SignalOptions, clock: SignalClock = systemClock) {
    this.#options = options;
    this.#clock = clock;
    const caption = `${options.width}X${options.height}  ${options.fps} FPS  ${CODEC_NAMES[options.codec]}  ${CODEC_NAMES[options.audio]}`;
    this.#card = new TestCard({ width: options.width, height: options.height, title: options.title, caption });
    this.#video = new VideoEncoder(options);
    this.#audio = options.audio === 'none' ? undefined : new AudioEncoder(options.audio);
    this.#rehearse();
    this.tracks = this.#audio === undefined ? [this.#video.track] : [this.#video.track, this.#audio.track];
  }

  /** Paints a few pictures that nobody sees: the first ones run on cold code, many times slower, and would make frame 1 late. */
  #rehearse(): void {
    for (let frameNumber = 0; frameNumber < REHEARSALS; frameNumber++) {
      this.#card.paint(this.#video.picture(), { wallMs: frameNumber, frameNumber, secondFraction: 0, forward: true, flash: false });
    }
  }

  /** Frames left out because the process was late. */
  get framesSkipped(): number {
    return this.#framesSkipped;
  }

  /**
   * Yields the frames of one picture interval at a time until aborted or over, once; frees the encoders at the end.
   * Media time 0 is the next point on the frame grid.
   */
  async *run(signal: AbortSignal): AsyncGenerator<readonly Frame[], void, void> {
    const endMs = (this.#options.durationSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    let next = 0;
    const wall = this.#clock.wallNow();
    const timeline = new SignalTimeline(wall, frameRate(this.#options.fps));
    const startedAt = this.#clock.monotonicNow() + (timeline.originMs - wall);
    try {
      while (!signal.aborted && timeline.frameAt(next) < endMs) {
        await this.#clock.sleepUntil(startedAt + timeline.frameAt(next), signal);
        if (signal.aborted) break;
        const mediaNow = this.#clock.monotonicNow() - startedAt;
        const frame = mediaNow - timeline.frameAt(next) > MAX_LATE_MS ? timeline.frameDue(mediaNow) : next;
        if (timeline.frameAt(frame) >= endMs) break;
        this.#framesSkipped += frame - next;
        yield this.#make(timeline, frame);
        next = frame + 1;
      }
      if (!signal.aborted) yield this.#finish(timeline, endMs);
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#video.close();
    this.#audio?.close();
  }

  #make(timeline: SignalTimeline, frame: number): Frame[] {
    const drawnAt = this.#clock.wallNow();
    const { fraction, second } = timeline.phaseOf(frame);
    this.#card.paint(this.#video.picture(), {
      wallMs: drawnAt,
      frameNumber: frame,
      secondFraction: fraction,
      forward: second % 2 === 0,
      flash: timeline.isFlash(frame),
    });
    const pictures = this.#video.encode(frame, drawnAt);
    return this.#merge(pictures, this.#sound(timeline, timeline.frameAt(frame)));
  }

  #sound(timeline: SignalTimeline, mediaMs: number): Frame[] {
    if (this.#audio === undefined) return [];
    if (mediaMs - this.#audio.position > MAX_CATCH_UP_MS) this.#audio.skipTo(mediaMs);
    return this.#audio.encodeUntil(mediaMs, timeline);
  }

  #finish(timeline: SignalTimeline, endMs: number): Frame[] {
    const sound = this.#audio === undefined ? [] : [...this.#audio.encodeUntil(endMs, timeline), ...this.#audio.flush(timeline)];
    return this.#merge(this.#video.flush(), sound);
  }

  #merge(pictures: readonly Frame[], sound: readonly Frame[]): Frame[] {
    const scaleOf = (frame: Frame): number => (frame.trackId === this.#video.track.id ? this.#video.track.timescale : SAMPLE_RATE);
    return [...pictures, ...sound].sort((a, b) => a.dts / scaleOf(a) - b.dts / scaleOf(b));
  }
}
