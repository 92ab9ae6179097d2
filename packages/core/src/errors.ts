// The error registry: every refusal that a client can see, in one table. A code is stable for ever; the title may improve.
// `docs/errors.md` is checked against this table by a test.

export type ErrorDefinition = {
  /** HTTP status of the problem document (RFC 9457). */
  readonly status: number;
  /** What an RTMP client reads as the status code, for errors that can end a publish. */
  readonly rtmp?:
    | 'NetStream.Publish.BadName'
    | 'NetStream.Publish.Denied'
    | 'NetConnection.Connect.Rejected'
    | 'NetConnection.Connect.InvalidApp';
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  /** One sentence for people; `detail` adds the particulars. */
  readonly title: string;
};

export const errorRegistry = {
  bad_request: { status: 400, retryable: false, title: 'The request is not valid.' },
  unauthorized: { status: 401, retryable: false, title: 'This request needs a valid credential.' },
  forbidden: { status: 403, retryable: false, title: 'The credential does not allow this.' },
  not_found: { status: 404, retryable: false, title: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, retryable: false, title: 'This address does not take that method.' },
  conflict: { status: 409, retryable: false, title: 'The resource is in a state that does not allow this.' },
  payload_too_large: { status: 413, retryable: false, title: 'The request body is too large.' },
  unsupported_media_type: { status: 415, retryable: false, title: 'The request body is not of a type that this address takes.' },
  rate_limited: { status: 429, retryable: true, title: 'Too many requests; slow down.' },
  internal: { status: 500, retryable: true, title: 'Something failed on our side.' },
  unavailable: { status: 503, retryable: true, title: 'The server cannot do this right now.' },

  key_malformed: { status: 401, rtmp: 'NetStream.Publish.Denied', retryable: false, title: 'The stream key is not well formed.' },
  key_invalid: { status: 401, rtmp: 'NetStream.Publish.Denied', retryable: false, title: 'The stream key is not valid.' },
  key_revoked: {
    status: 401,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The stream key was revoked; copy the current one.',
  },
  channel_unknown: {
    status: 404,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The channel of this stream key does not exist.',
  },
  app_unknown: { status: 404, rtmp: 'NetConnection.Connect.InvalidApp', retryable: false, title: 'Publish to the application "live".' },
  publisher_active: { status: 409, rtmp: 'NetStream.Publish.BadName', retryable: true, title: 'This channel is already being published.' },
  server_full: {
    status: 503,
    rtmp: 'NetConnection.Connect.Rejected',
    retryable: true,
    title: 'The server has no room for another publisher.',
  },
  stream_stopped: { status: 409, rtmp: 'NetStream.Publish.Denied', retryable: true, title: 'The stream was stopped.' },

  policy_codec: { status: 422, rtmp: 'NetStream.Publish.Denied', retryable: false, title: 'The channel does not accept this codec.' },
  policy_resolution: {
    status: 422,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The picture is larger than the channel allows.',
  },
  policy_frame_rate: {
    status: 422,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The frame rate is higher than the channel allows.',
  },
  policy_bitrate: {
    status: 422,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The bitrate is higher than the channel allows.',
  },
  policy_keyframe_interval: {
    status: 422,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'Keyframes are further apart than the channel allows.',
  },
  media_invalid: {
    status: 422,
    rtmp: 'NetStream.Publish.Denied',
    retryable: false,
    title: 'The stream carries media that cannot be read.',
  },
  storage_full: { status: 507, rtmp: 'NetStream.Publish.Denied', retryable: true, title: 'The server has no room left on disk.' },

  stream_unknown: { status: 404, retryable: false, title: 'There is no such stream.' },
  stream_not_live: { status: 409, retryable: true, title: 'The stream is not live.' },
  playback_token_invalid: { status: 403, retryable: false, title: 'The playback link is not valid.' },
  playback_token_expired: { status: 403, retryable: false, title: 'The playback link has expired; ask for a new one.' },
  playback_login_required: { status: 401, retryable: false, title: 'This channel asks its viewers to log in.' },
  delivery_directive_invalid: { status: 400, retryable: false, title: 'The delivery directives are not valid.' },
  delivery_timeout: { status: 503, retryable: true, title: 'The requested part did not appear in time.' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorRegistry;

/** A refusal or domain error. `detail` is shown to the client, so it never holds a secret; `fields` name invalid inputs. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly fields: Readonly<Record<string, string>> | undefined;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { readonly cause?: unknown; readonly fields?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail ?? errorRegistry[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.fields = options.fields;
  }

  get definition(): ErrorDefinition {
    return errorRegistry[this.code];
  }
}
