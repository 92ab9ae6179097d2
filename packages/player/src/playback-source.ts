// Where a picture comes from: a stream id and a way to get a ticket (POST /v1/streams/:id/playback) for it, now and when it expires.
// Also the parser of the ticket and the error a source rejects with (RFC 9457 problem documents).

export type PlaybackTicket = {
  /** Absolute or root-relative URL of the multivariant playlist; its path carries the token. */
  readonly hls: string;
  /** Epoch milliseconds, null when it never expires. */
  readonly expiresAt: number | null;
};

export type PlaybackSource = {
  readonly streamId: string;
  readonly getPlayback: (signal: AbortSignal) => Promise<PlaybackTicket>;
  /** For the operating system's media controls. */
  readonly title?: string;
  readonly artist?: string;
  readonly poster?: string;
};

/** A refusal of the API, with its stable code. */
export class PlaybackError extends Error {
  override readonly name = 'PlaybackError';
  readonly code: string;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;

  constructor(code: string, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export function parsePlaybackTicket(value: unknown): PlaybackTicket | null {
  if (typeof value !== 'object' || value === null || !('hls' in value) || typeof value.hls !== 'string') return null;
  const expires = 'expires_at' in value && typeof value.expires_at === 'string' ? Date.parse(value.expires_at) : Number.NaN;
  return { hls: value.hls, expiresAt: Number.isNaN(expires) ? null : expires };
}

/** Turns a problem document (or whatever came instead) into a PlaybackError. */
export function problemToError(status: number, body: unknown): PlaybackError {
  const code = stringField(body, 'code') ?? `http_${status}`;
  return new PlaybackError(code, status, stringField(body, 'detail') ?? stringField(body, 'title') ?? `HTTP ${status}`);
}

function stringField(body: unknown, field: string): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const value: unknown = Reflect.get(body, field);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The ticket request against a Headend API. `base` is '' for the page's own origin. */
export async function fetchPlayback(base: string, streamId: string, signal: AbortSignal): Promise<PlaybackTicket> {
  let response: Response;
  try {
    response = await fetch(`${base}/v1/streams/${encodeURIComponent(streamId)}/playback`, { method: 'POST', signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new PlaybackError('network_unreachable', 0, 'The server cannot be reached.', { cause });
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemToError(response.status, body);
  const ticket = parsePlaybackTicket(body);
  if (ticket === null) throw new PlaybackError('playback_malformed', response.status, 'The answer holds no playback URL.');
  return base === '' ? ticket : { ...ticket, hls: new URL(ticket.hls, base).href };
}

/** Puts a fresh token into a media URL: `/p/<token>/<streamId>/…` keeps everything but the token. */
export function withToken(url: string, ticketUrl: string): string {
  const token = TOKEN_PATH.exec(ticketUrl)?.[2];
  if (token === undefined) return url;
  return url.replace(TOKEN_PATH, (_all, head: string) => `${head}${token}/`);
}

const TOKEN_PATH = /^((?:[a-z]+:\/\/[^/]+)?\/p\/)([^/]+)\//i;
