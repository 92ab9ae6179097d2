// How many viewer sessions asked for a stream's media lately. Counts sessions, not requests or addresses.

import type { Millis } from '@headend/core';
import type { Clock } from './ports.ts';

export type ViewersOptions = {
  /** A session that asked for nothing this long has left. */
  readonly windowMs: Millis;
  /** Sessions remembered per stream; at the limit the one unheard of the longest goes. */
  readonly maxSessionsPerStream: number;
};

export class Viewers {
  readonly #clock: Clock;
  readonly #options: ViewersOptions;
  /** Sessions of a stream, least recently seen first. */
  readonly #streams = new Map<string, Map<string, Millis>>();

  constructor(clock: Clock, options: ViewersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  seen(streamId: string, session: string): void {
    const sessions = this.#streams.get(streamId) ?? new Map<string, Millis>();
    this.#streams.set(streamId, sessions);
    sessions.delete(session);
    sessions.set(session, this.#clock.monotonic());
    const oldest = sessions.size > this.#options.maxSessionsPerStream ? sessions.keys().next().value : undefined;
    if (oldest !== undefined) sessions.delete(oldest);
  }

  count(streamId: string): number {
    const sessions = this.#streams.get(streamId);
    if (sessions === undefined) return 0;
    const since = this.#clock.monotonic() - this.#options.windowMs;
    for (const [session, at] of sessions) {
      if (at > since) break;
      sessions.delete(session);
    }
    return sessions.size;
  }

  forget(streamId: string): void {
    this.#streams.delete(streamId);
  }
}
