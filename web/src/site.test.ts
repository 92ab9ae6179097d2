// The pure pieces of the site: addresses, times, polling, API answers, the ffmpeg line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChannel, parseIngest } from './api-shapes.ts';
import { parseRoute } from './route.ts';
import { ago } from './time.ts';
import { ffmpegCommand } from './watch/ffmpeg-command.ts';
import { pollDelayMs } from './watch/poll.ts';

const stream = { id: 'str_1', state: 'live', started_at: '2026-01-01T00:00:00Z', viewers: 3 };

test('addresses lead to a channel or nowhere', () => {
  assert.deepEqual(parseRoute('/'), { page: 'watch', channelId: 'main' });
  assert.deepEqual(parseRoute('/watch/caf%C3%A9/'), { page: 'watch', channelId: 'café' });
  for (const path of ['/watch', '/watch/', '/watch/a/b', '/x', '/watch/%E0%A4%A'])
    assert.deepEqual(parseRoute(path), { page: 'not-found' }, path);
});

test('times are relative, and never in the future', () => {
  const now = Date.UTC(2026, 0, 2);
  assert.equal(ago(now - 20_000, now), 'just now');
  assert.equal(ago(now + 9_000_000, now), 'just now');
  assert.equal(ago(now - 61_000, now), '1 minute ago');
  assert.equal(ago(now - 2 * 3_600_000, now), '2 hours ago');
  assert.equal(ago(now - 86_400_000, now), '1 day ago');
});

test('a channel is read with and without a stream; a wrong answer is none', () => {
  const channel = parseChannel({ id: 'main', name: 'Main', title: null, category: null, stream });
  assert.equal(channel?.title, 'Main');
  assert.deepEqual(channel?.live, { id: 'str_1', state: 'live', interrupted: false, startedAt: Date.UTC(2026, 0, 1), viewers: 3 });
  assert.equal(parseChannel({ id: 'main', stream: null })?.live, null);
  for (const value of [null, 'x', {}, { id: 7 }]) assert.equal(parseChannel(value), null);
  assert.deepEqual(parseIngest({ local: true, rtmp: 'rtmp://h/live' }), { local: true, rtmp: 'rtmp://h/live', rtmps: null });
  assert.deepEqual(parseIngest({ local: false }), { local: false, rtmp: null, rtmps: null });
  assert.equal(parseIngest({ rtmp: 'rtmp://h/live' }), null);
});

test('a waiting viewer is asked for every two seconds, failures back off', () => {
  const channel = parseChannel({ id: 'main', name: 'Main', stream });
  assert.equal(pollDelayMs(channel ?? undefined, 0, 0), 5_000);
  assert.equal(pollDelayMs(undefined, 0, 0), 2_000);
  const interrupted = parseChannel({ id: 'main', name: 'Main', stream: { ...stream, interrupted: true } });
  assert.equal(pollDelayMs(interrupted ?? undefined, 0, 0), 2_000);
  assert.equal(pollDelayMs(undefined, 1, 0), 1_000);
  assert.ok(pollDelayMs(undefined, 50, 0.99) <= 30_000);
});

test('the ffmpeg line holds the server and the key, or says where the key goes', () => {
  assert.match(ffmpegCommand('rtmp://h:1935/live', 'live_main_1_x'), / -f flv "rtmp:\/\/h:1935\/live\/live_main_1_x"$/);
  assert.match(ffmpegCommand('rtmp://h:1935/live', null), /STREAM_KEY"$/);
});
