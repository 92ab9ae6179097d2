// What our publisher sends is what our demuxer reads: every codec of the FFmpeg fixture, there and back.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { millis, wallMs } from '@headend/core';
import type { Track } from '../../track.ts';
import { FlvDemuxer, type FlvEvent } from './demuxer.ts';
import { readFlvFile } from './flv-file.ts';
import { flvFrame, flvSequenceHeader } from './muxer.ts';

const recording = readFlvFile(new Uint8Array(readFileSync(new URL('./fixtures/ffmpeg8-multitrack.flv', import.meta.url))));

test('tracks and frames of every codec survive being published again', () => {
  const demuxer = new FlvDemuxer();
  const original = recording
    .flatMap((message) => demuxer.push(message))
    .filter((event) => event.type === 'track' || event.type === 'frame');
  const second = new FlvDemuxer();
  const tracks = new Map<number, Track>();
  const again: FlvEvent[] = [];
  for (const event of original) {
    if (event.type === 'track') tracks.set(event.track.id, event.track);
    const id = event.type === 'track' ? event.track.id : event.frame.trackId;
    const track = tracks.get(id);
    assert.ok(track);
    const output = event.type === 'track' ? flvSequenceHeader(track, id % 100, millis(0)) : flvFrame(track, event.frame, id % 100);
    if (output === undefined) continue;
    const wallclock = event.type === 'frame' ? event.frame.wallclock : wallMs(0);
    again.push(...second.push({ ...output, wallclock }));
  }
  const order = (events: readonly FlvEvent[], type: FlvEvent['type']) => events.filter((event) => event.type === type);
  assert.deepEqual(order(again, 'frame'), order(original, 'frame'));
  assert.deepEqual(order(again, 'track'), order(original, 'track'));
  assert.deepEqual(order(again, 'problem'), []);
});
