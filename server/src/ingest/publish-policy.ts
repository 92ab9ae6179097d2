// A channel's pre-publish policy held against what an encoder really sends. Pure: tracks, frames and byte counts with their times go in,
// refusals and warnings come out. Rates are measured over windows, never taken from the encoder's word alone.

import { AppError } from '@headend/core';
import type { Frame, Track, VideoTrack } from '@headend/media';
import type { PublishPolicy } from './ports.ts';

export type PolicyVerdict =
  | { readonly type: 'refuse'; readonly error: AppError }
  | { readonly type: 'warn'; readonly code: string; readonly message: string };

/** Frame rate is judged over this much media, so that a burst of short frames does not end a stream. */
const FRAME_RATE_WINDOW_MS = 4000;
/** Room for rounding: 60000/1001 counts as 60, and millisecond times make windows a little uneven. */
const FRAME_RATE_TOLERANCE = 1.03;
/** A warning comes before the refusal. */
const BITRATE_WARNING_SHARE = 0.9;
/** Bitrate windows advance in steps of this length. */
const BITRATE_STEP_MS = 1000;

const refuse = (error: AppError): PolicyVerdict => ({ type: 'refuse', error });
const megabits = (bitsPerSecond: number): string => `${(bitsPerSecond / 1e6).toFixed(1)} Mb/s`;

export class PublishPolicyMonitor {
  readonly #policy: PublishPolicy;
  #steps: { readonly at: number; bytes: number }[] = [];
  #rateWindow: { readonly startMs: number; frames: number } | undefined;
  #lastKeyMs: number | undefined;
  /** Said once when the interval is passed, and once more when the keyframe shows how long it was. */
  #gopWarned = false;

  constructor(policy: PublishPolicy) {
    this.#policy = policy;
  }

  track(track: Track): PolicyVerdict | undefined {
    if (!this.#policy.codecs.includes(track.codec)) {
      const allowed = this.#policy.codecs.join(', ');
      return refuse(new AppError('policy_codec', `${track.codec} is not accepted here; choose one of: ${allowed}.`));
    }
    return track.kind === 'video' ? this.#videoTrack(track) : undefined;
  }

  /** Bytes that arrived at `nowMs` (monotonic). */
  bytes(count: number, nowMs: number): PolicyVerdict | undefined {
    const { maxBitrate, bitrateWindowMs } = this.#policy;
    const step = this.#steps.at(-1);
    if (step !== undefined && nowMs - step.at < BITRATE_STEP_MS) {
      step.bytes += count;
      return undefined;
    }
    const bitrate = this.#bitrate(nowMs);
    this.#steps.push({ at: nowMs, bytes: count });
    while ((this.#steps[0]?.at ?? nowMs) < nowMs - bitrateWindowMs) this.#steps.shift();
    if (bitrate > maxBitrate) {
      const detail = `The stream arrives at ${megabits(bitrate)}; this channel allows ${megabits(maxBitrate)}. Lower the encoder's bitrate, and publish in real time (ffmpeg: -re).`;
      return refuse(new AppError('policy_bitrate', detail));
    }
    if (bitrate > maxBitrate * BITRATE_WARNING_SHARE) {
      return { type: 'warn', code: 'bitrate_near_limit', message: `${megabits(bitrate)} of ${megabits(maxBitrate)} allowed.` };
    }
    return undefined;
  }

  frame(frame: Frame, track: Track): PolicyVerdict | undefined {
    if (track.kind !== 'video') return undefined;
    const atMs = (frame.dts * 1000) / track.timescale;
    return this.#keyframeInterval(frame, atMs) ?? this.#frameRate(atMs);
  }

  #videoTrack(track: VideoTrack): PolicyVerdict | undefined {
    const { maxWidth, maxHeight, maxFrameRate } = this.#policy;
    // A portrait picture may use the limit turned on its side.
    const fits = (width: number, height: number): boolean => width <= maxWidth && height <= maxHeight;
    if (!fits(track.width, track.height) && !fits(track.height, track.width)) {
      return refuse(new AppError('policy_resolution', `${track.width}x${track.height} is larger than ${maxWidth}x${maxHeight}.`));
    }
    if (track.frameRate !== undefined && track.frameRate > maxFrameRate * FRAME_RATE_TOLERANCE) return this.#tooFast(track.frameRate);
    return undefined;
  }

  #tooFast(rate: number): PolicyVerdict {
    const detail = `${Number(rate.toFixed(2))} frames per second; this channel allows ${this.#policy.maxFrameRate}.`;
    return refuse(new AppError('policy_frame_rate', detail));
  }

  #bitrate(nowMs: number): number {
    const first = this.#steps[0];
    if (first === undefined) return 0;
    const bytes = this.#steps.reduce((sum, step) => sum + step.bytes, 0);
    // A window that is not full yet is spread over its whole length: a start-up burst is not a bitrate.
    return (bytes * 8000) / Math.max(nowMs - first.at, this.#policy.bitrateWindowMs);
  }

  #frameRate(atMs: number): PolicyVerdict | undefined {
    this.#rateWindow ??= { startMs: atMs, frames: 0 };
    const spanMs = atMs - this.#rateWindow.startMs;
    if (spanMs < FRAME_RATE_WINDOW_MS) {
      this.#rateWindow.frames += 1;
      return undefined;
    }
    const rate = (this.#rateWindow.frames * 1000) / spanMs;
    this.#rateWindow = { startMs: atMs, frames: 1 };
    return rate > this.#policy.maxFrameRate * FRAME_RATE_TOLERANCE ? this.#tooFast(rate) : undefined;
  }

  #keyframeInterval(frame: Frame, atMs: number): PolicyVerdict | undefined {
    const { keyframeInterval, maxKeyframeIntervalMs } = this.#policy;
    const since = atMs - (this.#lastKeyMs ?? atMs);
    const warned = this.#gopWarned;
    if (frame.key) {
      this.#lastKeyMs = atMs;
      this.#gopWarned = false;
    } else this.#lastKeyMs ??= atMs;
    if (keyframeInterval === 'allow' || since <= maxKeyframeIntervalMs || (warned && !frame.key)) return undefined;
    this.#gopWarned = !frame.key;
    const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;
    const message = `No keyframe for ${seconds(since)}; set the encoder's keyframe interval to ${seconds(Math.min(2000, maxKeyframeIntervalMs))} (at most ${seconds(maxKeyframeIntervalMs)}).`;
    if (keyframeInterval === 'refuse') return refuse(new AppError('policy_keyframe_interval', message));
    return { type: 'warn', code: 'keyframe_interval', message };
  }
}
