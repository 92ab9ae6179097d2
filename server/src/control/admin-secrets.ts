// Administrator secrets: `hadm_` and 256 random bits, shown once. The database holds only a SHA-256; a random secret of that size leaves
// nothing to guess, so a slow hash would buy nothing. Checked in memory, against every administrator, in constant time each.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AdminRecord } from './ports.ts';

const PREFIX = 'hadm_';
const SECRET_BYTES = 32;
const MAX_SECRET_LENGTH = 128;

export const createAdminSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;

export const hashAdminSecret = (secret: string): string => createHash('sha256').update(`headend admin 1\n${secret}`).digest('hex');

export const isAdminSecret = (text: string): boolean => text.startsWith(PREFIX) && text.length <= MAX_SECRET_LENGTH;

export interface AdminDirectory {
  /** The administrator whose secret this is. */
  authenticate(secret: string): AdminRecord | undefined;
  add(admin: AdminRecord): void;
}

export const createAdminDirectory = (records: readonly AdminRecord[]): AdminDirectory => {
  const admins = [...records];
  return {
    authenticate(secret) {
      if (!isAdminSecret(secret)) return undefined;
      const given = Buffer.from(hashAdminSecret(secret), 'latin1');
      let match: AdminRecord | undefined;
      for (const admin of admins) {
        const stored = Buffer.from(admin.tokenHash, 'latin1');
        if (stored.length === given.length && timingSafeEqual(stored, given)) match = admin;
      }
      return match;
    },
    add: (admin) => void admins.push(admin),
  };
};
