// RTMP and RTMPS over TCP: accepts, counts and ends connections; each has a ServerConnection. TLS is its own port, or shares one
// with plain RTMP by the first byte: 0x16 starts a TLS ClientHello, 0x03 an RTMP handshake.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { invariant } from '@headend/core';
import { defaultTimeouts, type SessionTimeouts } from '../limits.ts';
import { ServerConnection } from './server-connection.ts';
import type { RtmpListener, RtmpListenOptions, SessionEnd } from './types.ts';

/** Sockets at once, before and while publishing; one more is closed unread. */
export const DEFAULT_MAX_CONNECTIONS = 2000;
const DEFAULT_APPLICATION = 'live';
const TLS_CLIENT_HELLO = 0x16;

class Listener implements RtmpListener {
  readonly #options: RtmpListenOptions;
  readonly #timeouts: SessionTimeouts;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<ServerConnection>();
  #faults = 0;
  #closing: Promise<void> | undefined;

  constructor(options: RtmpListenOptions) {
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.limits?.timeouts };
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    if (options.tls !== undefined) this.#tls = this.#secureServer(options.tls);
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#server.address();
    invariant(address !== null && typeof address === 'object', 'the listener has no address');
    return { host: address.address, port: address.port };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get faults(): number {
    return this.#faults;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#options.host, port: this.#options.port }, () => {
        this.#server.off('error', reject);
        // Later errors are failed accepts (no file descriptors left): the listener lives on.
        this.#server.on('error', () => undefined);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#connections) {
        connection.end({ clean: false, code: 'server_shutdown', message: 'The server is shutting down.' });
      }
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closing;
  }

  /** Never listens itself: connections are handed to it, so that plain and secure share accept, limits and close. */
  #secureServer(tls: NonNullable<RtmpListenOptions['tls']>): TlsServer {
    const asBuffer = (value: string | Uint8Array): string | Buffer => (typeof value === 'string' ? value : Buffer.from(value));
    return createTlsServer({ cert: asBuffer(tls.cert), key: asBuffer(tls.key), handshakeTimeout: this.#timeouts.handshakeMs }, (socket) =>
      this.#serve(socket, true),
    ).on('tlsClientError', (_error, socket) => socket.destroy());
  }

  #accept(socket: Socket): void {
    const maxConnections = this.#options.limits?.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    if (this.#sockets.size >= maxConnections || this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#tls === undefined) this.#serve(socket, false);
    else if (this.#options.sniffTls === true) this.#sniff(socket, this.#tls);
    else this.#tls.emit('connection', socket);
  }

  #sniff(socket: Socket, tls: TlsServer): void {
    const impatience = setTimeout(() => socket.destroy(), this.#timeouts.handshakeMs);
    socket.once('close', () => clearTimeout(impatience));
    socket.once('readable', () => {
      clearTimeout(impatience);
      const head: Buffer | null = socket.read();
      if (head === null) {
        socket.destroy();
        return;
      }
      socket.unshift(head);
      if (head[0] === TLS_CLIENT_HELLO) tls.emit('connection', socket);
      else this.#serve(socket, false);
    });
  }

  #serve(socket: Socket, secure: boolean): void {
    const remoteAddress = socket.remoteAddress ?? '';
    const connection: ServerConnection = new ServerConnection(socket, {
      application: this.#options.application ?? DEFAULT_APPLICATION,
      timeouts: this.#timeouts,
      secure,
      remoteAddress,
      onPublish: this.#options.onPublish,
      onEnd: (end) => this.#ended(connection, end),
    });
    this.#connections.add(connection);
    const refusal = this.#options.admit?.(remoteAddress);
    if (refusal !== undefined) connection.refuse(refusal);
  }

  #ended(connection: ServerConnection, end: SessionEnd): void {
    this.#connections.delete(connection);
    if (end.error !== undefined) this.#faults += 1;
    this.#options.onSessionEnd?.(end);
  }
}

export const listenRtmp = async (options: RtmpListenOptions): Promise<RtmpListener> => {
  const listener = new Listener(options);
  await listener.listen();
  return listener;
};
