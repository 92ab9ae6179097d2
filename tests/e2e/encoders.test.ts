// What encoders send, as Chromium plays it by hls.js: one server, a channel for each, one page after the other.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { createChannel, liveOn } from '../kit/channels.ts';
import { type ClipKind, clipFile, clipKind } from '../kit/clips.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { publishFile } from '../kit/media.ts';
import type { Program } from '../kit/program.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

const KINDS = ['traffic', 'bbb', 'presenter', 'sound', 'rate-29-97', 'rate-60'] as const;
const PLAYED_SECONDS = 4;

const watchChannel = async (t: TestContext, server: Headend, browser: Browser, channelId: string, video: boolean): Promise<void> => {
  await liveOn(server, channelId, 40_000);
  const watch = await WatchPage.open(t, browser, new URL(`/watch/${channelId}`, server.api).href);
  const { frames, height, cover } = await watch.advances(PLAYED_SECONDS);
  assert.equal(cover, null);
  assert.equal(frames > 0 && height > 0, video);
  const codes = (await watch.states()).filter(({ kind }) => kind === 'error' || kind === 'lost');
  assert.deepEqual(codes, []);
  await watch.assertClean();
};

test('Chromium plays what encoders send', { skip: missingForBrowser('ffmpeg') }, async (t) => {
  const folder = await temporaryFolder(t, 'clips');
  const server = await startHeadend(t);
  const browser = await openBrowser(t);
  const encoders: (readonly [ClipKind, Program])[] = [];
  for (const kind of KINDS.map(clipKind)) {
    const { publishUrl } = await createChannel(server, kind.name);
    encoders.push([kind, publishFile(t, await clipFile(t, folder, kind), publishUrl, { loop: true })]);
  }
  for (const [kind, encoder] of encoders) {
    await t.test(kind.about, (each) => watchChannel(each, server, browser, kind.name, kind.video));
    await encoder.stop('SIGINT');
  }
  await t.test('AV1 and Opus by Enhanced RTMP', async (each) => {
    const { id, streamKey } = await createChannel(server, 'av1-opus');
    publishDemo(each, server, { streamKey, codec: 'av1', audio: 'opus', size: '320x180' });
    await watchChannel(each, server, browser, id, true);
  });
});
