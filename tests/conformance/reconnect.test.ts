// An encoder dies in the middle of a group of pictures and comes back: viewers keep stream, playlist address and sequence numbers, and see
// a discontinuity. One that does not come back inside the window leaves a stream that has ended, with everything still to be read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastMsn } from '@headend/manifest';
import { liveOn } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { assertAligned, assertContinuous, fetchRendition } from '../kit/fetched-media.ts';
import { assertConformant, openPresentation } from '../kit/follow.ts';
import { startHeadend, temporaryFolder } from '../kit/headend.ts';
import { makeClip, publishFile, x264 } from '../kit/media.ts';
import { missing } from '../kit/program.ts';
import { readFrames } from '../kit/readers.ts';

const CHANGE_DEADLINE_MS = 20_000;
const RETURN_WINDOW_MS = 20_000;
const SHORT_WINDOW_MS = 2000;
const ANNOUNCED_CUT_MS = 10_000;

test('an encoder is killed and returns', { skip: missing('ffmpeg', 'ffprobe') }, async (t) => {
  const clip = await makeClip(t, await temporaryFolder(t, 'clip'), 'clip', { seconds: 40, video: x264(60, 2) });
  const headend = await startHeadend(t, { env: { HEADEND_RECONNECT_WINDOW_MS: String(RETURN_WINDOW_MS) } });
  const { channelId } = headend.bootstrap;
  const first = publishFile(t, clip, headend.publishUrl);
  const stream = await liveOn(headend, channelId);
  const url = await headend.manifestUrl(stream.id);
  const client = await openPresentation(url);
  const followers = [...client.followers.values()];
  const leader = client.followers.get('v0/playlist.m3u8');
  assert.ok(leader !== undefined);
  // A part or more into a segment: the encoder dies between two keyframes.
  await eventually('the middle of a segment', CHANGE_DEADLINE_MS, async () => ((await leader.next()).playlist.open?.parts.length ?? 0) > 2);
  await first.stop('SIGKILL');
  await eventually('the server notices', ANNOUNCED_CUT_MS, () => headend.program.output.includes('publish ended'));
  const before = lastMsn((await leader.refresh()).playlist);

  publishFile(t, clip, headend.publishUrl);
  await eventually('two segments after the return', CHANGE_DEADLINE_MS, async () => {
    for (const follower of followers) await follower.nextDelta();
    return lastMsn((await leader.refresh()).playlist) >= before + 3;
  });
  for (const follower of followers) await follower.refresh();
  client.compare();
  assertConformant(client);
  assert.equal((await liveOn(headend, channelId)).id, stream.id);
  const renditions = await Promise.all(followers.map(fetchRendition));
  for (const rendition of renditions) {
    assert.equal(rendition.segments.filter(({ segment }) => segment.discontinuity).length, 1);
    assertContinuous(rendition);
  }
  const [video, audio] = renditions;
  assert.ok(video !== undefined && audio !== undefined);
  assertAligned(video, audio);
  const read = await readFrames(t, url, { live: true, seconds: 6, decode: true });
  assert.ok(read.frames.length > 0);
});

test('an encoder that stays away ends its stream', { skip: missing('ffmpeg', 'ffprobe') }, async (t) => {
  const clip = await makeClip(t, await temporaryFolder(t, 'clip'), 'clip', { seconds: 20 });
  const headend = await startHeadend(t, { env: { HEADEND_RECONNECT_WINDOW_MS: String(SHORT_WINDOW_MS) } });
  const ffmpeg = publishFile(t, clip, headend.publishUrl);
  const stream = await liveOn(headend, headend.bootstrap.channelId);
  const client = await openPresentation(await headend.manifestUrl(stream.id));
  await ffmpeg.stop('SIGKILL');
  for (const follower of client.followers.values()) {
    await eventually('EXT-X-ENDLIST', CHANGE_DEADLINE_MS, async () => (await follower.refresh()).playlist.ended);
    const rendition = await fetchRendition(follower);
    assert.ok(rendition.segments.length > 0);
    assertContinuous(rendition);
  }
  client.compare();
  assertConformant(client);
  const { state } = await headend.json<{ readonly state: string }>(`/v1/streams/${stream.id}`);
  assert.equal(state, 'ended');
});
