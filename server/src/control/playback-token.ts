// Playback tokens: `p1.<kid>.<claims>.<mac>`, each part safe as a piece of a URL path. Claims are base64url JSON {s: stream, e: expiry in
// epoch ms, v: viewer session}; the MAC is HMAC-SHA256 over everything before it. `ip`, `geo` and `r` (renditions) are reserved for bounds:
// a claim this version does not enforce is refused, so a token with more bounds never gains rights on an older node. Pure.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError, err, ok, type Result, type WallMs, wallMs } from '@headend/core';
import type { PlaybackClaims, PlaybackTokens } from '../origin/ports.ts';
import { type Keyring, signingKeyOf } from './keyring.ts';

/** Room for the reserved bounds; far below what any HTTP server takes as a path. */
export const MAX_TOKEN_LENGTH = 1024;
const TOKEN = /^p1\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]{1,900})\.([A-Za-z0-9_-]{43})$/;
const KNOWN_CLAIMS = 3;

export interface PlaybackTokenAuthority extends PlaybackTokens {
  issue(claims: PlaybackClaims): string;
}

const macOf = (secret: Uint8Array, signed: string): Buffer =>
  Buffer.from(createHmac('sha256', secret).update(signed).digest('base64url'), 'latin1');

const parseClaims = (text: string): PlaybackClaims | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Object.keys(parsed).length !== KNOWN_CLAIMS) return undefined;
  if (!('s' in parsed && 'e' in parsed && 'v' in parsed)) return undefined;
  const { s, e, v } = parsed;
  if (typeof s !== 'string' || typeof e !== 'number' || !Number.isSafeInteger(e) || typeof v !== 'string') return undefined;
  return { streamId: s, expiresAt: wallMs(e), viewerSession: v };
};

const verify = (ring: Keyring, token: string, now: WallMs): Result<PlaybackClaims, AppError> => {
  const invalid = err(new AppError('playback_token_invalid'));
  const [, kid, body, mac] = (token.length > MAX_TOKEN_LENGTH ? null : TOKEN.exec(token)) ?? [];
  const key = ring.find((candidate) => candidate.kid === kid);
  if (key === undefined || body === undefined || mac === undefined) return invalid;
  if (!timingSafeEqual(macOf(key.secret, `p1.${key.kid}.${body}`), Buffer.from(mac, 'latin1'))) return invalid;
  const claims = parseClaims(body);
  if (claims === undefined) return invalid;
  return claims.expiresAt <= now ? err(new AppError('playback_token_expired')) : ok(claims);
};

export const createPlaybackTokens = (ring: Keyring): PlaybackTokenAuthority => ({
  issue(claims) {
    const key = signingKeyOf(ring);
    const json = JSON.stringify({ s: claims.streamId, e: claims.expiresAt, v: claims.viewerSession });
    const signed = `p1.${key.kid}.${Buffer.from(json, 'utf8').toString('base64url')}`;
    return `${signed}.${macOf(key.secret, signed).toString('latin1')}`;
  },
  verify: (token, now) => verify(ring, token, now),
});
