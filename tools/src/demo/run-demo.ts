// Publishes the demo signal until stopped or over. When the server goes away it tries again with growing pauses, each time with a
// fresh signal; a refusal that will not change by itself (a wrong key, say) ends it with that error.

import { type SignalClock, SignalGenerator, systemClock } from './generator.ts';
import { type SignalOptions, signalOptions } from './options.ts';
import { type ConnectionEnd, type OpenConnection, Publication, PublishRefused } from './publication.ts';
import { rtmpConnection } from './rtmp-connection.ts';

export type DemoStatus =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'live' }
  /** About once a second while live; figures are of the last interval. */
  | { readonly type: 'running'; readonly fps: number; readonly kbps: number; readonly uptimeMs: number; readonly framesLost: number }
  /** A connection's worth of signal is over, for whatever reason. */
  | { readonly type: 'ended'; readonly frames: number; readonly uptimeMs: number; readonly framesLost: number }
  | { readonly type: 'lost'; readonly reason: string; readonly retryInMs: number };

export type DemoOptions = Partial<SignalOptions> & {
  /** `rtmp(s)://host[:port]/app`, with the stream key behind it or in `key`. */
  readonly url: string;
  readonly key?: string;
  readonly onStatus?: (status: DemoStatus) => void;
  /** For tests. */
  readonly clock?: SignalClock;
  readonly open?: OpenConnection;
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const STATUS_EVERY_MS = 1000;

type Outcome = { readonly over: true } | { readonly over: false; readonly reason: string; readonly wasLive: boolean };

export const runDemo = async (options: DemoOptions, signal: AbortSignal): Promise<void> => {
  const demo = new Demo(options, signal);
  for (let attempt = 1; !signal.aborted; attempt++) {
    const outcome = await demo.publishOnce(attempt);
    if (outcome.over || signal.aborted) return;
    if (outcome.wasLive) attempt = 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    await demo.pause(outcome.reason, pause);
  }
};

class Demo {
  readonly #signal: AbortSignal;
  readonly #settings: SignalOptions;
  readonly #clock: SignalClock;
  readonly #open: OpenConnection;
  readonly #report: (status: DemoStatus) => void;

  constructor(options: DemoOptions, signal: AbortSignal) {
    const { url, key, onStatus, clock, open, ...given } = options;
    this.#signal = signal;
    this.#settings = signalOptions(given);
    this.#clock = clock ?? systemClock;
    this.#open = open ?? rtmpConnection(url, key, this.#settings);
    this.#report = onStatus ?? (() => undefined);
  }

  async pause(reason: string, retryInMs: number): Promise<void> {
    this.#report({ type: 'lost', reason, retryInMs });
    await this.#clock.sleepUntil(this.#clock.monotonicNow() + retryInMs, this.#signal);
  }

  async publishOnce(attempt: number): Promise<Outcome> {
    this.#report({ type: 'connecting', attempt });
    const session = new AbortController();
    const signal = AbortSignal.any([this.#signal, session.signal]);
    // The encoders open first, so that media follows the server's answer at once; the timeline is anchored when it runs.
    const generator = new SignalGenerator(this.#settings, this.#clock);
    let publication: Publication;
    try {
      publication = await Publication.start(generator.tracks, this.#open, signal);
    } catch (error) {
      generator.close();
      if (this.#signal.aborted) return { over: true };
      if (error instanceof PublishRefused) throw error;
      return { over: false, reason: messageOf(error), wasLive: false };
    }
    this.#report({ type: 'live' });
    const state: { end?: ConnectionEnd } = {};
    void publication.ended.then((end) => {
      state.end = end;
      session.abort();
    });
    await this.#send(generator, publication, signal);
    const { end } = state;
    await publication.close();
    if (this.#signal.aborted || end === undefined) return { over: true };
    if (end.refusal !== undefined) throw end.refusal;
    return { over: false, reason: end.message, wasLive: true };
  }

  async #send(generator: SignalGenerator, publication: Publication, signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.monotonicNow();
    let since = { at: startedAt, frames: 0, bytes: 0 };
    let frames = 0;
    for await (const batch of generator.run(signal)) {
      for (const frame of batch) {
        publication.send(frame);
        if (frame.trackId === generator.tracks[0]?.id) frames += 1;
      }
      const now = this.#clock.monotonicNow();
      const elapsed = now - since.at;
      if (elapsed < STATUS_EVERY_MS) continue;
      this.#report({
        type: 'running',
        fps: ((frames - since.frames) * 1000) / elapsed,
        kbps: ((publication.bytesSent - since.bytes) * 8) / elapsed,
        uptimeMs: now - startedAt,
        framesLost: generator.framesSkipped + publication.framesDropped,
      });
      since = { at: now, frames, bytes: publication.bytesSent };
    }
    const framesLost = generator.framesSkipped + publication.framesDropped;
    this.#report({ type: 'ended', frames, uptimeMs: this.#clock.monotonicNow() - startedAt, framesLost });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
