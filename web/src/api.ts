// The part of the /v1 API that this site reads, parsed once at the edge. Refusals become PlaybackError with the problem's code.

import { PlaybackError, problemToError } from '@headend/player';

export type LiveStream = {
  readonly id: string;
  readonly state: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly viewers: number;
};

export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly category: string | null;
  readonly live: LiveStream | null;
};

export type Ingest = {
  /** The viewer sits at the machine that runs the server: show how to go live. */
  readonly local: boolean;
  readonly rtmp: string;
  readonly rtmps: string | null;
};

type Fields = Readonly<Record<string, unknown>>;

export async function fetchChannel(id: string, signal?: AbortSignal): Promise<Channel> {
  const body = await getJson(`/v1/channels/${encodeURIComponent(id)}`, signal);
  return parseChannel(body) ?? malformed('channel');
}

export async function fetchIngest(signal?: AbortSignal): Promise<Ingest> {
  const body = await getJson('/v1/ingest', signal);
  return parseIngest(body) ?? malformed('ingest');
}

export async function fetchStreamKey(channelId: string, secret: string): Promise<string> {
  const url = `/v1/channels/${encodeURIComponent(channelId)}/key`;
  const body = fieldsOf(await getJson(url, undefined, { authorization: `Bearer ${secret}` }));
  return text(body?.['stream_key']) ?? malformed('key');
}

export function parseChannel(value: unknown): Channel | null {
  const body = fieldsOf(value);
  const id = text(body?.['id']);
  if (body === null || id === null) return null;
  const name = text(body['name']) ?? id;
  return { id, name, title: text(body['title']) ?? name, category: text(body['category']), live: parseLive(body['stream']) };
}

function parseLive(value: unknown): LiveStream | null {
  const live = fieldsOf(value);
  const id = text(live?.['id']);
  if (live === null || id === null) return null;
  const startedAt = Date.parse(text(live['started_at']) ?? '');
  const viewers = live['viewers'];
  return {
    id,
    state: text(live['state']) ?? 'live',
    startedAt: Number.isNaN(startedAt) ? Date.now() : startedAt,
    viewers: typeof viewers === 'number' ? viewers : 0,
  };
}

export function parseIngest(value: unknown): Ingest | null {
  const body = fieldsOf(value);
  const rtmp = text(body?.['rtmp']);
  return body === null || rtmp === null ? null : { local: body['local'] === true, rtmp, rtmps: text(body['rtmps']) };
}

async function getJson(url: string, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json', ...headers }, signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new PlaybackError('network_unreachable', 0, 'The server cannot be reached.', { cause });
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemToError(response.status, body);
  return body;
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function malformed(what: string): never {
  throw new PlaybackError(`${what}_malformed`, 502, `The server's answer about the ${what} cannot be read.`);
}
