// The streams of this server: applies the state machine (stream-state.ts), keeps the reconnect windows, has every change written to the
// store (stream-writer.ts) and told to the listeners (stream-listeners.ts). One open stream per channel. Leaves out authentication
// (publish-gate.ts, api/) and everything about media.

import { AppError, err, ok, type Result, type WallMs, wallMs } from '@headend/core';
import type { IngestProtocol } from '../ingest/ports.ts';
import type { Log } from '../observe/index.ts';
import type { Channels } from './channels.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Ids } from './ids.ts';
import { OpenStream } from './open-stream.ts';
import type { Clock, SessionRecord, StreamFilter, StreamRecord, StreamStore } from './ports.ts';
import type { StreamInfo, StreamListener } from './stream-events.ts';
import { infoOfRecord } from './stream-info.ts';
import { StreamListeners } from './stream-listeners.ts';
import { type EndReason, isConnected, type StreamInput, transition } from './stream-state.ts';
import { StreamWriter } from './stream-writer.ts';

/** Open streams read back after a restart. */
const MAX_RECOVERED = 10_000;

export type StreamServiceDeps = {
  readonly store: StreamStore;
  readonly channels: Channels;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly windowMs: number;
  readonly log: Log;
};

export type Opened = { readonly streamId: string; readonly sessionId: string; readonly resumed: boolean };

export class StreamService {
  readonly #deps: StreamServiceDeps;
  readonly #writer: StreamWriter;
  readonly #open = new Map<string, OpenStream>();
  readonly #byChannel = new Map<string, OpenStream>();
  readonly #listeners: StreamListeners;
  readonly #heartbeat: Heartbeat;
  #closed = false;

  constructor(deps: StreamServiceDeps) {
    this.#deps = deps;
    this.#writer = new StreamWriter(deps.store, deps.clock, deps.log);
    this.#listeners = new StreamListeners(deps);
    this.#heartbeat = new Heartbeat(deps, () => [...this.#open.values()].filter((stream) => isConnected(stream.phase)));
  }

  /** Returns the way to take the listener back. */
  on(listener: StreamListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Streams that have not ended. */
  current(): readonly StreamInfo[] {
    return [...this.#open.values()].map((stream) => stream.info());
  }

  get(streamId: string): StreamInfo | undefined {
    return this.#open.get(streamId)?.info();
  }

  ofChannel(channelId: string): StreamInfo | undefined {
    return this.#byChannel.get(channelId)?.info();
  }

  /** The stream whether it runs or has ended. */
  async find(streamId: string): Promise<StreamInfo | undefined> {
    const open = this.get(streamId);
    if (open !== undefined) return open;
    const record = await this.#deps.store.find(streamId);
    return record === null ? undefined : infoOfRecord(record);
  }

  /** Streams that have ended, newest first. */
  async ended(filter: Omit<StreamFilter, 'states'>): Promise<readonly StreamInfo[]> {
    const records = await this.#deps.store.list({ ...filter, states: ['ended'] });
    return records.map(infoOfRecord);
  }

  /** Takes up streams that a previous run left open: each has what remains of its reconnect window. Call once, with listeners attached. */
  async recover(): Promise<void> {
    const records = await this.#deps.store.list({ states: ['starting', 'live'], limit: MAX_RECOVERED });
    for (const record of records) {
      const until = wallMs((record.interruptedAt ?? record.seenAt) + this.#deps.windowMs);
      const phase = { kind: 'interrupted' as const, until, wasLive: record.state === 'live' };
      const stream = new OpenStream({ ...record, interruptedAt: record.interruptedAt ?? record.seenAt }, phase, this.#deps.ids('session'));
      stream.announced = true;
      this.#adopt(stream);
      this.#schedule(stream);
    }
    this.#heartbeat.start();
  }

  /** Announces a stream (POST /v1/streams/start): the channel's next publish attaches to it. */
  async reserve(channelId: string): Promise<Result<Opened, AppError>> {
    const existing = this.#byChannel.get(channelId);
    if (existing !== undefined) {
      if (isConnected(existing.phase)) return err(new AppError('publisher_active'));
      return ok({ streamId: existing.id, sessionId: existing.nextSessionId, resumed: existing.phase.kind === 'interrupted' });
    }
    const until = wallMs(this.#deps.clock.now() + this.#deps.windowMs);
    const stream = this.#create(channelId, until);
    this.#schedule(stream);
    const stored = await this.#store(stream, undefined);
    return stored.ok ? ok({ streamId: stream.id, sessionId: stream.nextSessionId, resumed: false }) : stored;
  }

  /** A publisher was let in. Error codes: publisher_active, stream_stopped, unavailable. */
  async publish(channelId: string, protocol: IngestProtocol): Promise<Result<Opened, AppError>> {
    const existing = this.#byChannel.get(channelId);
    const stream = existing ?? this.#create(channelId, this.#deps.clock.now());
    const sessionId = stream.nextSessionId;
    const resumed = stream.phase.kind === 'interrupted';
    const step = transition(stream.phase, { type: 'publish', sessionId });
    if (step.outcome !== 'moved') return err(new AppError(step.outcome === 'refused' ? step.code : 'internal'));
    stream.begin(step.phase, protocol, this.#deps.clock.now(), this.#deps.ids('session'));
    stream.cancelTimer();
    const stored = await this.#store(stream, stream.session);
    if (!stored.ok) {
      this.unpublished(stream.id, sessionId, 'internal');
      return stored;
    }
    if (!isConnected(stream.phase) || stream.phase.sessionId !== sessionId) return err(new AppError('stream_stopped'));
    if (resumed) this.#listeners.tell((listener) => listener.streamResumed?.(stream.info()));
    return ok({ streamId: stream.id, sessionId, resumed });
  }

  /** First playable media exists. */
  live(streamId: string): void {
    const stream = this.#open.get(streamId);
    if (stream === undefined || !this.#apply(stream, { type: 'media' })) return;
    this.#listeners.tell((listener) => listener.streamLive?.(stream.info()));
    this.#listeners.emit(stream, { type: 'stream.live' });
  }

  unpublished(streamId: string, sessionId: string, code: string): void {
    const stream = this.#open.get(streamId);
    if (stream === undefined) return;
    // A session that was replaced says goodbye late: it must not name the end of its successor.
    if (!isConnected(stream.phase) || stream.phase.sessionId !== sessionId) return;
    stream.noteEndCode(code);
    const until = wallMs(this.#deps.clock.now() + this.#deps.windowMs);
    if (!this.#apply(stream, { type: 'unpublish', sessionId, until })) return;
    this.#listeners.tell((listener) => listener.streamInterrupted?.(stream.info()));
    this.#schedule(stream);
  }

  /** Ends the stream now; one that has ended already is answered as it is. Error codes: stream_unknown. */
  async stop(streamId: string): Promise<Result<StreamInfo, AppError>> {
    const stream = this.#open.get(streamId);
    if (stream === undefined) {
      const ended = await this.find(streamId);
      return ended === undefined ? err(new AppError('stream_unknown')) : ok(ended);
    }
    const session = isConnected(stream.phase) ? stream.phase.sessionId : undefined;
    if (session !== undefined) {
      stream.noteEndCode('stream_stopped');
      this.#listeners.tell((listener) => listener.stopRequested?.(streamId, session));
    }
    this.#apply(stream, { type: 'stop' });
    await this.#writer.written(streamId).catch(() => undefined);
    return ok(stream.info());
  }

  health(streamId: string, warning: { readonly code: string; readonly message: string }): void {
    const stream = this.#open.get(streamId);
    if (stream?.health.note(warning, this.#deps.clock.now()) !== true) return;
    this.#listeners.emit(stream, { type: 'stream.health', code: warning.code, message: warning.message });
  }

  /** Stops the timers and writes what is left. Streams stay open in the store: a restart within the window resumes them. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#open.values()) stream.cancelTimer();
    await this.#heartbeat.stop();
    await this.#writer.close();
  }

  #create(channelId: string, reservedUntil: WallMs): OpenStream {
    const { clock, ids, channels } = this.#deps;
    const now = clock.now();
    const fresh = { protocol: null, liveAt: null, interruptedAt: null, endedAt: null, endReason: null } as const;
    const record: StreamRecord = {
      ...fresh,
      id: ids('stream'),
      channelId,
      state: 'starting',
      startedAt: now,
      seenAt: now,
      title: channels.get(channelId)?.title ?? '',
    };
    const stream = new OpenStream(record, { kind: 'reserved', until: reservedUntil }, ids('session'));
    this.#adopt(stream);
    return stream;
  }

  #adopt(stream: OpenStream): void {
    this.#open.set(stream.id, stream);
    this.#byChannel.set(stream.channelId, stream);
  }

  /** Makes the stream durable; one that cannot be created is forgotten. */
  async #store(stream: OpenStream, session: SessionRecord | undefined): Promise<Result<void, AppError>> {
    this.#writer.write(stream.record, session);
    try {
      await this.#writer.written(stream.id);
    } catch (cause) {
      if (!stream.announced) this.#forget(stream);
      return err(new AppError('unavailable', 'The database does not answer; try again.', { cause }));
    }
    if (!stream.announced && stream.phase.kind !== 'ended') {
      stream.announced = true;
      this.#listeners.tell((listener) => listener.streamStarting?.(stream.info()));
      this.#listeners.emit(stream, { type: 'stream.starting' });
    }
    return ok(undefined);
  }

  /**
   * Creation failed. A store that answered too late may have taken the stream all the same, and would then refuse the channel's next one:
   * its end is written instead. Writes go in order, so while the store fails there is at most one such.
   */
  #forget(stream: OpenStream): void {
    stream.cancelTimer();
    this.#release(stream);
    if (this.#writer.discard(stream.id)) return;
    stream.move({ kind: 'ended', reason: 'never_published' }, this.#deps.clock.now());
    this.#writer.write(stream.record, stream.session);
  }

  #release(stream: OpenStream): void {
    this.#open.delete(stream.id);
    if (this.#byChannel.get(stream.channelId) === stream) this.#byChannel.delete(stream.channelId);
  }

  /** The one place where a phase changes after a stream was created, apart from publish (which waits for the store). */
  #apply(stream: OpenStream, input: StreamInput): boolean {
    const step = transition(stream.phase, input);
    if (step.outcome !== 'moved') return false;
    stream.move(step.phase, this.#deps.clock.now());
    this.#writer.write(stream.record, stream.session);
    if (step.phase.kind === 'ended') this.#ended(stream, step.phase.reason);
    return true;
  }

  #ended(stream: OpenStream, reason: EndReason): void {
    stream.cancelTimer();
    this.#release(stream);
    if (!stream.announced) return;
    this.#listeners.tell((listener) => listener.streamEnded?.(stream.info(), reason));
    this.#listeners.emit(stream, { type: 'stream.ended', reason });
  }

  #schedule(stream: OpenStream): void {
    stream.cancelTimer();
    const { phase } = stream;
    if (this.#closed || (phase.kind !== 'reserved' && phase.kind !== 'interrupted')) return;
    const expire = (): void => {
      // A timer may run a little early, and the wall clock may have been set: ask the machine, then wait for the rest.
      if (!this.#apply(stream, { type: 'expire', now: this.#deps.clock.now() })) this.#schedule(stream);
    };
    stream.setTimer(this.#deps.clock.after(Math.max(0, phase.until - this.#deps.clock.now()), expire));
  }
}
