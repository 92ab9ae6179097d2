// The HTTP listeners: HTTP/1.1, and HTTPS with HTTP/2 when a certificate is given. Media paths go straight to the origin, all else to
// the API and the site. Nothing stands between a segment and its socket.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;
export type RequestHandler = (request: AnyRequest, response: AnyResponse) => void;

export type HttpListenOptions = {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certPath: string; readonly keyPath: string };
};

export type HttpListener = { readonly port: number; close(): Promise<void> };

/** A client that is slower than this with its request line and headers is cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Bodies are small JSON documents. */
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 20_000;
/** Requests of one HTTP/2 connection at a time: a page with several renditions blocked on each playlist needs a few dozen. */
const MAX_STREAMS_PER_CONNECTION = 128;

const plainServer = (handler: RequestHandler): Server =>
  createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    handler,
  );

const secureServer = async (tls: NonNullable<HttpListenOptions['tls']>, handler: RequestHandler): Promise<Http2SecureServer> => {
  const [cert, key] = await Promise.all([readFile(tls.certPath), readFile(tls.keyPath)]);
  const settings = { maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION };
  return createSecureServer({ cert, key, allowHTTP1: true, minVersion: 'TLSv1.2', settings, maxSessionMemory: 64 }, handler);
};

/** Rejects with the system's error (EADDRINUSE, EACCES) when the port cannot be had. */
export const listenHttp = async (options: HttpListenOptions, handler: RequestHandler): Promise<HttpListener> => {
  const server = options.tls === undefined ? plainServer(handler) : await secureServer(options.tls, handler);
  server.maxConnections = MAX_CONNECTIONS;
  const sessions = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void; once(event: 'close', listener: () => void): void }) => {
    sessions.add(socket);
    socket.once('close', () => sessions.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // listen() on TCP always yields an address object.
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server, sessions) };
};

const closeServer = async (server: Server | Http2SecureServer, sockets: ReadonlySet<{ destroy(): void }>): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
};
