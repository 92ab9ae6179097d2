// The RTMP front door on its own: what happens to an encoder whose media nobody can read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppError, millis, ok, wallMs } from '@headend/core';
import type { MediaMessage, PublishControl, PublishRequest } from '@headend/rtmp/node';
import { LiveHub } from '../live/index.ts';
import { createLog, nullMetrics } from '../observe/index.ts';
import type { PublishPolicy } from './ports.ts';
import { Publishers } from './publishers.ts';
import { createRtmpIngest, MAX_UNREADABLE } from './rtmp-ingest.ts';

const policy: PublishPolicy = {
  maxBitrate: 20_000_000,
  bitrateWindowMs: 10_000,
  maxWidth: 3840,
  maxHeight: 2160,
  maxFrameRate: 60,
  codecs: ['h264', 'aac'],
  maxKeyframeIntervalMs: 4000,
  keyframeInterval: 'warn',
  takeoverAfterMs: 5000,
};

const request: PublishRequest = {
  app: 'live',
  streamKey: 'key',
  query: new Map(),
  tcUrl: '',
  remoteAddress: '',
  secure: false,
  client: { flashVer: 'test', fourCcs: [], capsEx: 0 },
};

const message = (kind: MediaMessage['kind'], body: readonly number[]): MediaMessage => ({
  kind,
  timestampMs: 0,
  body: Uint8Array.from(body),
  arrivedAt: wallMs(0),
  reanchored: false,
});
/** An AVC frame of which nothing but the tag header came. */
const cutFrame = message('video', [0x17, 1, 0]);
/** AAC-LC, 48 kHz, stereo; and a frame of it. */
const aacConfiguration = message('audio', [0xaf, 0, 0x11, 0x90]);
const aacFrame = message('audio', [0xaf, 1, 0x21, 0x10]);

const publish = async () => {
  const refused: AppError[] = [];
  const closed: string[] = [];
  const control: PublishControl = {
    refuse: (error) => refused.push(error),
    requestReconnect: () => false,
    pause: () => undefined,
    resume: () => undefined,
    bytesReceived: 0,
    lastReceivedAt: millis(0),
  };
  const publishers = new Publishers();
  const accept = createRtmpIngest({
    gate: {
      authenticate: async () => ok({ channelId: 'main', policy }),
      open: async () => ok({ channelId: 'main', streamId: 'st', sessionId: 'se', resumed: false, policy }),
      live: () => undefined,
      closed: (_stream, _session, { code }) => closed.push(code),
      health: () => undefined,
    },
    hub: new LiveHub({ opened: () => undefined, dropped: () => undefined }),
    publishers,
    log: createLog({ level: 'silent' }),
    rateLimitedLog: () => undefined,
    metrics: nullMetrics,
    now: () => millis(0),
  });
  return { publisher: await accept(request, control), refused, closed, publishers };
};

test('media that nobody can read ends the publish with media_invalid and frees the channel', async () => {
  const { publisher, refused, closed, publishers } = await publish();
  for (let i = 0; i < MAX_UNREADABLE; i++) publisher.media(cutFrame);
  assert.deepEqual(refused, []);
  publisher.media(cutFrame);
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['media_invalid'],
  );
  assert.deepEqual(closed, ['media_invalid']);
  assert.equal(publishers.claim('main', policy, millis(0)).ok, true);
});

test('a track that can be read keeps the publish, however broken the other one is', async () => {
  const { publisher, refused } = await publish();
  publisher.media(aacConfiguration);
  for (let i = 0; i < 3 * MAX_UNREADABLE; i++) publisher.media(i % 500 === 0 ? aacFrame : cutFrame);
  assert.deepEqual(refused, []);
});
