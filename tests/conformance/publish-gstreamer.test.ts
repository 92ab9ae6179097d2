// GStreamer publishes by rtmp2sink, and by librtmp's rtmpsink where that plugin is there; what it sent is followed, read and played.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { createChannel, liveOn, type TestChannel } from '../kit/channels.ts';
import { assertAligned, assertContinuous, fetchRendition } from '../kit/fetched-media.ts';
import { assertConformant, followPresentation } from '../kit/follow.ts';
import { type Headend, startHeadend } from '../kit/headend.ts';
import { missing, start } from '../kit/program.ts';
import { gstPlay, probe } from '../kit/readers.ts';

const noElement = (...elements: readonly string[]): string | false =>
  elements.flatMap((element) =>
    spawnSync('gst-inspect-1.0', ['--exists', element]).status === 0 ? [] : [`GStreamer's ${element} is not installed`],
  )[0] ?? false;

const FOLLOW_SECONDS = 4;
const PLAYED_FRAMES = 45;

/** Sources that are not live stamp every frame exactly, however busy the machine is; the sink keeps the pace. */
const pipeline = (sink: readonly string[]): readonly string[] => [
  ...['-q', '-e', 'flvmux', 'name=mux', 'streamable=true', '!', ...sink, 'sync=true'],
  ...['videotestsrc', '!', 'video/x-raw,width=320,height=180,framerate=30/1', '!'],
  ...['x264enc', 'tune=zerolatency', 'speed-preset=ultrafast', 'key-int-max=60', 'bitrate=400', '!', 'h264parse', '!', 'mux.'],
  ...['audiotestsrc', '!', 'audio/x-raw,rate=44100,channels=2', '!', 'avenc_aac', '!', 'aacparse', '!', 'mux.'],
];

type Sink = (channel: TestChannel) => readonly string[];

const SINKS: Readonly<Record<string, Sink>> = {
  rtmp2sink: ({ publishUrl }) => ['rtmp2sink', `location=${publishUrl}`],
  // librtmp's own spelling: parameters follow the URL, separated by spaces.
  rtmpsink: ({ publishUrl }) => ['rtmpsink', `location=${publishUrl} live=1`],
};

const publishAndPlay = async (t: TestContext, headend: Headend, element: string, sink: Sink): Promise<void> => {
  const channel = await createChannel(headend, element);
  const gst = start(t, 'gst-launch-1.0', pipeline(sink(channel)));
  const stream = await liveOn(headend, channel.id);
  const url = await headend.manifestUrl(stream.id);
  const { client } = await followPresentation(url, FOLLOW_SECONDS);
  assertConformant(client);
  const [video, audio] = await Promise.all([...client.followers.values()].map(fetchRendition));
  assert.ok(video !== undefined && audio !== undefined);
  assertContinuous(video);
  assertContinuous(audio);
  assertAligned(video, audio);
  const probed = await probe(t, url, { live: true });
  assert.deepEqual(probed.complaints, []);
  assert.deepEqual(new Set(probed.streams.map(({ codec_name }) => codec_name)), new Set(['h264', 'aac']));
  const played = await gstPlay(t, 'playbin3', url, { video: PLAYED_FRAMES, audio: PLAYED_FRAMES });
  assert.deepEqual(played.complaints, []);
  assert.ok(gst.running, gst.output);
};

const skip = missing('gst-launch-1.0', 'ffprobe') || noElement('x264enc', 'avenc_aac', 'flvmux');

test('GStreamer publishes', { skip, concurrency: true }, async (t) => {
  const headend = await startHeadend(t);
  await Promise.all(
    Object.entries(SINKS).map(([element, sink]) =>
      t.test(element, { skip: noElement(element) }, (each) => publishAndPlay(each, headend, element, sink)),
    ),
  );
});
