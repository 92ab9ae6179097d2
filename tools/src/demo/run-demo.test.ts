// The demo as a publisher, over fake connections: going away and coming back, moving on request, refusals, a network that is behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlvOutput } from '@headend/media';
import type { SignalClock } from './generator.ts';
import { type ConnectionEnd, type OpenConnection, type PublishConnection, PublishRefused } from './publication.ts';
import { type DemoStatus, runDemo } from './run-demo.ts';

const leapingClock = (): SignalClock => {
  let elapsed = 0;
  return {
    wallNow: () => 1_800_000_000_000 + Math.round(elapsed),
    monotonicNow: () => elapsed,
    sleepUntil: async (at) => {
      elapsed = Math.max(elapsed, at);
      // Lets promises of the fakes settle between two frames.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

class FakeConnection implements PublishConnection {
  readonly messages: FlvOutput[] = [];
  readonly url: string | undefined;
  readonly #ended = Promise.withResolvers<ConnectionEnd>();
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;
  readonly onMessage: (connection: FakeConnection, count: number) => void;
  closed = false;
  behind = false;
  #move: ((url: string | undefined) => void) | undefined;

  constructor(url: string | undefined, onMessage: (connection: FakeConnection, count: number) => void) {
    this.url = url;
    this.onMessage = onMessage;
  }

  send(message: FlvOutput): boolean {
    this.messages.push(message);
    this.onMessage(this, this.messages.length);
    return !this.behind;
  }

  drained(): Promise<void> {
    return this.#caughtUp.promise;
  }

  catchUp(): void {
    this.behind = false;
    this.#caughtUp.resolve();
  }

  onMoveRequested(listener: (url: string | undefined) => void): void {
    this.#move = listener;
  }

  askToMove(url: string): void {
    this.#move?.(url);
  }

  drop(end: ConnectionEnd): void {
    this.#ended.resolve(end);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#ended.resolve({ message: 'closed' });
  }

  get videoTimes(): number[] {
    return this.messages.filter(({ type }) => type === 'video').map(({ timestampMs }) => timestampMs);
  }
}

const small = { url: 'rtmp://example.test/live', key: 'k', width: 160, height: 90, bitrate: 100_000, audio: 'none' } as const;

const fakes = (onMessage: (connection: FakeConnection, count: number) => void = () => undefined) => {
  const connections: FakeConnection[] = [];
  const open: OpenConnection = async (_tracks, _signal, url) => {
    const connection = new FakeConnection(url, onMessage);
    connections.push(connection);
    return connection;
  };
  return { connections, open };
};

test('sends configuration, then a keyframe, then everything; says goodbye at the end', async () => {
  const { connections, open } = fakes();
  await runDemo({ ...small, durationSeconds: 1, clock: leapingClock(), open }, new AbortController().signal);
  const [connection] = connections;
  assert.equal(connections.length, 1);
  assert.equal(connection?.messages.length, 31);
  // FLV: 0x17 is an AVC keyframe tag; packet type 0 the configuration, 1 a picture.
  assert.deepEqual([...(connection?.messages[0]?.body.subarray(0, 2) ?? [])], [0x17, 0]);
  assert.deepEqual([...(connection?.messages[1]?.body.subarray(0, 2) ?? [])], [0x17, 1]);
  assert.ok(connection?.closed);
});

test('comes back with growing pauses when the server goes away, and with a short one after it was live', async () => {
  const pauses: number[] = [];
  const abort = new AbortController();
  let attempts = 0;
  const { connections, open } = fakes((connection, count) => {
    if (count === 10) connection.drop({ message: 'gone' });
  });
  const unsteady: OpenConnection = async (...parameters) => {
    attempts += 1;
    if (attempts === 6) abort.abort();
    if (attempts !== 4) throw new Error('connection refused');
    return open(...parameters);
  };
  const onStatus = (status: DemoStatus): void => {
    if (status.type === 'lost') pauses.push(status.retryInMs);
  };
  await runDemo({ ...small, clock: leapingClock(), open: unsteady, onStatus }, abort.signal);
  assert.deepEqual(pauses, [500, 1000, 2000, 500, 1000]);
  assert.equal(connections.length, 1);
});

test('a refusal ends it, at the start and later', async () => {
  const never: OpenConnection = async () => {
    throw new PublishRefused('The stream key is not valid.');
  };
  await assert.rejects(runDemo({ ...small, clock: leapingClock(), open: never }, new AbortController().signal), /not valid/);
  const { open } = fakes((connection, count) => {
    if (count === 5) connection.drop({ message: 'x', refusal: new PublishRefused('The bitrate is too high.') });
  });
  await assert.rejects(runDemo({ ...small, clock: leapingClock(), open }, new AbortController().signal), /too high/);
});

test('moves to the URL that the server names, at a keyframe, without losing a frame', async () => {
  const { connections, open } = fakes((connection, count) => {
    if (count === 10 && connection.url === undefined) connection.askToMove('rtmp://other.test/live');
  });
  await runDemo({ ...small, durationSeconds: 2, clock: leapingClock(), open }, new AbortController().signal);
  const [old, next] = connections;
  assert.equal(next?.url, 'rtmp://other.test/live');
  assert.ok(old?.closed);
  assert.equal(old?.videoTimes.at(-1), 967);
  assert.deepEqual(next?.videoTimes.slice(0, 3), [1000, 1000, 1033]);
  assert.deepEqual([...(next?.messages[0]?.body.subarray(0, 2) ?? [])], [0x17, 0]);
});

test('a network that is behind loses frames up to a keyframe, and is not asked to hold more', async () => {
  const { connections, open } = fakes((connection, count) => {
    if (count === 10) connection.behind = true;
  });
  const clock = leapingClock();
  const noticing: SignalClock = {
    ...clock,
    sleepUntil: async (at, signal) => {
      await clock.sleepUntil(at, signal);
      if (at > 3500) connections[0]?.catchUp();
    },
  };
  await runDemo({ ...small, durationSeconds: 5, clock: noticing, open }, new AbortController().signal);
  const times = connections[0]?.videoTimes ?? [];
  const gap = times.findIndex((time, i) => time - (times[i - 1] ?? time) > 100);
  // Behind from 267 ms on: two seconds are kept, then nothing until the keyframe at 4 s.
  assert.ok((times[gap - 1] ?? 0) <= 2300);
  assert.equal(times[gap], 4000);
  assert.equal(times.at(-1), 4967);
});
