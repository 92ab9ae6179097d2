// What a viewer goes through when the encoder or the server dies, when the stream ends, and when the next one begins: always the same
// page, never a reload by hand, and no error on the way.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { asAdmin, channelStream } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { makeClip, publishFile } from '../kit/media.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';

const needs = { skip: missingForBrowser('ffmpeg') };
/** Longer than a server holds a request, so that at least one is let go and made again. */
const AWAY_MS = 14_000;
const RECOVERED_WITHIN_MS = 3_000;
const ENDED_WITHIN_MS = 3_000;
/** The browser's own words about a held reload that the server let go, or a server that is gone. */
const REFUSED_REQUEST = /Failed to load resource/;

/** AAC leaves a sound track that is shorter than the picture, as encoders that die do. */
const testClip = async (t: TestContext): Promise<string> => makeClip(t, await temporaryFolder(t, 'clip'), 'clip', { seconds: 40 });

const assertNever = async (watch: WatchPage, ...kinds: readonly string[]): Promise<void> => {
  const bad = (await watch.states()).filter(({ kind }) => kinds.includes(kind));
  assert.deepEqual(bad, []);
};

test('an encoder that dies and returns: the same viewing goes on by itself', needs, async (t) => {
  const clip = await testClip(t);
  const server = await startHeadend(t);
  const first = publishFile(t, clip, server.publishUrl);
  const watch = await WatchPage.open(t, await openBrowser(t), server.bootstrap.urls.watch);
  const { session } = await watch.advances(3);
  assert.ok(session !== null);

  await first.stop('SIGKILL');
  const { cover } = await watch.says(/connection dropped.*returns by itself/i, 4_000);
  assert.equal(cover, null, 'the last frame stays visible');
  await watch.says(/Interrupted/);
  const asked = watch.requests.length;
  await delay(AWAY_MS);
  const playlists = watch.requests.slice(asked).filter(({ url }) => url.includes('.m3u8'));
  assert.ok(playlists.length <= 6, `${playlists.length} playlist requests while there was nothing new`);
  assert.ok(playlists.length > 0, 'a request that was let go is made again');

  const returned = performance.now();
  publishFile(t, clip, server.publishUrl);
  await eventually('the picture moves again', 10_000, async () => (await watch.look()).state === 'playing');
  const recovery = performance.now() - returned;
  t.diagnostic(`the picture moved ${Math.round(recovery)} ms after the encoder was started again`);
  assert.ok(recovery < RECOVERED_WITHIN_MS, `${recovery} ms`);
  const again = await watch.advances(4);
  assert.equal(again.session, session);
  assert.equal(again.note, null);
  await watch.says(/^Live$/m);
  await assertNever(watch, 'lost', 'error', 'offline', 'ended');
  await watch.assertClean(REFUSED_REQUEST);
});

test('an encoder that stays away, a stream that is stopped, and the next one', needs, async (t) => {
  const clip = await testClip(t);
  const server = await startHeadend(t, { env: { HEADEND_RECONNECT_WINDOW_MS: '3000' } });
  const watch = await WatchPage.open(t, await openBrowser(t), server.bootstrap.urls.watch);
  await watch.says(/is offline/);

  await t.test('the page says that it is over soon after the window is', async () => {
    const encoder = publishFile(t, clip, server.publishUrl);
    await watch.advances(2);
    const { id } = await server.liveStream();
    await encoder.stop('SIGKILL');
    await assertEndsWith(server, watch, id);
  });

  await t.test('the next stream starts by itself, and a stop by the API ends it', async () => {
    const encoder = publishFile(t, clip, server.publishUrl);
    const { id } = await server.liveStream();
    await watch.advances(3);
    await server.json('/v1/streams/stop', asAdmin(server, 'POST', { stream_id: id }));
    await assertEndsWith(server, watch, id);
    await watch.assertAccessible();
    await encoder.stop('SIGKILL');
  });

  await t.test('and the one after that', async () => {
    publishFile(t, clip, server.publishUrl);
    await watch.advances(3);
  });
  await assertNever(watch, 'lost', 'error');
  await watch.assertClean(REFUSED_REQUEST);
});

const assertEndsWith = async (server: Headend, watch: WatchPage, streamId: string): Promise<void> => {
  await eventually('the stream has ended', 15_000, async () => {
    const { state } = await server.json<{ readonly state: string }>(`/v1/streams/${streamId}`);
    return state === 'ended';
  });
  await watch.says(/The stream has ended/, ENDED_WITHIN_MS);
};

/** The same ports for the next process, so that players and encoders find it where it was. */
const sameAddresses = (server: Headend): Readonly<Record<string, string>> => ({
  HEADEND_HTTP_PORT: new URL(server.api).port,
  HEADEND_RTMP_PORT: /:(\d+)\//.exec(server.bootstrap.urls.rtmp)?.[1] ?? '',
});

test('a server that is killed and started again: the page finds its stream by itself', needs, async (t) => {
  const clip = await testClip(t);
  const first = await startHeadend(t);
  publishFile(t, clip, first.publishUrl);
  const watch = await WatchPage.open(t, await openBrowser(t), first.bootstrap.urls.watch);
  await watch.advances(3);
  const { id } = await first.liveStream();

  await first.stop('SIGKILL');
  await watch.says(/Connection lost|does not answer/, 15_000);
  const second = await startHeadend(t, { dataFolder: first.dataFolder, env: sameAddresses(first) });
  publishFile(t, clip, second.publishUrl);
  await eventually('the same stream is live', 20_000, async () => (await channelStream(second, 'main'))?.id === id);
  await watch.advances(4);
  const { cover, note } = await watch.says(/^Live$/m);
  assert.deepEqual([cover, note], [null, null]);
  await assertNever(watch, 'error', 'ended');
  await watch.assertClean(REFUSED_REQUEST);
});
