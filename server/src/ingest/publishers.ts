// One publisher per channel. The takeover rule: a second publisher with the same key takes the place of one that has been silent for
// the policy's time (its encoder crashed, its network changed), and is refused while the first is healthy.

import { AppError, err, type Millis, ok, type Result } from '@headend/core';
import type { PublishPolicy } from './ports.ts';

export type ActivePublisher = {
  /** When the last byte came, on the monotonic clock. */
  lastReceivedAt(): Millis;
  /** Ends the publisher and frees its stream at once. */
  end(error: AppError): void;
};

export type PublisherSlot = {
  readonly channelId: string;
  /** Set once the stream is open; until then the slot is merely reserved. */
  occupy(publisher: ActivePublisher, streamId: string): void;
  release(): void;
};

type Entry = { publisher: ActivePublisher | undefined; streamId: string | undefined };

export class Publishers {
  readonly #byChannel = new Map<string, Entry>();

  /** Reserves the channel for a new publisher, or says why not. */
  claim(channelId: string, policy: PublishPolicy, now: Millis): Result<PublisherSlot, AppError> {
    const current = this.#byChannel.get(channelId);
    if (current !== undefined) {
      const silentMs = current.publisher === undefined ? 0 : now - current.publisher.lastReceivedAt();
      if (silentMs < policy.takeoverAfterMs) {
        const detail =
          'Another encoder is live with this key. Stop it first; an encoder that lost its connection is replaced after a few seconds.';
        return err(new AppError('publisher_active', detail));
      }
      this.#byChannel.delete(channelId);
      current.publisher?.end(new AppError('publisher_active', 'Another encoder took over after this one fell silent.'));
    }
    const entry: Entry = { publisher: undefined, streamId: undefined };
    this.#byChannel.set(channelId, entry);
    return ok(this.#slot(channelId, entry));
  }

  /** Ends the publisher of a stream, if there is one. */
  endStream(streamId: string, error: AppError): void {
    for (const entry of this.#byChannel.values()) {
      if (entry.streamId === streamId) entry.publisher?.end(error);
    }
  }

  endAll(error: AppError): void {
    for (const entry of [...this.#byChannel.values()]) entry.publisher?.end(error);
  }

  #slot(channelId: string, entry: Entry): PublisherSlot {
    return {
      channelId,
      occupy: (publisher, streamId) => {
        entry.publisher = publisher;
        entry.streamId = streamId;
      },
      release: () => {
        if (this.#byChannel.get(channelId) === entry) this.#byChannel.delete(channelId);
      },
    };
  }
}
