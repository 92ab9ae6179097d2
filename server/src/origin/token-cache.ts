// Verified playback tokens: a player repeats its token several times a second, and an HMAC each time would be the origin's main cost.

import { AppError, err, ok, type Result } from '@headend/core';
import type { Clock, PlaybackClaims, PlaybackTokens } from './ports.ts';

export class TokenCache {
  readonly #tokens: PlaybackTokens;
  readonly #clock: Clock;
  readonly #limit: number;
  /** Least recently used first. Only tokens that passed are kept, so guesses cannot fill it. */
  readonly #verified = new Map<string, PlaybackClaims>();

  constructor(tokens: PlaybackTokens, clock: Clock, limit: number) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#limit = limit;
  }

  verify(token: string, streamId: string): Result<PlaybackClaims, AppError> {
    const claims = this.#claims(token);
    if (!claims.ok) return claims;
    return claims.value.streamId === streamId ? claims : err(new AppError('playback_token_invalid', 'The link belongs to another stream.'));
  }

  #claims(token: string): Result<PlaybackClaims, AppError> {
    const known = this.#verified.get(token);
    this.#verified.delete(token);
    const now = this.#clock.now();
    if (known !== undefined && known.expiresAt <= now) return err(new AppError('playback_token_expired'));
    const claims = known === undefined ? this.#tokens.verify(token, now) : ok(known);
    if (!claims.ok) return claims;
    this.#verified.set(token, claims.value);
    const oldest = this.#verified.size > this.#limit ? this.#verified.keys().next().value : undefined;
    if (oldest !== undefined) this.#verified.delete(oldest);
    return claims;
  }
}
