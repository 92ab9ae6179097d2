// One viewing of one source: ticket, engine, recovery. Reports PlayerEvents; the element turns them into state and picture.
// Faults go through decideRecovery; every pause before a retry is bounded, announced (`lost`) and can be cut short.

import { backoffDelayMs, RECONNECT_BACKOFF } from './backoff.ts';
import type { Engine } from './engine.ts';
import { HlsEngine, loadHlsLibrary } from './hls-engine.ts';
import { canPlayNatively, NativeEngine } from './native-engine.ts';
import { PlaybackError, type PlaybackSource, type PlaybackTicket } from './playback-source.ts';
import type { PlayerEvent } from './player-state.ts';
import { decideRecovery, type Fault } from './recovery.ts';
import { TailEnd } from './tail-end.ts';

/** A fault this long after the previous one starts a new count. */
const HEALTHY_AFTER_MS = 10_000;
/** Media that arrives this long after a fault was asked for after it. */
const PROOF_MS = 300;
/** Tickets are renewed this long before they expire, at the earliest after half their life. */
const RENEW_BEFORE_MS = 60_000;
/** setTimeout holds 31 bits. */
const MAX_TIMER_MS = 2_147_000_000;

export type SessionHooks = {
  readonly onEvent: (event: PlayerEvent) => void;
  readonly onQualities: () => void;
};

export class PlaybackSession {
  readonly id: string = crypto.randomUUID();
  readonly source: PlaybackSource;
  readonly #video: HTMLVideoElement;
  readonly #hooks: SessionHooks;
  readonly #abort = new AbortController();
  #engine: Engine | null = null;
  #retryTimer: number | undefined;
  #renewTimer: number | undefined;
  #retry: (() => void) | null = null;
  #faults = 0;
  #mediaResets = 0;
  #lastFaultAt = 0;
  readonly #tail = new TailEnd();
  #hadPicture = false;

  constructor(video: HTMLVideoElement, source: PlaybackSource, hooks: SessionHooks) {
    this.#video = video;
    this.source = source;
    this.#hooks = hooks;
    const options = { signal: this.#abort.signal };
    window.addEventListener('online', () => this.retryNow(), options);
    video.addEventListener('playing', () => this.#picture(), options);
    video.addEventListener('ended', () => hooks.onEvent({ type: 'ended' }), options);
  }

  get engine(): Engine | null {
    return this.#engine;
  }

  start(): void {
    void this.#load();
  }

  /** A few times a second. */
  tick(now: number): void {
    const video = this.#video;
    const remaining = this.#engine?.snapshot().remaining ?? null;
    if (!this.#tail.isOver(remaining, video.currentTime, video.paused, now)) return;
    video.pause();
    this.#hooks.onEvent({ type: 'ended' });
  }

  /** Cuts a running countdown short. */
  retryNow(): void {
    const retry = this.#retry;
    if (retry === null) return;
    this.#cancelRetry();
    this.#hooks.onEvent({ type: 'retry' });
    retry();
  }

  /** From the error state: the viewer asks for a fresh start. */
  restart(): void {
    this.#faults = 0;
    this.#mediaResets = 0;
    this.#hooks.onEvent({ type: 'retry' });
    void this.#load();
  }

  close(): void {
    this.#abort.abort();
    window.clearTimeout(this.#retryTimer);
    window.clearTimeout(this.#renewTimer);
    this.#engine?.destroy();
    this.#engine = null;
  }

  async #load(): Promise<void> {
    try {
      const [ticket, engine] = await Promise.all([this.source.getPlayback(this.#abort.signal), this.#ensureEngine()]);
      if (this.#abort.signal.aborted) return;
      engine.load(ticket.hls);
      this.#scheduleRenewal(ticket);
      this.#play();
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#refused(error);
    }
  }

  async #ensureEngine(): Promise<Engine> {
    if (this.#engine !== null) return this.#engine;
    const engineHooks = {
      onFault: (fault: Fault) => this.#fault(fault),
      onProgress: () => this.#progress(),
      onQualities: this.#hooks.onQualities,
    };
    const Hls = await loadHlsLibrary().catch((cause: unknown) => {
      throw new PlaybackError('player_not_loaded', 0, 'The player library did not load.', { cause });
    });
    this.#abort.signal.throwIfAborted();
    if (Hls.isSupported()) this.#engine = new HlsEngine(Hls, this.#video, engineHooks);
    else if (canPlayNatively(this.#video)) this.#engine = new NativeEngine(this.#video, engineHooks);
    else throw new PlaybackError('browser_unsupported', 400, 'This browser plays neither Media Source nor HLS.');
    return this.#engine;
  }

  #play(): void {
    void this.#video.play().catch((error: unknown) => {
      // Without a gesture browsers refuse sound: start silent, the element shows "tap for sound".
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || this.#video.muted) return;
      this.#video.muted = true;
      this.#video.play().catch(() => this.#hooks.onEvent({ type: 'pause' }));
    });
  }

  #picture(): void {
    this.#hadPicture = true;
    // During a countdown only arriving media proves anything: the element also "plays" when a gap in its buffer is skipped.
    if (this.#retry === null) this.#hooks.onEvent({ type: 'playing' });
  }

  #progress(): void {
    if (this.#faults > 0 && performance.now() - this.#lastFaultAt > HEALTHY_AFTER_MS) {
      this.#faults = 0;
      this.#mediaResets = 0;
    }
    // The engine got through by itself: the announced retry would only interrupt it.
    if (this.#retry !== null && performance.now() - this.#lastFaultAt > PROOF_MS) this.#cancelRetry();
    const video = this.#video;
    if (this.#retry === null && !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA)
      this.#hooks.onEvent({ type: 'playing' });
  }

  #fault(fault: Fault): void {
    const decision = decideRecovery(fault, { faults: this.#faults, mediaResets: this.#mediaResets });
    this.#faults += 1;
    this.#lastFaultAt = performance.now();
    switch (decision.action) {
      case 'give-up':
        this.#hooks.onEvent({ type: 'failed', code: fault.code });
        return;
      case 'reset-media':
        this.#mediaResets += 1;
        this.#engine?.resetMedia();
        this.#play();
        return;
      case 'new-ticket':
        void this.#renew().then(() => this.#engine?.resume());
        return;
      case 'resume':
        this.#later(fault.code, () => this.#engine?.resume());
        return;
      case 'reload':
        this.#later(fault.code, () => void this.#load());
    }
  }

  /** The source would not give a ticket. */
  #refused(error: unknown): void {
    const known = error instanceof PlaybackError ? error : new PlaybackError('player_failed', 0, String(error), { cause: error });
    if (known.code === 'stream_not_live' || known.status === 404 || known.status === 410) {
      this.#hooks.onEvent(this.#hadPicture ? { type: 'ended' } : { type: 'offline' });
      return;
    }
    const temporary = known.status === 0 || known.status === 408 || known.status === 429 || known.status >= 500;
    if (!temporary) {
      this.#hooks.onEvent({ type: 'failed', code: known.code });
      return;
    }
    this.#faults += 1;
    this.#lastFaultAt = performance.now();
    this.#later(known.code, () => void this.#load());
  }

  #cancelRetry(): void {
    window.clearTimeout(this.#retryTimer);
    this.#retry = null;
  }

  #later(code: string, retry: () => void): void {
    window.clearTimeout(this.#retryTimer);
    const delay = backoffDelayMs(this.#faults, RECONNECT_BACKOFF, Math.random());
    this.#retry = retry;
    this.#hooks.onEvent({ type: 'lost', code, attempt: this.#faults, retryAt: Date.now() + delay });
    this.#retryTimer = window.setTimeout(() => this.retryNow(), delay);
  }

  #scheduleRenewal(ticket: PlaybackTicket): void {
    window.clearTimeout(this.#renewTimer);
    if (ticket.expiresAt === null) return;
    const life = ticket.expiresAt - Date.now();
    const delay = Math.min(MAX_TIMER_MS, Math.max(life - RENEW_BEFORE_MS, life / 2, 1_000));
    this.#renewTimer = window.setTimeout(() => void this.#renew(), delay);
  }

  /** A failed renewal is not shown: the old token still works, and its expiry is a fault with its own recovery. */
  async #renew(): Promise<void> {
    try {
      const ticket = await this.source.getPlayback(this.#abort.signal);
      this.#engine?.renew(ticket.hls);
      this.#scheduleRenewal(ticket);
    } catch {
      if (!this.#abort.signal.aborted) this.#scheduleRenewal({ hls: '', expiresAt: Date.now() + RENEW_BEFORE_MS });
    }
  }
}
