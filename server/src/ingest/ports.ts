// What the front doors need from the rest of the house: who may publish, under which policy, and the life of the stream.

import type { AppError, Result } from '@headend/core';
import type { Codec } from '@headend/media';

export type PolicyMode = 'allow' | 'warn' | 'refuse';

/** Per-channel pre-publish policy. Limits apply to every publisher of the channel, whatever the protocol. */
export type PublishPolicy = {
  /** Highest total bitrate in bits per second, measured over `bitrateWindowMs`. */
  readonly maxBitrate: number;
  readonly bitrateWindowMs: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly maxFrameRate: number;
  readonly codecs: readonly Codec[];
  readonly maxKeyframeIntervalMs: number;
  readonly keyframeInterval: PolicyMode;
  /** A publisher that sent nothing for this long is dead: a second one with the same key takes its place at once. */
  readonly takeoverAfterMs: number;
};

export type PublishGrant = {
  readonly channelId: string;
  readonly streamId: string;
  readonly sessionId: string;
  /** The stream goes on inside its reconnect window: same id, same playlists, a discontinuity. */
  readonly resumed: boolean;
  readonly policy: PublishPolicy;
};

export type IngestProtocol = 'rtmp' | 'srt' | 'webrtc';

export interface PublishGate {
  /** Verifies the key's HMAC and version and reads the channel's policy. Opens nothing. Error codes: key_*, channel_unknown. */
  authenticate(streamKey: string): Promise<Result<{ readonly channelId: string; readonly policy: PublishPolicy }, AppError>>;
  /** Opens a stream, or resumes the one whose reconnect window is open. */
  open(channelId: string, protocol: IngestProtocol): Promise<Result<PublishGrant, AppError>>;
  /** First playable media exists. */
  live(streamId: string): void;
  /** The publisher's session ended; `clean` when the encoder said goodbye (the window still opens, so that a restart of OBS continues). */
  closed(streamId: string, sessionId: string, reason: { readonly clean: boolean; readonly code: string }): void;
  /** Something the creator should know (long keyframe interval, bitrate near the limit). Latest state wins per code. */
  health(streamId: string, warning: { readonly code: string; readonly message: string }): void;
}
