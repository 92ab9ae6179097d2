// A listener for tests that records what is published to it. Lives on a free loopback port.

import type { AppError } from '@headend/core';
import type { SessionTimeouts } from '../../limits.ts';
import {
  listenRtmp,
  type MediaMessage,
  type PublishControl,
  type Publisher,
  type PublishRequest,
  type RtmpListener,
  type SessionEnd,
} from '../index.ts';

type Closed = Parameters<Publisher['closed']>[0];

export class Recorder implements Publisher {
  readonly mediaMessages: MediaMessage[] = [];
  readonly metadataMessages: ReadonlyMap<string, unknown>[] = [];
  readonly #closed: PromiseWithResolvers<Closed> = Promise.withResolvers();

  get closedWith(): Promise<Closed> {
    return this.#closed.promise;
  }

  media(message: MediaMessage): void {
    this.mediaMessages.push(message);
  }

  metadata(values: ReadonlyMap<string, unknown>): void {
    this.metadataMessages.push(values);
  }

  closed(reason: Closed): void {
    this.#closed.resolve(reason);
  }
}

export type RecordedSession = {
  readonly request: PublishRequest;
  readonly control: PublishControl;
  readonly media: readonly MediaMessage[];
  readonly metadata: readonly ReadonlyMap<string, unknown>[];
  readonly closed: Promise<Closed>;
};

export type FixtureOptions = {
  readonly refuse?: AppError;
  readonly admit?: () => AppError | undefined;
  readonly throwOnMedia?: boolean;
  readonly timeouts?: Partial<SessionTimeouts>;
  readonly maxConnections?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly sniffTls?: boolean;
};

/** Values in the order they came; asking for one that is not there yet waits for it. */
class Arrivals<T> {
  readonly #slots: PromiseWithResolvers<T>[] = [];
  #next = 0;

  at(index: number): Promise<T> {
    while (this.#slots.length <= index) this.#slots.push(Promise.withResolvers());
    const slot = this.#slots[index];
    if (slot === undefined) throw new Error('no slot');
    return slot.promise;
  }

  add(value: T): void {
    void this.at(this.#next);
    this.#slots[this.#next]?.resolve(value);
    this.#next += 1;
  }
}

export type ListenerFixture = {
  readonly listener: RtmpListener;
  /** The n-th admitted publish; waits for it. */
  session(index: number): Promise<RecordedSession>;
  /** The n-th ended connection; waits for it. */
  end(index: number): Promise<SessionEnd>;
  [Symbol.asyncDispose](): Promise<void>;
};

export const startListener = async (options: FixtureOptions = {}): Promise<ListenerFixture> => {
  const sessions = new Arrivals<RecordedSession>();
  const ends = new Arrivals<SessionEnd>();
  const { refuse, throwOnMedia = false, timeouts, maxConnections, admit, tls, sniffTls } = options;
  const listener = await listenRtmp({
    host: '127.0.0.1',
    port: 0,
    limits: { ...(maxConnections === undefined ? {} : { maxConnections }), ...(timeouts === undefined ? {} : { timeouts }) },
    ...(admit === undefined ? {} : { admit }),
    ...(tls === undefined ? {} : { tls }),
    ...(sniffTls === undefined ? {} : { sniffTls }),
    onPublish: async (request, control) => {
      if (refuse !== undefined) throw refuse;
      const recorder = new Recorder();
      if (throwOnMedia) {
        recorder.media = () => {
          throw new Error('a bug in the publisher');
        };
      }
      sessions.add({ request, control, media: recorder.mediaMessages, metadata: recorder.metadataMessages, closed: recorder.closedWith });
      return recorder;
    },
    onSessionEnd: (end) => ends.add(end),
  });
  return {
    listener,
    session: (index) => sessions.at(index),
    end: (index) => ends.at(index),
    [Symbol.asyncDispose]: () => listener.close(),
  };
};
