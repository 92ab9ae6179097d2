// A publisher over TCP or TLS: connectRtmp() resolves once the server said NetStream.Publish.Start. Bodies are FLV tag bodies.
// Back-pressure: send calls answer whether to go on; drained() waits until the socket has caught up.

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { invariant, millis } from '@headend/core';
import type { AmfValue } from '../amf-value.ts';
import { type ClientCommand, type ClientEvent, ClientSession } from '../client-session.ts';
import type { CloseReason, SessionInput } from '../session.ts';
import { DeadlineTimer, monotonicNow } from './deadline-timer.ts';
import { nodeCrypto } from './node-crypto.ts';

const RTMP_PORT = 1935;
const RTMPS_PORT = 443;
/** Beyond this the server does not take what it is sent, and memory is worth more than the connection. */
export const MAX_SEND_QUEUE_BYTES = 64 * 1024 * 1024;
/** TCP connect and TLS handshake together. */
const CONNECT_TIMEOUT_MS = millis(10_000);
/** After our goodbye the server has this long to close its side. */
const MAX_CLOSE_WAIT_MS = 1000;

export type RtmpConnectOptions = {
  /** rtmp:// or rtmps://host[:port]/app. A stream key may also be its last part; then leave streamKey out. */
  readonly url: string;
  readonly streamKey?: string;
  readonly tls?: Pick<TlsOptions, 'ca' | 'rejectUnauthorized' | 'servername'>;
  readonly flashVer?: string;
  readonly signal?: AbortSignal;
};

/** What kept us from publishing, or what ended it: the server's status code, or a code of ours. Never holds the stream key. */
export class RtmpPublishError extends Error {
  override readonly name = 'RtmpPublishError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ReconnectRequest = { readonly tcUrl: string | undefined; readonly description: string };

export interface RtmpPublisher {
  sendMetadata(values: Readonly<Record<string, AmfValue>>): boolean;
  /** `timestampMs` in the encoder's clock; any start, modulo 2^32. False: wait for drained() before sending more. */
  sendVideo(timestampMs: number, body: Uint8Array): boolean;
  sendAudio(timestampMs: number, body: Uint8Array): boolean;
  /** Resolves when the socket has caught up, or the connection is over. */
  drained(): Promise<void>;
  onReconnectRequest(listener: (request: ReconnectRequest) => void): void;
  /** Resolves with the reason when the connection is over. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Says goodbye, flushes, closes. Idempotent. */
  close(): Promise<void>;
}

type Target = {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly app: string;
  readonly tcUrl: string;
  readonly streamKey: string;
};

/** `rtmp://host/live/key` without a separate key is cut as FFmpeg does: the last part is the key, with its query. */
const parseTarget = (url: string, streamKey: string | undefined): Target => {
  const match = /^(rtmps?):\/\/(\[[^\]]+\]|[^/:?]+)(?::(\d+))?\/?([^?]*)(\?.*)?$/i.exec(url);
  if (match === null) throw new RtmpPublishError('url_invalid', 'The URL must look like rtmp://host[:port]/app.');
  const [, scheme = '', host = '', portText, path = '', query = ''] = match;
  const secure = scheme.toLowerCase() === 'rtmps';
  const port = portText === undefined ? (secure ? RTMPS_PORT : RTMP_PORT) : Number(portText);
  const parts = path.split('/').filter((part) => part !== '');
  const key = streamKey ?? `${parts.pop() ?? ''}${query}`;
  const app = `${parts.join('/')}${streamKey === undefined ? '' : query}`;
  const tcUrl = `${scheme.toLowerCase()}://${host}${portText === undefined ? '' : `:${portText}`}/${app}`;
  return { host: host.replace(/^\[|\]$/g, ''), port, secure, app, tcUrl, streamKey: key };
};

const openSocket = (target: Target, tls: RtmpConnectOptions['tls']): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { host, port } = target;
    const socket = target.secure ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new RtmpPublishError('connect_failed', `No connection to ${host}:${port}: ${error.message}`, { cause: error }));
    };
    const timer = setTimeout(() => fail(new Error('timed out')), CONNECT_TIMEOUT_MS);
    socket.once('error', fail);
    socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });

class SocketPublisher implements RtmpPublisher {
  readonly closed: Promise<CloseReason>;
  readonly #socket: Socket;
  readonly #session: ClientSession;
  readonly #timer = new DeadlineTimer(() => this.#step({ type: 'tick', now: monotonicNow() }));
  readonly #started: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ending: PromiseWithResolvers<CloseReason> = Promise.withResolvers();
  readonly #socketClosed: Promise<void>;
  #reconnectListener: ((request: ReconnectRequest) => void) | undefined;
  #refusal: RtmpPublishError | undefined;
  #ended = false;

  constructor(socket: Socket, session: ClientSession) {
    this.#socket = socket;
    this.#session = session;
    this.closed = this.#ending.promise;
    this.#socketClosed = new Promise((resolve) => socket.once('close', () => resolve()));
    // A failed start is reported by started(); nobody may be waiting when it happens.
    this.#started.promise.catch(() => undefined);
    socket.on('data', (bytes: Uint8Array) => this.#step({ type: 'bytes', now: monotonicNow(), bytes }));
    const gone = (): void => this.#command({ type: 'disconnected' });
    socket.on('end', gone);
    socket.on('error', gone);
    socket.on('close', gone);
    this.#drainOutputs();
  }

  started(): Promise<void> {
    return this.#started.promise;
  }

  sendMetadata(values: Readonly<Record<string, AmfValue>>): boolean {
    return this.#send({ type: 'metadata', values: new Map(Object.entries(values)) });
  }

  sendVideo(timestampMs: number, body: Uint8Array): boolean {
    return this.#send({ type: 'video', timestamp: timestampMs, body });
  }

  sendAudio(timestampMs: number, body: Uint8Array): boolean {
    return this.#send({ type: 'audio', timestamp: timestampMs, body });
  }

  async drained(): Promise<void> {
    if (this.#ended || !this.#socket.writableNeedDrain) return;
    const drain = Promise.withResolvers<void>();
    this.#socket.once('drain', drain.resolve);
    await Promise.race([drain.promise, this.#socketClosed, this.closed]);
    this.#socket.off('drain', drain.resolve);
  }

  onReconnectRequest(listener: (request: ReconnectRequest) => void): void {
    this.#reconnectListener = listener;
  }

  async close(): Promise<void> {
    this.#command({ type: 'close' });
    await this.#socketClosed;
  }

  abort(): void {
    this.#end({ clean: false, code: 'aborted', message: 'The publisher was aborted.' });
    this.#socket.destroy();
  }

  #send(command: ClientCommand): boolean {
    this.#command(command);
    if (this.#socket.writableLength > MAX_SEND_QUEUE_BYTES) {
      this.#end({ clean: false, code: 'send_queue', message: 'The server does not take what it is sent.' });
      this.#socket.destroy();
    }
    return !this.#ended && !this.#socket.writableNeedDrain;
  }

  #command(command: ClientCommand): void {
    this.#step({ type: 'command', now: monotonicNow(), command });
  }

  #step(input: SessionInput<ClientCommand>): void {
    if (this.#ended) return;
    this.#session.handle(input);
    this.#drainOutputs();
  }

  /** Events are told after the session is drained, so that a listener may send. */
  #drainOutputs(): void {
    const events: ClientEvent[] = [];
    let reason: CloseReason | undefined;
    for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
      if (output.type === 'send') this.#socket.write(output.bytes);
      else if (output.type === 'event') events.push(output.event);
      else reason = output.reason;
    }
    if (reason === undefined) this.#timer.set(this.#session.deadline());
    for (const event of events) this.#onEvent(event);
    if (reason !== undefined) this.#leave(reason);
  }

  #onEvent(event: ClientEvent): void {
    if (event.type === 'publishing') this.#started.resolve();
    else if (event.type === 'refused') this.#refusal = new RtmpPublishError(event.code, event.description);
    else this.#reconnectListener?.({ tcUrl: event.tcUrl, description: event.description });
  }

  #leave(reason: CloseReason): void {
    this.#end(reason);
    const hardStop = setTimeout(() => this.#socket.destroy(), MAX_CLOSE_WAIT_MS);
    this.#socket.once('close', () => clearTimeout(hardStop));
    if (this.#socket.destroyed) clearTimeout(hardStop);
    this.#socket.end();
  }

  #end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer.clear();
    const refusal = this.#refusal;
    const told: CloseReason = refusal === undefined ? reason : { clean: false, code: refusal.code, message: refusal.message };
    this.#started.reject(refusal ?? new RtmpPublishError(told.code, told.message));
    this.#ending.resolve(told);
  }
}

/** Rejects with RtmpPublishError when the server refuses or cannot be reached, with AbortError when the signal fires. */
export const connectRtmp = async (options: RtmpConnectOptions): Promise<RtmpPublisher> => {
  options.signal?.throwIfAborted();
  const target = parseTarget(options.url, options.streamKey);
  const socket = await openSocket(target, options.tls);
  invariant(!socket.destroyed, 'a connected socket is not destroyed');
  const { app, tcUrl, streamKey } = target;
  const session = new ClientSession({
    app,
    tcUrl,
    streamKey,
    crypto: nodeCrypto,
    now: monotonicNow(),
    ...(options.flashVer === undefined ? {} : { flashVer: options.flashVer }),
  });
  const publisher = new SocketPublisher(socket, session);
  const abort = (): void => publisher.abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  void publisher.closed.then(() => options.signal?.removeEventListener('abort', abort));
  try {
    await publisher.started();
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
  return publisher;
};
