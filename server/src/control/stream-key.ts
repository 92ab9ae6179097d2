// Stream keys: `live_<channelId>_<version>_<base64url HMAC-SHA256>` (docs/api.md). An edge verifies one with the secret alone; raising the
// channel's key version revokes it. Pure apart from the HMAC itself; comparison takes the same time wherever the difference is.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError, err, ok, type Result } from '@headend/core';
import { type Keyring, signingKeyOf } from './keyring.ts';

export const channelIdPattern = '^[a-z0-9-]{1,40}$';
/** Encoders send whatever was pasted; nothing longer than this is looked at. */
export const MAX_STREAM_KEY_LENGTH = 256;
export const MAX_KEY_VERSION = 999_999_999;

const KEY = /^live_([a-z0-9-]{1,40})_([1-9][0-9]{0,8})_([A-Za-z0-9_-]{43})$/;
/** Keeps these MACs apart from anything else that may be signed with the same secret one day. */
const DOMAIN = 'headend stream key 1';

export type StreamKeyClaims = { readonly channelId: string; readonly version: number };

const macOf = (secret: Uint8Array, { channelId, version }: StreamKeyClaims): string =>
  createHmac('sha256', secret).update(`${DOMAIN}\n${channelId}\n${version}`).digest('base64url');

export const signStreamKey = (ring: Keyring, claims: StreamKeyClaims): string =>
  `live_${claims.channelId}_${claims.version}_${macOf(signingKeyOf(ring).secret, claims)}`;

/** Proves that we issued the key; whether it is still current is the channel's matter. Error codes: key_malformed, key_invalid. */
export const verifyStreamKey = (ring: Keyring, key: string): Result<StreamKeyClaims, AppError> => {
  const parts = key.length > MAX_STREAM_KEY_LENGTH ? null : KEY.exec(key);
  const [, channelId, versionText, mac] = parts ?? [];
  if (channelId === undefined || versionText === undefined || mac === undefined) {
    return err(
      new AppError('key_malformed', 'A stream key looks like live_<channel>_<version>_<signature>; copy it whole from the studio.'),
    );
  }
  const claims = { channelId, version: Number(versionText) };
  // Compared as text, so that the unused bits of the last base64url character cannot make a second valid spelling.
  const given = Buffer.from(mac, 'latin1');
  let genuine = false;
  for (const { secret } of ring) genuine = timingSafeEqual(Buffer.from(macOf(secret, claims), 'latin1'), given) || genuine;
  return genuine ? ok(claims) : err(new AppError('key_invalid'));
};
