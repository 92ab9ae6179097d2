// Tickets, problem documents and token renewal in media URLs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlaybackTicket, problemToError, withToken } from './playback-source.ts';

test('a ticket is read with its expiry', () => {
  const ticket = parsePlaybackTicket({ hls: '/p/t/s/manifest.m3u8', dash: null, whep: null, expires_at: '2026-01-01T00:00:00Z' });
  assert.deepEqual(ticket, { hls: '/p/t/s/manifest.m3u8', expiresAt: Date.UTC(2026, 0, 1) });
});

test('a ticket without an expiry never expires; one without a URL is none', () => {
  assert.deepEqual(parsePlaybackTicket({ hls: '/x' }), { hls: '/x', expiresAt: null });
  for (const value of [null, 'x', 7, [], {}, { hls: 7 }]) assert.equal(parsePlaybackTicket(value), null);
});

test('a problem document gives its code; anything else its status', () => {
  const problem = problemToError(409, { code: 'stream_not_live', title: 'The stream is not live.', detail: '' });
  assert.equal(problem.code, 'stream_not_live');
  assert.equal(problem.message, 'The stream is not live.');
  assert.equal(problemToError(502, '<html>').code, 'http_502');
});

test('a fresh token goes into every URL of the stream, relative or absolute, and nowhere else', () => {
  const ticket = 'https://cdn.example/p/NEW/str_1/manifest.m3u8';
  assert.equal(withToken('/p/OLD/str_1/v0/7.1.m4s', ticket), '/p/NEW/str_1/v0/7.1.m4s');
  assert.equal(
    withToken('https://cdn.example/p/OLD/str_1/v0/playlist.m3u8?_HLS_msn=4', ticket),
    'https://cdn.example/p/NEW/str_1/v0/playlist.m3u8?_HLS_msn=4',
  );
  assert.equal(withToken('/other/p/OLD/x', ticket), '/other/p/OLD/x');
  assert.equal(withToken('/p/OLD/str_1/a', 'https://elsewhere.example/live.m3u8'), '/p/OLD/str_1/a');
});
