// What a session wants done, in order, until its driver has fetched it all.

import { invariant } from '@headend/core';
import type { CloseReason, SessionOutput } from './session.ts';

export class OutputQueue<Event> {
  #items: SessionOutput<Event>[] = [];
  #at = 0;

  /** Called at each input: the law of the sans-IO contract. */
  begin(): void {
    invariant(this.#at === this.#items.length, 'a session is fed before its outputs were drained');
    this.#items = [];
    this.#at = 0;
  }

  take(): SessionOutput<Event> | undefined {
    const item = this.#items[this.#at];
    if (item !== undefined) this.#at += 1;
    return item;
  }

  send(bytes: Uint8Array): void {
    this.#items.push({ type: 'send', bytes });
  }

  event(event: Event): void {
    this.#items.push({ type: 'event', event });
  }

  close(reason: CloseReason): void {
    this.#items.push({ type: 'close', reason });
  }
}
