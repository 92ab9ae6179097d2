// Publishes one clip over many RTMP connections at its own pace: cheap load for benches, bounded in count and time. One timer paces
// all of them; timestamps go on over the clip's seam. It measures itself, too: a generator that was late measured nothing.

import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@headend/core';
import type { FlvOutput } from '@headend/media';
import { connectRtmp, type RtmpPublisher } from '@headend/rtmp/node';
import type { Clip } from './clip.ts';

export const MAX_PUBLISHERS = 500;
export const MAX_LOAD_SECONDS = 3600;
const TICK_MS = 10;
/** Between two connections, so that keyframes and handshakes do not fall on one instant. */
const DEFAULT_STAGGER_MS = 37;
/** A connection that the server leaves waiting this long counts as failed. */
const MAX_BEHIND_MS = 5000;

export type LoadOptions = {
  readonly url: string;
  /** One publisher for each. */
  readonly keys: readonly string[];
  readonly clip: Clip;
  /** From the moment when all publishers are on. */
  readonly seconds: number;
  readonly staggerMs?: number;
};

export type PublisherReport = {
  readonly connected: boolean;
  readonly bytesSent: number;
  readonly mediaMs: number;
  /** Epoch milliseconds at which its media time 0 was due: tells how far behind a viewer's edge is. */
  readonly startedAt?: number;
  /** Why it ended before its time, if it did. */
  readonly failure?: string;
};
export type LoadReport = {
  readonly publishers: readonly PublisherReport[];
  readonly live: number;
  readonly seconds: number;
  readonly megabitsPerSecond: number;
  /** How late the generator itself was at worst. */
  readonly worstLatenessMs: number;
};

class ClipPublisher {
  readonly #clip: Clip;
  #connection: RtmpPublisher | undefined;
  #startedAt = 0;
  #position = 0;
  #loop = 0;
  #bytesSent = 0;
  #mediaMs = 0;
  #behindSince: number | undefined;
  #failure: string | undefined;

  constructor(clip: Clip) {
    this.#clip = clip;
  }

  async connect(url: string, streamKey: string, signal: AbortSignal): Promise<void> {
    // The caller's stop ends an attempt; a connection that stands is ended by close(), with a goodbye.
    const attempt = new AbortController();
    const giveUp = (): void => attempt.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const connection = await connectRtmp({ url, streamKey, signal: attempt.signal });
      void connection.closed.then(({ message }) => {
        this.#failure ??= message;
        this.#connection = undefined;
      });
      this.#connection = connection;
      for (const message of this.#clip.configuration) this.#send(connection, message, 0, performance.now());
      this.#startedAt = performance.now();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Sends what is due; answers how late the oldest of it was. */
  tick(now: number): number {
    const due = now - this.#startedAt;
    let lateness = 0;
    for (let connection = this.#connection; connection !== undefined; connection = this.#connection) {
      const message = this.#clip.messages[this.#position];
      if (message === undefined) {
        this.#position = 0;
        this.#loop += 1;
        continue;
      }
      const at = this.#loop * this.#clip.durationMs + message.timestampMs;
      if (at > due) break;
      lateness = Math.max(lateness, due - at);
      this.#position += 1;
      this.#mediaMs = at;
      this.#send(connection, message, at, now);
    }
    return lateness;
  }

  #send(connection: RtmpPublisher, { type, body }: FlvOutput, at: number, now: number): void {
    const keepsUp = type === 'video' ? connection.sendVideo(at, body) : connection.sendAudio(at, body);
    this.#bytesSent += body.length;
    if (keepsUp) return;
    if (this.#behindSince === undefined) {
      this.#behindSince = now;
      void connection.drained().then(() => {
        this.#behindSince = undefined;
      });
    } else if (now - this.#behindSince > MAX_BEHIND_MS) {
      this.#failure ??= `the server took nothing for ${MAX_BEHIND_MS} ms`;
      void this.close();
    }
  }

  get isLive(): boolean {
    return this.#connection !== undefined;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  /** Take it before closing: a goodbye of ours is no failure. */
  report(): PublisherReport {
    const connected = this.#startedAt > 0;
    const base = {
      connected,
      bytesSent: this.#bytesSent,
      mediaMs: this.#mediaMs,
      ...(connected && { startedAt: performance.timeOrigin + this.#startedAt }),
    };
    return this.#failure === undefined ? base : { ...base, failure: this.#failure };
  }
}

const check = ({ keys, seconds, clip }: LoadOptions): void => {
  if (keys.length === 0 || keys.length > MAX_PUBLISHERS)
    throw new AppError('bad_request', `The number of publishers must be 1 to ${MAX_PUBLISHERS}.`);
  if (!(seconds > 0 && seconds <= MAX_LOAD_SECONDS))
    throw new AppError('bad_request', `The time must be above 0 and at most ${MAX_LOAD_SECONDS} s.`);
  if (clip.messages.length === 0) throw new AppError('bad_request', 'The clip is empty.');
};

/** Resolves when the time is over or the signal fires, after every publisher has said goodbye. */
export const publishLoad = async (options: LoadOptions, signal: AbortSignal): Promise<LoadReport> => {
  check(options);
  const publishers = options.keys.map(() => new ClipPublisher(options.clip));
  const lateness: number[] = [0];
  const timer = setInterval(() => {
    const now = performance.now();
    for (const publisher of publishers) lateness[0] = Math.max(lateness[0] ?? 0, publisher.tick(now));
  }, TICK_MS);
  const startedAt = performance.now();
  try {
    for (const [i, publisher] of publishers.entries()) {
      if (signal.aborted) break;
      await publisher.connect(options.url, options.keys[i] ?? '', signal);
      if (i + 1 < publishers.length) await wait(options.staggerMs ?? DEFAULT_STAGGER_MS);
    }
    await wait(options.seconds * 1000, undefined, { signal }).catch(() => undefined);
  } finally {
    clearInterval(timer);
  }
  const reports = publishers.map((publisher) => publisher.report());
  const live = publishers.filter((publisher) => publisher.isLive).length;
  await Promise.all(publishers.map((publisher) => publisher.close()));
  const seconds = (performance.now() - startedAt) / 1000;
  const bits = reports.reduce((sum, { bytesSent }) => sum + bytesSent * 8, 0);
  return { publishers: reports, live, seconds, megabitsPerSecond: bits / seconds / 1e6, worstLatenessMs: lateness[0] ?? 0 };
};
