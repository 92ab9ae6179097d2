// The shapes of the API, once: they validate requests, describe answers in the OpenAPI document, and type the handlers.

import Type, { type TSchema } from 'typebox';
import { streamIdPattern } from '../ids.ts';
import { MAX_TOKEN_LENGTH } from '../playback-token.ts';
import { EntitlementDocument, PolicyDocument } from '../policy.ts';
import { channelIdPattern, MAX_STREAM_KEY_LENGTH } from '../stream-key.ts';

export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 25;

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Moment = Type.String({ format: 'date-time' });
const Url = Type.String();
const object = <T extends Record<string, TSchema>>(properties: T) => Type.Object(properties, { additionalProperties: false });

export const StreamId = Type.String({ pattern: streamIdPattern, description: '`st_` and a ULID; sorts by creation.' });
export const ChannelId = Type.String({ pattern: channelIdPattern });
/** Control characters are no text: a NUL would be refused by the database, a line break would forge lines wherever the text is shown. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f]*$';
const StreamKey = Type.String({ minLength: 1, maxLength: MAX_STREAM_KEY_LENGTH });
const StreamStateName = Type.Enum(['starting', 'live', 'ended']);

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    code: Type.String({ description: 'Stable; docs/errors.md lists them.' }),
    retryable: Type.Boolean(),
    fields: Type.Optional(Type.Record(Type.String(), Type.String())),
    request_id: Type.String(),
  },
  { description: 'RFC 9457 problem document' },
);

export const Rendition = object({
  profile: Type.String(),
  codec: Type.String(),
  bitrate: Type.Integer(),
  resolution: Type.String(),
  keyframe_interval: Type.Number(),
});

export const HealthWarning = object({ code: Type.String(), message: Type.String(), since: Moment, at: Moment });

export const Stream = object({
  id: StreamId,
  channel_id: ChannelId,
  state: StreamStateName,
  title: Type.String(),
  protocol: nullable(Type.Enum(['rtmp', 'srt', 'webrtc'])),
  started_at: Moment,
  live_at: nullable(Moment),
  ended_at: nullable(Moment),
  interrupted: Type.Boolean({ description: 'The publisher is gone and may still come back.' }),
  viewers: Type.Integer(),
  renditions: Type.Array(Rendition),
  session_id: Type.Optional(nullable(Type.String({ description: 'Administrators only.' }))),
  resume_until: Type.Optional(nullable(Moment)),
  end_reason: Type.Optional(nullable(Type.String())),
  health: Type.Optional(Type.Array(HealthWarning)),
});

export const StreamList = object({ streams: Type.Array(Stream), next_cursor: nullable(StreamId) });

export const StreamQuery = object({
  state: Type.Optional(Type.Enum(['starting', 'live', 'ended', 'open'], { description: '`open` is starting or live.' })),
  channel_id: Type.Optional(ChannelId),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })),
  cursor: Type.Optional(StreamId),
});

export const IngestUrls = object({ rtmp: nullable(Url), rtmps: nullable(Url), srt: nullable(Url), whip: nullable(Url) });
export const Ingest = object({
  ...IngestUrls.properties,
  local: Type.Boolean({ description: 'The request came from the very machine the server runs on.' }),
});

export const StartBody = object({ stream_key: StreamKey });
export const Started = object({
  stream_id: StreamId,
  session_id: Type.String(),
  resumed: Type.Boolean(),
  ingest_urls: IngestUrls,
  limits: PolicyDocument,
});
export const StopBody = object({ stream_id: StreamId, stream_key: Type.Optional(StreamKey) });
export const Stopped = object({ stream_id: StreamId, state: StreamStateName, ended_at: nullable(Moment) });

export const Playback = object({
  hls: Url,
  dash: Type.Null(),
  whep: Type.Null(),
  token: Type.String(),
  expires_at: Moment,
});
export const ManifestQuery = object({ token: Type.Optional(Type.String({ maxLength: MAX_TOKEN_LENGTH })) });

const StreamSummary = object({
  id: StreamId,
  state: StreamStateName,
  title: Type.String(),
  started_at: Moment,
  live_at: nullable(Moment),
  interrupted: Type.Boolean(),
  viewers: Type.Integer(),
});

export const Channel = object({
  id: ChannelId,
  title: Type.String(),
  category: Type.String(),
  created_at: Moment,
  anonymous_playback: Type.Boolean(),
  stream: nullable(StreamSummary),
  key_version: Type.Optional(Type.Integer({ description: 'Administrators only.' })),
  policy: Type.Optional(PolicyDocument),
  policy_overrides: Type.Optional(PolicyDocument),
  entitlements: Type.Optional(EntitlementDocument),
});
export const ChannelList = object({ channels: Type.Array(Channel) });

const channelFields = {
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 140, pattern: PRINTABLE })),
  category: Type.Optional(Type.String({ maxLength: 80, pattern: PRINTABLE })),
  policy: Type.Optional(PolicyDocument),
  entitlements: Type.Optional(Type.Partial(EntitlementDocument)),
};
export const ChannelPatchBody = object(channelFields);
export const ChannelCreateBody = object({ id: ChannelId, ...channelFields });
export const ChannelKey = object({ channel_id: ChannelId, stream_key: Type.String(), key_version: Type.Integer() });

export const StreamParams = object({ id: Type.String({ maxLength: 64, pattern: PRINTABLE }) });
export const ChannelParams = object({ id: Type.String({ maxLength: 64, pattern: PRINTABLE }) });

export const Health = object({ status: Type.Literal('ok') });
export const Ready = object({
  status: Type.Enum(['ready', 'not_ready']),
  checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })),
});
