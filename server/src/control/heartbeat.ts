// Tells the store every few seconds which streams have a publisher, so that a restart, also after kill -9, knows when each was last seen
// and what remains of its reconnect window. Leaves out taking the streams up again (stream-service.ts).

import type { Log } from '../observe/index.ts';
import type { OpenStream } from './open-stream.ts';
import type { Clock, StreamStore } from './ports.ts';

/** A restart finds the window at most this much shorter than it was. */
const HEARTBEAT_MS = 5_000;

export type HeartbeatDeps = { readonly store: StreamStore; readonly clock: Clock; readonly log: Log };

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  /** Streams that have a publisher now. */
  readonly #connected: () => readonly OpenStream[];
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(deps: HeartbeatDeps, connected: () => readonly OpenStream[]) {
    this.#deps = deps;
    this.#connected = connected;
  }

  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#deps.clock.after(HEARTBEAT_MS, () => {
      void this.#beat().then(() => this.start());
    });
  }

  /** The last beat: the store knows who was connected until the end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#beat();
  }

  async #beat(): Promise<void> {
    const now = this.#deps.clock.now();
    const connected = this.#connected();
    for (const stream of connected) stream.seen(now);
    if (connected.length === 0) return;
    try {
      await this.#deps.store.touch(
        connected.map((stream) => stream.id),
        now,
      );
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the database did not take the heartbeat of the streams');
    }
  }
}
