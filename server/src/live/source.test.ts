// The hub's promises: one timeline across publishers, a picture at once for new subscribers, and slow readers that harm nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, timescale, wallMs } from '@headend/core';
import type { AudioTrack, Frame, VideoTrack } from '@headend/media';
import type { LiveEvent } from './events.ts';
import { LiveHub } from './hub.ts';
import type { Source } from './source.ts';
import type { Subscription } from './subscription.ts';

const video: VideoTrack = {
  id: 100,
  kind: 'video',
  codec: 'h264',
  timescale: timescale(90_000),
  config: new Uint8Array(),
  codecString: 'avc1.64001F',
  width: 64,
  height: 64,
};
const audio: AudioTrack = {
  id: 200,
  kind: 'audio',
  codec: 'aac',
  timescale: timescale(48_000),
  config: new Uint8Array(),
  codecString: 'mp4a.40.2',
  sampleRate: 48_000,
  channels: 2,
};

const picture = (index: number, key: boolean, bytes = 10): Frame => ({
  trackId: video.id,
  dts: ticks(index * 3000),
  pts: ticks(index * 3000),
  wallclock: wallMs(index * 33),
  key,
  data: new Uint8Array(bytes),
});
const sound = (index: number): Frame => ({ ...picture(0, true), trackId: audio.id, dts: ticks(index * 1024), pts: ticks(index * 1024) });

const open = (dropped: (name: string, frames: number) => void = () => undefined): Source =>
  new LiveHub({ dropped, opened: () => undefined }).open('st_1');

/** Everything queued now; the Source is ended to close the flow. */
const drain = async (source: Source, subscription: Subscription): Promise<LiveEvent[]> => {
  source.end();
  const events: LiveEvent[] = [];
  for await (const event of subscription) events.push(event);
  return events;
};

const framesOf = (events: readonly LiveEvent[]): Frame[] => events.flatMap((event) => (event.type === 'frame' ? [event.frame] : []));

test('a new subscriber starts with the tracks and the newest group of pictures', async () => {
  const source = open();
  source.beginSession([video, audio]);
  for (const frame of [picture(0, true), sound(0), picture(1, false), picture(2, true), sound(1), picture(3, false)]) source.publish(frame);
  const events = await drain(source, source.subscribe('late'));
  assert.equal(events[0]?.type, 'tracks');
  assert.deepEqual(
    framesOf(events).map(({ trackId, dts }) => [trackId, dts]),
    [
      [100, 6000],
      [200, 1024],
      [100, 9000],
    ],
  );
  assert.equal(events.at(-1)?.type, 'end');
});

test('a returning publisher continues behind everything that was there', async () => {
  const source = open();
  const subscription = source.subscribe('packager');
  source.beginSession([video, audio]);
  source.publish(picture(0, true));
  source.publish(picture(30, false));
  source.publish(sound(60));
  source.interrupt();
  source.beginSession([video, audio]);
  source.publish(picture(0, true));
  source.publish(sound(0));
  const events = await drain(source, subscription);
  const frames = framesOf(events);
  const seconds = (frame: Frame | undefined): number =>
    frame === undefined ? Number.NaN : frame.dts / (frame.trackId === 100 ? 90_000 : 48_000);
  assert.ok(seconds(frames[3]) > seconds(frames[2]) && seconds(frames[3]) > seconds(frames[1]));
  assert.ok(Math.abs(seconds(frames[3]) - seconds(frames[4])) < 1e-4, 'picture and sound keep their relation');
  const trackEvents = events.flatMap((event) => (event.type === 'tracks' ? [event.discontinuity] : []));
  assert.deepEqual(trackEvents, [false, true]);
});

test('a reader at its bound loses frames up to the next keyframe, is told, and others lose nothing', async () => {
  const drops: [string, number][] = [];
  const source = open((name, frames) => drops.push([name, frames]));
  source.beginSession([video]);
  const slow = source.subscribe('slow', { maxFrames: 5, maxBytes: 1_000_000 });
  const healthy = source.subscribe('healthy');
  for (let i = 0; i < 25; i++) source.publish(picture(i, i % 10 === 0));
  const events = await drain(source, slow);
  assert.deepEqual(
    framesOf(events).map(({ dts }) => dts / 3000),
    [20, 21, 22, 23, 24],
  );
  assert.ok(events.some((event) => event.type === 'dropped'));
  assert.deepEqual(drops, [
    ['slow', 10],
    ['slow', 10],
  ]);
  assert.equal(framesOf(await drain(source, healthy)).length, 25);
});

test('the byte bound counts like the frame bound', async () => {
  const source = open();
  source.beginSession([video]);
  const slow = source.subscribe('slow', { maxFrames: 1000, maxBytes: 100 });
  for (let i = 0; i < 12; i++) source.publish(picture(i, i === 0 || i === 11, 30));
  assert.deepEqual(
    framesOf(await drain(source, slow)).map(({ dts }) => dts / 3000),
    [11],
  );
});

test('a closed subscription takes nothing more and leaves the Source', () => {
  const source = open();
  source.beginSession([video]);
  const subscription = source.subscribe('short');
  assert.equal(source.subscriberCount, 1);
  subscription.close();
  subscription.close();
  assert.equal(source.subscriberCount, 0);
  source.publish(picture(0, true));
});
