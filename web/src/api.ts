// The part of the /v1 API that this site asks. Refusals become PlaybackError with the problem's code.

import { PlaybackError, problemToError } from '@headend/player';
import { type Channel, fieldsOf, type Ingest, parseChannel, parseIngest, text } from './api-shapes.ts';

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

function malformed(what: string): never {
  throw new PlaybackError(`${what}_malformed`, 502, `The server's answer about the ${what} cannot be read.`);
}
