// The handshake's HMAC and randomness from node:crypto.

import { createHmac, randomBytes } from 'node:crypto';
import type { HandshakeCrypto } from '../handshake.ts';

export const nodeCrypto: HandshakeCrypto = {
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  randomBytes: (size) => randomBytes(size),
};
