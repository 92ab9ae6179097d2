// The load generator against our own listener: continuous timestamps over the seam, and an honest account of refusals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@headend/core';
import { listenRtmp, type MediaMessage } from '@headend/rtmp/node';
import { type Clip, encodeClip } from './clip.ts';
import { publishLoad } from './publishers.ts';

/** FLV: frame type 1 (key), codec 7 (AVC). */
const KEYFRAME_AVC = 0x17;
const small = { width: 160, height: 90, bitrate: 100_000 } as const;

test('the clip holds whole frames of both kinds and comes near its bitrate', async () => {
  const clip = await encodeClip({ ...small, width: 640, height: 360, bitrate: 1_000_000 });
  assert.equal(clip.messages.filter(({ type }) => type === 'video').length, 240);
  assert.equal(clip.messages.filter(({ type }) => type === 'audio').length, 375);
  assert.deepEqual([clip.messages[0]?.type, clip.messages[0]?.body[0], clip.messages[0]?.timestampMs], ['video', KEYFRAME_AVC, 0]);
  const bitrate = (clip.bytes * 8) / 8;
  assert.ok(bitrate > 800_000 && bitrate < 1_200_000, `${bitrate} b/s`);
});

test('publishes a short clip in a loop over several connections; one refused key fails alone', async () => {
  const whole = await encodeClip(small);
  const clip: Clip = { ...whole, durationMs: 200, messages: whole.messages.filter(({ timestampMs }) => timestampMs < 200) };
  const received = new Map<string, MediaMessage[]>();
  const listener = await listenRtmp({
    host: '127.0.0.1',
    port: 0,
    onPublish: async ({ streamKey }) => {
      if (streamKey === 'bad') throw new AppError('key_invalid');
      const messages: MediaMessage[] = [];
      received.set(streamKey, messages);
      return { media: (message) => messages.push(message), metadata: () => undefined, closed: () => undefined };
    },
  });
  try {
    const url = `rtmp://127.0.0.1:${listener.address.port}/live`;
    const report = await publishLoad({ url, keys: ['a', 'bad', 'b'], clip, seconds: 1, staggerMs: 1 }, new AbortController().signal);
    assert.equal(report.live, 2);
    assert.deepEqual(
      report.publishers.map(({ connected, failure }) => [connected, failure !== undefined]),
      [
        [true, false],
        [false, true],
        [true, false],
      ],
    );
    for (const key of ['a', 'b']) {
      const times = (received.get(key) ?? []).filter(({ kind }) => kind === 'video').map(({ timestampMs }) => timestampMs);
      assert.ok(times.length > 7, `${times.length} frames`);
      assert.ok(times.slice(2).every((time, i) => time - (times[i + 1] ?? 0) >= 33 && time - (times[i + 1] ?? 0) <= 34));
    }
  } finally {
    await listener.close();
  }
});

test('a load that is told to stop says goodbye and counts its publishers as live to the end', async () => {
  const ends: boolean[] = [];
  const stop = new AbortController();
  const listener = await listenRtmp({
    host: '127.0.0.1',
    port: 0,
    onPublish: async () => ({
      media: () => stop.abort(),
      metadata: () => undefined,
      closed: ({ clean }) => ends.push(clean),
    }),
  });
  try {
    const url = `rtmp://127.0.0.1:${listener.address.port}/live`;
    const startedBefore = Date.now();
    const report = await publishLoad({ url, keys: ['a'], clip: await encodeClip(small), seconds: 60, staggerMs: 1 }, stop.signal);
    const [publisher] = report.publishers;
    assert.deepEqual([report.live, publisher?.failure], [1, undefined]);
    assert.ok((publisher?.startedAt ?? 0) >= startedBefore - 1 && (publisher?.startedAt ?? 0) <= Date.now() + 1);
  } finally {
    await listener.close();
  }
  assert.deepEqual(ends, [true]);
});

test('refuses loads without bounds', async () => {
  const clip = await encodeClip(small);
  const signal = new AbortController().signal;
  await assert.rejects(publishLoad({ url: 'rtmp://127.0.0.1/live', keys: [], clip, seconds: 1 }, signal), AppError);
  await assert.rejects(
    publishLoad({ url: 'rtmp://127.0.0.1/live', keys: ['a'], clip, seconds: Number.POSITIVE_INFINITY }, signal),
    AppError,
  );
});
