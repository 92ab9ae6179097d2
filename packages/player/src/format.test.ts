// Figures as people read them, keys as people press them, and the small meters behind the statistics.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBitrate, formatClock, formatHeight, formatLatency, formatMillis } from './format.ts';
import { commandForKey, controlKeepsKey } from './keyboard.ts';
import { parseVolume } from './preferences.ts';
import { ReceiveMeter } from './receive-meter.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false };

test('figures carry their unit', () => {
  assert.equal(formatLatency(1.08), '1.1 s');
  assert.equal(formatLatency(125), '2:05');
  assert.equal(formatLatency(null), '–');
  assert.equal(formatClock(3_723), '1:02:03');
  assert.equal(formatClock(-4), '0:00');
  assert.equal(formatBitrate(2_449_000), '2.4 Mb/s');
  assert.equal(formatBitrate(96_000), '96 kb/s');
  assert.equal(formatBitrate(null), '–');
  assert.equal(formatMillis(12.4), '12 ms');
});

test('a portrait picture is named by its short side', () => {
  assert.equal(formatHeight(1920, 1080), '1080p');
  assert.equal(formatHeight(1080, 1920), '1080p');
});

test('keys follow the manners; modifiers belong to the browser', () => {
  assert.equal(commandForKey({ key: 'K', ...plain }), 'toggle-play');
  assert.equal(commandForKey({ key: 'End', ...plain }), 'go-live');
  assert.equal(commandForKey({ key: 's', ...plain, ctrlKey: true }), null);
  assert.equal(commandForKey({ key: 'q', ...plain }), null);
});

test('a focused control keeps the keys that it needs', () => {
  assert.ok(controlKeepsKey('button', ' '));
  assert.ok(!controlKeepsKey('button', 'k'));
  assert.ok(controlKeepsKey('slider', 'ArrowLeft'));
  assert.ok(controlKeepsKey('text', 'k'));
  assert.ok(!controlKeepsKey('none', ' '));
});

test('a stored volume is bounded, and nonsense is full volume', () => {
  assert.deepEqual(parseVolume('0.30 muted'), { volume: 0.3, muted: true });
  assert.deepEqual(parseVolume('7 on'), { volume: 1, muted: false });
  assert.deepEqual(parseVolume(null), { volume: 1, muted: false });
  assert.deepEqual(parseVolume('loud'), { volume: 1, muted: false });
});

test('the receive meter averages over its window and forgets what is older', () => {
  const meter = new ReceiveMeter();
  meter.reset(0);
  assert.equal(meter.bitrate(500), null);
  for (let at = 200; at <= 20_000; at += 200) meter.add(at, 25_000, 5, true);
  assert.equal(meter.parts, 100);
  const rate = meter.bitrate(20_000) ?? 0;
  assert.ok(Math.abs(rate - 1_000_000) < 30_000, String(rate));
  assert.equal(meter.bitrate(60_000), null);
});
