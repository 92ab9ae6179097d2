// What the origin needs from the rest of the house.

import type { AppError, Result, WallMs } from '@headend/core';

export type PlaybackClaims = {
  readonly streamId: string;
  readonly viewerSession: string;
  readonly expiresAt: WallMs;
};

export interface PlaybackTokens {
  /** Error codes: playback_token_invalid, playback_token_expired. */
  verify(token: string, now: WallMs): Result<PlaybackClaims, AppError>;
}
