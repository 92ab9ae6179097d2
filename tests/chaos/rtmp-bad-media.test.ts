// Well-formed RTMP that carries media as broken or fickle encoders send it. Each case has a channel of its own on one server, and an ffmpeg
// publisher beside it that must not notice. Playlists are followed from before the trouble until after it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseInitSegment } from '@headend/media';
import type { RtmpPublisher } from '@headend/rtmp/node';
import { asAdmin, channelStream, createChannel, liveOn, type TestChannel } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { connectPublisher, isConfiguration, isKeyframe, looped, makeTags, playTags, type Tag } from '../kit/flv-publisher.ts';
import { assertConformant } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { LiveViewer } from '../kit/live-viewer.ts';
import { makeClip, publishFile, SEAMLESS } from '../kit/media.ts';
import { scrape } from '../kit/metrics.ts';
import { missing } from '../kit/program.ts';

/** One round of a clip: at 25 frames a second and 48 kHz both tracks end on the same millisecond. */
const ROUND_SECONDS = 8;
const ROUND_MS = ROUND_SECONDS * 1000;
const HOUR_MS = 3_600_000;

type Stage = { readonly server: Headend; readonly tags: readonly Tag[]; readonly wideTags: readonly Tag[] };

const openChannel = async (t: TestContext, { server }: Stage, id: string): Promise<readonly [TestChannel, RtmpPublisher]> => {
  const channel = await createChannel(server, id);
  return [channel, await connectPublisher(t, server.bootstrap.urls.rtmp, channel.streamKey)];
};

const watchChannel = async (t: TestContext, { server }: Stage, channel: TestChannel): Promise<LiveViewer> =>
  LiveViewer.watch(t, server, (await liveOn(server, channel.id)).id);

const discontinuities = (viewer: LiveViewer): readonly number[] =>
  viewer.playlists.map(({ segments }) => segments.filter(({ discontinuity }) => discontinuity === true).length);

/** What the creator is told. */
const healthCodes = async ({ server }: Stage, channel: TestChannel): Promise<readonly string[]> => {
  const stream = await channelStream(server, channel.id);
  assert.ok(stream !== undefined, 'the channel has a stream');
  const { health } = await server.json<{ readonly health: readonly { readonly code: string }[] }>(
    `/v1/streams/${stream.id}`,
    asAdmin(server, 'GET'),
  );
  return health.map(({ code }) => code);
};

/** Tags whose times are bent in the middle of the second round still make one presentable stream. */
const bentTimes = async (t: TestContext, stage: Stage, id: string, time: (ms: number) => number): Promise<LiveViewer> => {
  const [channel, publisher] = await openChannel(t, stage, id);
  const playing = playTags(publisher, looped(stage.tags, 3 * ROUND_SECONDS, ROUND_MS), { time });
  const viewer = await watchChannel(t, stage, channel);
  await playing;
  await publisher.close();
  assertConformant(viewer.client);
  return viewer;
};

const resolutionChange = async (t: TestContext, stage: Stage): Promise<void> => {
  const [channel, publisher] = await openChannel(t, stage, 'resized');
  const second = stage.wideTags.map((tag) => ({ ...tag, timestampMs: tag.timestampMs + ROUND_MS }));
  const playing = playTags(publisher, [...looped(stage.tags, ROUND_SECONDS, ROUND_MS), ...second]);
  const viewer = await watchChannel(t, stage, channel);
  await playing;
  await viewer.advances(0);
  await eventually('a discontinuity in every rendition', 5_000, () => discontinuities(viewer).every((count) => count === 1));
  assertConformant(viewer.client);
  const [videoUri] = viewer.client.multivariant.variants.map(({ uri }) => uri);
  assert.ok(videoUri !== undefined);
  const playlistUrl = new URL(videoUri, viewer.manifestUrl);
  const text = await (await fetch(playlistUrl)).text();
  const maps = [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].map(([, uri]) => uri ?? '');
  assert.equal(maps.length, 2, text);
  const sizes = await Promise.all(
    maps.map(async (uri) => {
      const init = parseInitSegment(new Uint8Array(await (await fetch(new URL(uri, playlistUrl))).arrayBuffer()));
      assert.ok(init.ok);
      return JSON.stringify(init.value.tracks);
    }),
  );
  assert.ok(sizes[0]?.includes('320') && sizes[1]?.includes('640'), sizes.join(' → '));
  await publisher.close();
};

/** Empty and cut bodies among good ones: they are dropped, the rest plays. */
const brokenBodies = async (t: TestContext, stage: Stage): Promise<void> => {
  const [channel, publisher] = await openChannel(t, stage, 'broken');
  const broken = looped(stage.tags, 2 * ROUND_SECONDS, ROUND_MS).flatMap((tag, i): readonly Tag[] => {
    if (isConfiguration(tag) || isKeyframe(tag)) return [tag];
    if (i % 97 === 0) return [{ ...tag, body: new Uint8Array(0) }, tag];
    if (i % 89 === 0) return [{ ...tag, body: tag.body.subarray(0, 1 + (i % 5)) }, tag];
    return [tag];
  });
  const playing = playTags(publisher, broken);
  const viewer = await watchChannel(t, stage, channel);
  await viewer.advances(2);
  const told = await healthCodes(stage, channel);
  assert.ok(told.length > 0, 'the creator is told');
  t.diagnostic(told.join(', '));
  await playing;
  assert.equal((await channelStream(stage.server, channel.id))?.state, 'live');
  assertConformant(viewer.client);
  await publisher.close();
};

const onlyRubbish = async (t: TestContext, stage: Stage): Promise<void> => {
  const [, publisher] = await openChannel(t, stage, 'rubbish');
  const frames = stage.tags.filter((tag) => !isConfiguration(tag) && tag.type === 'video');
  for (let i = 0; i < 2000; i++) {
    const frame = frames[i % frames.length];
    if (frame !== undefined) publisher.sendVideo(i * 40, frame.body.subarray(0, 3));
  }
  const reason = await publisher.closed;
  assert.equal(reason.clean, false);
  assert.match(reason.code, /NetStream\.Publish\.Denied|media_invalid|disconnected/);
  const metrics = await scrape(stage.server);
  assert.equal(metrics.get('headend_publishes_total{protocol="rtmp",code="media_invalid"}'), 1);
};

const missingHeaders = async (t: TestContext, stage: Stage): Promise<void> => {
  const [channel, publisher] = await openChannel(t, stage, 'headless');
  const headless = looped(stage.tags, ROUND_SECONDS, ROUND_MS).filter((tag) => !isConfiguration(tag));
  await playTags(publisher, headless, { speed: 20 });
  await eventually('the creator is told', 5_000, async () => (await healthCodes(stage, channel)).includes('flv_frame_before_config'));
  assert.equal((await channelStream(stage.server, channel.id))?.state, 'starting');
  // The headers come late: it begins, without a new connection.
  const late = looped(stage.tags, 2 * ROUND_SECONDS, ROUND_MS).map((tag) => ({ ...tag, timestampMs: tag.timestampMs + ROUND_MS }));
  const playing = playTags(publisher, late);
  const viewer = await watchChannel(t, stage, channel);
  await viewer.advances(1);
  await playing;
  assertConformant(viewer.client);
  await publisher.close();
};

const videoComesLate = async (t: TestContext, stage: Stage): Promise<void> => {
  const [channel, publisher] = await openChannel(t, stage, 'late-video');
  const all = looped(stage.tags, 3 * ROUND_SECONDS, ROUND_MS);
  const firstPicture = all.find((tag) => isKeyframe(tag) && tag.timestampMs >= ROUND_MS);
  assert.ok(firstPicture !== undefined);
  const held = all.filter((tag) => tag.type === 'audio' || (!isConfiguration(tag) && tag.timestampMs >= firstPicture.timestampMs));
  const at = held.indexOf(firstPicture);
  const header = all
    .filter((tag) => tag.type === 'video' && isConfiguration(tag))
    .map((tag) => ({ ...tag, timestampMs: firstPicture.timestampMs }));
  const playing = playTags(publisher, [...held.slice(0, at), ...header, ...held.slice(at)]);
  const audioOnly = await watchChannel(t, stage, channel);
  assert.equal(audioOnly.client.followers.size, 1);
  await playing;
  const { id } = await liveOn(stage.server, channel.id);
  const both = await LiveViewer.watch(t, stage.server, id);
  assert.equal(both.client.followers.size, 2, both.client.text);
  assertConformant(both.client);
  assert.deepEqual(
    audioOnly.violations.filter(({ level }) => level === 'must'),
    [],
  );
  await publisher.close();
};

/** The connection breaks off between two keyframes, without a goodbye; a new one goes on in the same stream. */
const killedMidGop = async (t: TestContext, stage: Stage): Promise<void> => {
  const folder = await temporaryFolder(t, 'clip');
  const clip = await makeClip(t, folder, 'killed', { seconds: 60 });
  const channel = await createChannel(stage.server, 'killed');
  const first = publishFile(t, clip, channel.publishUrl);
  const viewer = await watchChannel(t, stage, channel);
  const { id } = await liveOn(stage.server, channel.id);
  await viewer.advances(1);
  await first.stop('SIGKILL');
  publishFile(t, clip, channel.publishUrl);
  await viewer.advances(3);
  assert.equal((await liveOn(stage.server, channel.id)).id, id);
  assert.deepEqual([...new Set(discontinuities(viewer))], [1]);
  assertConformant(viewer.client);
};

test('bad media ends or mends its own stream only', { skip: missing('ffmpeg'), timeout: 120_000, concurrency: 10 }, async (t) => {
  const folder = await temporaryFolder(t, 'clips');
  const video = (size: string) => ({ seconds: ROUND_SECONDS, frameRate: '25', size });
  const [tags, wideTags, clip, server] = await Promise.all([
    makeTags(t, folder, 'small', video('320x180')),
    makeTags(t, folder, 'wide', video('640x360')),
    makeClip(t, folder, 'healthy', SEAMLESS),
    startHeadend(t),
  ]);
  const stage: Stage = { server, tags, wideTags };
  const encoder = publishFile(t, clip, server.publishUrl, { loop: true });
  const healthy = await LiveViewer.watch(t, server, (await server.liveStream()).id);

  const cases: readonly (readonly [string, (t: TestContext) => Promise<unknown>])[] = [
    ['resolution change mid-stream: a discontinuity with a new EXT-X-MAP', (t) => resolutionChange(t, stage)],
    ['an hour forward', (t) => bentTimes(t, stage, 'forward', (ms) => (ms < 11_000 ? ms : ms + HOUR_MS))],
    ['an hour back', (t) => bentTimes(t, stage, 'back', (ms) => (ms < 11_000 ? ms + HOUR_MS : ms))],
    ['the 32-bit wrap', (t) => bentTimes(t, stage, 'wrap', (ms) => ms + 2 ** 32 - 11_000)],
    ['zero-length and truncated tags', (t) => brokenBodies(t, stage)],
    ['nothing but truncated tags ends with media_invalid', (t) => onlyRubbish(t, stage)],
    ['missing sequence headers', (t) => missingHeaders(t, stage)],
    ['sound alone, then a picture', (t) => videoComesLate(t, stage)],
    ['encoder killed between keyframes', (t) => killedMidGop(t, stage)],
  ];
  const running = cases.map(([name, run]) =>
    t.test(name, async (t) => {
      await run(t);
    }),
  );
  await Promise.all(running);

  await healthy.advances(1);
  assert.ok(encoder.running, encoder.output);
  assertConformant(healthy.client);
  assert.deepEqual([...new Set(discontinuities(healthy))], [0]);
  assert.doesNotMatch(server.program.output, /by a bug of ours|packager failed/);
});
