// Channels for tests that publish several streams at once: each stream needs a channel and a key of its own.

import { eventually } from './eventually.ts';
import type { Headend, StreamSummary } from './headend.ts';

export type TestChannel = {
  readonly id: string;
  readonly streamKey: string;
  /** rtmp://…/live/<key> */
  readonly publishUrl: string;
};

/** As the API spells it: `max_width`, `keyframe_interval`, … */
export type TestPolicy = Readonly<Record<string, string | number | readonly string[]>>;

const LIVE_DEADLINE_MS = 30_000;

export const asAdmin = (headend: Headend, method: string, body?: unknown): RequestInit => ({
  method,
  headers: {
    authorization: `Bearer ${headend.bootstrap.adminToken}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

export const createChannel = async (headend: Headend, id: string, policy: TestPolicy = {}): Promise<TestChannel> => {
  await headend.json('/v1/channels', asAdmin(headend, 'POST', { id, policy }));
  const { stream_key: streamKey } = await headend.json<{ readonly stream_key: string }>(`/v1/channels/${id}/key`, asAdmin(headend, 'GET'));
  return { id, streamKey, publishUrl: `${headend.bootstrap.urls.rtmp}/${streamKey}` };
};

/** Every earlier key of the channel is revoked. */
export const rotateKey = async (headend: Headend, id: string): Promise<string> => {
  const answer = await headend.json<{ readonly stream_key: string }>(`/v1/channels/${id}/key/rotate`, asAdmin(headend, 'POST'));
  return answer.stream_key;
};

export const channelStream = async (headend: Headend, channelId: string): Promise<StreamSummary | undefined> => {
  const { stream } = await headend.json<{ readonly stream: StreamSummary | null }>(`/v1/channels/${channelId}`);
  return stream ?? undefined;
};

/** The stream of one channel, once it can be played. */
export const liveOn = (headend: Headend, channelId: string, deadlineMs = LIVE_DEADLINE_MS): Promise<StreamSummary> =>
  eventually(`a live stream on ${channelId}`, deadlineMs, async () => {
    const stream = await channelStream(headend, channelId);
    return stream?.state === 'live' ? stream : undefined;
  });
