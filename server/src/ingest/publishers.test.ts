// The takeover rule.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, millis } from '@headend/core';
import type { PublishPolicy } from './ports.ts';
import { Publishers } from './publishers.ts';

const policy: PublishPolicy = {
  maxBitrate: 1,
  bitrateWindowMs: 1,
  maxWidth: 1,
  maxHeight: 1,
  maxFrameRate: 1,
  codecs: [],
  maxKeyframeIntervalMs: 1,
  keyframeInterval: 'allow',
  takeoverAfterMs: 5000,
};

test('a healthy publisher keeps its channel, a silent one gives way at once', () => {
  const publishers = new Publishers();
  const ended: string[] = [];
  const first = publishers.claim('main', policy, millis(0));
  assert.ok(first.ok);
  first.value.occupy({ lastReceivedAt: () => millis(1000), end: (error: AppError) => ended.push(error.code) }, 'st_1');
  const early = publishers.claim('main', policy, millis(5999));
  assert.ok(!early.ok && early.error.code === 'publisher_active');
  const late = publishers.claim('main', policy, millis(6000));
  assert.ok(late.ok);
  assert.deepEqual(ended, ['publisher_active']);
  first.value.release();
  assert.ok(!publishers.claim('main', policy, millis(6001)).ok, 'the old slot’s release does not free the new one');
  late.value.release();
  assert.ok(publishers.claim('main', policy, millis(6002)).ok);
});

test('two that come together: one is refused; other channels do not matter', () => {
  const publishers = new Publishers();
  assert.ok(publishers.claim('main', policy, millis(0)).ok);
  assert.ok(!publishers.claim('main', policy, millis(9_999_999)).ok, 'a slot that is being opened cannot be taken');
  assert.ok(publishers.claim('other', policy, millis(0)).ok);
});

test('a stream’s publisher can be ended by stream id', () => {
  const publishers = new Publishers();
  const ended: string[] = [];
  const slot = publishers.claim('main', policy, millis(0));
  assert.ok(slot.ok);
  slot.value.occupy({ lastReceivedAt: () => millis(0), end: ({ code }) => ended.push(code) }, 'st_9');
  publishers.endStream('st_8', new AppError('stream_stopped'));
  assert.deepEqual(ended, []);
  publishers.endStream('st_9', new AppError('stream_stopped'));
  assert.deepEqual(ended, ['stream_stopped']);
});
