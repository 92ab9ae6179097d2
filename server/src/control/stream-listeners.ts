// Those who hear of streams (stream-events.ts), called one after the other in the order they came.

import type { Log } from '../observe/index.ts';
import type { Ids } from './ids.ts';
import type { Clock } from './ports.ts';
import type { StreamEvent, StreamInfo, StreamListener } from './stream-events.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type EventBody = DistributiveOmit<StreamEvent, 'id' | 'ts' | 'stream_id' | 'channel_id'>;

export type ListenersDeps = { readonly clock: Clock; readonly ids: Ids; readonly log: Log };

export class StreamListeners {
  readonly #deps: ListenersDeps;
  readonly #listeners = new Set<StreamListener>();

  constructor(deps: ListenersDeps) {
    this.#deps = deps;
  }

  /** Returns the way to take the listener back. */
  add(listener: StreamListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(call: (listener: StreamListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        call(listener);
      } catch (error) {
        this.#deps.log.error({ err: error }, 'a stream listener failed');
      }
    }
  }

  /** Gives the event its id and its time. */
  emit(stream: Pick<StreamInfo, 'id' | 'channelId'>, body: EventBody): void {
    const { clock, ids } = this.#deps;
    const head = { id: ids('event'), ts: new Date(clock.now()).toISOString(), stream_id: stream.id, channel_id: stream.channelId };
    this.tell((listener) => listener.event?.({ ...head, ...body }));
  }
}
