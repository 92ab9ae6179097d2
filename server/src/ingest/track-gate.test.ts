// The gate: a stream begins with all its tracks, soon, whatever order an encoder sends things in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, timescale, wallMs } from '@headend/core';
import type { AudioTrack, Frame, Track, VideoTrack } from '@headend/media';
import { type MediaKinds, TrackGate } from './track-gate.ts';

const video: VideoTrack = {
  id: 100,
  kind: 'video',
  codec: 'h264',
  timescale: timescale(1000),
  config: new Uint8Array(),
  codecString: 'avc1.64001F',
  width: 64,
  height: 64,
};
const audio: AudioTrack = {
  id: 200,
  kind: 'audio',
  codec: 'aac',
  timescale: timescale(1000),
  config: new Uint8Array(),
  codecString: 'mp4a.40.2',
  sampleRate: 1000,
  channels: 2,
};

const frame = (track: Track, ms: number, key = true, bytes = 1): Frame => ({
  trackId: track.id,
  dts: ticks(ms),
  pts: ticks(ms),
  wallclock: wallMs(ms),
  key,
  data: new Uint8Array(bytes),
});

const record = (kinds?: MediaKinds) => {
  const log: string[] = [];
  const ids = (tracks: readonly Track[]): string => tracks.map(({ id }) => id).join(',');
  const gate = new TrackGate({
    begin: (tracks) => log.push(`begin ${ids(tracks)}`),
    change: (tracks) => log.push(`change ${ids(tracks)}`),
    frame: ({ trackId, dts }) => log.push(`${trackId}@${dts}`),
  });
  if (kinds !== undefined) gate.announce(kinds);
  return { gate, log };
};

test('both kinds there: it opens with the first keyframe and loses no sound before it', () => {
  const { gate, log } = record({ video: true, audio: true });
  gate.track(audio);
  gate.frame(frame(audio, 0));
  gate.frame(frame(audio, 21));
  gate.track(video);
  gate.frame(frame(video, 5, false));
  assert.deepEqual(log, []);
  gate.frame(frame(video, 30));
  assert.deepEqual(log, ['begin 100,200', '200@0', '200@21', '100@30']);
});

test('only video announced: the first keyframe is enough', () => {
  const { gate, log } = record({ video: true, audio: false });
  gate.track(video);
  gate.frame(frame(video, 0));
  assert.deepEqual(log, ['begin 100', '100@0']);
});

test('nothing announced: a second of one kind is waited for the other', () => {
  const { gate, log } = record();
  gate.track(audio);
  for (let ms = 0; ms < 1000; ms += 100) gate.frame(frame(audio, ms));
  assert.deepEqual(log, []);
  gate.frame(frame(audio, 1000));
  assert.equal(log[0], 'begin 200');
});

test('a track that comes late changes the set', () => {
  const { gate, log } = record({ video: false, audio: true });
  gate.track(audio);
  gate.frame(frame(audio, 0));
  gate.track(video);
  gate.frame(frame(video, 40, false));
  gate.frame(frame(video, 80));
  assert.deepEqual(log, ['begin 200', '200@0', 'change 100,200', '100@80']);
});

test('what is held is bounded in bytes', () => {
  const { gate, log } = record({ video: true, audio: true });
  gate.track(video);
  for (let i = 0; i < 3; i++) gate.frame(frame(video, i, true, 6 * 1024 * 1024));
  assert.equal(log[0], 'begin 100');
});

test('a configuration that changes before the start drops what was held for the old one', () => {
  const { gate, log } = record({ video: true, audio: true });
  gate.track(video);
  gate.frame(frame(video, 0));
  gate.track({ ...video, width: 128 });
  gate.frame(frame(video, 40));
  gate.track(audio);
  gate.frame(frame(audio, 41));
  assert.deepEqual(log, ['begin 100,200', '100@40', '200@41']);
});
