// One accepted socket and its ServerSession: feeds bytes, ticks and commands, carries out what the session wants, and stands
// between it and the Publisher. A throw inside (our bug or the publisher's) ends this connection only.

import type { Socket } from 'node:net';
import { AppError, type Millis, millis, wallMs } from '@headend/core';
import type { SessionTimeouts } from '../limits.ts';
import { ServerSession } from '../server-session.ts';
import type { PublishIntent, ServerCommand, ServerEvent } from '../server-state.ts';
import type { CloseReason, SessionInput } from '../session.ts';
import { DeadlineTimer, monotonicNow } from './deadline-timer.ts';
import { nodeCrypto } from './node-crypto.ts';
import type { PublishControl, Publisher, PublishRequest, SessionEnd } from './types.ts';

/** Replies that a client does not read. They are small: a client this far behind is not reading at all. */
export const MAX_UNSENT_BYTES = 1024 * 1024;
/** After our FIN the peer has this long to close its side. */
const MAX_CLOSE_WAIT_MS = 1000;

export type ConnectionOptions = {
  readonly application: string;
  readonly timeouts: SessionTimeouts;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly onPublish: (request: PublishRequest, control: PublishControl) => Promise<Publisher>;
  readonly onEnd: (end: SessionEnd) => void;
};

export class ServerConnection implements PublishControl {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #session: ServerSession;
  readonly #timer = new DeadlineTimer(() => this.#feed({ type: 'tick', now: monotonicNow() }));
  readonly #startedAt = monotonicNow();
  readonly #queued: ServerCommand[] = [];
  #publisher: Publisher | undefined;
  #published = false;
  #ended: CloseReason | undefined;
  #feeding = false;
  #deciding = false;
  #paused = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { application, timeouts } = options;
    this.#session = new ServerSession({ application, crypto: nodeCrypto, now: this.#startedAt, timeouts });
    socket.on('data', (bytes: Uint8Array) => this.#feed({ type: 'bytes', now: monotonicNow(), bytes }));
    socket.on('end', () => this.#command({ type: 'disconnected' }));
    socket.on('error', () => this.#command({ type: 'disconnected' }));
    socket.on('close', () => this.#command({ type: 'disconnected' }));
    this.#timer.set(this.#session.deadline());
  }

  get bytesReceived(): number {
    return this.#session.bytesReceived;
  }

  get lastReceivedAt(): Millis {
    return this.#session.lastReceivedAt;
  }

  refuse(error: AppError): void {
    this.#command({ type: 'refuse', error });
  }

  requestReconnect(tcUrl?: string, description?: string): boolean {
    if (this.#ended !== undefined || !this.#session.canReconnect) return false;
    this.#command({
      type: 'requestReconnect',
      ...(tcUrl === undefined ? {} : { tcUrl }),
      ...(description === undefined ? {} : { description }),
    });
    return true;
  }

  pause(): void {
    if (this.#paused || this.#ended !== undefined) return;
    this.#paused = true;
    this.#socket.pause();
    this.#command({ type: 'hold' });
  }

  resume(): void {
    if (!this.#paused || this.#ended !== undefined) return;
    this.#paused = false;
    this.#command({ type: 'release' });
    if (!this.#deciding) this.#socket.resume();
  }

  /** Ends the connection from our side, now. */
  end(reason: CloseReason): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  #command(command: ServerCommand): void {
    this.#queued.push(command);
    if (!this.#feeding) this.#runQueued();
  }

  #runQueued(): void {
    for (let next = this.#queued.shift(); next !== undefined; next = this.#queued.shift()) {
      this.#step({ type: 'command', now: monotonicNow(), command: next });
    }
  }

  #feed(input: SessionInput<ServerCommand>): void {
    this.#step(input);
    this.#runQueued();
  }

  /** One input, then everything it led to. Commands that a publisher gives meanwhile wait in the queue. */
  #step(input: SessionInput<ServerCommand>): void {
    if (this.#ended !== undefined) return;
    this.#feeding = true;
    try {
      this.#session.handle(input);
      for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
        if (output.type === 'send') this.#socket.write(output.bytes);
        else if (output.type === 'event') this.#onEvent(output.event);
        else this.#leave(output.reason);
      }
      if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
        this.end({ clean: false, code: 'unsent_bytes', message: 'The client does not read what it is sent.' });
      }
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#feeding = false;
    }
    if (this.#ended === undefined) this.#timer.set(this.#session.deadline());
  }

  #fault(error: unknown): void {
    this.#finish({ clean: false, code: 'internal', message: 'A bug on our side ended the session.' }, error);
    this.#socket.destroy();
  }

  #onEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'publish':
        this.#decide(event.intent);
        return;
      case 'media': {
        const { kind, timestampMs, reanchored, body } = event;
        this.#publisher?.media({ kind, timestampMs, reanchored, body, arrivedAt: wallMs(Date.now()) });
        return;
      }
      case 'metadata':
        this.#publisher?.metadata(event.values);
        return;
      case 'unpublish':
        this.#release({ clean: true, code: 'unpublished', message: 'The encoder ended its stream.' });
        return;
    }
  }

  #decide(intent: PublishIntent): void {
    const { remoteAddress, secure, onPublish } = this.#options;
    this.#deciding = true;
    this.#socket.pause();
    const request: PublishRequest = { ...intent, remoteAddress, secure };
    // The extra turn keeps a synchronous throw of onPublish on the same path as a rejection.
    Promise.resolve()
      .then(() => onPublish(request, this))
      .then(
        (publisher) => this.#admitted(publisher),
        (error: unknown) => this.#rejected(error),
      );
  }

  #admitted(publisher: Publisher): void {
    if (this.#ended !== undefined || this.#session.state !== 'authorizing') {
      publisher.closed(this.#ended ?? { clean: false, code: 'disconnected', message: 'The publisher was gone before it was admitted.' });
      return;
    }
    this.#publisher = publisher;
    this.#published = true;
    this.#listenAgain();
    this.#command({ type: 'accept' });
  }

  #rejected(error: unknown): void {
    this.#listenAgain();
    this.#command({ type: 'refuse', error: error instanceof AppError ? error : new AppError('internal', undefined, { cause: error }) });
  }

  #listenAgain(): void {
    this.#deciding = false;
    if (!this.#paused) this.#socket.resume();
  }

  #release(reason: CloseReason): void {
    const publisher = this.#publisher;
    this.#publisher = undefined;
    publisher?.closed(reason);
  }

  /** The session is over; what it said last still goes out. */
  #leave(reason: CloseReason): void {
    this.#finish(reason);
    const hardStop = setTimeout(() => this.#socket.destroy(), MAX_CLOSE_WAIT_MS);
    this.#socket.once('close', () => clearTimeout(hardStop));
    this.#socket.resume();
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #finish(reason: CloseReason, error?: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#timer.clear();
    const { remoteAddress, secure, onEnd } = this.#options;
    let thrown = error;
    try {
      this.#release(reason);
    } catch (fromPublisher) {
      thrown ??= fromPublisher;
    }
    onEnd({
      ...reason,
      remoteAddress,
      secure,
      published: this.#published,
      bytesReceived: this.#session.bytesReceived,
      durationMs: millis(Math.round(monotonicNow() - this.#startedAt)),
      ...(thrown === undefined ? {} : { error: thrown }),
    });
  }
}
