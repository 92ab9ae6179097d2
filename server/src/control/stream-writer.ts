// Writes streams to the store behind the service's back, in order, one at a time. Several changes of one stream become one write of its
// latest state, so the backlog never exceeds the number of streams; a store that fails is tried again and nothing acknowledged is lost.

import type { Log } from '../observe/index.ts';
import type { Clock, SessionRecord, StreamRecord, StreamStore } from './ports.ts';

const RETRY_AFTER_MS = 1_000;

type Pending = {
  stream: StreamRecord;
  readonly sessions: Map<string, SessionRecord>;
  /** The store was asked once, so it may hold the stream whatever it answered. */
  attempted: boolean;
  waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
};

export class StreamWriter {
  readonly #store: StreamStore;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Insertion order is write order: an ended stream goes before its channel's next one. */
  readonly #pending = new Map<string, Pending>();
  #running: Promise<void> | undefined;
  #wakeRetry: (() => void) | undefined;
  #closing = false;

  constructor(store: StreamStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  get backlog(): number {
    return this.#pending.size;
  }

  /** Remembers the latest state; writes it soon. */
  write(stream: StreamRecord, session: SessionRecord | undefined): void {
    const pending = this.#pending.get(stream.id) ?? { stream, sessions: new Map(), attempted: false, waiters: [] };
    pending.stream = stream;
    if (session !== undefined) pending.sessions.set(session.id, session);
    this.#pending.set(stream.id, pending);
    this.#running ??= this.#run();
  }

  /** Resolves when everything written for this stream so far is durable; rejects when the store fails meanwhile. */
  written(streamId: string): Promise<void> {
    const pending = this.#pending.get(streamId);
    if (pending === undefined) return Promise.resolve();
    // Somebody waits: try now, not when the pause after a failure is over.
    this.#wakeRetry?.();
    return new Promise((resolve, reject) => {
      pending.waiters.push({ resolve, reject });
    });
  }

  /** Forgets a stream whose creation failed, unless the store may hold it; then false, and its end must be written. */
  discard(streamId: string): boolean {
    if (this.#pending.get(streamId)?.attempted !== false) return false;
    return this.#pending.delete(streamId);
  }

  async #run(): Promise<void> {
    // A turn later, so that changes made together are written together.
    await Promise.resolve();
    for (let next = this.#pending.entries().next(); next.done !== true; next = this.#pending.entries().next()) {
      const [id, pending] = next.value;
      const written = await this.#attempt(id, pending);
      if (!written && this.#closing) break;
      if (!written) await this.#pause();
    }
    this.#running = undefined;
  }

  async #attempt(id: string, pending: Pending): Promise<boolean> {
    const { stream, waiters } = pending;
    const sessions = [...pending.sessions.values()];
    pending.waiters = [];
    pending.attempted = true;
    try {
      await this.#store.save(stream, sessions);
    } catch (error) {
      this.#log.error(
        { err: error, stream: id, backlog: this.#pending.size },
        'a stream could not be written to the database; trying again',
      );
      for (const waiter of waiters) waiter.reject(error);
      this.#rejectWaiters(error);
      return false;
    }
    for (const session of sessions) if (pending.sessions.get(session.id) === session) pending.sessions.delete(session.id);
    // Changed meanwhile: it keeps its place and goes again.
    const changed = pending.stream !== stream || pending.sessions.size > 0 || pending.waiters.length > 0;
    if (!changed && this.#pending.get(id) === pending) this.#pending.delete(id);
    for (const waiter of waiters) waiter.resolve();
    return true;
  }

  /** A store that failed for one stream would keep those behind it waiting for as long as it fails. */
  #rejectWaiters(error: unknown): void {
    for (const pending of this.#pending.values()) {
      const { waiters } = pending;
      pending.waiters = [];
      for (const waiter of waiters) waiter.reject(error);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(RETRY_AFTER_MS, resolve);
      this.#wakeRetry = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Writes what is left, with one last attempt each if the store fails. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wakeRetry?.();
    await this.#running;
  }
}
