// ffmpeg publishes what real encoders send: odd frame rates, B-frames, open and long groups of pictures, six channels, sound or picture
// alone. All at once into one server, each on its own channel; every playlist and every byte that a viewer gets is checked.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createChannel, liveOn } from '../kit/channels.ts';
import { type ClipKind, clipFile, clipKinds } from '../kit/clips.ts';
import { assertAligned, assertConstantRate, assertContinuous, type FetchedRendition, fetchRendition } from '../kit/fetched-media.ts';
import { assertConformant, followPresentation } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { publishFile } from '../kit/media.ts';
import { missing } from '../kit/program.ts';

const FOLLOW_SECONDS = 5;
/** A part every 200 ms: far fewer updates than this mean that reloads did not block or were not released. */
const MIN_UPDATES = 12;

const checkMedia = (kind: ClipKind, renditions: ReadonlyMap<string, FetchedRendition>): void => {
  const video = renditions.get('v0/playlist.m3u8');
  const audio = renditions.get('a0/playlist.m3u8');
  assert.equal(video !== undefined, kind.video);
  assert.equal(audio !== undefined, kind.audio);
  for (const rendition of renditions.values()) {
    assert.ok(rendition.segments.length > 0);
    assertContinuous(rendition);
  }
  if (video !== undefined && audio !== undefined) assertAligned(video, audio);
  if (video !== undefined && kind.frameRate !== undefined) assertConstantRate(video, kind.frameRate);
};

const publishAndWatch = async (t: TestContext, headend: Headend, kind: ClipKind, file: string): Promise<void> => {
  const channel = await createChannel(headend, kind.name);
  const ffmpeg = publishFile(t, file, channel.publishUrl, { loop: kind.loop === true });
  const stream = await liveOn(headend, channel.id);
  const { client, updates, deltaUpdates } = await followPresentation(await headend.manifestUrl(stream.id), FOLLOW_SECONDS);
  assert.ok(updates >= MIN_UPDATES, `${updates} updates in ${FOLLOW_SECONDS} s`);
  assert.ok(deltaUpdates > 0);
  assertConformant(client);
  const followers = [...client.followers];
  const renditions = await Promise.all(followers.map(async ([uri, follower]) => [uri, await fetchRendition(follower)] as const));
  checkMedia(kind, new Map(renditions));
  await ffmpeg.stop('SIGINT');
  assert.doesNotMatch(ffmpeg.output, /error/i);
};

test('ffmpeg publishes', { skip: missing('ffmpeg'), concurrency: true }, async (t) => {
  const folder = await temporaryFolder(t, 'clips');
  const clips: (readonly [ClipKind, string])[] = [];
  for (const kind of clipKinds) clips.push([kind, await clipFile(t, folder, kind)]);
  const headend = await startHeadend(t);
  await Promise.all(clips.map(([kind, file]) => t.test(kind.about, (each) => publishAndWatch(each, headend, kind, file))));
  assert.doesNotMatch(headend.program.output, /"level":"(?:error|fatal)"/);
});
