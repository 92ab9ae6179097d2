// One reader of a Source: a bounded queue. At the bound its queued frames go, and frames are skipped until the next keyframe of the
// leading track, so that a slow reader loses whole groups of pictures and never holds up the publisher or another reader.

import type { TrackId } from '@headend/media';
import type { LiveEvent } from './events.ts';

export type SubscriptionLimits = { readonly maxFrames: number; readonly maxBytes: number };

export const DEFAULT_SUBSCRIPTION_LIMITS: SubscriptionLimits = { maxFrames: 2048, maxBytes: 32 * 1024 * 1024 };

export type SubscriptionListener = {
  /** A run of frames was dropped. */
  dropped(name: string, frames: number): void;
};

export class Subscription implements AsyncIterable<LiveEvent> {
  readonly name: string;
  readonly #limits: SubscriptionLimits;
  readonly #listener: SubscriptionListener;
  readonly #detach: (subscription: Subscription) => void;
  #queue: LiveEvent[] = [];
  #queuedFrames = 0;
  #queuedBytes = 0;
  #skipping = false;
  #skipped = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(name: string, limits: SubscriptionLimits, listener: SubscriptionListener, detach: (subscription: Subscription) => void) {
    this.name = name;
    this.#limits = limits;
    this.#listener = listener;
    this.#detach = detach;
  }

  /** Called by the Source only. `leader` is the track whose keyframes end a skip; undefined lets any frame end it. */
  offer(event: LiveEvent, leader: TrackId | undefined): void {
    if (this.#closed) return;
    if (event.type !== 'frame') {
      this.#append(event);
      return;
    }
    const { frame } = event;
    if (this.#skipping) {
      const resumes = frame.key && (leader === undefined || frame.trackId === leader);
      if (!resumes) {
        this.#skipped += 1;
        return;
      }
      this.#endSkip();
    }
    if (this.#queuedFrames >= this.#limits.maxFrames || this.#queuedBytes + frame.data.length > this.#limits.maxBytes) {
      this.#startSkip();
      return;
    }
    this.#queuedFrames += 1;
    this.#queuedBytes += frame.data.length;
    this.#append(event);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#detach(this);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveEvent, void, void> {
    try {
      for (;;) {
        if (this.#queue.length === 0) {
          if (this.#closed) return;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
          continue;
        }
        yield* this.#takeAll();
      }
    } finally {
      this.close();
    }
  }

  *#takeAll(): Generator<LiveEvent, void, void> {
    const taken = this.#queue;
    this.#queue = [];
    this.#queuedFrames = 0;
    this.#queuedBytes = 0;
    for (const event of taken) {
      yield event;
      if (event.type === 'end' || event.type === 'shutdown') this.#closed = true;
    }
  }

  #append(event: LiveEvent): void {
    this.#queue.push(event);
    this.#wake?.();
  }

  #startSkip(): void {
    const before = this.#queue.length;
    this.#queue = this.#queue.filter((event) => event.type !== 'frame');
    this.#skipped += before - this.#queue.length + 1;
    this.#queuedFrames = 0;
    this.#queuedBytes = 0;
    this.#skipping = true;
  }

  #endSkip(): void {
    this.#skipping = false;
    this.#listener.dropped(this.name, this.#skipped);
    this.#append({ type: 'dropped', frames: this.#skipped });
    this.#skipped = 0;
  }
}
