// The live hub: the hall that every protocol enters and leaves through. One Source per stream.

import { Source } from './source.ts';
import type { SubscriptionListener } from './subscription.ts';

export type HubListener = SubscriptionListener & { opened(source: Source): void };

export class LiveHub {
  readonly #sources = new Map<string, Source>();
  readonly #listener: HubListener;

  constructor(listener: HubListener) {
    this.#listener = listener;
  }

  /** The stream's Source, made (and announced to the listener, so that it can subscribe before any frame) when it is new. */
  open(streamId: string): Source {
    const existing = this.#sources.get(streamId);
    if (existing !== undefined) return existing;
    const source = new Source(streamId, this.#listener);
    this.#sources.set(streamId, source);
    this.#listener.opened(source);
    return source;
  }

  get(streamId: string): Source | undefined {
    return this.#sources.get(streamId);
  }

  end(streamId: string): void {
    const source = this.#sources.get(streamId);
    if (source === undefined) return;
    this.#sources.delete(streamId);
    source.end();
  }

  /** This node goes down: subscribers get what is queued, then nothing more. Streams do not end by it. */
  shutdown(): void {
    for (const source of this.#sources.values()) source.shutdown();
    this.#sources.clear();
  }
}
