// Keys and tokens: what is signed verifies, what anybody changed does not, and each refusal has its code.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wallMs } from '@headend/core';
import { createAdminDirectory, createAdminSecret, hashAdminSecret } from './admin-secrets.ts';
import type { Keyring } from './keyring.ts';
import { createPlaybackTokens, MAX_TOKEN_LENGTH } from './playback-token.ts';
import { signStreamKey, verifyStreamKey } from './stream-key.ts';

const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const ring: Keyring = [{ kid: 'k1', secret: secret(1) }];
const rotated: Keyring = [
  { kid: 'k1', secret: secret(1) },
  { kid: 'k2', secret: secret(2) },
];
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string => (result.ok ? 'ok' : result.error.code);

describe('stream keys', () => {
  const key = signStreamKey(ring, { channelId: 'main', version: 3 });

  it('have the form of the contract and verify', () => {
    assert.match(key, /^live_main_3_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(verifyStreamKey(ring, key), { ok: true, value: { channelId: 'main', version: 3 } });
  });

  // Recorded once; keys that were handed out must stay good in later versions.
  it('stay what they were', () => assert.equal(key, 'live_main_3_bqnwfJp0GsDD5yk1FZ-QSHsTJqDt-AruBZvhjqV55FM'));

  it('verify through a rotation and are signed by the newest secret', () => {
    assert.equal(codeOf(verifyStreamKey(rotated, key)), 'ok');
    const newer = signStreamKey(rotated, { channelId: 'main', version: 3 });
    assert.notEqual(newer, key);
    assert.equal(codeOf(verifyStreamKey(rotated, newer)), 'ok');
    assert.equal(codeOf(verifyStreamKey(ring, newer)), 'key_invalid');
  });

  const malformed = [
    '',
    'live',
    'live_main',
    'live_main_3_',
    key.slice(0, -1),
    `${key}A`,
    ` ${key}`,
    `${key}\n`,
    key.replace('live', 'Live'),
    key.replace('main', 'Main'),
    key.replace('_3_', '_03_'),
    key.replace('_3_', '_0_'),
    key.replace('_3_', '_-3_'),
    key.replace('_3_', '_1000000000_'),
    key.replace('main', 'a'.repeat(41)),
    key.replace('main', ''),
    'x'.repeat(100_000),
  ];
  for (const text of malformed) {
    it(`are malformed when written ${JSON.stringify(text.slice(0, 24))} (${text.length})`, () =>
      assert.equal(codeOf(verifyStreamKey(ring, text)), 'key_malformed'));
  }

  it('are invalid for another channel, version or secret', () => {
    assert.equal(codeOf(verifyStreamKey(ring, key.replace('main', 'mine'))), 'key_invalid');
    assert.equal(codeOf(verifyStreamKey(ring, key.replace('_3_', '_4_'))), 'key_invalid');
    assert.equal(codeOf(verifyStreamKey([{ kid: 'k1', secret: secret(9) }], key)), 'key_invalid');
  });
});

describe('playback tokens', () => {
  const tokens = createPlaybackTokens(ring);
  const claims = {
    streamId: 'st_01m83532ycjsetyyfqx115dama',
    viewerSession: 'vs_01m83532ycjsetyyfqx115dama',
    expiresAt: wallMs(1_800_000_000_000),
  };
  const token = tokens.issue(claims);
  const before = wallMs(claims.expiresAt - 1);

  it('are one safe part of a URL path, and verify until they expire', () => {
    assert.match(token, /^p1\.k1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
    assert.equal(new URL(`http://h/p/${token}/st/x`).pathname, `/p/${token}/st/x`);
    assert.ok(token.length < MAX_TOKEN_LENGTH / 4);
    assert.deepEqual(tokens.verify(token, before), { ok: true, value: claims });
    assert.equal(codeOf(tokens.verify(token, claims.expiresAt)), 'playback_token_expired');
  });

  it('verify through a rotation by key id', () => {
    const newer = createPlaybackTokens(rotated);
    assert.equal(codeOf(newer.verify(token, before)), 'ok');
    assert.match(newer.issue(claims), /^p1\.k2\./);
    assert.equal(codeOf(tokens.verify(newer.issue(claims), before)), 'playback_token_invalid');
  });

  it('refuse everything else', () => {
    for (const text of [
      '',
      'p1',
      'p1...',
      `${token}x`,
      token.slice(1),
      token.replace('p1', 'p2'),
      token.replace('k1', 'k9'),
      'p1.'.repeat(90_000),
    ]) {
      assert.equal(codeOf(tokens.verify(text, before)), 'playback_token_invalid', text.slice(0, 40));
    }
  });

  it('say invalid, not expired, when forged and old', () => {
    const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    assert.equal(codeOf(tokens.verify(forged, wallMs(claims.expiresAt + 1))), 'playback_token_invalid');
  });
});

describe('administrator secrets', () => {
  it('are known by their hash only', () => {
    const [one, two] = [createAdminSecret(), createAdminSecret()];
    const admin = { id: 'ad_1', name: 'admin', tokenHash: hashAdminSecret(one), createdAt: wallMs(0) };
    const directory = createAdminDirectory([admin]);
    assert.equal(directory.authenticate(one)?.id, 'ad_1');
    for (const wrong of [two, '', 'hadm_', admin.tokenHash, `${one} `, one.slice(0, -1)])
      assert.equal(directory.authenticate(wrong), undefined);
    directory.add({ ...admin, id: 'ad_2', tokenHash: hashAdminSecret(two) });
    assert.equal(directory.authenticate(two)?.id, 'ad_2');
  });
});
