// The live hub: the hall that every protocol enters and leaves through. One Source per stream.

import { Source } from './source.ts';
import type { SubscriptionListener } from './subscription.ts';

export class LiveHub {
  readonly #sources = new Map<string, Source>();
  readonly #listener: SubscriptionListener;

  constructor(listener: SubscriptionListener) {
    this.#listener = listener;
  }

  /** The stream's Source, made when it is new. */
  open(streamId: string): { readonly source: Source; readonly isNew: boolean } {
    const existing = this.#sources.get(streamId);
    if (existing !== undefined) return { source: existing, isNew: false };
    const source = new Source(streamId, this.#listener);
    this.#sources.set(streamId, source);
    return { source, isNew: true };
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

  close(): void {
    for (const streamId of [...this.#sources.keys()]) this.end(streamId);
  }
}
