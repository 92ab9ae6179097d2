// Channel policies: which publishes a channel takes (defaults from the configuration, overridden per channel) and who may watch.
// Stored as JSON documents; parsed here, once, so that nothing behind sees an unchecked value. Pure.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { PublishPolicy } from '../ingest/ports.ts';

const codecs = ['h264', 'hevc', 'av1', 'vp9', 'vp8', 'aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'] as const;

/** What a channel may set differently, as the API and the database write it. Hard upper limits protect the server. */
export const PolicyDocument = Type.Object(
  {
    max_bitrate: Type.Optional(
      Type.Integer({ minimum: 100_000, maximum: 1_000_000_000, description: 'Bits per second, all tracks together.' }),
    ),
    bitrate_window_ms: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 60_000 })),
    max_width: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384 })),
    max_height: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384 })),
    max_frame_rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })),
    codecs: Type.Optional(Type.Array(Type.Enum([...codecs] as [...typeof codecs]), { minItems: 1, maxItems: codecs.length })),
    max_keyframe_interval_ms: Type.Optional(Type.Integer({ minimum: 250, maximum: 60_000 })),
    keyframe_interval: Type.Optional(Type.Enum(['allow', 'warn', 'refuse'])),
    takeover_after_ms: Type.Optional(Type.Integer({ minimum: 500, maximum: 600_000 })),
  },
  { additionalProperties: false },
);
export type PolicyDocument = Static<typeof PolicyDocument>;

/**
 * Who may watch. `geo` and `age_restriction` belong to the data model and stay null until something enforces them: a bound that is stored
 * and not kept would be worse than none.
 */
export const EntitlementDocument = Type.Object(
  {
    login_required: Type.Boolean({ description: 'Viewers need a login; anonymous playback is refused.' }),
    subscriber_only: Type.Boolean({ description: 'Only subscribers may watch; anonymous playback is refused.' }),
    geo: Type.Null(),
    age_restriction: Type.Null(),
  },
  { additionalProperties: false },
);
export type EntitlementDocument = Static<typeof EntitlementDocument>;

export const openEntitlements: EntitlementDocument = { login_required: false, subscriber_only: false, geo: null, age_restriction: null };

/** Nobody anonymous gets in through a document that cannot be read. */
const closedEntitlements: EntitlementDocument = { ...openEntitlements, login_required: true };

export const parsePolicy = (stored: unknown): PolicyDocument => (Value.Check(PolicyDocument, stored) ? stored : {});

export const parseEntitlements = (stored: unknown): EntitlementDocument =>
  Value.Check(EntitlementDocument, stored) ? stored : closedEntitlements;

export const allowsAnonymous = (entitlements: EntitlementDocument): boolean =>
  !entitlements.login_required && !entitlements.subscriber_only;

export const effectivePolicy = (defaults: PublishPolicy, document: PolicyDocument): PublishPolicy => ({
  maxBitrate: document.max_bitrate ?? defaults.maxBitrate,
  bitrateWindowMs: document.bitrate_window_ms ?? defaults.bitrateWindowMs,
  maxWidth: document.max_width ?? defaults.maxWidth,
  maxHeight: document.max_height ?? defaults.maxHeight,
  maxFrameRate: document.max_frame_rate ?? defaults.maxFrameRate,
  codecs: document.codecs ?? defaults.codecs,
  maxKeyframeIntervalMs: document.max_keyframe_interval_ms ?? defaults.maxKeyframeIntervalMs,
  keyframeInterval: document.keyframe_interval ?? defaults.keyframeInterval,
  takeoverAfterMs: document.takeover_after_ms ?? defaults.takeoverAfterMs,
});

/** The whole policy in the API's spelling. */
export const policyDocumentOf = (policy: PublishPolicy): Required<PolicyDocument> => ({
  max_bitrate: policy.maxBitrate,
  bitrate_window_ms: policy.bitrateWindowMs,
  max_width: policy.maxWidth,
  max_height: policy.maxHeight,
  max_frame_rate: policy.maxFrameRate,
  codecs: codecs.filter((codec) => policy.codecs.includes(codec)),
  max_keyframe_interval_ms: policy.maxKeyframeIntervalMs,
  keyframe_interval: policy.keyframeInterval,
  takeover_after_ms: policy.takeoverAfterMs,
});
