// For pages that only place the element: follows a channel (GET /v1/channels/:id) and says which stream is on air.
// Headend's own watch page follows its channel by itself and sets `source` instead.

import { backoffDelayMs } from './backoff.ts';
import { fetchPlayback, type PlaybackSource } from './playback-source.ts';

const WAITING_MS = 2_000;
const LIVE_MS = 5_000;
const FAILED = { firstDelayMs: 2_000, maxDelayMs: 30_000 };

export type OnAir = {
  readonly source: PlaybackSource;
  readonly interrupted: boolean;
};

export class ChannelWatch {
  readonly #base: string;
  readonly #channelId: string;
  readonly #onChange: (onAir: OnAir | null) => void;
  readonly #abort = new AbortController();
  #timer: number | undefined;
  #failures = 0;
  #source: PlaybackSource | null = null;

  /** `base` is the API's origin, empty for the page's own. */
  constructor(base: string, channelId: string, onChange: (onAir: OnAir | null) => void) {
    this.#base = base;
    this.#channelId = channelId;
    this.#onChange = onChange;
    document.addEventListener('visibilitychange', () => this.#wake(), { signal: this.#abort.signal });
    void this.#ask();
  }

  close(): void {
    this.#abort.abort();
    window.clearTimeout(this.#timer);
  }

  #wake(): void {
    if (document.hidden || this.#timer === undefined) return;
    window.clearTimeout(this.#timer);
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    let delay: number;
    try {
      const url = `${this.#base}/v1/channels/${encodeURIComponent(this.#channelId)}`;
      const response = await fetch(url, { signal: this.#abort.signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const onAir = this.#read(await response.json());
      this.#failures = 0;
      delay = onAir === null || onAir.interrupted ? WAITING_MS : LIVE_MS;
      this.#onChange(onAir);
    } catch {
      if (this.#abort.signal.aborted) return;
      // The player's own connection tells the viewer; here it is only asked again, ever more slowly.
      this.#failures += 1;
      delay = backoffDelayMs(this.#failures, FAILED, Math.random());
    }
    // A hidden page asks when it is seen again.
    if (!this.#abort.signal.aborted) this.#timer = window.setTimeout(() => void (document.hidden || this.#ask()), delay);
  }

  #read(body: unknown): OnAir | null {
    const stream = field(body, 'stream');
    const id = field(stream, 'id');
    if (typeof id !== 'string' || field(stream, 'state') !== 'live') return null;
    if (this.#source?.streamId !== id) this.#source = this.#sourceOf(id, field(body, 'title'));
    return { source: this.#source, interrupted: field(stream, 'interrupted') === true };
  }

  #sourceOf(streamId: string, title: unknown): PlaybackSource {
    const base = this.#base;
    const named = typeof title === 'string' ? { title } : {};
    return { streamId, ...named, artist: this.#channelId, getPlayback: (signal) => fetchPlayback(base, streamId, signal) };
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
