// Forging by chance: no single change to a key or token, and no arbitrary text, is ever accepted; identifiers sort and never repeat.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { wallMs } from '@headend/core';
import fc from 'fast-check';
import { createIds } from './ids.ts';
import type { Keyring } from './keyring.ts';
import { createPlaybackTokens } from './playback-token.ts';
import { signStreamKey, verifyStreamKey } from './stream-key.ts';

const SECRET = new Uint8Array(32).fill(7);
const ring: Keyring = [{ kid: 'k1', secret: SECRET }];
const tokens = createPlaybackTokens(ring);
const NOW = wallMs(1_700_000_000_000);

const channelId = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const version = fc.integer({ min: 1, max: 999_999_999 });
const replaceAt = (text: string, at: number, by: string): string => `${text.slice(0, at)}${by}${text.slice(at + 1)}`;

describe('forging', () => {
  it('a stream key that was signed verifies to what was signed', () => {
    fc.assert(
      fc.property(channelId, version, (id, v) =>
        assert.deepEqual(verifyStreamKey(ring, signStreamKey(ring, { channelId: id, version: v })), {
          ok: true,
          value: { channelId: id, version: v },
        }),
      ),
    );
  });

  it('a stream key with one character changed is refused', () => {
    fc.assert(
      fc.property(channelId, version, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (id, v, position, by) => {
        const key = signStreamKey(ring, { channelId: id, version: v });
        const changed = replaceAt(key, position % key.length, by);
        fc.pre(changed !== key);
        assert.equal(verifyStreamKey(ring, changed).ok, false);
      }),
    );
  });

  it('a playback token with one character changed is refused', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (streamId, position, by) => {
          const token = tokens.issue({ streamId, viewerSession: 'vs', expiresAt: wallMs(NOW + 1) });
          assert.ok(tokens.verify(token, NOW).ok);
          const changed = replaceAt(token, position % token.length, by);
          fc.pre(changed !== token);
          assert.equal(tokens.verify(changed, NOW).ok, false);
        },
      ),
    );
  });

  it('arbitrary text is refused without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        assert.equal(verifyStreamKey(ring, text).ok, false);
        assert.equal(tokens.verify(text, NOW).ok, false);
      }),
    );
  });

  it('a token whose claims this version does not know is refused although it is genuine', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.stringMatching(/^[a-z]{2,6}$/), (value, name) => {
        const sign = (claims: unknown): string => {
          const signed = `p1.k1.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
          return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
        };
        const claims = { s: 'st', e: NOW + 1, v: 'vs' };
        assert.ok(tokens.verify(sign(claims), NOW).ok);
        assert.equal(tokens.verify(sign({ ...claims, [name]: value }), NOW).ok, false);
        assert.equal(tokens.verify(sign(value), NOW).ok, false);
      }),
    );
  });
});

describe('identifiers', () => {
  it('sort by creation whatever the clock does, and never repeat', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 2, maxLength: 50 }), (times) => {
        let at = 0;
        const ids = createIds(
          () => times[at++] ?? 0,
          () => new Uint8Array(10).fill(255),
        );
        const made = times.map(() => ids('stream'));
        assert.deepEqual([...made].sort(), made);
        assert.equal(new Set(made).size, made.length);
        for (const id of made) assert.match(id, /^st_[0-9a-hjkmnp-tv-z]{26}$/);
      }),
    );
  });
});
