// One HTTP exchange on the media path, the same over node:http and node:http2: problem documents, playlists with ETag and coding,
// media with ranges, CORS, and back-pressure. A client that does not take its bytes in time is cut off.

import { AppError, millis } from '@headend/core';
import { decideRange, sliceChunks } from './byte-range.ts';
import { NO_STORE } from './cache-policy.ts';
import type { Clock } from './ports.ts';
import { etagMatches, negotiateCoding, type RenderedText } from './rendered-text.ts';

/** What the origin uses of IncomingMessage and Http2ServerRequest. */
export type MediaRequest = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** What the origin uses of ServerResponse and Http2ServerResponse. */
export type MediaResponse = {
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  end(chunk: Uint8Array): unknown;
  on(event: 'close' | 'drain' | 'finish', listener: () => void): unknown;
  destroy(): unknown;
};

/** A client that takes nothing for this long is gone, or too slow to ever watch live. */
const DRAIN_TIMEOUT_MS = millis(30_000);
const PREFLIGHT_SECONDS = 86_400;
const RETRY_AFTER_SECONDS = 1;

export type ProblemOptions = {
  readonly cacheControl?: string;
  /** When the registry's status does not fit a media request. */
  readonly status?: number;
};

export class Exchange {
  readonly #request: MediaRequest;
  readonly #response: MediaResponse;
  readonly #clock: Clock;
  readonly #answered: (status: number, bytes: number) => void;
  readonly #headers: Record<string, string | number> = { ...CORS };
  readonly #onClose: (() => void)[] = [];
  /** Answered, or given up by the client. */
  #over = false;

  constructor(request: MediaRequest, response: MediaResponse, clock: Clock, answered: (status: number, bytes: number) => void) {
    this.#request = request;
    this.#response = response;
    this.#clock = clock;
    this.#answered = answered;
    response.on('close', () => {
      this.#over = true;
      for (const run of this.#onClose) run();
    });
  }

  /** Answered, or given up by the client. */
  get over(): boolean {
    return this.#over;
  }

  onClose(run: () => void): void {
    this.#onClose.push(run);
  }

  preflight(): void {
    if (this.#over) return;
    this.#set('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS');
    this.#set('Access-Control-Allow-Headers', 'Range, If-None-Match, If-Range, Content-Type');
    this.#set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    this.#finish(204, []);
  }

  methodNotAllowed(): void {
    if (this.#over) return;
    this.#set('Allow', 'GET, HEAD, OPTIONS');
    this.problem(new AppError('method_not_allowed'));
  }

  /** RFC 9457. */
  problem(error: AppError, options: ProblemOptions = {}): void {
    if (this.#over) return;
    const status = options.status ?? error.definition.status;
    const document = problemDocument(error, status);
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    if (status === 503) this.#set('Retry-After', RETRY_AFTER_SECONDS);
    this.#set('Content-Type', 'application/problem+json');
    this.#set('Cache-Control', options.cacheControl ?? NO_STORE);
    this.#body(status, [bytes], bytes.length);
  }

  playlist(rendered: RenderedText, cacheControl: string): void {
    if (this.#over) return;
    const { bytes, etag, coding } = rendered.encoded(negotiateCoding(this.#header('accept-encoding')));
    this.#set('ETag', etag);
    this.#set('Vary', 'Accept-Encoding');
    this.#set('Cache-Control', cacheControl);
    this.#set('Priority', 'u=1');
    if (etagMatches(this.#header('if-none-match'), etag)) {
      this.#finish(304, []);
      return;
    }
    this.#set('Content-Type', 'application/vnd.apple.mpegurl');
    if (coding !== 'identity') this.#set('Content-Encoding', coding);
    this.#body(200, [bytes], bytes.length);
  }

  /** The chunks go out as they are, never joined: every viewer of a part shares its one buffer. */
  media(chunks: readonly Uint8Array[], contentType: string, cacheControl: string): void {
    if (this.#over) return;
    const size = chunks.reduce((total, chunk) => total + chunk.length, 0);
    // Media has no validator, so a conditional range falls back to the whole (RFC 9110 §13.1.5).
    const range = this.#header('if-range') === undefined ? decideRange(this.#header('range'), size) : undefined;
    this.#set('Accept-Ranges', 'bytes');
    if (range === 'unsatisfiable') {
      this.#set('Content-Range', `bytes */${size}`);
      this.#set('Cache-Control', NO_STORE);
      this.#body(416, [], 0);
      return;
    }
    this.#set('Content-Type', contentType);
    this.#set('Cache-Control', cacheControl);
    // RFC 9218: media below playlists, sound above picture.
    this.#set('Priority', contentType.startsWith('audio') ? 'u=2' : 'u=3');
    if (range === undefined) {
      this.#body(200, chunks, size);
      return;
    }
    this.#set('Content-Range', `bytes ${range.start}-${range.end - 1}/${size}`);
    this.#body(206, sliceChunks(chunks, range), range.end - range.start);
  }

  #set(name: string, value: string | number): void {
    this.#headers[name] = value;
  }

  #header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  #body(status: number, chunks: readonly Uint8Array[], size: number): void {
    this.#set('Content-Length', size);
    this.#finish(status, this.#request.method === 'HEAD' ? [] : chunks);
  }

  #finish(status: number, chunks: readonly Uint8Array[]): void {
    this.#over = true;
    // All headers in one call: for a small playlist the header is most of the cost of an answer.
    this.#response.writeHead(status, this.#headers);
    this.#answered(
      status,
      chunks.reduce((total, chunk) => total + chunk.length, 0),
    );
    sendChunks(this.#response, this.#clock, chunks.flatMap(paced));
  }
}

const CORS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  // hls.js reads Age to find the live edge behind a cache; a hidden header means "fresh" to it.
  'Access-Control-Expose-Headers': 'Age, Date, Content-Length, Content-Range, ETag',
  'Timing-Allow-Origin': '*',
};

/** The same shape as the API's problem documents. */
const problemDocument = (error: AppError, status: number): Readonly<Record<string, unknown>> => ({
  type: `urn:headend:error:${error.code}`,
  title: error.definition.title,
  status,
  ...(error.detail === undefined ? {} : { detail: error.detail }),
  code: error.code,
  retryable: error.definition.retryable,
});

/** The largest piece written at once: a slow but steady client shows its progress piece by piece. */
const MAX_WRITE_BYTES = 256 * 1024;

const paced = (chunk: Uint8Array): readonly Uint8Array[] =>
  chunk.length <= MAX_WRITE_BYTES
    ? [chunk]
    : Array.from({ length: Math.ceil(chunk.length / MAX_WRITE_BYTES) }, (_, i) =>
        chunk.subarray(i * MAX_WRITE_BYTES, (i + 1) * MAX_WRITE_BYTES),
      );

/** Writes while the socket takes, waits for it when it does not, and gives up on one that stands still. */
const sendChunks = (response: MediaResponse, clock: Clock, chunks: readonly Uint8Array[]): void => {
  let next = 0;
  let cancelTimer: () => void = () => undefined;
  const expectProgress = (): void => {
    cancelTimer();
    cancelTimer = clock.setTimer(DRAIN_TIMEOUT_MS, () => response.destroy());
  };
  const pump = (): void => {
    while (next < chunks.length - 1) {
      const chunk = chunks[next++];
      if (chunk !== undefined && !response.write(chunk)) {
        expectProgress();
        return;
      }
    }
    if (next === chunks.length) return;
    const last = chunks[next++];
    expectProgress();
    if (last === undefined) response.end();
    else response.end(last);
  };
  if (chunks.length === 0) {
    response.end();
    return;
  }
  response.on('close', () => {
    next = chunks.length;
    cancelTimer();
  });
  response.on('finish', () => cancelTimer());
  response.on('drain', pump);
  pump();
};
