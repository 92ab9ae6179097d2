// ffprobe, ffmpeg and GStreamer read what ffmpeg published, from the manifest URL: live, and once more when the stream has ended.
// Measured are frame counts, decode times and the distance of sound from picture; complaints about the container fail the test.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createChannel, liveOn } from '../kit/channels.ts';
import { type ClipKind, channelsOf, clipFile, clipKind } from '../kit/clips.ts';
import { eventually } from '../kit/eventually.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { publishFile } from '../kit/media.ts';
import { missing } from '../kit/program.ts';
import { gstPlay, probe, type ReadFrames, readFrames } from '../kit/readers.ts';

const KINDS = ['bbb', 'b-frames', 'sound', 'presenter', 'rate-29-97'].map(clipKind);
const READ_SECONDS = 4;
/** What viewers begin to notice; also the bound of the project's own player checks. */
const MAX_AV_OFFSET_SECONDS = 0.06;
/**
 * GStreamer joins a live playlist at a sum of EXTINFs and cuts the sound there to the sample; the first picture comes the reorder delay of
 * its B-frames later. Both keep their times on one timeline, so this is no offset between them, only a start.
 */
const MAX_GSTREAMER_START_SECONDS = 0.15;
const PLAYED_FRAMES = 75;
const ENDED_DEADLINE_MS = 10_000;
const ROUNDING = 0.002;
/** The encoder is stopped between a picture and the three B-frames before it that are sent later. */
const CUT_REORDER_FRAMES = 4;

const timesOf = (read: ReadFrames, kind: 'video' | 'audio') => read.frames.filter(({ stream }) => read.kinds.get(stream) === kind);

const assertInSync = (video: number | undefined, audio: number | undefined, allowed = MAX_AV_OFFSET_SECONDS): void => {
  if (video === undefined || audio === undefined) return;
  assert.ok(Math.abs(video - audio) < allowed, `picture starts at ${video} s, sound at ${audio} s`);
};

const assertMonotonic = (read: ReadFrames): void => {
  for (const stream of read.kinds.keys()) {
    const times = read.frames.filter((frame) => frame.stream === stream).map(({ dts }) => dts);
    assert.ok(times.every((dts, i) => i === 0 || dts > (times[i - 1] ?? 0)));
  }
};

const readLive = async (t: TestContext, url: string, kind: ClipKind, channels: number): Promise<void> => {
  const probed = await probe(t, url, { live: true });
  assert.deepEqual(probed.complaints, []);
  const video = probed.streams.find(({ codec_type }) => codec_type === 'video');
  const audio = probed.streams.find(({ codec_type }) => codec_type === 'audio');
  assert.equal(video?.codec_tag_string, kind.video ? 'avc1' : undefined);
  assert.equal(audio?.codec_tag_string, kind.audio ? 'mp4a' : undefined);
  if (kind.audio) assert.equal(audio?.channels, channels);
  assertInSync(video && Number(video.start_time), audio && Number(audio.start_time));

  const live = await readFrames(t, url, { live: true, seconds: READ_SECONDS });
  assert.deepEqual(live.complaints, []);
  const pictures = timesOf(live, 'video').length;
  if (kind.frameRate !== undefined) assert.ok(Math.abs(pictures - kind.frameRate * READ_SECONDS) <= 3, `${pictures} pictures`);
  assert.ok(live.frames.length > READ_SECONDS * 20);
  assertMonotonic(live);
};

const playWithGStreamer = async (t: TestContext, url: string, kind: ClipKind): Promise<void> => {
  for (const player of ['playbin', 'playbin3'] as const) {
    const played = await gstPlay(t, player, url, { video: kind.video ? PLAYED_FRAMES : 0, audio: kind.audio ? PLAYED_FRAMES : 0 });
    assert.deepEqual(played.complaints, []);
    for (const times of [played.video, played.audio]) {
      assert.deepEqual(
        // gst-launch-1.0 may print one buffer twice: it reads a property when told that it changed.
        times.filter((at, i) => at < (times[i - 1] ?? 0)),
        [],
        `${player}: times go forward`,
      );
    }
    assertInSync(played.video[0], played.audio[0], MAX_GSTREAMER_START_SECONDS);
  }
};

/** Nothing is lost or added between the first and the last frame, and decoding finds nothing to say. */
const readEnded = async (t: TestContext, url: string, kind: ClipKind): Promise<void> => {
  const ended = await readFrames(t, url, { live: false, decode: true });
  assert.deepEqual(ended.complaints, []);
  const video = timesOf(ended, 'video');
  const audio = timesOf(ended, 'audio');
  assertInSync(video[0]?.pts, audio[0]?.pts);
  if (kind.frameRate === undefined || kind.loop === true) return;
  const whole = video.slice(0, -CUT_REORDER_FRAMES);
  const span = (whole.at(-1)?.pts ?? 0) - (whole[0]?.pts ?? 0);
  assert.ok(Math.abs(span - (whole.length - 1) / kind.frameRate) < ROUNDING, `${whole.length} pictures in ${span} s`);
};

const publishAndRead = async (t: TestContext, headend: Headend, kind: ClipKind, file: string): Promise<void> => {
  const channel = await createChannel(headend, kind.name);
  const ffmpeg = publishFile(t, file, channel.publishUrl, { loop: kind.loop === true });
  const stream = await liveOn(headend, channel.id);
  const url = await headend.manifestUrl(stream.id);
  await readLive(t, url, kind, kind.audio ? channelsOf(file) : 0);
  if (missing('gst-launch-1.0') === false) await playWithGStreamer(t, url, kind);
  else t.diagnostic('gst-launch-1.0 is not installed: read by FFmpeg alone');
  await ffmpeg.stop('SIGINT');
  await eventually('the stream has ended', ENDED_DEADLINE_MS, async () =>
    (await headend.streams()).every(({ id, state }) => id !== stream.id || state === 'ended'),
  );
  await readEnded(t, url, kind);
};

test('FFmpeg and GStreamer read', { skip: missing('ffmpeg', 'ffprobe'), concurrency: true }, async (t) => {
  const folder = await temporaryFolder(t, 'clips');
  const clips: (readonly [ClipKind, string])[] = [];
  for (const kind of KINDS) clips.push([kind, await clipFile(t, folder, kind)]);
  const headend = await startHeadend(t, { env: { HEADEND_RECONNECT_WINDOW_MS: '1000' } });
  await Promise.all(clips.map(([kind, file]) => t.test(kind.about, (each) => publishAndRead(each, headend, kind, file))));
});
